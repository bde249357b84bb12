package server_test

import (
	"encoding/json"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/store"
)

// guest is a partner of acme with one person, who follows alice.
func guest(t *testing.T) (acme *company, alice store.Actor, globex *stranger, bea string) {
	t.Helper()
	acme, globex = found(t, "acme", false), newStranger(t, "globex")
	alice = acme.person("alice")
	acme.isPartnerOf(globex)
	bea = globex.person("bea")
	globex.send(acme, globex.follow(bea, alice))
	pump(t, acme)
	return acme, alice, globex, bea
}

func TestADeleteStopsALateCreate(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	id := globex.id("/notes/1")
	globex.send(acme, map[string]any{"id": id + "#delete", "type": "Delete", "actor": bea, "object": map[string]any{"id": id, "type": "Tombstone"}})
	pump(t, acme)
	globex.send(acme, globex.create(bea, "/notes/1", "late"))
	pump(t, acme)
	if _, err := acme.db.Note(t.Context(), activity.ID(id)); activity.KindOf(err) != activity.NotFound {
		t.Fatalf("it came back: %v", err)
	}
}

func TestAnUpdateThatComesFirstIsNotUndoneByTheCreate(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	create, update := globex.create(bea, "/notes/1", "first"), globex.create(bea, "/notes/1", "second")
	update["type"], update["id"] = "Update", globex.id("/updates/1")
	update["object"].(map[string]any)["updated"] = time.Now().UTC().Format(time.RFC3339)
	older := globex.create(bea, "/notes/1", "older")
	older["type"], older["id"] = "Update", globex.id("/updates/0")
	older["object"].(map[string]any)["updated"] = time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	for _, doc := range []map[string]any{update, create, older} {
		globex.send(acme, doc)
		pump(t, acme)
	}
	if got := acme.note(activity.ID(globex.id("/notes/1"))).Content; got != "second" {
		t.Fatalf("it reads %q", got)
	}
}

func TestAnUndoStopsTheLikeThatItUndoes(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	post, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello"})
	acme.do(err)
	pump(t, acme)
	like := map[string]any{"id": bea + "#like", "type": "Like", "actor": bea, "object": post.ID}
	globex.send(acme, map[string]any{"id": bea + "#undo", "type": "Undo", "actor": bea, "object": like})
	pump(t, acme)
	globex.send(acme, like)
	pump(t, acme)
	counts, err := acme.db.Counts(t.Context(), alice.Key, post.Key)
	acme.do(err)
	if counts[post.Key].Likes != 0 {
		t.Fatalf("it counts %d likes", counts[post.Key].Likes)
	}
}

func TestAnAnswerThatComesBeforeItsQuestionIsTiedToIt(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	answer := globex.create(bea, "/notes/2", "answer")
	answer["object"].(map[string]any)["inReplyTo"] = globex.id("/notes/1")
	globex.send(acme, answer)
	pump(t, acme)
	globex.send(acme, globex.create(bea, "/notes/1", "question"))
	pump(t, acme)
	q, a := acme.note(activity.ID(globex.id("/notes/1"))), acme.note(activity.ID(globex.id("/notes/2")))
	if a.ReplyTo != q.Key || a.ThreadKey != q.ThreadKey {
		t.Fatalf("question %v, answer to %v in thread %v", q.Key, a.ReplyTo, a.ThreadKey)
	}
}

func TestWhatAPostAnswersIsFetched(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	globex.serve("/notes/1", globex.create(bea, "/notes/1", "question")["object"])
	answer := globex.create(bea, "/notes/2", "answer")
	answer["object"].(map[string]any)["inReplyTo"] = globex.id("/notes/1")
	globex.send(acme, answer)
	pump(t, acme)
	if q, a := acme.note(activity.ID(globex.id("/notes/1"))), acme.note(activity.ID(globex.id("/notes/2"))); a.ReplyTo != q.Key {
		t.Fatalf("question %v, answer to %v", q.Key, a.ReplyTo)
	}
}

// The first answer may have been lost. But a Follow with a proof can be brought by anybody,
// as often as they like.
func TestARepeatedFollowIsAnsweredAgainAfterAWhile(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	answers := func(doc map[string]any) int {
		t.Helper()
		before := globex.posts()
		if status, body := globex.send(acme, doc); status != 202 {
			t.Fatalf("got %d %s", status, body)
		}
		pump(t, acme)
		return globex.posts() - before
	}
	follow := globex.follow(bea, alice)
	if n := answers(follow); n != 0 {
		t.Errorf("at once it is answered %d times more", n)
	}
	old := globex.follow(bea, alice)
	old["id"] = bea + "#earlier"
	acme.tx(func(tx *store.Tx) error {
		raw, err := json.Marshal(old)
		acme.do(err)
		_, err = tx.Record(t.Context(), store.Recorded{Key: store.NewKey(tx.Now.Add(-limits.AnswerEvery)), IRI: activity.ID(bea + "#earlier"), Type: "Follow", Actor: acme.knows(bea).Key, Outcome: store.Applied, Raw: raw})
		return err
	})
	for i, want := range []int{2, 0, 0} { // pump delivers twice
		if n := answers(old); n != want {
			t.Errorf("after a while, number %d is answered %d times", i+1, n)
		}
	}
	if n, err := acme.db.CountTo(t.Context(), store.Follow, alice.Key); err != nil || n != 1 {
		t.Fatalf("%d followers, %v", n, err)
	}
}

// posts is how many deliveries a stranger got.
func (s *stranger) posts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, got := range s.got {
		if got[0] == 'P' {
			n++
		}
	}
	return n
}

func TestANewKeyIsFoundWhenTheOldOneNoLongerFits(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	key, err := httpsign.NewKey()
	acme.do(err)
	globex.key = key
	globex.person("bea") // serves the new key
	like := map[string]any{"id": bea + "#b", "type": "Block", "actor": bea, "object": alice.ID}
	if status, body := globex.send(acme, like); status != 202 {
		t.Fatalf("got %d %s", status, body)
	}
	// A second rotation at once must wait: nobody makes us ask all the time.
	if globex.key, err = httpsign.NewKey(); err != nil {
		t.Fatal(err)
	}
	globex.person("bea")
	before := globex.asked()
	if status, _ := globex.send(acme, like); status != 401 || globex.asked() != before {
		t.Fatalf("got %d, asked %v", status, globex.got[before:])
	}
}

func TestADeletedPersonIsGoneWithAllTheyWrote(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	globex.send(acme, globex.create(bea, "/notes/1", "hello"))
	pump(t, acme)
	globex.send(acme, map[string]any{"id": bea + "#gone", "type": "Delete", "actor": bea, "object": bea, "to": activity.Public})
	pump(t, acme)
	if _, err := acme.db.Note(t.Context(), activity.ID(globex.id("/notes/1"))); activity.KindOf(err) != activity.NotFound {
		t.Errorf("the note is still there: %v", err)
	}
	if n, err := acme.db.CountTo(t.Context(), store.Follow, alice.Key); err != nil || n != 0 {
		t.Errorf("%d followers, %v", n, err)
	}
	if status, _ := globex.send(acme, globex.follow(bea, alice)); status != 403 {
		t.Errorf("somebody deleted still acts: %d", status)
	}
}

func TestABlockedPersonFollowsNoMoreAndIsNotToldWhy(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	them, err := acme.db.Actor(t.Context(), activity.ID(bea))
	acme.do(err)
	acme.do(acme.Block(t.Context(), alice, them))
	pump(t, acme)
	if n, err := acme.db.CountTo(t.Context(), store.Follow, alice.Key); err != nil || n != 0 {
		t.Fatalf("%d followers, %v", n, err)
	}
	again := globex.follow(bea, alice)
	again["id"] = bea + "#again"
	globex.send(acme, again)
	pump(t, acme)
	if n, err := acme.db.CountTo(t.Context(), store.Follow, alice.Key); err != nil || n != 0 {
		t.Fatalf("a blocked person follows: %d, %v", n, err)
	}
}

func TestAnUnansweredFollowIsRepeatedUntilItIsAnswered(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	them, err := acme.db.Actor(t.Context(), activity.ID(bea))
	acme.do(err)
	acme.do(acme.Follow(t.Context(), alice, them))
	pump(t, acme)
	e, err := acme.db.Edge(t.Context(), store.Follow, alice.Key, them.Key)
	acme.do(err)
	remind := func() int {
		t.Helper()
		before := globex.posts()
		jobs, err := acme.db.ParkedJobs(t.Context(), false, 10)
		acme.do(err)
		for _, j := range jobs {
			if err := acme.run(t.Context(), j.Kind, []byte(j.Payload)); err != nil {
				t.Fatal(err)
			}
		}
		return globex.posts() - before
	}
	if n := remind(); n != 1 {
		t.Fatalf("the first reminder sent %d requests", n)
	}
	if n := remind(); n != 1 {
		t.Fatalf("the second reminder sent %d requests", n)
	}
	globex.send(acme, map[string]any{"id": bea + "#yes", "type": "Accept", "actor": bea, "object": e.IRI})
	pump(t, acme)
	if n := remind(); n != 0 {
		t.Fatalf("an answered request was repeated %d times", n)
	}
}

func TestAPostThatOvertakesTheAcceptIsNotMissed(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	them, err := acme.db.Actor(t.Context(), activity.ID(bea))
	acme.do(err)
	acme.do(acme.Follow(t.Context(), alice, them))
	pump(t, acme)
	e, err := acme.db.Edge(t.Context(), store.Follow, alice.Key, them.Key)
	acme.do(err)
	globex.send(acme, globex.create(bea, "/notes/1", "quick"))
	pump(t, acme)
	if got := acme.home(alice); got != nil {
		t.Fatalf("before the answer alice sees %q", got)
	}
	globex.send(acme, map[string]any{"id": bea + "#yes", "type": "Accept", "actor": bea, "object": e.IRI})
	pump(t, acme)
	if got := acme.home(alice); len(got) != 1 || got[0] != "quick" {
		t.Fatalf("after the answer alice sees %q", got)
	}
}

func TestADeleteReachesPartnersWhereNobodyFollowsAnyMore(t *testing.T) {
	t.Parallel()
	acme, globex := companies(t)
	alice, bea := acme.person("alice"), globex.person("bea")
	globex.do(globex.Follow(t.Context(), bea, globex.sees(alice)))
	pump(t, acme, globex)
	post, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello"})
	acme.do(err)
	pump(t, acme, globex)
	globex.do(globex.Unfollow(t.Context(), bea, globex.sees(alice)))
	pump(t, acme, globex)
	acme.do(acme.Delete(t.Context(), alice, acme.note(post.ID)))
	pump(t, acme, globex)
	if _, err := globex.db.Note(t.Context(), post.ID); activity.KindOf(err) != activity.NotFound {
		t.Fatalf("it is still at Globex: %v", err)
	}
}

package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// asks makes somebody ask a poll.
func (c *company) asks(who store.Actor, multiple bool, v activity.Visibility, options ...string) store.Note {
	c.t.Helper()
	n, err := c.Post(c.t.Context(), who, federation.Draft{Text: "what?", Visibility: v, Poll: &federation.Poll{Options: options, Multiple: multiple, Open: time.Hour}})
	return must(c, n, err)
}

// tally is how the votes stand: of each answer, and of how many people.
func (c *company) tally(id activity.ID) string {
	c.t.Helper()
	n := c.note(id)
	var votes []activity.Count
	for _, o := range n.Options() {
		votes = append(votes, o.Replies.Total)
	}
	return fmt.Sprint(votes, " of ", n.Voters)
}

// outcome is what became of an activity.
func (c *company) outcome(id string) string {
	c.t.Helper()
	rec, err := c.db.Recorded(c.t.Context(), activity.ID(id))
	return must(c, rec, err).Outcome
}

// vote is the Create of a vote, or of several in one, as GoToSocial sends them.
func (s *stranger) vote(actor, path string, to any, poll activity.ID, names ...string) map[string]any {
	var notes []any
	for i, name := range names {
		notes = append(notes, map[string]any{"id": fmt.Sprint(s.id(path), "/", i), "type": "Note", "attributedTo": actor, "name": name, "inReplyTo": poll, "to": to})
	}
	doc := map[string]any{"id": s.id(path), "type": "Create", "actor": actor, "to": to, "object": notes}
	if len(notes) == 1 {
		doc["object"] = notes[0]
	}
	return doc
}

func TestTwoCompaniesVoteInAPoll(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	acme, globex := companies(t)
	alice, amir, bea, boris := acme.person("alice"), acme.person("amir"), globex.person("bea"), globex.person("boris")
	globex.do(globex.Follow(ctx, bea, globex.sees(alice)))
	pump(t, acme, globex)
	poll := acme.asks(alice, false, activity.VisiblePublic, "tea", "<coffee> & milk")
	pump(t, acme, globex)
	theirs := globex.note(poll.ID)
	if theirs.Type != "Question" || len(theirs.OneOf) != 2 || theirs.EndTime.IsZero() || theirs.OneOf[1].Name != poll.OneOf[1].Name {
		t.Fatalf("it came as %+v", theirs.Note)
	}
	globex.do(globex.Vote(ctx, bea, theirs, []int{1}))
	globex.do(globex.Vote(ctx, boris, theirs, []int{0}))
	acme.do(acme.Vote(ctx, amir, poll, []int{1}))
	pump(t, acme, globex)
	if got := acme.tally(poll.ID); got != "[1 2] of 3" {
		t.Fatalf("alice sees %s", got)
	}
	if got := globex.tally(poll.ID); got != "[1 1] of 0" {
		t.Errorf("before the count is told, globex sees %s, its own", got)
	}
	if err := globex.Vote(ctx, bea, theirs, []int{0}); activity.FaultOf(err).Reason != "voted_already" {
		t.Errorf("a second vote: %v", err)
	}
	if err := acme.Vote(ctx, alice, poll, []int{0}); activity.FaultOf(err).Reason != "own_poll" {
		t.Errorf("her own: %v", err)
	}
	acme.do(acme.Tally(ctx, store.Tally{Poll: poll.Key}))
	pump(t, acme, globex)
	if got := globex.tally(poll.ID); got != "[1 2] of 3" {
		t.Errorf("after it, %s", got)
	}
	if got := acme.told(alice); slices.Contains(got, "mention") {
		t.Errorf("votes are no answers: alice was told %q", got)
	}
	if counts, err := acme.db.Counts(ctx, alice.Key, poll.Key); err != nil || counts[poll.Key].Replies != 0 {
		t.Errorf("nor are they posts: %+v %v", counts, err)
	}

	over := acme.note(poll.ID)
	over.EndTime = activity.At(time.Now().Add(-time.Second))
	acme.tx(func(tx *store.Tx) error { return tx.PutTally(ctx, over) })
	acme.do(acme.Tally(ctx, store.Tally{Poll: poll.Key}))
	pump(t, acme, globex)
	if n := globex.note(poll.ID); n.Closed.IsZero() || globex.tally(poll.ID) != "[1 2] of 3" {
		t.Errorf("the end came as %+v", n.Question)
	}
	for c, people := range map[*company][]store.Actor{acme: {alice, amir}, globex: {bea, boris}} {
		for _, p := range people {
			if !slices.Contains(c.told(p), "poll") {
				t.Errorf("%s was not told that it is over, but %q", p.Username, c.told(p))
			}
		}
	}
	if err := globex.Vote(ctx, globex.person("bo"), globex.note(poll.ID), []int{0}); activity.FaultOf(err).Reason != "poll_is_over" {
		t.Errorf("a late vote: %v", err)
	}
}

func TestTheVotesOfOtherSoftware(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	bo, boris, dan := globex.person("bo"), globex.person("boris"), globex.person("dan")
	one, many := acme.asks(alice, false, "", "a", "b"), acme.asks(alice, true, "", "a", "b", "c")
	followers := acme.asks(alice, false, activity.VisibleFollowers, "a", "b")
	acme.takes(globex,
		globex.vote(bea, "/v/1", alice.ID, one.ID, "a"),         // Mastodon
		globex.vote(bo, "/v/2", alice.ID, one.ID, "b", "a"),     // the first counts
		globex.vote(bea, "/v/3", alice.ID, one.ID, "b"),         // once is enough
		globex.vote(bea, "/v/4", alice.ID, many.ID, "a"),        // Mastodon: one by one
		globex.vote(bea, "/v/5", alice.ID, many.ID, "c"),        //
		globex.vote(bo, "/v/6", alice.ID, many.ID, "c", "b"),    // GoToSocial: at once
		globex.vote(boris, "/v/7", alice.ID, many.ID, "d"),      // no answer of this poll
		globex.vote(bea, "/v/8", alice.ID, followers.ID, "a"),   // follows alice
		globex.vote(dan, "/v/9", alice.ID, followers.ID, "b"),   // does not
		globex.vote(dan, "/v/10", alice.ID, alice.ID+"/x", "b"), // no poll at all: see below
	)
	for id, want := range map[activity.ID]string{one.ID: "[1 1 0] of 2", many.ID: "[1 1 2] of 2", followers.ID: "[1 0] of 1"} {
		if got := acme.tally(id); got != strings.Replace(want, "[1 1 0]", "[1 1]", 1) {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	for path, want := range map[string]string{"/v/1": "applied", "/v/3": "voted_already", "/v/7": "no_such_answer", "/v/9": "not_found", "/v/10": "not_found"} {
		if got := acme.outcome(globex.id(path)); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	if got := acme.told(alice); slices.Contains(got, "mention") {
		t.Errorf("alice was told %q", got)
	}
	over := acme.note(one.ID)
	over.EndTime = activity.At(time.Now().Add(-time.Second))
	acme.tx(func(tx *store.Tx) error { return tx.PutTally(t.Context(), over) })
	acme.takes(globex, globex.vote(dan, "/v/11", alice.ID, one.ID, "a"))
	if got := acme.outcome(globex.id("/v/11")); got != "poll_is_over" || acme.tally(one.ID) != "[1 1] of 2" {
		t.Errorf("a late vote: %s, %s", got, acme.tally(one.ID))
	}
}

func TestAVoteIsBetweenTheVoterAndTheAuthor(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	acme, alice, globex, bea := guest(t)
	eve := globex.person("eve")
	poll := globex.create(bea, "/polls/1", "what?")
	o := poll["object"].(map[string]any)
	o["type"], o["oneOf"] = "Question", []any{map[string]any{"name": "a"}, map[string]any{"name": "b"}} // Misskey: no endTime
	acme.do(acme.Follow(ctx, alice, acme.knows(bea)))
	acme.takes(globex, poll)
	acme.do(acme.Vote(ctx, alice, acme.note(activity.ID(globex.id("/polls/1"))), []int{1}))
	var fan store.Fan
	_, err := acme.db.Drain(ctx, 10, func(ps []store.Promise) error { return json.Unmarshal([]byte(ps[len(ps)-1].Payload), &fan) })
	acme.do(err)
	rec, err := acme.db.RecordedByKey(ctx, fan.Activity)
	acme.do(err)
	var sent struct {
		To     activity.IDs   `json:"to"`
		Object map[string]any `json:"object"`
	}
	if err := json.Unmarshal(rec.Raw, &sent); err != nil || sent.Object["name"] != "b" || sent.Object["content"] != nil || !slices.Equal(sent.To, activity.IDs{activity.ID(bea)}) {
		t.Fatalf("sent %s", rec.Raw)
	}
	path := strings.TrimPrefix(string(rec.IRI), acme.House.URL)
	stranger := newStranger(t, "elsewhere")
	acme.isPartnerOf(stranger)
	if status, _ := acme.get(stranger, stranger.person("mallory"), path); status != http.StatusNotFound {
		t.Errorf("somebody else reads the vote: %d", status)
	}
	if status, _ := acme.get(nil, "", path); status == http.StatusOK {
		t.Errorf("anybody reads the vote: %d", status)
	}
	acme.takes(globex, globex.vote(eve, "/v/1", bea, activity.ID(globex.id("/polls/1")), "a"))
	if got := acme.tally(activity.ID(globex.id("/polls/1"))); got != "[0 1] of 0" || acme.outcome(globex.id("/v/1")) != "foreign_poll" {
		t.Errorf("a vote that is none of ours counted: %s", got)
	}

	o["oneOf"] = []any{map[string]any{"name": "a", "replies": map[string]any{"totalItems": 7}}, map[string]any{"name": "b", "replies": map[string]any{"totalItems": 1}}}
	o["votersCount"], o["closed"] = 8, "2026-01-01T00:00:00Z"
	acme.takes(globex, map[string]any{"id": globex.id("/u/1"), "type": "Update", "actor": bea, "to": activity.Public, "object": o})
	if got := acme.tally(activity.ID(globex.id("/polls/1"))); got != "[7 1] of 8" || !slices.Contains(acme.told(alice), "poll") {
		t.Errorf("the author's count was not taken: %s; alice was told %q", got, acme.told(alice))
	}
	votes, err := acme.db.OwnVotes(ctx, alice.Key, acme.note(activity.ID(globex.id("/polls/1"))).Key)
	if acme.do(err); len(votes) != 1 {
		t.Errorf("her vote is forgotten: %v", votes)
	}
	o["oneOf"] = []any{map[string]any{"name": "c"}, map[string]any{"name": "b"}}
	acme.takes(globex, map[string]any{"id": globex.id("/u/2"), "type": "Update", "actor": bea, "to": activity.Public, "object": o})
	if votes, err = acme.db.OwnVotes(ctx, alice.Key, acme.note(activity.ID(globex.id("/polls/1"))).Key); err != nil || len(votes) != 0 {
		t.Errorf("a vote for other answers stands: %v %v", votes, err)
	}
}

func TestAttack12APollHasNoMoreAnswersThanPeopleRead(t *testing.T) { // CVE-2026-23962, -23963
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	acme.do(acme.Follow(t.Context(), alice, acme.knows(bea)))
	options := make([]any, 5000)
	for i := range options {
		options[i] = map[string]any{"type": "Note", "name": fmt.Sprint(i, strings.Repeat("x", 100))}
	}
	options[0] = map[string]any{"name": strings.Repeat("ü", 100_000)}
	for _, list := range []string{"oneOf", "anyOf"} {
		poll := globex.create(bea, "/polls/"+list, "what?")
		o := poll["object"].(map[string]any)
		o["type"], o["name"], o[list], o["votersCount"] = "Question", strings.Repeat("n", 50_000), options, -1
		acme.takes(globex, poll)
		n := acme.note(activity.ID(globex.id("/polls/" + list)))
		if len(n.Options()) != 50 || len(n.Options()[0].Name) != 1000 || len(n.Name) != 2048 || n.Voters != 0 {
			t.Errorf("%s: %d answers, the first of %d bytes; a name of %d bytes", list, len(n.Options()), len(n.Options()[0].Name), len(n.Name))
		}
	}
}

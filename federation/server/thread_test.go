package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// fan is a partner of acme with bea, whom alice follows.
func fan(t *testing.T) (acme *company, alice store.Actor, globex *stranger, bea string) {
	t.Helper()
	acme, alice, globex, bea = guest(t)
	key := acme.sees(store.Actor{Actor: activity.Actor{Username: "bea"}, Host: globex.host}).Key
	acme.tx(func(tx *store.Tx) error {
		_, err := tx.PutEdge(t.Context(), store.Edge{Kind: store.Follow, Actor: alice.Key, Object: key, Accepted: true})
		return err
	})
	return acme, alice, globex, bea
}

// note serves a note of bea that answers another one (path "" for none); more is set besides.
func (s *stranger) note(bea, path, answers string, more ...any) map[string]any {
	n := s.create(bea, path, "post "+path)["object"].(map[string]any)
	if answers != "" {
		n["inReplyTo"] = s.id(answers)
	}
	for i := 0; i < len(more); i += 2 {
		n[more[i].(string)] = more[i+1]
	}
	s.serve(path, n)
	return n
}

// say delivers the Create of a note.
func (s *stranger) say(c *company, n map[string]any) {
	s.send(c, map[string]any{"id": fmt.Sprint(n["id"], "#create"), "type": "Create", "actor": n["attributedTo"], "to": activity.Public, "object": n})
	pump(s.t, c)
}

func (s *stranger) collection(path, kind string, more ...any) map[string]any {
	c := map[string]any{"id": s.id(path), "type": kind}
	for i := 0; i < len(more); i += 2 {
		c[more[i].(string)] = more[i+1]
	}
	s.serve(path, c)
	return c
}

func (c *company) keeps(s *stranger, path string) bool {
	c.t.Helper()
	_, ok, err := activity.Optional(c.db.Note(c.t.Context(), activity.ID(s.id(path))))
	c.do(err)
	return ok
}

// times is how often a path was asked for.
func (s *stranger) times(path string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, got := range s.got {
		if got == "GET "+path {
			n++
		}
	}
	return n
}

func TestAThreadIsFilledUpwardsAndDownwards(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := fan(t)
	dan := globex.person("dan")
	globex.note(bea, "/notes/top", "", "replies", globex.id("/notes/top/replies"))
	globex.note(bea, "/notes/up", "/notes/top")
	said := globex.note(bea, "/notes/said", "/notes/up")
	globex.note(bea, "/notes/inline", "/notes/top")
	byDan := globex.note(dan, "/notes/dan", "/notes/top", "replies", globex.id("/notes/dan/replies"))
	globex.note(bea, "/notes/below", "/notes/dan")
	globex.collection("/notes/top/replies", "Collection", "first", map[string]any{"type": "CollectionPage",
		"items": []any{globex.id("/notes/inline")}, "next": globex.id("/pages/2")})
	globex.collection("/pages/2", "CollectionPage", "items", []any{byDan, globex.id("/notes/gone")})
	globex.collection("/notes/dan/replies", "OrderedCollection", "orderedItems", globex.id("/notes/below"))
	globex.say(acme, said)
	for _, path := range []string{"top", "up", "inline", "dan", "below"} {
		if !acme.keeps(globex, "/notes/"+path) {
			t.Errorf("%s is missing", path)
		}
	}
	root := acme.note(activity.ID(globex.id("/notes/top")))
	if below := acme.note(activity.ID(globex.id("/notes/below"))); below.ThreadKey != root.ThreadKey {
		t.Error("what was found below is in another thread")
	}
	if globex.times("/notes/dan") != 1 { // it is not its owner's collection
		t.Errorf("dan's answer was fetched %d times", globex.times("/notes/dan"))
	}
}

func TestALongThreadIsFilledInRunsThatEachKeepTheirBudget(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := fan(t)
	var answers []any
	for i := range 55 {
		path := fmt.Sprint("/notes/answer", i)
		globex.note(bea, path, "/notes/top")
		answers = append(answers, globex.id(path))
	}
	globex.note(bea, "/notes/top", "", "replies", globex.id("/replies"))
	globex.collection("/replies", "Collection", "items", answers)
	globex.send(acme, map[string]any{"id": globex.id("/c"), "type": "Create", "actor": bea, "to": activity.Public, "object": globex.note(bea, "/notes/said", "/notes/top")})
	runs := 0
	for range 20 {
		before := globex.asked()
		n, err := acme.db.Drain(t.Context(), 1, func(ps []store.Promise) error {
			if ps[0].Kind == "thread" {
				runs++
			}
			return acme.run(t.Context(), ps[0].Kind, []byte(ps[0].Payload))
		})
		acme.do(err)
		if got := globex.asked() - before; got > limits.Fetches {
			t.Errorf("one run asked %d times", got)
		}
		if n == 0 {
			break
		}
	}
	for i := range 55 {
		if !acme.keeps(globex, fmt.Sprint("/notes/answer", i)) {
			t.Errorf("answer %d is missing", i)
		}
	}
	if runs != 3 {
		t.Errorf("it took %d runs", runs)
	}
}

func TestAContextIsBelievedAsFarAsItsOwnerAndThePostsAgree(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := fan(t)
	dan := globex.person("dan")
	in := globex.id("/contexts/1")
	globex.note(bea, "/notes/top", "", "context", in)
	globex.note(dan, "/notes/inside", "/notes/elsewhere", "context", in)
	globex.note(dan, "/notes/unwilling", "", "context", globex.id("/contexts/2"))
	globex.note(dan, "/notes/claims", "", "context", in) // and the owner does not list it
	globex.collection("/contexts/1", "OrderedCollection", "attributedTo", bea, "orderedItems",
		[]any{globex.id("/notes/top"), globex.id("/notes/inside"), globex.id("/notes/unwilling")})
	globex.say(acme, globex.note(bea, "/notes/said", "/notes/top", "context", in))
	if !acme.keeps(globex, "/notes/inside") || acme.keeps(globex, "/notes/unwilling") || acme.keeps(globex, "/notes/claims") {
		t.Errorf("inside %t, unwilling %t, claims %t", acme.keeps(globex, "/notes/inside"), acme.keeps(globex, "/notes/unwilling"), acme.keeps(globex, "/notes/claims"))
	}
}

func TestWhatACollectionCarriesOfOthersIsFetchedFromThem(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := fan(t)
	dan := globex.person("dan")
	forged := globex.note(dan, "/notes/dan", "/notes/top")
	truth := globex.create(dan, "/notes/dan", "what dan said")["object"].(map[string]any)
	truth["inReplyTo"] = globex.id("/notes/top")
	forged["content"] = "what bea says that dan said"
	stray := globex.note(dan, "/notes/stray", "")
	globex.serve("/notes/dan", truth)
	globex.note(bea, "/notes/top", "", "replies", globex.id("/replies"))
	globex.collection("/replies", "Collection", "items", []any{forged, stray})
	globex.say(acme, globex.note(bea, "/notes/said", "/notes/top"))
	if got := acme.note(activity.ID(globex.id("/notes/dan"))).Content; got != "what dan said" {
		t.Errorf("dan is said to have said %q", got)
	}
	if acme.keeps(globex, "/notes/stray") {
		t.Error("what answers something else was taken for an answer")
	}
}

func TestAThreadThatConcernsNobodyIsNotFilledUntilSomebodyOpensIt(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t) // nobody follows bea
	globex.note(bea, "/notes/top", "", "replies", globex.id("/replies"))
	globex.note(bea, "/notes/other", "/notes/top")
	globex.collection("/replies", "Collection", "items", globex.id("/notes/other"))
	globex.say(acme, globex.note(bea, "/notes/said", "/notes/top"))
	if acme.keeps(globex, "/notes/other") {
		t.Fatal("it was filled")
	}
	said := acme.note(activity.ID(globex.id("/notes/said")))
	for range 3 {
		acme.do(acme.Opened(t.Context(), said))
		pump(t, acme)
	}
	if !acme.keeps(globex, "/notes/other") {
		t.Error("it was not filled")
	}
	if n := globex.times("/replies"); n != 1 {
		t.Errorf("the answers were asked for %d times", n)
	}
}

func TestAHostThatDoesNotAnswerIsLeftAlone(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := fan(t)
	away := newStranger(t, "away")
	acme.isPartnerOf(away)
	acme.tx(func(tx *store.Tx) error {
		_, err := tx.Failed(t.Context(), away.host, "silent", false, 1, func(int) time.Time { return tx.Now.Add(time.Hour) })
		return err
	})
	globex.note(bea, "/notes/top", "", "replies", globex.id("/replies"))
	globex.note(bea, "/notes/here", "/notes/top")
	globex.collection("/replies", "Collection", "items", []any{away.id("/notes/1"), away.id("/notes/2"), globex.id("/notes/here")})
	globex.say(acme, globex.note(bea, "/notes/said", "/notes/top"))
	if !acme.keeps(globex, "/notes/here") || away.asked() != 0 {
		t.Errorf("here: %t, asked the host that is down %d times", acme.keeps(globex, "/notes/here"), away.asked())
	}
	_ = alice
}

func TestAnAnswerOfOursFillsTheThread(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	globex.note(bea, "/notes/other", "/notes/top")
	globex.collection("/replies", "Collection", "items", globex.id("/notes/other"))
	globex.say(acme, globex.note(bea, "/notes/top", "", "replies", globex.id("/replies")))
	if acme.keeps(globex, "/notes/other") {
		t.Fatal("too early")
	}
	_, err := acme.Post(t.Context(), alice, federation.Draft{Text: "answer", ReplyTo: acme.note(activity.ID(globex.id("/notes/top"))).Key})
	acme.do(err)
	pump(t, acme)
	if !acme.keeps(globex, "/notes/other") {
		t.Error("the other answers were not fetched")
	}
}

func TestAttack12CollectionsAndThreadsWithoutEnd(t *testing.T) {
	t.Parallel()
	t.Run("a page whose next is itself is read once", func(t *testing.T) {
		acme, _, globex, bea := fan(t)
		globex.note(bea, "/notes/top", "", "replies", globex.id("/replies"))
		globex.collection("/replies", "CollectionPage", "items", []any{}, "next", globex.id("/replies"))
		globex.say(acme, globex.note(bea, "/notes/said", "/notes/top"))
		if n := globex.times("/replies"); n != 1 {
			t.Errorf("it was read %d times", n)
		}
	})
	t.Run("two pages that name each other are read once each", func(t *testing.T) {
		acme, _, globex, bea := fan(t)
		globex.note(bea, "/notes/top", "", "replies", globex.id("/a"))
		globex.collection("/a", "CollectionPage", "next", globex.id("/b"))
		globex.collection("/b", "CollectionPage", "next", globex.id("/a"))
		globex.say(acme, globex.note(bea, "/notes/said", "/notes/top"))
		if a, b := globex.times("/a"), globex.times("/b"); a != 1 || b != 1 {
			t.Errorf("they were read %d and %d times", a, b)
		}
	})
	t.Run("pages without end are read to the tenth", func(t *testing.T) {
		acme, _, globex, bea := fan(t)
		globex.make = func(path string) any {
			if !strings.HasPrefix(path, "/page") {
				return nil
			}
			return map[string]any{"id": globex.id(path), "type": "CollectionPage", "next": globex.id(path + "x")}
		}
		globex.note(bea, "/notes/top", "", "replies", globex.id("/page"))
		before := globex.asked()
		globex.say(acme, globex.note(bea, "/notes/said", "/notes/top"))
		if n := globex.asked() - before; n != 1+limits.Pages { // the root, and the pages
			t.Errorf("it asked %d times", n)
		}
	})
	t.Run("a next on another host is not followed", func(t *testing.T) {
		acme, _, globex, bea := fan(t)
		other := newStranger(t, "other")
		acme.isPartnerOf(other)
		globex.note(bea, "/notes/top", "", "replies", globex.id("/replies"))
		globex.collection("/replies", "CollectionPage", "next", other.id("/victim"))
		globex.say(acme, globex.note(bea, "/notes/said", "/notes/top"))
		if other.asked() != 0 {
			t.Error("it was followed")
		}
	})
	t.Run("trees of answers and ladders of questions without end cost what a filling may", func(t *testing.T) {
		acme, _, globex, bea := fan(t)
		globex.make = func(path string) any { // each has two answers, and answers another
			if name, ok := strings.CutSuffix(path, "/replies"); ok {
				return map[string]any{"id": globex.id(path), "type": "Collection", "items": []any{globex.id(name + "l"), globex.id(name + "r")}}
			}
			if !strings.HasPrefix(path, "/notes/") {
				return nil
			}
			answers := path[:len(path)-1]
			if answers == "/notes/" {
				answers = path + "up"
			}
			n := globex.create(bea, path, "again")["object"].(map[string]any)
			n["inReplyTo"], n["replies"] = globex.id(answers), globex.id(path+"/replies")
			if strings.HasSuffix(path, "up") {
				n["inReplyTo"] = globex.id(path + "up")
			}
			return n
		}
		before := globex.asked()
		globex.say(acme, globex.make("/notes/x").(map[string]any))
		n := globex.asked() - before
		if n > 300 { // 20 by the Create, 200 by the filling, and the jobs run twice here
			t.Errorf("it asked %d times", n)
		}
		t.Logf("asked %d times", n)
	})
	t.Run("10,000 levels of JSON are refused", func(t *testing.T) {
		acme, _, globex, bea := fan(t)
		deep := any("bottom")
		for range 10_000 {
			deep = map[string]any{"type": "Collection", "first": deep}
		}
		globex.note(bea, "/notes/top", "", "replies", globex.id("/replies"))
		globex.serve("/replies", deep)
		globex.say(acme, globex.note(bea, "/notes/said", "/notes/top"))
		if !acme.keeps(globex, "/notes/top") {
			t.Error("the rest was not fetched")
		}
		if status, body := globex.send(acme, map[string]any{"id": bea + "#deep", "type": "Like", "actor": bea, "object": deep}); status != 413 {
			t.Errorf("the inbox answers %d %s", status, body)
		}
	})
}

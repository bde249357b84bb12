package server_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// Activities that arrive beside each other end as if one had come first.

const rounds = 30

// race takes in activities of one actor beside each other.
func (c *company) race(actor string, docs ...map[string]any) {
	c.t.Helper()
	var wg sync.WaitGroup
	for _, doc := range docs {
		raw, err := json.Marshal(doc)
		c.do(err)
		wg.Go(func() {
			if err := c.Receive(c.t.Context(), store.Received{Raw: raw, Signer: actor}); err != nil {
				c.t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestADeleteBesideItsCreateWins(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	for i := range rounds {
		create := globex.create(bea, fmt.Sprintf("/notes/%d", i), "x")
		id := globex.id(fmt.Sprintf("/notes/%d", i))
		acme.race(bea, create, map[string]any{"id": id + "#delete", "type": "Delete", "actor": bea, "object": id})
		if _, err := acme.db.Note(t.Context(), activity.ID(id)); activity.KindOf(err) != activity.NotFound {
			t.Fatalf("round %d: it is here: %v", i, err)
		}
	}
}

func TestAnAnswerBesideItsQuestionIsTiedToIt(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	for i := range rounds {
		question, answer := globex.create(bea, fmt.Sprintf("/q/%d", i), "x"), globex.create(bea, fmt.Sprintf("/a/%d", i), "x")
		answer["object"].(map[string]any)["inReplyTo"] = globex.id(fmt.Sprintf("/q/%d", i))
		acme.race(bea, question, answer)
		q, a := acme.note(activity.ID(globex.id(fmt.Sprintf("/q/%d", i)))), acme.note(activity.ID(globex.id(fmt.Sprintf("/a/%d", i))))
		if a.ReplyTo != q.Key || a.ThreadKey != q.ThreadKey {
			t.Fatalf("round %d: it answers %v, not %v", i, a.ReplyTo, q.Key)
		}
	}
}

func TestOfTwoUpdatesBesideEachOtherTheNewerStays(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	for i := range rounds {
		path := fmt.Sprintf("/notes/%d", i)
		acme.race(bea, globex.create(bea, path, "version 0"))
		version := func(k int) map[string]any {
			u := globex.create(bea, path, fmt.Sprint("version ", k))
			u["type"], u["id"] = "Update", globex.id(fmt.Sprintf("/updates/%d/%d", i, k))
			u["object"].(map[string]any)["updated"] = time.Now().Add(time.Duration(k-5) * time.Second).UTC().Format(time.RFC3339)
			return u
		}
		acme.race(bea, version(1), version(2))
		if n := acme.note(activity.ID(globex.id(path))); n.Content != "version 2" {
			t.Fatalf("round %d: it reads %q", i, n.Content)
		}
	}
}

func TestAnUndoBesideItsLikeWins(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	for i := range rounds {
		post, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello"})
		acme.do(err)
		like := map[string]any{"id": globex.id(fmt.Sprintf("/likes/%d", i)), "type": "Like", "actor": bea, "object": post.ID}
		acme.race(bea, like, map[string]any{"id": globex.id(fmt.Sprintf("/undos/%d", i)), "type": "Undo", "actor": bea, "object": like})
		if has, err := acme.db.HasEdge(t.Context(), store.Like, acme.knows(bea).Key, post.Key); err != nil || has {
			t.Fatalf("round %d: bea likes it still: %v", i, err)
		}
	}
}

func TestAnswersInARingMakeNoRing(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	for size := 1; size <= 3; size++ {
		id := func(i int) string { return globex.id(fmt.Sprintf("/rings/%d/%d", size, i%size)) }
		for i := range size {
			create := globex.create(bea, fmt.Sprintf("/rings/%d/%d", size, i), "x")
			create["object"].(map[string]any)["inReplyTo"] = id(i + 1)
			acme.takes(globex, create)
		}
		for i := range size {
			n, steps := acme.note(activity.ID(id(i))), 0
			for ; n.ReplyTo != 0 && steps <= size; steps++ {
				parent, err := acme.db.NoteByKey(t.Context(), n.ReplyTo)
				n = must(acme, parent, err)
			}
			if steps > size {
				t.Errorf("%d answers go round", size)
			}
		}
	}
}

package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// Activities that share a transaction end as if each had one of its own.

// sql runs a statement on the database of a company.
func (c *company) sql(text string, args ...any) pgx.Rows {
	c.t.Helper()
	conn, err := pgx.Connect(c.t.Context(), c.dsn)
	c.do(err)
	c.t.Cleanup(func() { conn.Close(context.WithoutCancel(c.t.Context())) })
	rows, err := conn.Query(c.t.Context(), text, args...)
	return must(c, rows, err)
}

// together takes in activities, each from its actor, while others of one before them do not end, so that
// they gather, and says in how many transactions those were recorded that have an
// effect.
func (c *company) together(s *stranger, actor string, docs ...map[string]any) (transactions int) {
	c.t.Helper()
	before := []map[string]any{s.create(actor, fmt.Sprintf("/held/%d/1", time.Now().UnixNano()), "held"), s.create(actor, fmt.Sprintf("/held/%d/2", time.Now().UnixNano()), "held")}
	var all sync.WaitGroup
	take := func(docs ...map[string]any) {
		for _, doc := range docs {
			raw, err := json.Marshal(doc)
			c.do(err)
			all.Go(func() {
				if err := c.Receive(c.t.Context(), store.Received{Raw: raw, Signer: doc["actor"].(string)}); err != nil {
					c.t.Error(err)
				}
			})
			time.Sleep(20 * time.Millisecond) // in this order
		}
	}
	c.tx(func(tx *store.Tx) error {
		err := tx.TakeTurns(c.t.Context(), activity.ID(before[0]["id"].(string)), activity.ID(before[1]["id"].(string)))
		take(before...)
		take(docs...)
		return err
	})
	all.Wait()
	var ids []string
	for _, doc := range docs {
		ids = append(ids, doc["id"].(string))
	}
	n, err := pgx.CollectExactlyOneRow(c.sql("SELECT count(DISTINCT xmin::text) FROM activities WHERE iri = ANY ($1) AND outcome = 'applied'", ids), pgx.RowTo[int])
	return must(c, n, err)
}

func TestActivitiesThatShareATransactionEndAsIfEachHadItsOwn(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	acme.joined(store.Follow, alice, acme.knows(bea))
	note := func(n int) activity.ID { return activity.ID(globex.id(fmt.Sprint("/notes/", n))) }
	first, second, third := globex.create(bea, "/notes/1", "first"), globex.create(bea, "/notes/2", "second"), globex.create(bea, "/notes/3", "third")
	edit := globex.changed(bea, "/notes/2", "changed", time.Now().UTC().Format(time.RFC3339))
	remove := map[string]any{"id": globex.id("/notes/3#delete"), "type": "Delete", "actor": bea, "object": note(3)}
	foreign := globex.create(bea, "/foreign", "not hers")
	foreign["object"].(map[string]any)["attributedTo"] = alice.ID
	foreign["object"].(map[string]any)["id"] = string(alice.ID) + "/notes/1"
	answer := globex.create(bea, "/notes/4", "answer")
	answer["object"].(map[string]any)["inReplyTo"] = note(5)
	question := globex.create(bea, "/notes/5", "question")
	like := map[string]any{"id": globex.id("/likes/1"), "type": "Like", "actor": bea, "object": note(1)}
	unlike := map[string]any{"id": globex.id("/likes/1#undo"), "type": "Undo", "actor": bea, "object": like}

	n := acme.together(globex, bea, first, first, second, foreign, edit, unlike, third, remove, answer, like, question, first)
	if n > 4 { // one, but for those that a busy machine has held up
		t.Errorf("they were applied in %d transactions", n)
	}
	if got := acme.note(note(2)); got.Content != "changed" {
		t.Errorf("what was edited reads %q", got.Content)
	}
	if _, known, err := activity.Optional(acme.db.Note(t.Context(), note(3))); err != nil || known {
		t.Errorf("what was deleted is here: %v", err)
	}
	if a, q := acme.note(note(4)), acme.note(note(5)); a.ReplyTo != q.Key || a.ThreadKey != q.ThreadKey {
		t.Errorf("the answer answers %v in thread %v, not %v", a.ReplyTo, a.ThreadKey, q.Key)
	}
	if is, err := acme.db.HasEdge(t.Context(), store.Like, acme.knows(bea).Key, acme.note(note(1)).Key); err != nil || is {
		t.Errorf("what was taken back before it came is there, %v", err)
	}
	if got := []string{acme.outcome(first["id"].(string)), acme.outcome(foreign["id"].(string))}; got[0] != store.Applied || got[1] == store.Applied {
		t.Errorf("the outcomes are %q", got)
	}
	times := map[string]int{}
	for _, text := range acme.home(alice) {
		times[text]++
	}
	for _, text := range []string{"first", "changed", "question"} {
		if times[text] != 1 {
			t.Errorf("%q is at home %d times: %v", text, times[text], times)
		}
	}
}

func TestOnePoisonedActivityDoesNotSpoilThoseBesideIt(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	acme.sql(`CREATE FUNCTION poisoned() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'poison' USING ERRCODE = '22000'; END $$`).Close()
	acme.sql(`CREATE TRIGGER poisoned BEFORE INSERT ON notes FOR EACH ROW WHEN (NEW.doc->>'content' LIKE '%poison%') EXECUTE FUNCTION poisoned()`).Close()
	var docs []map[string]any
	for i := range 9 {
		content := "good"
		if i == 4 {
			content = "poison"
		}
		docs = append(docs, globex.create(bea, fmt.Sprint("/notes/", i), content))
	}
	acme.together(globex, bea, docs...)
	for i, doc := range docs {
		want := store.Applied
		if i == 4 {
			want = "unstorable"
		}
		if got := acme.outcome(doc["id"].(string)); got != want {
			t.Errorf("activity %d is recorded as %q, not %q", i, got, want)
		}
		_, known, err := activity.Optional(acme.db.Note(t.Context(), activity.ID(globex.id(fmt.Sprint("/notes/", i)))))
		if err != nil || known != (i != 4) {
			t.Errorf("note %d is here: %v, %v", i, known, err)
		}
	}
}

// Two processes that take in the same things in opposite order do not wait in a circle.
func TestWorkersWithOverlappingActivitiesDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	acme.joined(store.Follow, alice, acme.knows(bea))
	db, err := store.Open(acme.dsn)
	acme.do(err)
	defer db.Close()
	options := acme.options
	options.Store = db
	another := federation.New(options)
	const many = 40
	var docs []map[string]any
	for i := range many {
		docs = append(docs, globex.create(bea, fmt.Sprint("/notes/", i), fmt.Sprint("note ", i)))
	}
	var all sync.WaitGroup
	began := time.Now()
	for i := range many {
		for worker, doc := range map[*federation.Service]map[string]any{acme.Service: docs[i], another: docs[many-1-i]} {
			raw, err := json.Marshal(doc)
			acme.do(err)
			all.Go(func() {
				if err := worker.Receive(t.Context(), store.Received{Raw: raw, Signer: bea}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	n, err := acme.db.CountHome(t.Context(), alice.Key)
	if acme.do(err); n != many {
		t.Errorf("%d of %d are at home", n, many)
	}
	deadlocks, err := pgx.CollectExactlyOneRow(acme.sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"), pgx.RowTo[int64])
	if acme.do(err); deadlocks > 0 {
		t.Errorf("%d times they waited in a circle, %v in all", deadlocks, time.Since(began))
	}
}

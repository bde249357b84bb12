package server_test

import (
	"testing"

	"entente.example/entente/store"
)

func TestWhoIsGoneHereIsToldForGood(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*store.Tx, store.Key) error{
		"suspended": func(tx *store.Tx, key store.Key) error { return tx.Suspend(t.Context(), key, tx.Now) },
		"deleted":   func(tx *store.Tx, key store.Key) error { return tx.DeleteActor(t.Context(), key) },
	} {
		acme, _, globex, bea := guest(t)
		acme.tx(func(tx *store.Tx) error { return leave(tx, acme.knows(bea).Key) })
		before := acme.rows()
		bye := map[string]any{"id": bea + "#bye", "type": "Delete", "actor": bea, "object": bea}
		if status, answer := globex.send(acme, bye); status != 202 {
			t.Errorf("%s: the Delete of oneself is answered by %d %s", name, status, answer)
		}
		if status, answer := globex.send(acme, globex.create(bea, "/notes/1", "hello")); status != 403 || answer != `{"error":"gone_actor"}` {
			t.Errorf("%s: a post is answered by %d %s, want 403 gone_actor", name, status, answer)
		}
		pump(t, acme)
		if after := acme.rows(); after != before {
			t.Errorf("%s: it left %s, before %s", name, after, before)
		}
	}
}

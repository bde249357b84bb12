package store_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

func person(name string) store.Actor {
	const id = "https://globex.example/bea"
	return store.Actor{Host: "globex.example", Actor: activity.Actor{ID: id, Type: "Person", Username: "bea", Name: activity.Text(name),
		PublicKey: activity.List[activity.PublicKey]{{ID: id + "#main-key", Owner: id, PEM: "-----BEGIN PUBLIC KEY-----"}}}}
}

// named is what everybody must see, who asks by key and by key id.
func named(t *testing.T, q interface {
	ActorsByKey(context.Context, ...store.Key) (map[store.Key]store.Actor, error)
	ActorByKeyID(context.Context, activity.ID) (store.Actor, error)
}, key store.Key, want string) {
	t.Helper()
	for range 2 { // read, and remembered
		found, err := q.ActorsByKey(t.Context(), key, key)
		if err != nil || string(found[key].Name) != want || found[key].Host != "globex.example" {
			t.Fatalf("%q is not %q: %v", found[key].Name, want, err)
		}
		a, err := q.ActorByKeyID(t.Context(), "https://globex.example/bea#main-key")
		if err != nil || string(a.Name) != want || a.Key != key {
			t.Fatalf("%q is not %q: %v", a.Name, want, err)
		}
	}
}

// Whatever is remembered, an actor is seen as it is now, in the transaction that writes
// it and outside.
func TestAnActorThatHasChangedIsReadAgain(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), storetest.New(t)
	put := func(tx *store.Tx, name string) store.Key {
		a, err := tx.PutActor(ctx, person(name))
		if err != nil {
			t.Fatal(err)
		}
		return a.Key
	}
	var key store.Key
	for n := range 3 {
		if err := db.InTx(ctx, func(tx *store.Tx) error { key = put(tx, strconv.Itoa(n)); return nil }); err != nil {
			t.Fatal(err)
		}
		named(t, db, key, strconv.Itoa(n))
	}
	given := errors.New("given up")
	if err := db.InTx(ctx, func(tx *store.Tx) error {
		named(t, tx, key, "2")
		put(tx, "never")
		named(t, tx, key, "never")
		named(t, db, key, "2")
		return given
	}); !errors.Is(err, given) {
		t.Fatal(err)
	}
	named(t, db, key, "2")
	if err := db.InTx(ctx, func(tx *store.Tx) error { // both by the same transaction
		put(tx, "half")
		named(t, tx, key, "half")
		put(tx, "whole")
		named(t, tx, key, "whole")
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	named(t, db, key, "whole")
	if err := db.InTx(ctx, func(tx *store.Tx) error { return tx.Suspend(ctx, key, time.Now()) }); err != nil {
		t.Fatal(err)
	}
	if found, err := db.ActorsByKey(ctx, key); err != nil || found[key].Usable() {
		t.Errorf("a suspended actor is usable: %v", err)
	}
}

package store_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// Whom something reaches is counted by host, and comes to the same as looking at
// everybody: which is what is done where it is for those who follow one of two. The
// second one is followed by nobody but somebody who is in the group.
func TestWhoIsReachedIsTheSameByHost(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		w, group, both := reachable(t, rand.New(rand.NewPCG(seed, 7)))
		authors := []store.Key{0}
		for _, a := range w.actors {
			if a.Local && a.Type == "Person" {
				authors = append(authors, a.Key)
			}
		}
		named := []activity.ID{w.actors[len(w.actors)-1].ID, w.actors[len(w.actors)/2].ID, activity.Public}
		for _, author := range authors {
			for _, ids := range [][]activity.ID{{group.Followers.ID}, append(named, group.Followers.ID)} {
				quick, err := w.db.Reached(t.Context(), store.Aim{IDs: ids, Author: author})
				if err != nil {
					t.Fatal(err)
				}
				slow, err := w.db.Reached(t.Context(), store.Aim{IDs: append(ids[:len(ids):len(ids)], both.Followers.ID), Author: author})
				if err != nil {
					t.Fatal(err)
				}
				if len(slow) == 0 || !maps.Equal(quick, slow) {
					t.Fatalf("seed %d: %q reach %v by host, and %v one by one", seed, ids, quick, slow)
				}
			}
		}
	}
}

// reachable is a group with people of five hosts: one with one inbox for all, one with
// several, one without a shared one, one where most are suspended, and ours; and somebody
// whose only follower is in the group.
func reachable(t *testing.T, chance *rand.Rand) (w *town, group, both store.Actor) {
	t.Helper()
	w = &town{t: t, db: storetest.New(t)}
	w.actor("Group", "room", "acme.example")
	w.actor("Person", "both", "acme.example")
	hosts := []string{"acme.example", "globex.example", "initech.example", "hooli.example", "umbrella.example"}
	var suspended []store.Key
	for i := range 30 {
		host, kind := hosts[chance.IntN(len(hosts))], "Person"
		if host != hosts[0] && chance.IntN(5) == 0 {
			kind = []string{"Group", "Application"}[chance.IntN(2)]
		}
		key := w.actor(kind, fmt.Sprint("p", i), host)
		a := &w.actors[len(w.actors)-1]
		a.Inbox = activity.Ref{ID: a.ID + "/inbox"}
		switch {
		case host == "initech.example" && chance.IntN(2) == 0:
			a.Endpoints.SharedInbox = activity.Text(fmt.Sprintf("https://%s/inbox/%d", host, chance.IntN(2)))
		case host != "hooli.example" && (kind == "Person" || chance.IntN(2) == 0):
			a.Endpoints.SharedInbox = activity.Text("https://" + host + "/inbox")
		}
		if host == "umbrella.example" && chance.IntN(4) > 0 || chance.IntN(10) == 0 {
			suspended = append(suspended, key)
		}
		if in := chance.IntN(4); in > 0 {
			w.edge(store.Membership, key, w.actors[0].Key, in > 1)
		}
	}
	w.edge(store.Membership, w.actors[2].Key, w.actors[0].Key, true)
	w.edge(store.Follow, w.actors[2].Key, w.actors[1].Key, true)
	for range 12 {
		a, b := w.actors[1+chance.IntN(len(w.actors)-1)], w.actors[1+chance.IntN(len(w.actors)-1)]
		w.edge(store.Block, a.Key, b.Key, true)
	}
	w.edges = onceEach(w.edges)
	w.settle()
	err := w.db.InTx(t.Context(), func(tx *store.Tx) error {
		for _, key := range suspended {
			if err := tx.Suspend(t.Context(), key, tx.Now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return w, w.actors[0], w.actors[1]
}

// onceEach are edges of which each is there once, the last one.
func onceEach(edges []store.Edge) (each []store.Edge) {
	type ends struct {
		kind          string
		actor, object store.Key
	}
	last := map[ends]store.Edge{}
	for _, e := range edges {
		last[ends{e.Kind, e.Actor, e.Object}] = e
	}
	for _, e := range last {
		each = append(each, e)
	}
	return each
}

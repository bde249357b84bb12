package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// globe is a company of so many people in a group of ours, each of whom has posted once; the
// first of them owns it, the second moderates, and one of ours is in it.
func globe(t *testing.T, people int) (db *store.Store, group, ours store.Key, posts []store.Key) {
	t.Helper()
	db = storetest.New(t)
	w := &town{t: t, db: db}
	group, ours = w.actor("Group", "room", "acme.example"), w.actor("Person", "alice", "acme.example")
	w.edge(store.Membership, ours, group, true)
	for i := range people {
		who := w.actor("Person", fmt.Sprintf("p%d", i), "globex.example")
		w.actors[len(w.actors)-1].Summary = "somebody"
		w.edge(store.Membership, who, group, true)
		if i < 2 {
			w.edge([]string{store.Owner, store.Moderator}[i], who, group, true)
		}
		posts = append(posts, w.says(who, time.Now(), 0, activity.VisiblePublic))
	}
	w.settle()
	return db, group, ours, posts
}

// What joined thousands to our people is cut bit by bit, the owners first; nobody who leaves
// owns anything meanwhile, and a new agreement finds nothing of it, however far that is.
func TestThePeopleOfAFormerPartnerLeaveInSteps(t *testing.T) {
	t.Parallel()
	const people = 2500
	db, group, ours, _ := globe(t, people)
	ctx := t.Context()
	in := func(fn func(*store.Tx) error) {
		t.Helper()
		if err := db.InTx(ctx, fn); err != nil {
			t.Fatal(err)
		}
	}
	members := func() int {
		t.Helper()
		n, err := db.CountTo(ctx, store.Membership, group)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	in(func(tx *store.Tx) error { return tx.Part(ctx, "globex.example") })
	if owns, err := db.HasEdge(ctx, store.Owner, ours, group); err != nil || !owns {
		t.Errorf("somebody else owns the group (%v)", err)
	}
	if n := members(); n <= 1 || n > people-500 {
		t.Fatalf("after one step there are %d", n)
	}
	var jobs []store.Promise
	if _, err := db.Drain(ctx, 10, func(ps []store.Promise) error { jobs = ps; return nil }); err != nil || len(jobs) != 1 || jobs[0].Kind != (store.PartRest{}).Kind() {
		t.Fatalf("it promises %v, %v", jobs, err)
	}
	stop, end := context.WithCancel(ctx)
	end()
	if err := db.PartRest(stop, store.PartRest{Host: "globex.example"}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	in(func(tx *store.Tx) error { return tx.PutPartner(ctx, store.Partner{Host: "globex.example"}) })
	if n := members(); n != 1 {
		t.Fatalf("%d are in the group when the company is a partner again", n)
	}
	again, err := db.Actor(ctx, "https://globex.example/users/p7")
	if err != nil {
		t.Fatal(err)
	}
	in(func(tx *store.Tx) error {
		_, err := tx.PutEdge(ctx, store.Edge{Kind: store.Membership, Actor: again.Key, Object: group, Accepted: true})
		return err
	})
	for range 2 { // the job comes late, and twice
		if err := db.PartRest(ctx, store.PartRest{Host: "globex.example"}); err != nil || members() != 2 {
			t.Fatalf("the job takes out who came with the new agreement: %d are in it (%v)", members(), err)
		}
	}
}

// Copies are deleted bit by bit. Who is killed in between has counted what is gone.
func TestCopiesAreDeletedInSteps(t *testing.T) {
	t.Parallel()
	const people = 1100
	db, _, _, posts := globe(t, people)
	ctx := t.Context()
	steps, asked := 0, 0
	forget := func(addresses []string) (int, error) { asked++; return 1, nil }
	for left := true; left; steps++ {
		err := db.InTx(ctx, func(tx *store.Tx) (err error) {
			left, err = tx.Purge(ctx, "globex.example", forget)
			return err
		})
		if err != nil || steps > 20 {
			t.Fatalf("%d steps: %v", steps, err)
		}
		killed := errors.New("killed")
		if err := db.InTx(ctx, func(tx *store.Tx) error {
			_, err := tx.Purge(ctx, "globex.example", func([]string) (int, error) { return 100, nil })
			return errors.Join(killed, err)
		}); !errors.Is(err, killed) {
			t.Fatal(err)
		}
	}
	var p store.Purged
	err := db.InTx(ctx, func(tx *store.Tx) (err error) { p, err = tx.Bid(ctx, "globex.example"); return err })
	if want := (store.Purged{Posts: people, Files: steps, Profiles: people}); err != nil || p != want || steps < 3 {
		t.Errorf("in %d steps: %+v, not %+v (%v)", steps, p, want, err)
	}
	there, err := db.VisibleNotes(ctx, posts, store.Reader{})
	if err != nil || len(there) > 0 {
		t.Errorf("%d posts are there (%v)", len(there), err)
	}
	if asked != steps {
		t.Errorf("files were asked for %d times in %d steps", asked, steps)
	}
}

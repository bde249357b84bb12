package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// abroad is somebody elsewhere.
func abroad(name string) store.Actor {
	return store.Actor{Host: "globex.example", Actor: activity.Actor{ID: activity.ID("https://globex.example/" + name), Type: "Person", Username: activity.Text(name)}}
}

// People who are kept at the same moment are kept as if each had come alone: who comes twice
// is one, and nobody takes the place of one of ours.
func TestPeopleWhoAreKeptTogether(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), storetest.New(t)
	ours := store.Actor{Local: true, Host: "acme.example", Actor: activity.Actor{ID: "https://acme.example/users/ada", Type: "Person", Username: "ada"}}
	in(t, db, func(ctx context.Context, tx *store.Tx) (err error) { ours, err = tx.PutActor(ctx, ours); return err })
	var all sync.WaitGroup
	for n := range 40 {
		all.Go(func() {
			who := abroad(fmt.Sprint("p", n%20))
			kept, err := db.KeepActor(ctx, who)
			if err != nil || kept.Key == 0 || kept.ID != who.ID || kept.Local {
				t.Errorf("%s is kept as %v: %v", who.ID, kept.Key, err)
			}
		})
	}
	all.Go(func() {
		taken := ours
		taken.Local, taken.Username = false, "eve"
		if _, err := db.KeepActor(ctx, taken); err == nil {
			t.Error("one of ours was replaced")
		}
	})
	all.Wait()
	for n := range 20 {
		if got, err := db.Actor(ctx, abroad(fmt.Sprint("p", n)).ID); err != nil || got.Username != activity.Text(fmt.Sprint("p", n)) {
			t.Errorf("p%d is not here: %v", n, err)
		}
	}
	if got, err := db.Actor(ctx, ours.ID); err != nil || got.Username != "ada" || !got.Local {
		t.Errorf("ada is %q: %v", got.Username, err)
	}
}

// Who follows twice in one turn, by two activities, follows once, by both; what their company
// adds up to has them once.
func TestWhoIsWelcomedTwiceFollowsOnce(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), storetest.New(t)
	bea, cay, ada := abroad("bea"), abroad("cay"), store.Actor{Local: true, Host: "acme.example", Actor: activity.Actor{ID: "https://acme.example/users/ada", Type: "Person", Username: "ada"}}
	in(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
		for _, a := range []*store.Actor{&bea, &cay, &ada} {
			if *a, err = tx.PutActor(ctx, *a); err != nil {
				return err
			}
		}
		return nil
	})
	follow := func(who store.Actor, n int) store.Edge {
		return store.Edge{Kind: store.Follow, Actor: who.Key, Object: ada.Key, Accepted: true, IRI: who.ID + activity.ID(fmt.Sprint("/follows/", n))}
	}
	in(t, db, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Foresee(ctx, bea.ID, cay.ID, ada.ID); err != nil {
			return err
		}
		tx.WriteTogether()
		for _, e := range []store.Edge{follow(bea, 1), follow(cay, 1), follow(bea, 2)} {
			if err := tx.Welcome(ctx, e); err != nil {
				return err
			}
			if got, err := tx.EdgeByIRI(ctx, e.IRI); err != nil || got.Actor != e.Actor || !got.Accepted {
				t.Errorf("%s made %v: %v", e.IRI, got, err)
			}
		}
		return nil
	})
	es, err := db.EdgesTo(ctx, store.Follow, ada.Key, store.Page{Limit: 10})
	if err != nil || len(es) != 2 {
		t.Fatalf("%d follow: %v", len(es), err)
	}
	for _, n := range []int{1, 2} {
		if e, err := db.EdgeByIRI(ctx, follow(bea, n).IRI); err != nil || e.Actor != bea.Key {
			t.Errorf("follow %d: %v", n, err)
		}
	}
}

// Fans that begin at the same moment put their deliveries down together; each hears of its
// own, and those that are there and done are not sent again, unless somebody asks for it.
func TestDeliveriesOfSeveralActivitiesArePutTogether(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), storetest.New(t)
	to := func(n int) (ds []store.Deliver) {
		for host := range 3 {
			ds = append(ds, store.Deliver{Activity: store.Key(n), Sender: 1, Inbox: fmt.Sprintf("https://h%d.example/inbox", host)})
		}
		return ds
	}
	put := func(n int, again bool, since time.Time, want int) {
		t.Helper()
		send, err := db.PutDeliveries(ctx, to(n), again, since)
		if err != nil || len(send) != want {
			t.Errorf("of activity %d %d are to be sent, not %d: %v", n, len(send), want, err)
		}
		for _, d := range send {
			if d.Activity != store.Key(n) {
				t.Errorf("%d hears of %d", n, d.Activity)
			}
		}
	}
	ago := time.Now().Add(-time.Minute)
	var all sync.WaitGroup
	for n := range 30 {
		all.Go(func() { put(n+1, false, ago, 3) })
	}
	all.Wait()
	all.Go(func() { put(1, false, time.Now().Add(time.Minute), 0) }) // it is under way for long
	all.Go(func() { put(2, false, ago, 3) })
	all.Go(func() { put(3, true, ago, 3) })
	all.Wait()
}

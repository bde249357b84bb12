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

// Whoever asks together with others gets the answer to their own question, as it is now.
func TestWhoAsksTogetherGetsTheirOwnAnswer(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), storetest.New(t)
	now := time.Now()
	put := func(n int, suspended bool) {
		a := person(fmt.Sprint(n))
		a.ID = activity.ID(fmt.Sprintf("https://p%d.example/bea", n))
		a.PublicKey[0].ID, a.PublicKey[0].Owner = a.ID+"#main-key", a.ID
		in(t, db, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.PutActor(ctx, a); err != nil {
				return err
			}
			return tx.PutPartner(ctx, store.Partner{Host: a.ID.Host(), Suspended: suspended, FromAt: now.Add(time.Duration(n-10) * time.Hour)})
		})
	}
	for n := range 20 { // from 11 on they are none yet
		put(n, n%3 == 0)
	}
	for range 2 {
		var all sync.WaitGroup
		for n := range 30 {
			all.Go(func() {
				host := fmt.Sprintf("p%d.example", n)
				is, err := db.IsPartner(ctx, host, now)
				if want := n <= 10 && n%3 != 0; err != nil || is != want {
					t.Errorf("%s: %v, %v", host, is, err)
				}
				among, err := db.PartnersAmong(ctx, []string{host, "p1.example"}, now)
				if _, is := among[host]; err != nil || !among["p1.example"] || is != (n <= 10) {
					t.Errorf("%s: %v, %v", host, among, err)
				}
				a, err := db.ActorByKeyID(ctx, activity.ID("https://"+host+"/bea#main-key"))
				if n < 20 && (err != nil || string(a.Name) != fmt.Sprint(n)) || n >= 20 && activity.KindOf(err) != activity.NotFound {
					t.Errorf("%s: %q, %v", host, a.Name, err)
				}
			})
		}
		all.Wait()
	}
	put(1, true)
	if is, err := db.IsPartner(ctx, "p1.example", now); err != nil || is {
		t.Errorf("what was just suspended still passes: %v", err)
	}
}

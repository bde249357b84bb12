package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"entente.example/entente/activity"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// What is done in a group of 20,000 may not look at each of them: what is asked at each
// post, delivery, joining and leaving looks at some pages of indexes and tables only.
func TestALargeGroupIsNotReadThrough(t *testing.T) {
	t.Parallel()
	dsn := storetest.DSN(t)
	w, group, boss := crowd(t, dsn, 3000)
	id := activity.ID("https://acme.example/users/room")
	for _, asked := range []struct {
		name string
		most int // pages
		do   func(context.Context, *store.Tx) error
	}{
		{"which hosts are in it", 150, func(ctx context.Context, tx *store.Tx) error {
			rooms, err := tx.Rooms(ctx, id, []activity.ID{id})
			if err == nil && (len(rooms) != 1 || len(rooms[0].Hosts) != 4) {
				err = fmt.Errorf("it has %+v", rooms)
			}
			return err
		}},
		{"its companies", 300, func(ctx context.Context, tx *store.Tx) error {
			all, err := tx.Companies(ctx, group)
			if err == nil && (len(all) != 4 || all[0].People != 750 || all[0].Unsigned || !all[1].Unsigned) {
				err = fmt.Errorf("they are %+v", all)
			}
			return err
		}},
		{"whom a post reaches", 400, func(ctx context.Context, tx *store.Tx) error {
			at, err := tx.Reached(ctx, store.Aim{IDs: []activity.ID{id, id + "/followers"}, Author: boss})
			if err == nil && (len(at) != 4 || at[""] != 750) {
				err = fmt.Errorf("it is %v", at)
			}
			return err
		}},
		{"somebody is looked for by name", 100, func(ctx context.Context, tx *store.Tx) error {
			found, err := tx.ActorsLike(ctx, "P2996", "", store.Reader{Actor: boss})
			ours, errToo := tx.PeopleLike(ctx, "p2996", store.Reader{Actor: boss})
			if err = errors.Join(err, errToo); err == nil && len(found)+len(ours) != 2 {
				err = fmt.Errorf("%d and %d are found", len(found), len(ours))
			}
			return err
		}},
		{"the groups here", 60, func(ctx context.Context, tx *store.Tx) error {
			found, err := tx.GroupsHere(ctx, store.Reader{Actor: boss})
			if err == nil && len(found) != 1 {
				err = fmt.Errorf("there are %d", len(found))
			}
			return err
		}},
		{"a post is shown", 120, func(ctx context.Context, tx *store.Tx) error {
			return tx.FanToMembers(ctx, w.notes[0].Note, group)
		}},
		{"how many are in it", 150, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.CountTo(ctx, store.Membership, group)
			if err == nil && n != 3000 {
				err = fmt.Errorf("there are %d", n)
			}
			return err
		}},
		{"whether somebody is in it", 60, func(ctx context.Context, tx *store.Tx) error {
			r := store.Reader{Actor: boss}
			enters, err := tx.Enters(ctx, r, w.actors[0])
			belongs, errToo := tx.Belongs(ctx, group, r)
			if err = errors.Join(err, errToo); err == nil && !(enters && belongs) {
				err = errors.New("a member is not in it")
			}
			return err
		}},
		{"somebody leaves", 150, func(ctx context.Context, tx *store.Tx) error {
			e, err := tx.Edge(ctx, store.Membership, boss, group)
			if err == nil {
				err = tx.CutEdgeByKey(ctx, e.Key)
			}
			return err
		}},
	} {
		if n := readBy(t, dsn, asked.do); n > asked.most {
			t.Errorf("%s: %d pages were looked at, of a group with %d people", asked.name, n, len(w.actors)-1)
		}
	}
}

// crowd is a closed group here, of n people of four hosts, and much is on timelines.
func crowd(t *testing.T, dsn string, n int) (w *town, group, boss store.Key) {
	t.Helper()
	db, err := store.Open(dsn)
	if err != nil {
		t.Fatal(err)
	}
	w = &town{t: t, db: db}
	group = w.actor("Group", "room", "acme.example")
	w.actors[0].SetAccess(activity.AccessClosed)
	for i := range n {
		host := []string{"acme.example", "globex.example", "initech.example", "hooli.example"}[i%4]
		who := w.actor("Person", fmt.Sprintf("p%d", i), host)
		w.edge(store.Membership, who, group, true)
		w.actors[len(w.actors)-1].Endpoints.SharedInbox = activity.Text("https://" + host + "/inbox")
		boss = who
	}
	note := w.says(boss, time.Now(), 0, activity.VisibleFollowers)
	w.settle()
	err = db.InBulk(t.Context(), false, func(b *store.Bulk) error {
		return b.Lines(t.Context(), func(yield func(store.HomeLine) bool) {
			for reader := store.Key(1); reader < 40_000 && yield(store.HomeLine{Reader: reader, Key: note, Note: note + reader}); reader++ {
			}
		})
	})
	if err == nil {
		err = errors.Join(db.Refresh(t.Context()), db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return w, group, boss
}

// readBy is how many pages of tables and indexes a transaction looks at.
func readBy(t *testing.T, dsn string, do func(context.Context, *store.Tx) error) int {
	t.Helper()
	before := pages(t, dsn)
	db, err := store.Open(dsn)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.InTx(t.Context(), func(tx *store.Tx) error { return do(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return pages(t, dsn) - before
}

// pages is how many have been looked at until now by all who are not connected any more.
func pages(t *testing.T, dsn string) int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for alone := false; !alone; { // who has gone has counted
		if err := conn.QueryRow(t.Context(), "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database()").Scan(&alone); err != nil {
			t.Fatal(err)
		}
	}
	var n int
	err = conn.QueryRow(t.Context(), "SELECT sum(heap_blks_read + heap_blks_hit + coalesce(idx_blks_read + idx_blks_hit, 0)) FROM pg_statio_user_tables").Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

package store_test

import (
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"entente.example/entente/activity"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// Plans are made when there is next to nothing in the tables, and kept: none may read
// a whole table for one activity.
func TestNoActivityReadsAWholeTable(t *testing.T) {
	t.Parallel()
	ctx, dsn := t.Context(), storetest.DSN(t)
	before := readWhole(t, dsn)
	db, err := store.Open(dsn)
	if err != nil {
		t.Fatal(err)
	}
	about := []activity.ID{"https://globex.example/bea", "https://globex.example/notes/1"}
	err = db.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.Foresee(ctx, about...); err != nil {
			return err
		}
		_, err := tx.Rooms(ctx, about[0], about)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil { // then it has counted
		t.Fatal(err)
	}
	if after := readWhole(t, dsn); !maps.Equal(before, after) {
		t.Errorf("tables were read whole: %v, before %v", after, before)
	}
}

// readWhole is how often which tables were read whole.
func readWhole(t *testing.T, dsn string) map[string]int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname IN ('actors', 'notes', 'activities', 'tombstones')")
	if err != nil {
		t.Fatal(err)
	}
	times := map[string]int{}
	var table string
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&table, &n}, func() error { times[table] = n; return nil }); err != nil {
		t.Fatal(err)
	}
	return times
}

// A topic of a group is read by its own index, a page as well as its number.
func TestATopicIsReadByItsIndex(t *testing.T) {
	t.Parallel()
	ctx, dsn := t.Context(), storetest.DSN(t)
	db, err := store.Open(dsn)
	if err != nil {
		t.Fatal(err)
	}
	before := readWhole(t, dsn)
	topic := activity.ID("https://acme.example/groups/g/topics/1")
	for _, r := range []store.Reader{{Actor: 1}, {Host: "globex.example"}, {}} {
		_, err := db.TopicWall(ctx, 1, topic, r, store.Page{Limit: 20, Before: 5})
		if err == nil {
			_, err = db.CountTopic(ctx, 1, topic, r)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil { // then it has counted
		t.Fatal(err)
	}
	if after := readWhole(t, dsn); !maps.Equal(before, after) {
		t.Errorf("tables were read whole: %v, before %v", after, before)
	}
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var scans int
	for began := time.Now(); scans != 6 && err == nil && time.Since(began) < 2*time.Minute; time.Sleep(20 * time.Millisecond) { // Postgres counts once the last of its processes has gone
		err = conn.QueryRow(ctx, "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'notes_by_topic'").Scan(&scans)
	}
	if err != nil || scans != 6 {
		t.Errorf("the index was read %d times (%v)", scans, err)
	}
}

// An export goes through a group a page at a time: each is read by the index of what it is in.
func TestThePagesOfAnExportAreReadByTheirIndexes(t *testing.T) {
	t.Parallel()
	ctx, dsn := t.Context(), storetest.DSN(t)
	db, err := store.Open(dsn)
	if err != nil {
		t.Fatal(err)
	}
	before := readWhole(t, dsn)
	err = db.Snapshot(ctx, func(from *store.Snapshot) error {
		_, posts := from.TakePosts(ctx, 1, 5)
		_, members := from.TakeMembers(ctx, 1, 5)
		_, removals := from.TakeRemovals(ctx, 1, 5)
		_, thread := from.TakeThread(ctx, 1, 5)
		_, messages := from.TakeMessages(ctx, "globex.example", 5)
		return errors.Join(posts, members, removals, thread, messages)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil { // then it has counted
		t.Fatal(err)
	}
	if after := readWhole(t, dsn); !maps.Equal(before, after) {
		t.Errorf("tables were read whole: %v, before %v", after, before)
	}
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var unread []string
	if err := conn.QueryRow(ctx, `SELECT coalesce(array_agg(indexrelname::text ORDER BY indexrelname), '{}') FROM pg_stat_user_indexes
		WHERE indexrelname IN ('notes_by_group', 'notes_by_thread', 'notes_direct', 'removals_by_group') AND idx_scan = 0`).Scan(&unread); err != nil || len(unread) > 0 {
		t.Errorf("these indexes were not read: %v (%v)", unread, err)
	}
}

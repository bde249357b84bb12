package store_test

import (
	"context"
	"database/sql"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"entente.example/entente/activity"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// Answers from outside that a database has in the threads of groups for members only
// leave them, with what answers them there; in open groups they stay.
func TestAnswersFromOutsideLeaveTheThreadsOfShutGroups(t *testing.T) {
	t.Parallel()
	dsn := storetest.DSN(t)
	db, err := store.Open(dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	raw, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	shut, open := thread{t: t, db: db}, thread{t: t, db: db}
	shut.grows("shut", true)
	open.grows("open", false)
	if _, err := raw.ExecContext(t.Context(), "DELETE FROM bun_migrations WHERE name = '20261130171000'"); err != nil {
		t.Fatal(err)
	}
	if steps, err := db.Migrate(t.Context()); err != nil || len(steps) != 1 {
		t.Fatalf("%q, %v", steps, err)
	}
	for name, want := range map[string]place{"first": {"", "first"}, "inside": {"first", "first"}, "outside": {"", "outside"}, "below": {"outside", "outside"},
		"member": {"below", "outside"}, "deep": {"", "deep"}, "group": {"inside", "first"}} {
		shut.isAt(name, want)
	}
	for name, to := range map[string]string{"outside": "first", "below": "outside", "member": "below", "deep": "member"} {
		open.isAt(name, place{to, "first"})
	}
}

// A thread is some notes of a group by name.
type thread struct {
	t     *testing.T
	db    *store.Store
	notes map[string]store.Note
}

// place is what a note answers, and what its thread begins with.
type place struct{ answers, first string }

// grows writes a thread in a group, with answers of members, of others, and of the group.
func (th *thread) grows(name string, shut bool) {
	th.notes = map[string]store.Note{}
	in(th.t, th.db, func(ctx context.Context, tx *store.Tx) error {
		author, err := tx.PutActor(ctx, person("bea"))
		if err != nil {
			return err
		}
		around := store.Actor{Host: "globex.example", Actor: activity.Actor{ID: activity.ID("https://globex.example/" + name), Type: "Group", Username: activity.Text(name), ManuallyApproves: activity.Flag(shut)}}
		if around, err = tx.PutActor(ctx, around); err != nil {
			return err
		}
		for _, s := range []struct {
			name, answers string
			by            store.Actor
			in            store.Key
		}{{"first", "", author, around.Key}, {"inside", "first", author, around.Key}, {"outside", "first", author, 0}, {"below", "outside", author, 0},
			{"member", "below", author, around.Key}, {"deep", "member", author, 0}, {"group", "inside", around, 0}} {
			parent := th.notes[s.answers]
			n, _ := post(s.by, 0, parent.ID)
			n.ID = around.ID + activity.ID("/"+s.name)
			n.GroupKey, n.ReplyTo, n.Visibility = s.in, parent.Key, activity.VisibleFollowers
			if th.notes[s.name] = n; s.answers != "" {
				n.ThreadKey = th.notes["first"].Key
			}
			if _, err := tx.PutNote(ctx, n); err != nil {
				return err
			}
		}
		return nil
	})
}

func (th *thread) isAt(name string, want place) {
	th.t.Helper()
	n, err := th.db.NoteByKey(th.t.Context(), th.notes[name].Key)
	if err != nil {
		th.t.Fatal(err)
	}
	if n.ReplyTo != th.notes[want.answers].Key || n.ThreadKey != th.notes[want.first].Key {
		th.t.Errorf("%q is not at %+v", name, want)
	}
}

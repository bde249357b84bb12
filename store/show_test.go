package store_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// company is an author and so many of ours who follow them.
func company(t *testing.T, db *store.Store, followers int) (author store.Actor, readers []store.Actor) {
	t.Helper()
	person := func(n int) store.Actor {
		id := activity.ID(fmt.Sprintf("https://acme.example/users/p%d", n))
		return store.Actor{Actor: activity.Actor{ID: id, Type: "Person", Username: activity.Text(fmt.Sprintf("p%d", n)), Followers: activity.Ref{ID: id + "/followers"}},
			Key: store.NewKey(time.Now()), Host: "acme.example", Local: true, FetchedAt: time.Now()}
	}
	author = person(0)
	for n := range followers {
		readers = append(readers, person(n+1))
	}
	err := db.InBulk(t.Context(), false, func(b *store.Bulk) error {
		if err := b.Actors(t.Context(), slices.Values(append(readers, author))); err != nil {
			return err
		}
		if err := b.Members(t.Context(), func(yield func(store.Member) bool) {
			for _, a := range append(readers, author) {
				if !yield(store.Member{Actor: a.Key, Email: string(a.Username) + "@acme.example"}) {
					return
				}
			}
		}); err != nil {
			return err
		}
		return b.Edges(t.Context(), func(yield func(store.Edge) bool) {
			for _, a := range readers {
				if !yield(store.Edge{Key: store.NewKey(time.Now()), Kind: store.Follow, Actor: a.Key, Object: author.Key, Accepted: true}) {
					return
				}
			}
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return author, readers
}

func TestANoteOfSomebodyWithManyFollowersReachesAllOfThemOnce(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	const many = 2500
	author, readers := company(t, db, many)
	n := store.Note{Note: activity.Note{ID: "https://acme.example/notes/1", Type: "Note", Content: "to all", Published: activity.At(time.Now())},
		Key: store.NewKey(time.Now()), AuthorKey: author.Key, Local: true, Visibility: activity.VisiblePublic}
	n.ThreadKey, n.Addressed = n.Key, []store.Key{readers[0].Key, author.Key - 1}
	var jobs []store.Promise
	err := db.InTx(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.PutNote(t.Context(), n); err != nil {
			return err
		}
		return tx.FanToFollowers(t.Context(), n)
	})
	if err == nil {
		_, err = db.Drain(t.Context(), 10, func(ps []store.Promise) error { jobs = ps; return nil })
	}
	if err != nil || len(jobs) != 1 || jobs[0].Kind != "show" {
		t.Fatalf("it promises %v, %v", jobs, err)
	}
	count := func() (shown int) {
		for _, r := range append(readers, author) {
			c, err := db.CountHome(t.Context(), r.Key)
			if err != nil || c > 1 {
				t.Fatalf("%s has it %d times, %v", r.Username, c, err)
			}
			shown += c
		}
		return shown
	}
	if shown := count(); shown != 2 {
		t.Errorf("%d have it with its transaction, not its author and who is named in it", shown)
	}
	var rest store.Show
	if err := json.Unmarshal([]byte(jobs[0].Payload), &rest); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a job may be done twice
		if err := db.Show(t.Context(), rest); err != nil {
			t.Fatal(err)
		}
		if shown := count(); shown != many+1 {
			t.Errorf("%d have it in the end, not %d", shown, many+1)
		}
	}
	err = db.InTx(t.Context(), func(tx *store.Tx) error { return tx.DeleteNote(t.Context(), n.Key) })
	if err == nil {
		err = db.Show(t.Context(), rest)
	}
	if shown := count(); err != nil || shown != 0 {
		t.Errorf("%d have it after it was deleted, %v", shown, err)
	}
}

// Who writes in a large group of ours sees it at home at once, and so do all of a small one.
func TestWhoWritesInAGroupHasItWithItsTransaction(t *testing.T) {
	t.Parallel()
	for _, others := range []int{199, 700} {
		db := storetest.New(t)
		group, members := company(t, db, others)
		author := members[0] // for the longest time
		n := store.Note{Note: activity.Note{ID: "https://acme.example/notes/1", Type: "Note", Content: "to all", Published: activity.At(time.Now())},
			Key: store.NewKey(time.Now()), AuthorKey: author.Key, Local: true, Visibility: activity.VisiblePublic, GroupKey: group.Key, Admitted: true}
		n.ThreadKey = n.Key
		err := db.InTx(t.Context(), func(tx *store.Tx) error {
			for _, a := range members {
				if _, err := tx.PutEdge(t.Context(), store.Edge{Kind: store.Membership, Actor: a.Key, Object: group.Key, Accepted: true}); err != nil {
					return err
				}
			}
			if _, err := tx.PutNote(t.Context(), n); err != nil {
				return err
			}
			return tx.FanToMembers(t.Context(), n, group.Key)
		})
		if err != nil {
			t.Fatal(err)
		}
		shown := 0
		for _, a := range members {
			c, err := db.CountHome(t.Context(), a.Key)
			if err != nil {
				t.Fatal(err)
			}
			shown += c
		}
		if c, err := db.CountHome(t.Context(), author.Key); err != nil || c != 1 || others < 200 && shown != others || others > 200 && shown != 1 {
			t.Errorf("of %d members %d have it, the author %d times (%v)", others, shown, c, err)
		}
	}
}

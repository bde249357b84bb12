package store_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// What is asked together is what each question gives by itself, and who gives up leaves
// nothing behind for the next one.
func TestBeside(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), storetest.New(t)
	var bea, group store.Actor
	note := store.Note{Key: store.NewKey(time.Now()), Visibility: activity.VisiblePublic, Note: activity.Note{ID: "https://globex.example/notes/1", Content: "hello"}}
	boost := store.Edge{Key: store.NewKey(time.Now()), Kind: store.Boost, IRI: "https://globex.example/boosts/1", Accepted: true}
	err := db.InTx(ctx, func(tx *store.Tx) (err error) {
		if bea, err = tx.PutActor(ctx, person("Bea")); err != nil {
			return err
		}
		g := store.Actor{Host: "acme.example", Local: true, Actor: activity.Actor{ID: "https://acme.example/groups/1", Type: "Group", Username: "atlas"}}
		if group, err = tx.PutActor(ctx, g); err != nil {
			return err
		}
		if err := tx.PutGroup(ctx, store.Group{Actor: group.Key, Access: "open", Companies: []string{"*", "globex.example"}}); err != nil {
			return err
		}
		note.AuthorKey, note.ThreadKey = bea.Key, note.Key
		if _, err := tx.PutNote(ctx, note); err != nil {
			return err
		}
		boost.Actor, boost.Object = bea.Key, note.Key
		_, err = tx.PutEdge(ctx, boost)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w := store.Wanted{Notes: []store.Key{note.Key}, People: []store.Key{bea.Key, bea.Key}, Groups: []store.Key{group.Key}, Asked: []store.Key{note.Key}, Boosts: []store.Key{boost.Key}}
	for range 2 * store.MaxConnections {
		gone, leave := context.WithCancel(ctx)
		leave()
		if _, err := db.Beside(gone, bea.Key, w); err == nil {
			t.Fatal("it answers who is gone")
		}
		b, err := db.Beside(ctx, bea.Key, w)
		if err != nil {
			t.Fatal(err)
		}
		if b.Actors[bea.Key].Name != "Bea" || b.Actors[group.Key].Username != "atlas" || b.Asked[note.Key] != bea.Key || b.Boosts[boost.Key] != boost.IRI {
			t.Fatalf("%+v", b)
		}
		tallies, err := db.ActorCounts(ctx, bea.Key)
		if err != nil || !reflect.DeepEqual(b.Tallies, tallies) || tallies[bea.Key].Notes != 1 {
			t.Fatalf("%+v is not %+v, %v", b.Tallies, tallies, err)
		}
		counts, err := db.Counts(ctx, bea.Key, note.Key)
		if err != nil || !reflect.DeepEqual(b.Counts, counts) || !counts[note.Key].Boosted {
			t.Fatalf("%+v is not %+v, %v", b.Counts, counts, err)
		}
		groups, err := db.Groups(ctx, w.Groups)
		if got := b.Groups[group.Key]; err != nil || !reflect.DeepEqual(got.Companies, groups[group.Key].Companies) || got.Access != "open" || !got.CreatedAt.Equal(groups[group.Key].CreatedAt) {
			t.Fatalf("%+v is not %+v, %v", got, groups[group.Key], err)
		}
	}
	if b, err := db.Beside(ctx, bea.Key, store.Wanted{}); err != nil || len(b.Actors)+len(b.Counts) > 0 {
		t.Errorf("nothing is beside nothing: %+v, %v", b, err)
	}
}

package store_test

import (
	"context"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// member is somebody of ours who has nothing yet.
func member(t testing.TB, db *store.Store, name string) (a store.Actor) {
	t.Helper()
	in(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
		id := activity.ID("https://acme.example/users/" + name)
		a, err = tx.PutActor(ctx, store.Actor{Local: true, Host: "acme.example", Actor: activity.Actor{ID: id, Type: "Person", Username: activity.Text(name), Inbox: activity.Ref{ID: id + "/inbox"}}})
		if err != nil {
			return err
		}
		return tx.PutMember(ctx, store.Member{Actor: a.Key, Email: name + "@acme.example"})
	})
	return a
}

// Whoever is behind an endpoint and whatever it has looked at before, what takes an
// owner and a key leaves alone what is another's.
func TestAttack25WhatTakesAnOwnerLeavesAloneWhatIsAnothers(t *testing.T) {
	t.Parallel()
	db, ctx := storetest.New(t), t.Context()
	alice, eve := member(t, db, "alice"), member(t, db, "eve")
	note := store.Note{Key: store.NewKey(time.Now()), AuthorKey: eve.Key, Local: true, Visibility: activity.VisiblePublic, Note: activity.Note{ID: eve.ID + "/1", Type: "Note", AttributedTo: activity.IDs{eve.ID}}}
	note.ThreadKey = note.Key
	picture := store.Media{Key: store.NewKey(time.Now()), Owner: alice.Key, Hash: "0", Type: "image/png", Description: "mine"}
	draft := store.Draft{Key: store.NewKey(time.Now()), Owner: alice.Key, Draft: []byte("{}"), DueAt: time.Now().Add(time.Hour).UTC().Truncate(time.Second)}
	in(t, db, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.PutNote(ctx, note); err != nil {
			return err
		}
		if err := tx.PutMedia(ctx, picture); err != nil {
			return err
		}
		if err := tx.PutDraft(ctx, draft); err != nil {
			return err
		}
		return tx.Notify(ctx, alice.Key, "follow", eve.Key, 0)
	})
	notices, err := db.Notifications(ctx, alice.Key, store.Page{Limit: 2})
	if err != nil || len(notices) != 1 {
		t.Fatalf("%d notifications, %v", len(notices), err)
	}
	tries := func(what string, kind activity.Kind, fn func(*store.Tx) error) {
		t.Helper()
		if err := db.InTx(ctx, fn); activity.KindOf(err) != kind {
			t.Errorf("%s: %v", what, err)
		}
	}
	stolen := picture
	stolen.Owner, stolen.Description = eve.Key, "hers"
	tries("describe", activity.NotFound, func(tx *store.Tx) error { return tx.DescribeMedia(ctx, stolen) })
	tries("attach", activity.Invalid, func(tx *store.Tx) error { return tx.Attach(ctx, note.Key, eve.Key, []store.Key{picture.Key}) })
	tries("move", activity.NotFound, func(tx *store.Tx) error { return tx.MoveDraft(ctx, eve.Key, draft.Key, time.Now()) })
	tries("drop", activity.NotFound, func(tx *store.Tx) error { return tx.DropDraft(ctx, eve.Key, draft.Key) })
	for _, key := range []store.Key{notices[0].Key, 0} {
		in(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.DismissNotification(ctx, eve.Key, key) })
	}
	for what, read := range map[string]func(owner store.Key) error{
		"the picture":      func(owner store.Key) error { _, err := db.MediaOf(ctx, owner, picture.Key); return err },
		"the draft":        func(owner store.Key) error { _, err := db.DraftOf(ctx, owner, draft.Key); return err },
		"the notification": func(owner store.Key) error { _, err := db.Notification(ctx, owner, notices[0].Key); return err },
	} {
		if err := read(eve.Key); activity.KindOf(err) != activity.NotFound {
			t.Errorf("another one reads %s: %v", what, err)
		}
		if err := read(alice.Key); err != nil {
			t.Errorf("%s is lost to its owner: %v", what, err)
		}
	}
	if m, err := db.MediaOf(ctx, alice.Key, picture.Key); err != nil || m.Description != "mine" || m.Note != 0 {
		t.Errorf("the picture is %+v, %v", m, err)
	}
	if d, err := db.DraftOf(ctx, alice.Key, draft.Key); err != nil || !d.DueAt.Equal(draft.DueAt) {
		t.Errorf("the draft is %+v, %v", d, err)
	}
}

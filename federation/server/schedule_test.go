package server_test

import (
	"sync"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// comes makes a draft due, and lets the releaser find it.
func (c *company) comes(d store.Draft) {
	c.t.Helper()
	c.tx(func(tx *store.Tx) error { return tx.MoveDraft(c.t.Context(), d.Owner, d.Key, tx.Now.Add(-time.Second)) })
	c.tx(func(tx *store.Tx) error { _, err := tx.Release(c.t.Context(), 100); return err })
}

func (c *company) waits(who store.Actor, draft federation.Draft) store.Draft {
	c.t.Helper()
	d, err := c.Schedule(c.t.Context(), who, draft, time.Now().Add(time.Hour))
	return must(c, d, err)
}

func TestAttack24ADraftIsNobodysBusiness(t *testing.T) {
	t.Parallel()
	acme, globex := companies(t)
	alice, bea := acme.person("alice"), globex.person("bea")
	ctx := t.Context()
	globex.do(globex.Follow(ctx, bea, globex.sees(alice)))
	pump(t, acme, globex)
	before, far := acme.rows(), globex.rows()
	d := acme.waits(alice, federation.Draft{Text: "hello @bea@" + globex.House.Host})
	dropped := acme.waits(alice, federation.Draft{Text: "never mind"})
	acme.do(acme.Reschedule(ctx, alice, d.Key, time.Now().Add(2*time.Hour)))
	acme.tx(func(tx *store.Tx) error { return tx.DropDraft(ctx, alice.Key, dropped.Key) })
	acme.tx(func(tx *store.Tx) error { _, err := tx.Release(ctx, 100); return err })
	if backlog, err := acme.db.Backlog(ctx); err != nil || backlog.Waiting != 0 {
		t.Errorf("a draft promised %d jobs, %v", backlog.Waiting, err)
	}
	pump(t, acme, globex)
	if acme.rows() != before || globex.rows() != far {
		t.Errorf("it left %s and %s, before %s and %s", acme.rows(), globex.rows(), before, far)
	}
	for _, path := range []string{"/notes/", "/activities/"} { // its key is not the address of anything
		_, absent := acme.get(nil, "", path+"1")
		if _, body := acme.get(nil, "", path+d.Key.String()); body != absent {
			t.Errorf("%s answers %s", path, body)
		}
	}
	acme.do(acme.Publish(ctx, store.Publish{Draft: d.Key})) // a job that comes before its time
	acme.do(acme.Publish(ctx, store.Publish{Draft: dropped.Key}))
	if acme.rows() != before {
		t.Errorf("it was published before its time: %s", acme.rows())
	}

	acme.comes(d)
	pump(t, acme, globex) // every job twice
	if got := globex.home(bea); len(got) != 1 {
		t.Errorf("bea sees %q", got)
	}
	if _, err := acme.db.DraftByKey(ctx, d.Key); activity.KindOf(err) != activity.NotFound {
		t.Errorf("the draft is still there: %v", err)
	}
}

func TestADraftIsPublishedOnceHoweverManyTry(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	alice := acme.person("alice")
	d := acme.waits(alice, federation.Draft{Text: "once"})
	acme.comes(d)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := acme.Publish(t.Context(), store.Publish{Draft: d.Key}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n, err := acme.db.CountNotes(t.Context(), alice.Key, store.Reader{Actor: alice.Key}); err != nil || n != 1 {
		t.Errorf("%d posts, %v", n, err)
	}
}

func TestADraftIsPublishedWithTheRightsOfThatTime(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	alice, amir := acme.person("alice"), acme.person("amir")
	ctx := t.Context()
	atlas, err := acme.OpenGroup(ctx, alice, federation.GroupDraft{Name: "Atlas"})
	acme.do(err)
	acme.do(acme.Join(ctx, amir, atlas))
	inGroup, byLocked := acme.waits(amir, federation.Draft{Text: "in atlas", Group: atlas.Key}), acme.waits(alice, federation.Draft{Text: "later"})
	acme.do(acme.Leave(ctx, amir, atlas))
	acme.tx(func(tx *store.Tx) error { return tx.Lock(ctx, alice.Key) })
	acme.comes(inGroup)
	acme.comes(byLocked)
	for want, d := range map[string]store.Draft{"not_a_member": inGroup, "suspended": byLocked} {
		if err := acme.Publish(ctx, store.Publish{Draft: d.Key}); activity.FaultOf(err).Reason != want {
			t.Errorf("%s: %v", want, err)
		}
		if _, err := acme.db.DraftByKey(ctx, d.Key); err != nil {
			t.Errorf("its author has lost it: %v", err)
		}
	}
}

func TestAPictureOfADraftIsKeptAndOneOfNothingIsNot(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	alice := acme.person("alice")
	ctx := t.Context()
	inDraft := acme.sends(alice, drawing(t))
	d := acme.waits(alice, federation.Draft{Text: "later", Media: []store.Key{inDraft.Key}})
	loose := acme.sends(alice, append(drawing(t), 0)) // the same picture: one file for both
	acme.tx(func(tx *store.Tx) error { return tx.ForgetLooseMedia(ctx, tx.Now.Add(time.Hour)) })
	acme.do(acme.Media().Sweep(ctx))
	if _, err := acme.db.MediaOf(ctx, alice.Key, loose.Key); activity.KindOf(err) != activity.NotFound {
		t.Errorf("what is attached to nothing is still there: %v", err)
	}
	acme.comes(d)
	pump(t, acme)
	if _, err := acme.Media().Own(ctx, inDraft.Key, store.Reader{Actor: alice.Key}); err != nil {
		t.Errorf("the picture of the draft is gone: %v", err)
	}
	home, err := acme.db.VisibleMedia(ctx, inDraft.Key, store.Reader{Actor: alice.Key})
	acme.do(err)
	acme.do(acme.Delete(ctx, alice, must(acme, first(acme.db.NoteByKey(ctx, home.Note)), nil)))
	acme.tx(func(tx *store.Tx) error { return tx.ForgetLooseMedia(ctx, tx.Now.Add(time.Hour)) })
	acme.do(acme.Media().Sweep(ctx))
	if _, err := acme.Media().Own(ctx, inDraft.Key, store.Reader{Actor: alice.Key}); activity.KindOf(err) != activity.NotFound {
		t.Errorf("after its post was deleted: %v", err)
	}
}

func first[T any](v T, _ error) T { return v }

package server_test

import (
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// Who is deleted is gone everywhere, with what they wrote, and their groups go on.
func TestWhoIsDeletedIsGoneHereAndAtPartners(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessSecret)
	b.comes(b.bea)
	b.acme.do(b.acme.Invite(t.Context(), b.alice, b.group, b.bob))
	b.acme.do(b.acme.Join(t.Context(), b.bob, b.group))
	b.globex.do(b.globex.Follow(t.Context(), b.carl, b.globex.sees(b.alice)))
	b.pump()
	minutes := b.acme.writes(b.alice, "minutes", b.group)
	public, err := b.acme.Post(t.Context(), b.alice, federation.Draft{Text: "hello"})
	must(b.acme, public, err)
	answer, err := b.globex.Post(t.Context(), b.bea, federation.Draft{Text: "an answer", ReplyTo: func() store.Key { b.pump(); return b.globex.note(minutes.ID).Key }()})
	must(b.globex, answer, err)
	b.pump()
	b.acme.do(b.acme.db.InTx(t.Context(), func(tx *store.Tx) error { return tx.LockForGood(t.Context(), b.alice.Key) }))
	b.pump()
	for _, c := range []*company{b.acme, b.globex} {
		for _, id := range []activity.ID{minutes.ID, public.ID} {
			if _, err := c.db.Note(t.Context(), id); activity.KindOf(err) != activity.NotFound {
				t.Errorf("%s still has %s: %v", c.Host, id, err)
			}
		}
		if a := c.knows(string(b.alice.ID)); a.DeletedAt.IsZero() {
			t.Errorf("at %s alice is still there", c.Host)
		}
		if n := c.note(answer.ID); !n.Admitted {
			t.Errorf("at %s what bea has answered is gone from the group", c.Host)
		}
	}
	alice := b.acme.knows(string(b.alice.ID))
	if alice.Name != "" || alice.Summary != "" {
		t.Errorf("her profile still says %q, %q", alice.Name, alice.Summary)
	}
	if _, err := b.acme.db.Member(t.Context(), b.alice.Key); activity.KindOf(err) != activity.NotFound {
		t.Errorf("she is still a member: %v", err)
	}
	if owns, err := b.acme.db.HasEdge(t.Context(), store.Owner, b.bob.Key, b.group.Key); err != nil || !owns {
		t.Errorf("bob does not own the group: %v", err)
	}
	if _, err := b.acme.NewMember(t.Context(), store.Member{Email: "other@acme.example"}, "alice", "Alice"); err == nil || !strings.Contains(reason(err), "taken") {
		t.Errorf("her name is given to another: %v", err)
	}
	if got := b.globex.note(answer.ID); got.InReplyTo.First() != minutes.ID {
		t.Errorf("the answer answers %s", got.InReplyTo.First())
	}
	b.acme.do(b.acme.Depart(t.Context(), store.Depart{Actor: b.alice.Key, Erased: true})) // comes again
	b.pump()
}

// Who is deleted is gone where they were met in a group alone, too, and one group after the other.
func TestWhoIsDeletedIsGoneWhereTheyWereMetByACard(t *testing.T) {
	t.Parallel()
	ctx, tri := t.Context(), newStrangers(t, activity.AccessSecret)
	globex, initech := tri.globex, tri.initech.company
	post := globex.writes(tri.bea, "a plan", tri.there())
	tri.pump()
	answer, err := initech.Post(ctx, tri.ira, federation.Draft{Text: "a question", ReplyTo: initech.note(post.ID).Key})
	initech.do(err)
	tri.pump()
	globex.do(globex.Like(ctx, tri.bea, globex.note(answer.ID)))
	tri.pump()
	bea := initech.knows(string(tri.bea.ID))
	globex.do(globex.db.InTx(ctx, func(tx *store.Tx) error { return tx.LockForGood(ctx, tri.bea.Key) }))
	tri.pump()
	for _, c := range []*company{globex, initech, tri.acme} {
		if _, err := c.db.Note(ctx, post.ID); activity.KindOf(err) != activity.NotFound {
			t.Errorf("%s still has what bea has written: %v", c.Host, err)
		}
		if c.knows(string(tri.bea.ID)).DeletedAt.IsZero() {
			t.Errorf("at %s bea is still there", c.Host)
		}
	}
	if liked, err := initech.db.HasEdge(ctx, store.Like, bea.Key, initech.note(answer.ID).Key); err != nil || liked {
		t.Errorf("Initech still says that bea likes it: %v", err)
	}
	if !tri.has(initech, answer.ID) {
		t.Error("what ira has answered is gone")
	}
	tri.apart()
}

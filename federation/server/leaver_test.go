package server_test

import (
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// locks is what 'entente member lock' does.
func (c *company) locks(who store.Actor) {
	c.t.Helper()
	c.tx(func(tx *store.Tx) error { return tx.Lock(c.t.Context(), who.Key) })
}

// isIn says whether somebody is in a group, as a company knows both.
func (c *company) isIn(who, group store.Actor) bool {
	c.t.Helper()
	w, g := c.knows(string(who.ID)), c.knows(string(group.ID))
	is, err := c.db.IsMember(c.t.Context(), w.Key, g.Key)
	return must(c, is, err)
}

// Who is locked is out of every group, here and at each partner, and follows nobody: by
// what is done at once, without any clock.
func TestWhoIsLockedIsOutOfEverything(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	b := newBoard(t, activity.AccessSecret)
	acme, globex := b.acme, b.globex
	for _, who := range []store.Actor{b.bea, b.carl} {
		b.comes(who)
	}
	own, err := globex.OpenGroup(ctx, b.bea, federation.GroupDraft{Name: "Ours", Companies: []string{acme.Host}})
	globex.do(err)
	globex.do(globex.Join(ctx, b.carl, own))
	alone, err := globex.OpenGroup(ctx, b.bea, federation.GroupDraft{Name: "Alone"})
	globex.do(err)
	asked, err := acme.OpenGroup(ctx, b.alice, federation.GroupDraft{Name: "Asked", Access: activity.AccessClosed, Companies: []string{globex.Host}})
	acme.do(err)
	globex.do(globex.Join(ctx, b.bea, globex.sees(asked)))
	globex.do(globex.Follow(ctx, b.bea, globex.sees(b.alice)))
	acme.do(acme.Join(ctx, b.alice, acme.sees(own)))
	b.pump()
	post := globex.writes(b.bea, "what stays", b.there())
	b.pump()
	if !acme.isIn(b.bea, b.group) || !acme.following(acme.knows(string(b.bea.ID)), string(b.alice.ID)) {
		t.Fatal("she was never there")
	}

	globex.locks(b.bea)
	b.pump()
	here := acme.knows(string(b.bea.ID))
	for name, is := range map[string]bool{
		"a member of Acme's group":                 acme.isIn(b.bea, b.group),
		"a member of it, as Globex knows it":       globex.isIn(b.bea, b.group),
		"a member of her own group":                globex.isIn(b.bea, own),
		"a follower of alice":                      acme.following(here, string(b.alice.ID)),
		"one who waits to be let in":               acme.wants(here, asked),
		"a follower of alice, as Globex knows her": globex.following(b.bea, string(b.alice.ID)),
	} {
		if is {
			t.Errorf("she is %s", name)
		}
	}
	if owns, err := globex.db.HasEdge(ctx, store.Owner, b.carl.Key, own.Key); err != nil || !owns {
		t.Errorf("carl owns her group now: %t, %v", owns, err)
	}
	if owns, err := globex.db.HasEdge(ctx, store.Owner, b.bea.Key, alone.Key); err != nil || !owns {
		t.Errorf("the group in which nobody else is stays hers: %t, %v", owns, err)
	}
	if found, err := globex.db.PeopleLike(ctx, "bea", store.Reader{}); err != nil || len(found) != 0 {
		t.Errorf("the directory has %d of her, %v", len(found), err)
	}
	if !acme.isIn(b.carl, b.group) {
		t.Error("carl, who is not locked, is out")
	}
	if n := acme.note(post.ID); n.In() == 0 {
		t.Error("what she wrote is gone from the group")
	}
}

// wants says whether somebody waits to be let into a group.
func (c *company) wants(who, group store.Actor) bool {
	c.t.Helper()
	_, has, err := activity.Optional(c.db.Edge(c.t.Context(), store.Membership, who.Key, group.Key))
	return must(c, has, err)
}

// Who was locked and is not any more when the job is done stays.
func TestWhoIsLetInAgainInTimeStays(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice, amir := acme.person("alice"), acme.person("amir")
	group := acme.makes(alice, activity.AccessOpen)
	acme.do(acme.Join(t.Context(), amir, group))
	acme.locks(amir)
	acme.tx(func(tx *store.Tx) error { return tx.Unlock(t.Context(), amir.Key) })
	pump(t, acme)
	if !acme.isIn(amir, group) {
		t.Error("he is out")
	}
}

// A partner that was away hears first who is out of what, and then all the rest.
func TestWhoWasAwayHearsFirstWhoIsOut(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	b := newBoard(t, activity.AccessClosed)
	b.comes(b.bea)
	posts := globexWrites(b, 3)
	b.globex.locks(b.bea)
	var all []store.Deliver
	for range 4 { // the jobs but for deliveries, which wait
		_, err := b.globex.db.Drain(ctx, 1000, func(ps []store.Promise) error {
			for _, p := range ps {
				if p.Kind != "fan" {
					b.globex.do(b.globex.run(ctx, p.Kind, []byte(p.Payload)))
					continue
				}
				all = append(all, b.globex.fans(p.Payload)...)
			}
			return nil
		})
		b.globex.do(err)
	}
	b.globex.tx(func(tx *store.Tx) error {
		for i, d := range all {
			p := store.Parked{Job: string(rune('a' + i)), Kind: d.Kind(), Payload: string(encoded(d)), Host: d.Host(), DueAt: time.Now().Add(time.Hour), Reason: store.Held, Urgent: d.Urgent}
			if err := tx.Park(ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
	b.globex.tx(func(tx *store.Tx) error {
		n, err := tx.Recall(ctx, b.acme.host(), 1)
		if n != 1 {
			t.Errorf("%d are let go of %d", n, len(all))
		}
		return err
	})
	b.pump()
	if b.acme.isIn(b.bea, b.group) {
		t.Error("she is still in it")
	}
	for _, id := range posts {
		if _, known, err := activity.Optional(b.acme.db.Note(ctx, id)); err != nil || known {
			t.Errorf("%s came before: %v", id, err)
		}
	}
}

func globexWrites(b *board, n int) (ids []activity.ID) {
	for range n {
		ids = append(ids, b.globex.writes(b.bea, "a word", b.there()).ID)
	}
	return ids
}

// Who is locked after their group has gone on at another company leaves it there too, as
// they leave what they have joined since; whoever is left there owns it.
func TestWhoIsLockedLeavesTheGroupThatWasHandedOver(t *testing.T) {
	t.Parallel()
	ctx, tri := t.Context(), heirs(t, activity.AccessClosed)
	acme, globex := tri.acme, tri.globex
	tri.handOver()
	heir := tri.heir(globex)
	later, err := globex.OpenGroup(ctx, tri.bea, federation.GroupDraft{Name: "Later", Companies: []string{acme.Host}})
	globex.do(err)
	acme.do(acme.Join(ctx, tri.alice, acme.sees(later)))
	asked, err := globex.OpenGroup(ctx, tri.bea, federation.GroupDraft{Name: "Asked", Access: activity.AccessSecret, Companies: []string{acme.Host}})
	globex.do(err)
	globex.do(globex.Invite(ctx, tri.bea, asked, globex.knows(string(tri.alice.ID))))
	tri.pump()
	if !tri.member(globex, tri.alice, heir) || !tri.member(globex, tri.alice, later) {
		t.Fatal("she was never there")
	}
	acme.locks(tri.alice)
	tri.pump()
	for name, group := range map[string]store.Actor{"the heir": heir, "the later group": later} {
		if tri.member(globex, tri.alice, group) || acme.isIn(tri.alice, group) {
			t.Errorf("she is still in %s: there %t, here %t", name, tri.member(globex, tri.alice, group), acme.isIn(tri.alice, group))
		}
	}
	if invited, err := globex.db.HasEdge(ctx, store.Invitation, globex.knows(string(tri.alice.ID)).Key, asked.Key); err != nil || invited {
		t.Errorf("she is still invited: %t %v", invited, err)
	}
	owners, err := globex.db.EdgesTo(ctx, store.Owner, heir.Key, store.Page{Limit: 10})
	globex.do(err)
	if len(owners) != 1 || owners[0].Actor == globex.knows(string(tri.alice.ID)).Key {
		t.Errorf("the group is owned by %v", owners)
	}
}

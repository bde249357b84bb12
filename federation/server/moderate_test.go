package server_test

import (
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// What a moderator does about a post reaches the members elsewhere.

func TestAModeratorPinsAPostOnBothSides(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessSecret)
	b.comes(b.bea)
	post := b.acme.writes(b.alice, "first", b.group)
	b.pump()
	pinned := func(want bool) {
		t.Helper()
		b.pump()
		for _, c := range []*company{b.acme, b.globex} {
			is, err := c.db.HasEdge(t.Context(), store.Feature, c.knows(string(b.group.ID)).Key, c.note(post.ID).Key)
			if c.do(err); is != want {
				t.Errorf("at %s it is pinned: %t", c.Host, is)
			}
		}
	}
	if err := b.acme.Pin(t.Context(), b.bob, post); reason(err) != "not_a_moderator" {
		t.Errorf("who does not look after it: %v", err)
	}
	if err := b.globex.Pin(t.Context(), b.bea, b.globex.note(post.ID)); reason(err) != "group_elsewhere" {
		t.Errorf("who is elsewhere: %v", err)
	}
	b.acme.do(b.acme.Pin(t.Context(), b.alice, post))
	b.acme.do(b.acme.Pin(t.Context(), b.alice, post))
	pinned(true)
	b.acme.do(b.acme.Unpin(t.Context(), b.alice, post))
	pinned(false)
	alone, err := b.acme.Post(t.Context(), b.alice, federation.Draft{Text: "in no group"})
	must(b.acme, alone, err)
	if err := b.acme.Pin(t.Context(), b.alice, alone); activity.KindOf(err) != activity.NotFound {
		t.Errorf("what is in no group: %v", err)
	}
}

func TestAModeratorClosesAThreadAndOpensItAgain(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessClosed)
	b.comes(b.bea)
	own, hers := b.acme.writes(b.alice, "first", b.group), b.globex.writes(b.bea, "second", b.there())
	b.pump()
	for _, id := range []activity.ID{own.ID, hers.ID} {
		answer := func() error {
			_, err := b.globex.Post(t.Context(), b.bea, federation.Draft{Text: "an answer", ReplyTo: b.globex.note(id).Key})
			return err
		}
		if err := b.acme.CloseThread(t.Context(), b.bob, b.acme.note(id)); reason(err) != "not_a_moderator" {
			t.Errorf("who does not look after it: %v", err)
		}
		b.acme.do(b.acme.CloseThread(t.Context(), b.alice, b.acme.note(id)))
		b.pump()
		if err := answer(); reason(err) != "locked" {
			t.Errorf("an answer in a closed thread: %v", err)
		}
		b.acme.do(b.acme.ReopenThread(t.Context(), b.alice, b.acme.note(id)))
		b.acme.do(b.acme.ReopenThread(t.Context(), b.alice, b.acme.note(id)))
		b.pump()
		b.globex.do(answer())
	}
}

func TestAModeratorTakesAPostOutAndSaysWhy(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessSecret)
	b.comes(b.bea)
	b.acme.do(b.acme.Invite(t.Context(), b.alice, b.group, b.bob))
	b.acme.do(b.acme.Join(t.Context(), b.bob, b.group))
	hers := b.globex.writes(b.bea, "off topic", b.there())
	b.pump()
	here, his := b.acme.note(hers.ID), b.acme.writes(b.bob, "off topic too", b.group)
	b.pump()
	if err := b.acme.TakeDown(t.Context(), b.bob, here, "because"); reason(err) != "not_a_moderator" {
		t.Errorf("who does not look after it: %v", err)
	}
	for _, why := range []string{"", " ", strings.Repeat("x", limits.Warning+1)} {
		if err := b.acme.TakeDown(t.Context(), b.alice, here, why); reason(err) != "bad_removal_reason" {
			t.Errorf("a reason of %d characters: %v", len(why), err)
		}
	}
	for _, n := range []store.Note{here, his} {
		b.acme.do(b.acme.TakeDown(t.Context(), b.alice, n, "it's <b>about</b> R&D"))
	}
	b.pump()
	if _, err := b.acme.db.Note(t.Context(), hers.ID); activity.KindOf(err) != activity.NotFound {
		t.Errorf("the host still has hers: %v", err)
	}
	if b.acme.note(his.ID).Admitted || b.globex.note(hers.ID).Admitted {
		t.Error("at its author's company it is still in the group")
	}
	for c, author := range map[*company]store.Actor{b.acme: b.bob, b.globex: b.bea} {
		group := c.knows(string(b.group.ID)).Key
		removals, err := c.db.Removals(t.Context(), group, store.Page{})
		if c.do(err); len(removals) != 2 || removals[0].Reason != "it's <b>about</b> R&D" || removals[0].Moderator != c.knows(string(b.alice.ID)).Key {
			t.Errorf("at %s: %+v", c.Host, removals)
		}
		told, err := c.db.Notifications(t.Context(), author.Key, store.Page{})
		c.do(err)
		if !slices.ContainsFunc(told, func(n store.Notification) bool {
			return n.Kind == "moderation_warning" && n.Removal != 0 && n.Actor == group
		}) {
			t.Errorf("at %s %s was not told: %+v", c.Host, author.Username, told)
		}
	}
}

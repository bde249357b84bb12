package server_test

import (
	"slices"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// How people come into a group, what they are in it, and how they get out.

// board is a closed or secret group of alice's at Acme, and bea and carl of Globex.
type board struct {
	t                 *testing.T
	acme, globex      *company
	alice, bob, group store.Actor
	bea, carl         store.Actor // as Globex has them
}

func newBoard(t *testing.T, access activity.Access) *board {
	t.Helper()
	b := &board{t: t}
	b.acme, b.globex = companies(t)
	b.alice, b.bob, b.bea, b.carl = b.acme.person("alice"), b.acme.person("bob"), b.globex.person("bea"), b.globex.person("carl")
	b.group = b.acme.makes(b.alice, access, b.globex.Host)
	return b
}

func (b *board) pump() { pump(b.t, b.acme, b.globex) }

// there is the group as Globex knows it.
func (b *board) there() store.Actor { return b.globex.knows(string(b.group.ID)) }

// invites asks somebody of Globex in.
func (b *board) invites(who store.Actor) {
	b.t.Helper()
	b.acme.do(b.acme.Invite(b.t.Context(), b.alice, b.group, b.acme.sees(who)))
	b.pump()
}

// comes invites somebody of Globex, who says yes.
func (b *board) comes(who store.Actor) {
	b.t.Helper()
	b.invites(who)
	b.globex.do(b.globex.Join(b.t.Context(), who, b.there()))
	b.pump()
}

// in says whether both sides hold somebody of Globex for a member, or nil where they do
// not agree.
func (b *board) in(who store.Actor) any {
	b.t.Helper()
	here, err := b.acme.db.IsMember(b.t.Context(), b.acme.knows(string(who.ID)).Key, b.group.Key)
	b.acme.do(err)
	there, err := b.globex.db.IsMember(b.t.Context(), who.Key, b.there().Key)
	b.globex.do(err)
	if here != there {
		return nil
	}
	return here
}

func (c *company) writes(who store.Actor, text string, group store.Actor) store.Note {
	c.t.Helper()
	n, err := c.Post(c.t.Context(), who, federation.Draft{Text: text, Group: group.Key})
	return must(c, n, err)
}

func TestAModeratorLetsWhoAsksIntoAClosedGroupOrNot(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessClosed)
	for who, let := range map[*store.Actor]bool{&b.bea: true, &b.carl: false} {
		b.globex.do(b.globex.Join(t.Context(), *who, b.globex.sees(b.group)))
		b.pump()
		if b.in(*who) != false {
			t.Fatalf("%s is in it: %v", who.Username, b.in(*who))
		}
		wishes, err := b.acme.db.Requests(t.Context(), store.Membership, b.group.Key, store.Page{})
		if b.acme.do(err); len(wishes) != 1 {
			t.Fatalf("there are %d requests", len(wishes))
		}
		if err := b.acme.LetIn(t.Context(), b.bob, b.group, b.acme.sees(*who), true); reason(err) != "not_a_moderator" {
			t.Errorf("who does not moderate gets %v", err)
		}
		b.acme.do(b.acme.LetIn(t.Context(), b.alice, b.group, b.acme.sees(*who), let))
		b.pump()
		if b.in(*who) != let {
			t.Errorf("%s is in it: %v, not %v", who.Username, b.in(*who), let)
		}
	}
	if got := b.acme.told(b.alice); !slices.Equal(got, []string{"group_request", "group_request"}) {
		t.Errorf("alice is told %q", got)
	}
	b.acme.writes(b.alice, "minutes", b.group)
	b.pump()
	if got, none := b.globex.home(b.bea), b.globex.home(b.carl); !slices.Equal(got, []string{"minutes"}) || none != nil {
		t.Errorf("who is in sees %q, who is not %q", got, none)
	}
	answer := b.globex.writes(b.bea, "seen", b.there())
	b.pump()
	if n := b.acme.note(answer.ID); n.In() != b.group.Key || n.Visibility != activity.VisibleFollowers || !slices.Contains(b.acme.home(b.alice), "seen") {
		t.Errorf("what she writes is in %v and %s", n.In(), n.Visibility)
	}
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return activity.FaultOf(err).Reason
}

func TestOnlyAnInvitationOpensASecretGroup(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessSecret)
	if err := b.acme.Invite(t.Context(), b.bob, b.group, b.acme.sees(b.bea)); reason(err) != "not_a_moderator" {
		t.Errorf("who is not in it invites with %v", err)
	}
	b.invites(b.bea)
	if got := b.globex.told(b.bea); !slices.Equal(got, []string{"group_invite"}) {
		t.Fatalf("she is told %q", got)
	}
	for who, knows := range map[*store.Actor]bool{&b.bea: true, &b.carl: false} {
		if is, err := b.globex.db.Knows(t.Context(), who.Reader(), b.there().Key); err != nil || is != knows {
			t.Errorf("%s knows it: %v, %v", who.Username, is, err)
		}
	}
	b.globex.do(b.globex.Join(t.Context(), b.bea, b.there()))
	b.pump()
	if b.in(b.bea) != true {
		t.Fatalf("she is in it: %v", b.in(b.bea))
	}
	b.acme.writes(b.alice, "plan", b.group)
	b.pump()
	if got := b.globex.home(b.bea); !slices.Equal(got, []string{"plan"}) {
		t.Errorf("she sees %q", got)
	}
	open, err := b.acme.db.EdgesTo(t.Context(), store.Invitation, b.group.Key, store.Page{})
	if b.acme.do(err); len(open) > 0 {
		t.Error("the invitation is still open")
	}
	if err := b.globex.Join(t.Context(), b.carl, b.there()); reason(err) != "not_found" {
		t.Errorf("who was not invited joins with %v", err)
	}
}

func TestAnInvitationIsDeclinedOrTakenBack(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessSecret)
	left := func(c *company, group store.Actor) int {
		edges, err := c.db.EdgesTo(t.Context(), store.Invitation, group.Key, store.Page{})
		return len(must(c, edges, err))
	}
	b.invites(b.bea)
	b.globex.do(b.globex.Decline(t.Context(), b.bea, b.there()))
	b.pump()
	if left(b.acme, b.group) != 0 || left(b.globex, b.there()) != 0 || b.in(b.bea) != false {
		t.Error("what was declined is still there")
	}
	b.invites(b.carl)
	if left(b.acme, b.group) != 1 || left(b.globex, b.there()) != 1 {
		t.Fatal("there is no invitation")
	}
	b.acme.do(b.acme.Uninvite(t.Context(), b.alice, b.group, b.acme.sees(b.carl)))
	b.pump()
	if left(b.acme, b.group) != 0 || left(b.globex, b.there()) != 0 {
		t.Error("what was taken back is still there")
	}
	if err := b.acme.Invite(t.Context(), b.alice, b.group, b.bob); err != nil {
		t.Fatal(err)
	}
	b.acme.do(b.acme.Join(t.Context(), b.bob, b.group))
	if is, err := b.acme.db.IsMember(t.Context(), b.bob.Key, b.group.Key); err != nil || !is {
		t.Errorf("a colleague who was invited is in it: %v, %v", is, err)
	}
}

// newStrangerWith is a partner of a company.
func newStrangerWith(t *testing.T, c *company) *stranger {
	t.Helper()
	s := newStranger(t, "other")
	c.isPartnerOf(s)
	return s
}

func TestAHostInvitesToItsOwnGroupsOnly(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	globex.serve("/users/club", group(globex, "club"))
	other := newStrangerWith(t, acme)
	invite := func(s *stranger, actor, path string) map[string]any {
		return map[string]any{"id": s.id(path), "type": "Invite", "actor": actor, "object": globex.id("/users/club"), "target": alice.ID, "to": alice.ID}
	}
	acme.takes(other, invite(other, other.person("mallory"), "/i/1"))
	if got := acme.told(alice); slices.Contains(got, "group_invite") {
		t.Errorf("a third host invites: %q", got)
	}
	acme.takes(globex, invite(globex, bea, "/i/2"))
	if got := acme.told(alice); !slices.Contains(got, "group_invite") {
		t.Errorf("its own host invites: %q", got)
	}
}

func TestWhoIsRemovedOrBannedIsOutOnBothSidesAndHearsNothingMore(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessSecret)
	b.comes(b.bea)
	b.comes(b.carl)
	b.acme.do(b.acme.Remove(t.Context(), b.alice, b.group, b.acme.sees(b.bea)))
	b.acme.do(b.acme.Ban(t.Context(), b.alice, b.group, b.acme.sees(b.carl)))
	b.pump()
	if b.in(b.bea) != false || b.in(b.carl) != false {
		t.Fatalf("they are in it: %v, %v", b.in(b.bea), b.in(b.carl))
	}
	b.acme.writes(b.alice, "later", b.group)
	b.pump()
	if got := append(b.globex.home(b.bea), b.globex.home(b.carl)...); got != nil {
		t.Errorf("they see %q", got)
	}
	if err := b.acme.Invite(t.Context(), b.alice, b.group, b.acme.sees(b.carl)); reason(err) != "banned" {
		t.Errorf("who is kept out is invited with %v", err)
	}
	b.acme.do(b.acme.Unban(t.Context(), b.alice, b.group, b.acme.sees(b.carl)))
	b.comes(b.carl)
	if b.in(b.carl) != true {
		t.Error("who is let in again is not in it")
	}
}

func TestAGroupAlwaysHasAnOwner(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessClosed)
	b.comes(b.bea)
	ctx, bea := t.Context(), b.acme.sees(b.bea)
	role := func(who store.Actor) string {
		roles, err := b.acme.db.Roles(ctx, b.group.Key, []store.Key{who.Key})
		return must(b.acme, roles, err)[who.Key]
	}
	for name, err := range map[string]error{
		"leaving": b.acme.Leave(ctx, b.alice, b.group), "being removed": b.acme.Remove(ctx, b.alice, b.group, b.alice),
		"being banned": b.acme.Ban(ctx, b.alice, b.group, b.alice), "stepping down": b.acme.SetRole(ctx, b.alice, b.group, b.alice, store.Membership),
	} {
		if reason(err) != "owner_stays" {
			t.Errorf("%s: %v", name, err)
		}
	}
	b.acme.do(b.acme.SetRole(ctx, b.alice, b.group, bea, store.Moderator))
	if role(bea) != store.Moderator {
		t.Errorf("she is %q", role(bea))
	}
	b.acme.do(b.acme.SetRole(ctx, b.alice, b.group, bea, store.Owner))
	if role(bea) != store.Owner || role(b.alice) != store.Moderator {
		t.Errorf("they are %q and %q", role(bea), role(b.alice))
	}
	if err := b.acme.SetRole(ctx, b.alice, b.group, bea, store.Membership); reason(err) != "not_a_moderator" {
		t.Errorf("who was the owner decides with %v", err)
	}
	b.pump()
	b.globex.do(b.globex.Leave(ctx, b.bea, b.there())) // from elsewhere nobody can be held back
	b.pump()
	if role(b.alice) != store.Owner || role(bea) != "" {
		t.Errorf("after she left they are %q and %q", role(b.alice), role(bea))
	}
}

func TestInAGroupThatIsReviewedAPostWaitsForAModerator(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessClosed)
	ctx, yes := t.Context(), true
	b.comes(b.bea)
	b.comes(b.carl)
	_, err := b.acme.ChangeGroup(ctx, b.alice, b.group, federation.Settings{Reviewed: &yes})
	b.acme.do(err)
	b.pump()
	good, bad := b.globex.writes(b.bea, "good", b.there()), b.globex.writes(b.bea, "bad", b.there())
	b.pump()
	_, waiting, err := b.acme.db.Waiting(ctx, b.group.Key, store.Page{})
	if b.acme.do(err); len(waiting) != 2 || b.globex.home(b.carl) != nil || slices.Contains(b.acme.home(b.alice), "good") {
		t.Fatalf("%d wait; %q and %q are seen", len(waiting), b.globex.home(b.carl), b.acme.home(b.alice))
	}
	if _, err := b.acme.db.VisibleNote(ctx, b.acme.note(good.ID).Key, b.alice.Reader()); err != nil {
		t.Errorf("a moderator cannot read what waits: %v", err)
	}
	if err := b.acme.Review(ctx, b.bob, b.group, b.acme.note(good.ID).Key, true); reason(err) != "not_a_moderator" {
		t.Errorf("who does not moderate decides with %v", err)
	}
	b.acme.do(b.acme.Review(ctx, b.alice, b.group, b.acme.note(good.ID).Key, true))
	b.acme.do(b.acme.Review(ctx, b.alice, b.group, b.acme.note(bad.ID).Key, false))
	b.pump()
	if got := b.globex.home(b.carl); !slices.Equal(got, []string{"good"}) {
		t.Errorf("the members see %q", got)
	}
	if _, waiting, err = b.acme.db.Waiting(ctx, b.group.Key, store.Page{}); err != nil || len(waiting) > 0 {
		t.Errorf("%d still wait, %v", len(waiting), err)
	}
}

func TestWhereOnlyModeratorsPostMembersAnswer(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessClosed)
	mods := store.ModeratorsOnly
	b.comes(b.bea)
	_, err := b.acme.ChangeGroup(t.Context(), b.alice, b.group, federation.Settings{Posting: &mods})
	b.acme.do(err)
	b.pump()
	if !b.there().PostingRestrictedToMods {
		t.Error("the member's company is not told")
	}
	n := b.globex.writes(b.bea, "mine", b.there())
	b.pump()
	if _, ok, err := activity.Optional(b.acme.db.Note(t.Context(), n.ID)); err != nil || ok {
		t.Errorf("it is taken: %v", err)
	}
	post := b.acme.writes(b.alice, "ours", b.group)
	b.pump()
	_, err = b.globex.Post(t.Context(), b.bea, federation.Draft{Text: "agreed", ReplyTo: b.globex.note(post.ID).Key})
	b.globex.do(err)
	b.pump()
	if got := b.acme.home(b.alice); !slices.Contains(got, "agreed") {
		t.Errorf("alice sees %q", got)
	}
}

func TestAGroupChangesItsKindButNotFromOrIntoSecret(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessClosed)
	open, secret, name := activity.AccessOpen, activity.AccessSecret, "The board"
	if _, err := b.acme.ChangeGroup(t.Context(), b.alice, b.group, federation.Settings{Access: &secret}); reason(err) != "access_stays" {
		t.Errorf("it becomes secret with %v", err)
	}
	if _, err := b.acme.ChangeGroup(t.Context(), b.bob, b.group, federation.Settings{Access: &open}); reason(err) != "not_a_moderator" {
		t.Errorf("another one changes it with %v", err)
	}
	post := b.acme.writes(b.alice, "hush", b.group)
	g, err := b.acme.ChangeGroup(t.Context(), b.alice, b.group, federation.Settings{Access: &open, Name: &name})
	if b.acme.do(err); g.Access() != open || g.ManuallyApproves || g.Name != "The board" || g.Summary != b.group.Summary {
		t.Errorf("it is %+v", g)
	}
	if _, ok, err := activity.Optional(b.acme.db.VisibleNote(t.Context(), post.Key, b.bob.Reader())); err != nil || ok {
		t.Errorf("what was written for members is read by others: %v", err)
	}
}

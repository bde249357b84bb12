package server_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// Each company of a group has a level, and what its people may do there ends with it.

// levelled is a board in which bea of Globex is, at a level.
func levelled(t *testing.T, level activity.Level) *board {
	t.Helper()
	b := newBoard(t, activity.AccessClosed)
	b.comes(b.bea)
	all := store.AllMembers
	companies := []string{b.globex.Host + "=" + string(level)}
	g, err := b.acme.ChangeGroup(t.Context(), b.alice, b.group, federation.Settings{Companies: &companies, Inviting: &all})
	b.group = must(b.acme, g, err)
	b.pump()
	return b
}

// tryAll makes bea do one thing after the other, and says what became of each at Acme.
func (b *board) tryAll(minutes store.Note) []string {
	b.t.Helper()
	ctx, there := b.t.Context(), b.globex.note(minutes.ID)
	answer, err := b.globex.Post(ctx, b.bea, federation.Draft{Text: "an answer", ReplyTo: there.Key})
	must(b.globex, answer, err)
	b.globex.do(b.globex.Like(ctx, b.bea, there))
	b.globex.do(b.globex.Vote(ctx, b.bea, there, []int{0}))
	post := b.globex.writes(b.bea, "something new", b.there())
	b.globex.do(b.globex.Invite(ctx, b.bea, b.there(), b.carl))
	b.pump()
	var done []string
	for id, what := range map[activity.ID]string{answer.ID: "answers", post.ID: "posts"} {
		if n, ok, _ := activity.Optional(b.acme.db.Note(ctx, id)); ok && n.Admitted {
			done = append(done, what)
		}
	}
	bea := b.acme.knows(string(b.bea.ID))
	if is, _ := b.acme.db.HasEdge(ctx, store.Like, bea.Key, minutes.Key); is {
		done = append(done, "likes")
	}
	if b.acme.note(minutes.ID).Options()[0].Replies.Total == 1 {
		done = append(done, "votes")
	}
	if is, _ := b.globex.db.HasEdge(ctx, store.Invitation, b.carl.Key, b.there().Key); is {
		done = append(done, "invites")
	}
	slices.Sort(done)
	return done
}

func TestTheLevelOfACompanySaysWhatItsPeopleDoInAGroup(t *testing.T) {
	t.Parallel()
	for level, want := range map[activity.Level][]string{
		activity.Reads:    nil,
		activity.Comments: {"answers", "likes", "votes"},
		activity.Posts:    {"answers", "likes", "posts", "votes"},
		activity.Invites:  {"answers", "invites", "likes", "posts", "votes"},
	} {
		t.Run(string(level), func(t *testing.T) {
			t.Parallel()
			b := levelled(t, level)
			minutes, err := b.acme.Post(t.Context(), b.alice, federation.Draft{Text: "minutes", Group: b.group.Key, Poll: &federation.Poll{Options: []string{"tea", "coffee"}, Open: time.Hour}})
			must(b.acme, minutes, err)
			b.pump()
			if got := b.globex.home(b.bea); !slices.Contains(got, "minutes") {
				t.Fatalf("who only reads sees %q", got)
			}
			b.unaware()
			if got := b.tryAll(minutes); !slices.Equal(got, want) {
				t.Errorf("she does %q, not %q", got, want)
			}
		})
	}
}

func TestAnAnswerToNothingInTheGroupBeginsSomething(t *testing.T) {
	t.Parallel()
	g := newShutGroup(t, activity.AccessClosed)
	companies := []string{g.globex.host + "=comment"}
	if _, err := g.ChangeGroup(t.Context(), g.alice, g.group, federation.Settings{Companies: &companies}); err != nil {
		t.Fatal(err)
	}
	write := func(path, inReplyTo string) (int, string) {
		create := g.globex.create(g.bea, path, "a word")
		note := create["object"].(map[string]any)
		note["to"], note["cc"], note["audience"], note["inReplyTo"] = []any{g.group.ID, g.group.Followers.ID}, nil, g.group.ID, inReplyTo
		create["to"], create["cc"] = note["to"], nil
		g.takes(g.globex, create)
		n, ok, _ := activity.Optional(g.db.Note(t.Context(), activity.ID(note["id"].(string))))
		return 0, fmt.Sprint(ok && n.Admitted)
	}
	if _, got := write("/notes/aside", g.globex.id("/notes/nowhere")); got != "false" {
		t.Error("an answer to what is not there comes in as an answer")
	}
	if _, got := write("/notes/proper", string(g.post.ID)); got != "true" {
		t.Error("an answer in the group does not come in")
	}
}

// A level that is lowered holds for what is written anew of old things, too.
func TestWhoReadsOnlyChangesNothingAnyMore(t *testing.T) {
	t.Parallel()
	b := levelled(t, activity.Posts)
	post := b.globex.writes(b.bea, "draft", b.there())
	b.pump()
	companies := []string{b.globex.Host + "=read"}
	g, err := b.acme.ChangeGroup(t.Context(), b.alice, b.group, federation.Settings{Companies: &companies})
	b.group = must(b.acme, g, err)
	b.pump()
	b.unaware()
	_, err = b.globex.Edit(t.Context(), b.bea, b.globex.note(post.ID), federation.Draft{Text: "changed"})
	b.globex.do(err)
	b.pump()
	if got := b.acme.home(b.alice); !slices.Contains(got, "draft") {
		t.Errorf("alice reads %q", got)
	}
	b.globex.do(b.globex.Delete(t.Context(), b.bea, b.globex.note(post.ID)))
	b.pump()
	if got := b.acme.home(b.alice); slices.Contains(got, "draft") {
		t.Error("what she takes back is still there")
	}
}

func TestALevelIsOneOfFour(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessClosed)
	companies := []string{b.globex.Host + "=write"}
	if _, err := b.acme.ChangeGroup(t.Context(), b.alice, b.group, federation.Settings{Companies: &companies}); reason(err) != "bad_level" {
		t.Errorf("a level that there is not: %v", err)
	}
}

// A company that is taken off a group has nobody in it any more, and hears nothing of it.
func TestWhoseCompanyIsTakenOffAGroupIsOutOnBothSides(t *testing.T) {
	t.Parallel()
	for _, access := range []activity.Access{activity.AccessOpen, activity.AccessClosed, activity.AccessSecret} {
		t.Run(string(access), func(t *testing.T) {
			t.Parallel()
			b := newBoard(t, access)
			b.comes(b.bea)
			b.invites(b.carl)
			none := []string{}
			g, err := b.acme.ChangeGroup(t.Context(), b.alice, b.group, federation.Settings{Companies: &none})
			b.group = must(b.acme, g, err)
			b.acme.writes(b.alice, "among us", b.group)
			b.pump()
			if got := b.in(b.bea); got != false {
				t.Errorf("she is in it: %v", got)
			}
			for _, c := range []*company{b.acme, b.globex} {
				who, group := c.knows(string(b.carl.ID)), c.knows(string(b.group.ID))
				if is, err := c.db.HasEdge(t.Context(), store.Invitation, who.Key, group.Key); err != nil || is {
					t.Errorf("at %s he is invited: %v", c.Host, err)
				}
			}
			if got := b.globex.home(b.bea); slices.Contains(got, "among us") {
				t.Errorf("she reads %q", got)
			}
			if got := b.globex.told(b.bea); !slices.Contains(got, "group_removed") {
				t.Errorf("she is told %q", got)
			}
		})
	}
}

// To a company that is not in it a closed group is not there, also for who has its name.
func TestAClosedGroupAnswersNobodyWhoseCompanyItDoesNotTake(t *testing.T) {
	t.Parallel()
	g := newShutGroup(t, activity.AccessClosed)
	none := []string{}
	if _, err := g.ChangeGroup(t.Context(), g.alice, g.group, federation.Settings{Companies: &none}); err != nil {
		t.Fatal(err)
	}
	pump(t, g.company)
	ask := map[string]any{"id": g.globex.id("/asks"), "type": "Follow", "actor": g.carl, "object": g.group.ID}
	g.takes(g.globex, ask)
	if got := g.outcome(g.globex.id("/asks")); got != "not_found" {
		t.Errorf("he is told %s", got)
	}
	if got := g.globex.answers(g.globex.id("/asks")); len(got) > 0 {
		t.Errorf("his company is told %q", got)
	}
}

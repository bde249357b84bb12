package server_test

import (
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// threadOf is what somebody reads in the thread of a post.
func (c *company) threadOf(who store.Actor, n store.Note) (texts []string) {
	c.t.Helper()
	ns, err := c.db.Thread(c.t.Context(), c.note(n.ID).ThreadKey, who.Reader())
	for _, n := range must(c, ns, err) {
		texts = append(texts, activity.PlainText(string(n.Content)))
	}
	return texts
}

// answers is a public answer that names no group.
func (s *stranger) replies(who, path, text string, to activity.ID) map[string]any {
	doc := s.create(who, path, text)
	doc["object"].(map[string]any)["inReplyTo"] = to
	s.serve(path, doc["object"])
	return doc
}

func TestInAThreadOfAShutGroupNobodyElseSpeaks(t *testing.T) {
	t.Parallel()
	for _, access := range []activity.Access{activity.AccessClosed, activity.AccessSecret} {
		g := newShutGroup(t, access)
		amir := g.person("amir")
		g.joined(store.Membership, amir, g.group)
		g.takes(g.globex, g.globex.replies(g.bea, "/notes/inside", "from a member", g.post.ID),
			g.globex.replies(g.carl, "/notes/outside", "from outside", g.post.ID),
			map[string]any{"id": g.globex.id("/leave"), "type": "Leave", "actor": g.bea, "object": g.group.ID},
			g.globex.replies(g.bea, "/notes/left", "from who has left", g.post.ID))
		g.joined(store.Ban, g.knows(g.bea), g.group)
		g.takes(g.globex, g.globex.replies(g.bea, "/notes/banned", "from who is banned", g.post.ID),
			g.globex.replies(g.carl, "/notes/below", "below what is in it", activity.ID(g.globex.id("/notes/inside"))))
		if got := g.threadOf(amir, g.post); !slices.Equal(got, []string{"hush", "from a member"}) {
			t.Errorf("%s: a member reads %q in the thread", access, got)
		}
		if n := g.note(activity.ID(g.globex.id("/notes/outside"))); n.ReplyTo != 0 || n.ThreadKey != n.Key {
			t.Errorf("%s: what is said outside is tied to the thread", access)
		}
	}
}

// What answers in a group elsewhere before its question comes is not in the thread either.
func TestAnAnswerThatWaitsIsTiedOnlyIfItBelongs(t *testing.T) {
	t.Parallel()
	for _, access := range []activity.Access{activity.AccessOpen, activity.AccessClosed} {
		acme, alice, globex, bea := guest(t)
		carl, dora := globex.person("carl"), globex.person("dora")
		g := acme.makes(alice, access, "*")
		for _, who := range []string{bea, carl} {
			acme.takes(globex, globex.create(who, "/hello/"+who[len(who)-4:], "hello"))
			acme.joined(store.Membership, acme.knows(who), g)
		}
		question := activity.ID(globex.id("/notes/question"))
		member := globex.into(carl, "/notes/member", g.ID)
		member["object"].(map[string]any)["inReplyTo"] = question
		acme.takes(globex, member, globex.replies(dora, "/notes/outside", "from outside", question), globex.into(bea, "/notes/question", g.ID))
		first := acme.note(question)
		for path, belongs := range map[string]bool{"/notes/member": true, "/notes/outside": access == activity.AccessOpen} {
			if n := acme.note(activity.ID(globex.id(path))); n.ReplyTo == first.Key != belongs {
				t.Errorf("%s: %s is tied: %t", access, path, !belongs)
			}
		}
	}
}

func TestInAnOpenGroupOthersAnswerUnlessBannedOrLockedOrReviewed(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	acme, alice, globex, bea := guest(t)
	carl, dora := globex.person("carl"), globex.person("dora")
	amir := acme.person("amir")
	atlas := acme.opens(alice, "Atlas", "*")
	acme.do(acme.Join(ctx, amir, atlas))
	post, err := acme.Post(ctx, alice, federation.Draft{Text: "a thread", Group: atlas.Key})
	acme.do(err)
	acme.takes(globex, globex.replies(bea, "/notes/1", "by reply", post.ID))
	acme.takes(globex, globex.replies(carl, "/notes/2", "below it", activity.ID(globex.id("/notes/1"))))
	acme.do(acme.Ban(ctx, alice, atlas, acme.knows(bea)))
	acme.takes(globex, globex.replies(bea, "/notes/3", "though banned", post.ID),
		globex.replies(bea, "/notes/4", "though banned, further down", activity.ID(globex.id("/notes/2"))),
		map[string]any{"id": globex.id("/likes/1"), "type": "Like", "actor": bea, "object": globex.id("/notes/3")})
	l := map[string]any{"id": globex.id("/locks/1"), "type": "Lock", "actor": dora, "object": post.ID, "audience": atlas.ID}
	acme.takes(globex, map[string]any{"id": dora + "#join", "type": "Join", "actor": dora, "object": atlas.ID})
	acme.joined(store.Moderator, acme.knows(dora), atlas)
	acme.takes(globex, l, globex.replies(carl, "/notes/5", "though locked", post.ID),
		globex.replies(carl, "/notes/6", "though locked, further down", activity.ID(globex.id("/notes/2"))))
	below := acme.note(activity.ID(globex.id("/notes/2")))
	for _, who := range []store.Actor{amir, acme.person("mia")} {
		if _, err := acme.Post(ctx, who, federation.Draft{Text: "ours, though locked", ReplyTo: below.Key}); activity.FaultOf(err).Reason != "locked" {
			t.Errorf("the answer of %s to one from outside in a locked thread is %v", who.Username, err)
		}
	}
	if got := acme.threadOf(amir, post); !slices.Equal(got, []string{"a thread", "by reply", "below it"}) {
		t.Errorf("a member reads %q", got)
	}
	if _, err := acme.Post(ctx, alice, federation.Draft{Text: "by a moderator", ReplyTo: below.Key}); err != nil {
		t.Errorf("a moderator cannot answer one from outside in a locked thread: %v", err)
	}
}

func TestWhatWaitsForAModeratorIsNotAnsweredAroundThem(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	acme, alice, globex, bea := guest(t)
	g, err := acme.OpenGroup(ctx, alice, federation.GroupDraft{Name: "Atlas", Companies: []string{"*"}, Reviewed: true})
	acme.do(err)
	post, err := acme.Post(ctx, alice, federation.Draft{Text: "a thread", Group: g.Key})
	acme.do(err)
	acme.takes(globex, globex.replies(bea, "/notes/1", "around them", post.ID))
	if got := acme.threadOf(alice, post); !slices.Equal(got, []string{"a thread"}) {
		t.Errorf("unread by a moderator there is %q", got)
	}
}

// An answer from when the group was open does not carry later ones out of it.
func TestAnAnswerToOneFromOutsideStaysInAShutGroup(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	acme, alice, globex, bea := guest(t)
	amir := acme.person("amir")
	atlas := acme.opens(alice, "Atlas", "*")
	acme.do(acme.Join(ctx, amir, atlas))
	post, err := acme.Post(ctx, alice, federation.Draft{Text: "a thread", Group: atlas.Key})
	acme.do(err)
	acme.takes(globex, globex.replies(bea, "/notes/1", "which number was it?", post.ID))
	question := acme.note(activity.ID(globex.id("/notes/1")))
	closed := activity.AccessClosed
	_, err = acme.ChangeGroup(ctx, alice, atlas, federation.Settings{Access: &closed})
	acme.do(err)
	answer, err := acme.Post(ctx, amir, federation.Draft{Text: "it was 4711", ReplyTo: question.Key})
	acme.do(err)
	if answer.GroupKey != atlas.Key || !slices.Contains(acme.threadOf(alice, post), "it was 4711") {
		t.Errorf("the answer is %s, in group %d", answer.Visibility, answer.GroupKey)
	}
	for _, d := range []federation.Draft{{Text: "psst", ReplyTo: question.Key, Visibility: activity.VisibleDirect}, {Text: "aloud", ReplyTo: question.Key}} {
		if _, err := acme.Post(ctx, acme.person("x"+d.Text), d); activity.KindOf(err) != activity.Denied {
			t.Errorf("the answer %q of who is in no group is %v", d.Text, err)
		}
	}
	pump(t, acme)
	if slices.ContainsFunc(globex.sent, func(body string) bool { return strings.Contains(body, "4711") }) {
		t.Error("a host that has nobody in the group was sent the answer")
	}
}

func TestAModeratorTakesAnAnswerFromOutsideOutOfTheThread(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	acme, alice, globex, bea := guest(t)
	carl, dora := globex.person("carl"), globex.person("dora")
	atlas := acme.opens(alice, "Atlas", "*")
	acme.takes(globex, map[string]any{"id": bea + "#join", "type": "Join", "actor": bea, "object": atlas.ID})
	post, err := acme.Post(ctx, alice, federation.Draft{Text: "a thread", Group: atlas.Key})
	acme.do(err)
	spam := activity.ID(globex.id("/notes/spam"))
	acme.takes(globex, globex.replies(carl, "/notes/spam", "spam from outside", post.ID), globex.replies(dora, "/notes/more", "more of it", spam))
	removes := func(path string) string {
		acme.takes(globex, map[string]any{"id": globex.id(path), "type": "Delete", "actor": bea, "object": spam, "audience": atlas.ID, "to": atlas.ID})
		return acme.outcome(globex.id(path))
	}
	if got := removes("/del/1"); got != "not_yours" {
		t.Errorf("who moderates nothing removes it: %q", got)
	}
	acme.joined(store.Moderator, acme.knows(bea), atlas)
	if got := removes("/del/2"); got != store.Applied {
		t.Errorf("a moderator cannot remove it: %q", got)
	}
	if got := acme.threadOf(alice, post); !slices.Equal(got, []string{"a thread"}) {
		t.Errorf("in the thread there stays %q", got)
	}
	if n := acme.note(spam); !slices.Equal(acme.threadOf(alice, n), []string{"spam from outside", "more of it"}) {
		t.Error("it is not its author's any more, or has lost its answers")
	}
}

package server_test

import (
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

func TestALockedThreadIsAnsweredByModeratorsOnlyUntilItIsUnlocked(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	acme, alice, globex, bea := guest(t)
	amir, carl := acme.person("amir"), globex.person("carl")
	atlas := acme.opens(alice, "Atlas", "*")
	acme.do(acme.Join(ctx, amir, atlas))
	for _, who := range []string{bea, carl} {
		acme.takes(globex, map[string]any{"id": who + "#join", "type": "Join", "actor": who, "object": atlas.ID})
	}
	acme.joined(store.Moderator, acme.knows(bea), atlas)
	post, err := acme.Post(ctx, alice, federation.Draft{Text: "a thread", Group: atlas.Key})
	acme.do(err)
	first, err := acme.Post(ctx, amir, federation.Draft{Text: "an answer", ReplyTo: post.Key})
	acme.do(err)
	said := 0
	answers := func(who string, to activity.ID) string {
		said++
		path := "/notes/" + string(rune('a'+said))
		doc := globex.into(who, path, atlas.ID)
		doc["object"].(map[string]any)["inReplyTo"] = to
		acme.takes(globex, doc)
		return acme.outcome(globex.id(path) + "#create")
	}
	ours := func() error {
		_, err := acme.Post(ctx, amir, federation.Draft{Text: "and another", ReplyTo: first.Key})
		return err
	}
	lock := func(who, path string) map[string]any {
		return map[string]any{"id": globex.id(path), "type": "Lock", "actor": who, "object": post.ID, "audience": atlas.ID}
	}
	acme.takes(globex, lock(carl, "/locks/0"))
	if got := acme.outcome(globex.id("/locks/0")); got != "not_yours" {
		t.Errorf("a lock by who is no moderator is %q", got)
	}
	if got := answers(carl, post.ID); got != store.Applied {
		t.Fatalf("before it is locked an answer is %q", got)
	}
	pump(t, acme)
	acme.takes(globex, lock(bea, "/locks/1"), lock(bea, "/locks/2"))
	if got := answers(carl, first.ID); got != "locked" {
		t.Errorf("an answer far down from a guest is %q", got)
	}
	if err := ours(); activity.FaultOf(err).Reason != "locked" {
		t.Errorf("an answer of one of ours is %v", err)
	}
	if _, err := acme.Audience(ctx, amir, federation.Draft{Text: "and another", ReplyTo: first.Key}); activity.FaultOf(err).Reason != "locked" {
		t.Errorf("whom it would reach: %v", err)
	}
	if _, err := acme.Audience(ctx, alice, federation.Draft{Text: "a moderator's", ReplyTo: first.Key}); err != nil {
		t.Errorf("whom a moderator's answer would reach: %v", err)
	}
	if got := answers(bea, post.ID); got != store.Applied {
		t.Errorf("a moderator's answer is %q", got)
	}
	if got := globex.announced("Lock"); got == 0 {
		t.Error("the group has not told of the lock")
	}
	undo := func(path, inner string) map[string]any {
		return map[string]any{"id": globex.id(path), "type": "Undo", "actor": bea, "object": lock(bea, inner), "audience": atlas.ID}
	}
	acme.takes(globex, undo("/undo/1", "/locks/1"))
	if got := answers(carl, post.ID); got != "locked" {
		t.Errorf("one of two locks is lifted, and an answer is %q", got)
	}
	acme.takes(globex, undo("/undo/3", "/locks/3")) // Lemmy makes a new one for each Undo
	if got := answers(carl, post.ID); got != store.Applied {
		t.Errorf("when it is unlocked an answer is %q", got)
	}
	acme.do(ours())
}

func TestAThreadInAGroupElsewhereIsLockedByItsModeratorsWord(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	club := globex.person("club")
	doc := globex.actor("club")
	doc["type"], doc["attributedTo"] = "Group", club+"/moderators"
	globex.serve("/users/club", doc)
	acme.do(acme.Errand().Ensure(t.Context(), activity.ID(club)))
	acme.joined(store.Membership, alice, acme.knows(club))
	create := globex.into(bea, "/notes/1", activity.ID(club))
	acme.takes(globex, announce(globex, "create", create))
	post := acme.note(activity.ID(globex.id("/notes/1")))
	lock := map[string]any{"id": globex.id("/locks/1"), "type": "Lock", "actor": bea, "object": post.ID, "audience": club}
	answer := func() error {
		_, err := acme.Post(t.Context(), alice, federation.Draft{Text: "an answer", ReplyTo: post.Key})
		return err
	}
	acme.do(answer())
	acme.takes(globex, announce(globex, "lock", lock))
	if err := answer(); activity.FaultOf(err).Reason != "locked" {
		t.Errorf("an answer in a locked thread: %v", err)
	}
	acme.takes(globex, announce(globex, "unlock", map[string]any{"id": globex.id("/undo/1"), "type": "Undo", "actor": bea, "object": lock, "audience": club}))
	acme.do(answer())
}

// announced counts what groups have told it of activities of a type.
func (s *stranger) announced(kind string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, body := range s.sent {
		if e, err := activity.ReadEnvelope([]byte(body)); err == nil && e.Type == "Announce" && activity.TypeOf(e.Object.Raw) == kind {
			n++
		}
	}
	return n
}

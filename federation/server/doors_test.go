package server_test

import (
	"slices"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// What a member has posted in a group of ours is on their own server, where others may know
// its id: who is not in the group, or banned from it, has no say there either.
func TestWhoIsNotInAGroupOfOursReactsToNothingThere(t *testing.T) {
	t.Parallel()
	for _, access := range []activity.Access{activity.AccessOpen, activity.AccessClosed, activity.AccessSecret} {
		g := newShutGroup(t, access)
		eve, dan := g.globex.person("eve"), g.globex.person("dan")
		theirs := activity.ID(g.globex.id("/notes/bea"))
		g.takes(g.globex, g.globex.into(g.bea, "/notes/bea", g.group.ID), g.globex.create(eve, "/notes/eve", "hello"), g.globex.create(dan, "/notes/dan", "hello"))
		g.joined(store.Ban, g.knows(eve), g.group)
		g.joined(store.Membership, g.knows(dan), g.group)
		for who, may := range map[string]bool{g.carl: access == activity.AccessOpen, eve: false, dan: true} {
			for _, note := range []activity.ID{g.post.ID, theirs} {
				for _, kind := range []string{"Like", "EmojiReact"} {
					doc := g.globex.reaction(kind, who, "/r/"+kind+who[len(who)-3:]+string(note[len(note)-3:]), note, map[string]any{"content": "🎉"})
					g.takes(g.globex, doc)
					if did := g.outcome(doc["id"].(string)) == store.Applied; did != may {
						t.Errorf("%s: %s of %s by %s counts: %t", access, kind, note, who, did)
					}
				}
			}
		}
	}
}

// What a moderator elsewhere locks of what others answer from outside, they unlock again,
// and the group tells both.
func TestAModeratorLocksAnAnswerFromOutsideAndUnlocksIt(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	carl := globex.person("carl")
	atlas := acme.opens(alice, "Atlas", "*")
	acme.takes(globex, map[string]any{"id": bea + "#join", "type": "Join", "actor": bea, "object": atlas.ID})
	post, err := acme.Post(t.Context(), alice, federation.Draft{Text: "a thread", Group: atlas.Key})
	acme.do(err)
	outside := activity.ID(globex.id("/notes/1"))
	acme.takes(globex, globex.replies(carl, "/notes/1", "from outside", post.ID))
	acme.joined(store.Moderator, acme.knows(bea), atlas)
	lock := map[string]any{"id": globex.id("/locks/1"), "type": "Lock", "actor": bea, "object": outside, "audience": atlas.ID}
	undo := map[string]any{"id": globex.id("/locks/2"), "type": "Undo", "actor": bea, "object": lock, "audience": atlas.ID}
	for i, doc := range []map[string]any{lock, undo} {
		acme.takes(globex, doc)
		if locked, err := acme.db.IsLocked(t.Context(), acme.note(outside).Key); err != nil || locked != (i == 0) {
			t.Errorf("%s: locked: %t, %v (%s)", doc["type"], locked, err, acme.outcome(doc["id"].(string)))
		}
	}
	if lock, undo := globex.announced("Lock"), globex.announced("Undo"); lock == 0 || undo == 0 {
		t.Errorf("announced: %d Lock, %d Undo", lock, undo)
	}
}

// Who has shared a post in a group and shares it no more (PeerTube, NodeBB) has taken it out.
func TestAGroupElsewhereTakesBackWhatItHasAnnounced(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice := acme.person("alice")
	evil, mallory := outsider(t, acme)
	club := evil.person("club")
	doc := evil.actor("club")
	doc["type"], doc["attributedTo"] = "Group", club+"/moderators"
	evil.serve("/users/club", doc)
	acme.do(acme.Errand().Ensure(t.Context(), activity.ID(club)))
	acme.joined(store.Membership, alice, acme.knows(club))
	says := func(path, verb string, object any) map[string]any {
		return map[string]any{"id": evil.id(path), "type": verb, "actor": club, "to": []any{activity.Public}, "object": object}
	}
	evil.into(mallory, "/notes/1", activity.ID(club))
	note := activity.ID(evil.id("/notes/1"))
	for n, undone := range []any{says("/an/0", "Announce", note), evil.id("/an/1"), says("/an/other", "Announce", map[string]any{"id": note, "type": "Note"})} {
		path := "/an/" + string(rune('0'+n))
		acme.takes(evil, says(path, "Announce", note))
		if acme.note(note).In() == 0 || !slices.Contains(acme.home(alice), "spam") {
			t.Fatalf("%s: it is not in the group", path)
		}
		acme.takes(evil, says(path+"/undo", "Undo", undone))
		if acme.note(note).In() != 0 || slices.Contains(acme.home(alice), "spam") {
			t.Errorf("%s: it is still in the group (%s)", path, acme.outcome(evil.id(path+"/undo")))
		}
	}
}

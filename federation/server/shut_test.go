package server_test

import (
	"fmt"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// Who was invited and whose company has been taken off the group since does not come in.
func TestAnInvitationIsNoMoreThanTheGroupNow(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	acme, alice, globex, bea := guest(t)
	g, err := acme.OpenGroup(ctx, alice, federation.GroupDraft{Name: "Board", Access: activity.AccessSecret, Companies: []string{acme.knows(bea).Host}})
	acme.do(err)
	acme.do(acme.Invite(ctx, alice, g, acme.knows(bea)))
	pump(t, acme)
	e, err := acme.db.Edge(ctx, store.Invitation, acme.knows(bea).Key, g.Key)
	acme.do(err)
	g, err = acme.ChangeGroup(ctx, alice, g, federation.Settings{Companies: &[]string{}})
	acme.do(err)
	pump(t, acme)
	acme.takes(globex, map[string]any{"id": globex.id("/yes"), "type": "Accept", "actor": bea, "object": e.IRI, "to": []any{g.ID}})
	if is, err := acme.db.IsMember(ctx, acme.knows(bea).Key, g.Key); err != nil || is {
		t.Errorf("a member: %t, %v", is, err)
	}
}

// A closed group elsewhere brings what a third host's member did: without their proof it
// counts under no id, and nobody is asked.
func TestAGroupSpeaksForNobodyUnderItsOwnIds(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice := acme.person("alice")
	good := newStranger(t, "good")
	acme.isPartnerOf(good)
	bob := good.person("bob")
	evil, _ := outsider(t, acme)
	club := evil.person("club")
	doc := evil.actor("club")
	doc["type"], doc["attributedTo"], doc["manuallyApprovesFollowers"] = "Group", club+"/moderators", true
	evil.serve("/users/club", doc)
	acme.do(acme.Errand().Ensure(t.Context(), activity.ID(club)))
	acme.joined(store.Membership, alice, acme.knows(club))
	for path, id := range map[string]string{"/notes/1": good.id("/acts/1"), "/notes/2": evil.id("/acts/1")} {
		note := good.into(bob, path, activity.ID(club))["object"]
		before := good.asked()
		acme.takes(evil, map[string]any{"id": evil.id(path), "type": "Announce", "actor": club, "to": []any{club + "/followers"},
			"object": map[string]any{"id": id, "type": "Create", "actor": bob, "object": note}})
		_, known, err := activity.Optional(acme.db.Note(t.Context(), activity.ID(good.id(path))))
		acme.do(err)
		if asked := good.asked() - before; known || asked != 0 {
			t.Errorf("under %s: taken %t, its host was asked %d times", id, known, asked)
		}
	}
}

// A group elsewhere that one of ours only names has no say about their post: it can boost it.
func TestAGroupElsewhereTakesNothingThatOnlyNamesIt(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	acme := found(t, "acme", false)
	alice, amir := acme.person("alice"), acme.person("amir")
	evil, _ := outsider(t, acme)
	club := evil.person("club")
	doc := evil.actor("club")
	doc["type"], doc["attributedTo"] = "Group", club+"/moderators"
	evil.serve("/users/club", doc)
	acme.do(acme.Errand().Ensure(ctx, activity.ID(club)))
	for n, draft := range []federation.Draft{
		{Text: "warning about @club@" + evil.host},
		{Text: "@amir between us: @club@" + evil.host + " lies", Visibility: activity.VisibleDirect},
	} {
		post, err := acme.Post(ctx, alice, draft)
		acme.do(err)
		pump(t, acme)
		for i, said := range []map[string]any{
			{"type": "Announce", "actor": club, "object": post.ID, "to": []any{activity.Public}},
			{"type": "Delete", "actor": club, "object": post.ID},
		} {
			said["id"] = evil.id(fmt.Sprintf("/acts/%d/%d", n, i))
			acme.takes(evil, said)
			if _, err := acme.db.VisibleNote(ctx, post.Key, amir.Reader()); err != nil || acme.note(post.ID).GroupKey != 0 {
				t.Errorf("%q after %s: it is in group %d, %v", draft.Text, said["type"], acme.note(post.ID).GroupKey, err)
			}
		}
	}
}

// An answer does not come into a locked thread by being known already.
func TestALockedThreadStaysLockedHoweverAnAnswerComes(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	acme, alice, globex, _ := guest(t)
	carl := globex.person("carl")
	atlas := acme.opens(alice, "Atlas", "*")
	acme.takes(globex, map[string]any{"id": carl + "#join", "type": "Join", "actor": carl, "object": atlas.ID})
	post, err := acme.Post(ctx, alice, federation.Draft{Text: "a thread", Group: atlas.Key})
	acme.do(err)
	answer := func(path string) map[string]any {
		doc := globex.into(carl, path, atlas.ID)
		doc["object"].(map[string]any)["inReplyTo"] = post.ID
		globex.serve(path, doc["object"])
		return doc
	}
	isIn := func(path string) bool {
		n, _, err := activity.Optional(acme.db.Note(ctx, activity.ID(globex.id(path))))
		acme.do(err)
		return n.In() == atlas.Key
	}
	acme.takes(globex, answer("/notes/0"))
	if !isIn("/notes/0") {
		t.Fatal("before it is locked nobody answers")
	}
	acme.tx(func(tx *store.Tx) error {
		_, err := tx.PutEdge(ctx, store.Edge{Kind: store.Lock, Actor: atlas.Key, Object: post.Key, Accepted: true})
		return err
	})
	acme.takes(globex, map[string]any{"id": globex.id("/l/1"), "type": "Like", "actor": carl, "object": globex.id("/notes/1"), "to": []any{atlas.ID}}, answer("/notes/1"))
	answer("/notes/2")
	acme.takes(globex, map[string]any{"id": globex.id("/u/2"), "type": "Undo", "actor": carl, "to": []any{atlas.ID},
		"object": map[string]any{"id": globex.id("/d/2"), "type": "Delete", "actor": carl, "object": globex.id("/notes/2")}})
	for _, path := range []string{"/notes/1", "/notes/2"} {
		if isIn(path) {
			t.Errorf("%s is in the thread", path)
		}
	}
}

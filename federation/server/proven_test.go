package server_test

import (
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

func TestOfAClosedGroupElsewhereOnlyProvenWordsOfOthersAreTaken(t *testing.T) {
	t.Parallel()
	acme, alice, globex, _ := guest(t)
	initech := newStranger(t, "initech")
	acme.isPartnerOf(initech)
	doc := group(globex, "club")
	doc["manuallyApprovesFollowers"], doc["followers"] = true, globex.id("/users/club/followers")
	globex.serve("/users/club", doc)
	acme.joined(store.Membership, alice, acme.meets(alice, globex.id("/users/club")))
	boris, by := initech.prover("boris")
	said := func(path string) map[string]any {
		create := initech.create(boris, path, path)
		to := []any{globex.id("/users/club"), globex.id("/users/club/followers")}
		for _, o := range []map[string]any{create, create["object"].(map[string]any)} {
			o["to"], o["audience"] = to, globex.id("/users/club")
			delete(o, "cc")
		}
		initech.serve(path, create["object"])
		return create
	}
	asked := initech.asked()
	for name, object := range map[string]any{"without": said("/notes/1"), "by-id": initech.id("/notes/2"), "of-a-like": map[string]any{
		"id": initech.id("/likes/1"), "type": "Like", "actor": boris, "object": initech.id("/notes/3")}} {
		a := announce(globex, name, object)
		acme.takes(globex, a)
		if got := acme.outcome(a["id"].(string)); got != "not_proven" {
			t.Errorf("%s: it is recorded as %q", name, got)
		}
	}
	if _, ok, err := activity.Optional(acme.db.Note(t.Context(), activity.ID(initech.id("/notes/1")))); err != nil || ok {
		t.Errorf("what carries no proof is here: %v", err)
	}
	if n := initech.asked() - asked; n > 1 { // for the key of its author
		t.Errorf("the member's host is asked %d times", n)
	}
	acme.takes(globex, announce(globex, "with", initech.proven(said("/notes/4"), by)))
	n := acme.note(activity.ID(initech.id("/notes/4")))
	if n.In() == 0 || n.Visibility != activity.VisibleFollowers {
		t.Errorf("what carries its proof is in %v and %s", n.In(), n.Visibility)
	}
}

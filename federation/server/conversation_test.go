package server_test

import (
	"testing"

	"entente.example/entente/activity"
)

// added is what the owner of a conversation says of what somebody wrote there (FEP-171b).
func added(owner, id, target string, create map[string]any) map[string]any {
	return map[string]any{"id": id, "type": "Add", "actor": owner, "to": owner + "/followers", "object": create,
		"target": map[string]any{"type": "OrderedCollection", "id": target, "attributedTo": owner}}
}

func TestWhatSomebodyWroteInAConversationIsBelievedToTheirOwnHostOrProof(t *testing.T) {
	t.Parallel()
	acme, globex, initech := found(t, "acme", false), newStranger(t, "globex"), newStranger(t, "initech")
	acme.person("alice")
	acme.isPartnerOf(globex)
	acme.isPartnerOf(initech)
	bea := globex.person("bea")
	carl, by := initech.prover("carl")
	globex.say(acme, globex.note(bea, "/notes/1", ""))
	pump(t, acme)
	history := globex.id("/contexts/1/history")
	answer := func(path string) map[string]any {
		n := initech.note(carl, path, "")
		n["inReplyTo"] = globex.id("/notes/1")
		return map[string]any{"id": initech.id(path + "#create"), "type": "Create", "actor": carl, "to": n["to"], "published": "2026-11-25T12:00:00Z", "object": n}
	}
	knows := func(path string) bool {
		n, ok, err := activity.Optional(acme.db.Note(t.Context(), activity.ID(initech.id(path))))
		acme.do(err)
		return ok && n.ReplyTo != 0 && n.Author() == activity.ID(carl)
	}

	served := answer("/notes/served")
	globex.send(acme, added(bea, bea+"#add-1", history, served))
	proven := initech.proven(answer("/notes/proven"), by)
	initech.serve("/notes/proven", nil)
	globex.send(acme, added(bea, bea+"#add-2", history, proven))
	pump(t, acme)
	if !knows("/notes/served") || !knows("/notes/proven") {
		t.Errorf("what its host has is known: %t; what is proven: %t", knows("/notes/served"), knows("/notes/proven"))
	}

	invented := answer("/notes/invented")
	initech.serve("/notes/invented", nil)
	globex.send(acme, added(bea, bea+"#add-3", history, invented))
	changed := initech.proven(answer("/notes/changed"), by)
	changed["object"].(map[string]any)["content"] = "what carl never said"
	globex.send(acme, added(bea, bea+"#add-4", history, changed))
	// His own word would do, but not in a conversation that is not bea's.
	own := func(path string, more ...string) map[string]any {
		c := answer(path)
		if len(more) > 0 {
			c["object"].(map[string]any)["inReplyTo"] = more[0]
		}
		initech.serve(path, nil)
		return initech.proven(c, by)
	}
	globex.send(acme, added(bea, bea+"#add-5", initech.id("/contexts/1/history"), own("/notes/others")))
	stolen := added(bea, bea+"#add-6", history, own("/notes/stolen"))
	stolen["target"].(map[string]any)["attributedTo"] = globex.person("dan")
	globex.send(acme, stolen)
	globex.send(acme, added(bea, bea+"#add-7", history, own("/notes/apart", initech.id("/notes/else"))))
	pump(t, acme)
	for _, path := range []string{"/notes/invented", "/notes/changed", "/notes/others", "/notes/stolen", "/notes/apart"} {
		if _, known, err := activity.Optional(acme.db.Note(t.Context(), activity.ID(initech.id(path)))); known || err != nil {
			t.Errorf("%s is known, %v", path, err)
		}
	}
}

package server_test

import (
	"testing"

	"entente.example/entente/activity"
)

func TestAttack05ANoteThatClaimsThePageOfAnotherHost(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	good, evil := newStranger(t, "good"), newStranger(t, "evil")
	mallory := evil.person("mallory")
	doc := evil.create(mallory, "/notes/1", "x")
	doc["object"].(map[string]any)["url"] = good.id("/@victim/1")
	evil.send(acme, doc)
	honest := evil.create(mallory, "/notes/2", "x")
	honest["object"].(map[string]any)["url"] = []any{good.id("/@victim/2"), evil.id("/@mallory/2")}
	evil.send(acme, honest)
	pump(t, acme)
	for path, want := range map[string]string{"/notes/1": "/notes/1", "/notes/2": "/@mallory/2"} {
		if n := acme.note(activity.ID(evil.id(path))); n.Page() != activity.ID(evil.id(want)) {
			t.Errorf("%s is shown at %s", path, n.Page())
		}
	}
	victim := good.id("/users/victim")
	good.serve("/users/victim", activity.ID(evil.id("/fake"))) // an open redirect
	fake := evil.actor("fake")
	fake["id"] = victim
	evil.serve("/fake", fake)
	evil.send(acme, map[string]any{"id": evil.id("/follows/1"), "type": "Announce", "actor": mallory, "object": victim, "to": activity.Public})
	pump(t, acme)
	if _, err := acme.db.Actor(t.Context(), activity.ID(victim)); activity.KindOf(err) != activity.NotFound {
		t.Errorf("the redirect was believed: %v", err)
	}
}

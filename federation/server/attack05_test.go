package server_test

import (
	"fmt"
	"strings"
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
}

// An open redirect of good's leads to evil. Whatever stands there is not what was asked
// for: neither under good's id, nor under one of evil's own.
func TestAttack05ARedirectToAnotherHostIsNotBelieved(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	alice := acme.person("alice")
	good, evil := newStranger(t, "good"), newStranger(t, "evil")
	mallory := evil.person("mallory")
	actorOf(acme, alice, mallory)
	claims := map[string]func(path string) string{"good's": good.id, "evil's": evil.id}
	kinds := map[string]func(id string) map[string]any{
		"an actor": func(id string) map[string]any {
			a := evil.actor("x")
			a["id"], a["inbox"], a["followers"] = id, id+"/inbox", id+"/followers"
			delete(a, "publicKey")
			return a
		},
		"a note": func(id string) map[string]any {
			author := mallory
			if !strings.HasPrefix(id, evil.url) {
				author = good.person("victim")
			}
			return map[string]any{"id": id, "type": "Note", "attributedTo": author, "content": "x", "to": activity.Public}
		},
	}
	ways := map[string]func(id string){
		"search": func(id string) {
			found, err := acme.Search(t.Context(), alice, id, true)
			if err == nil && len(found.Actors)+len(found.Notes) > 0 {
				t.Errorf("%s finds %+v", id, found)
			}
		},
		"boost": func(id string) {
			evil.send(acme, map[string]any{"id": evil.id("/boosts/" + id[strings.LastIndexByte(id, '/')+1:]), "type": "Announce", "actor": mallory, "object": id, "to": activity.Public})
		},
	}
	n := 0
	for whose, claim := range claims {
		for kind, make := range kinds {
			for way, do := range ways {
				n++
				path := fmt.Sprint("/things/", n)
				good.serve(path, activity.ID(evil.id(path)))
				evil.serve(path, make(claim(path)))
				do(good.id(path))
				pump(t, acme)
				if evil.times(path) == 0 {
					t.Errorf("%s under %s id by %s: evil was not asked, so it proves nothing", kind, whose, way)
				}
				for _, id := range []string{good.id(path), evil.id(path)} {
					if acme.hasMet(id) || acme.keeps(good, path) || acme.keeps(evil, path) {
						t.Errorf("%s under %s id by %s: %s is kept", kind, whose, way, id)
					}
				}
			}
		}
	}
}

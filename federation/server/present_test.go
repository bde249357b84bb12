package server_test

import (
	"encoding/json"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// gives is what one of a partner's gets of all that we ever did, by type.
func (c *company) gives(s *stranger, who string, said []store.Recorded) map[string][]string {
	c.t.Helper()
	given := map[string][]string{}
	for _, rec := range said {
		code, body := c.get(s, who, strings.TrimPrefix(string(rec.IRI), c.House.URL))
		if code != 200 {
			body = ""
		}
		given[rec.Type] = append(given[rec.Type], body)
	}
	return given
}

func TestWhatWasEditedAwayIsGivenNowhere(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	acme, alice, globex, bea := guest(t)
	atlas := acme.opens(alice, "Atlas", "*")
	acme.takes(globex, map[string]any{"id": bea + "#join", "type": "Join", "actor": bea, "object": atlas.ID})
	_ = acme.said()
	for _, group := range []store.Key{0, atlas.Key} {
		post, err := acme.Post(ctx, alice, federation.Draft{Text: "the number is 4711", Group: group})
		acme.do(err)
		for _, text := range []string{"no, 4712", "nothing"} {
			post, err = acme.Edit(ctx, alice, post, federation.Draft{Text: text})
			acme.do(err)
		}
	}
	given := acme.gives(globex, bea, acme.said())
	last := 0
	for kind, bodies := range given {
		for _, body := range bodies {
			if strings.Contains(body, "4711") || strings.Contains(body, "4712") {
				t.Errorf("a %s tells it: %s", kind, body)
			}
			if kind == "Create" && (!strings.Contains(body, "Create") || strings.Contains(body, "proof")) {
				t.Errorf("a Create is given as %q", body)
			}
			if kind == "Update" && strings.Contains(body, "nothing") && strings.Contains(body, "proof") {
				last++
			}
		}
	}
	if len(given["Create"]) != 2 || len(given["Announce"]) == 0 || last != 2 {
		t.Errorf("there are %d Creates and %d Announces, and %d Updates that hold", len(given["Create"]), len(given["Announce"]), last)
	}
}

func TestWhatWasUndoneIsGivenToNobody(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	acme, alice, globex, bea := guest(t)
	acme.takes(globex, globex.create(bea, "/notes/1", "a note"))
	n := acme.note(activity.ID(globex.id("/notes/1")))
	_ = acme.said()
	acme.do(acme.Like(ctx, alice, n))
	_, err := acme.Boost(ctx, alice, n)
	acme.do(err)
	said := acme.said()
	for kind, bodies := range acme.gives(globex, bea, said) {
		if bodies[0] == "" || !json.Valid([]byte(bodies[0])) {
			t.Errorf("a %s is not given", kind)
		}
	}
	acme.do(acme.Unlike(ctx, alice, n))
	acme.do(acme.Unboost(ctx, alice, n))
	for kind, bodies := range acme.gives(globex, bea, said) {
		if bodies[0] != "" {
			t.Errorf("a %s that was undone is given: %s", kind, bodies[0])
		}
	}
	if undos := acme.gives(globex, bea, acme.said())["Undo"]; len(undos) != 2 || undos[0] == "" || undos[1] == "" {
		t.Errorf("the Undos are %q", undos)
	}
}

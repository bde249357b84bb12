package server_test

import (
	"encoding/json"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation"
)

// What others say of the companies of a group, and which those are when it goes on elsewhere.

func TestOnlyTheGroupItselfSaysWhichCompaniesItHas(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessOpen)
	b.comes(b.bea)
	mallory := newStrangerWith(t, b.globex)
	liar := mallory.person("mallory")
	was := seated(b.there().Companies)
	raw, err := json.Marshal(federation.Document(b.there()))
	b.globex.do(err)
	for _, companies := range []any{
		[]any{map[string]any{"host": b.globex.Host, "level": "read"}},
		nil,
	} {
		var doc map[string]any
		b.globex.do(json.Unmarshal(raw, &doc))
		doc["companies"] = companies
		for _, said := range []map[string]any{
			map[string]any{"id": liar + "/update", "type": "Update", "actor": liar, "to": activity.Public, "object": doc},
			map[string]any{"id": liar + "/update/2", "type": "Update", "actor": string(b.group.ID), "to": activity.Public, "object": doc},
			map[string]any{"id": liar + "/announce", "type": "Announce", "actor": liar, "to": activity.Public, "object": map[string]any{"id": liar + "/update/3", "type": "Update", "actor": b.group.ID, "object": doc}},
		} {
			_, _ = mallory.send(b.globex, said) // it may be refused at the door
			b.pump()
			if got := seated(b.there().Companies); got != was || was == "" {
				t.Errorf("at the word of somebody else Globex knows %q, and knew %q", got, was)
			}
		}
	}
	if _, err := b.globex.Post(t.Context(), b.bea, federation.Draft{Text: "news", Group: b.there().Key}); err != nil {
		t.Errorf("she posts: %v", err)
	}
}

// A group that says nonsense of its companies says nothing: its host judges.
func TestAListOfCompaniesThatIsNoneChangesNothing(t *testing.T) {
	t.Parallel()
	acme, alice, globex, _ := guest(t)
	group, doc := globex.person("labs"), globex.actor("labs")
	doc["type"] = "Group"
	globex.serve("/users/labs", doc)
	acme.joined("member", alice, acme.meets(alice, group))
	many := make([]any, limits.Companies+1)
	for i := range many {
		many[i] = map[string]any{"host": acme.Host, "level": "read"}
	}
	said := 0
	for want, companies := range map[activity.Level]any{
		"":                many,
		activity.Reads:    many[:limits.Companies],
		activity.Comments: []any{map[string]any{"host": acme.Host, "level": "all"}, map[string]any{"host": "*", "level": "comment"}},
	} {
		said++
		doc["companies"], doc["updated"] = companies, activity.At(acme.now())
		globex.send(acme, map[string]any{"id": globex.id("/updates/" + string(rune('a'+said))), "type": "Update", "actor": group, "to": activity.Public, "object": doc})
		pump(t, acme)
		there := acme.knows(group)
		if got := acme.LevelIn(there); got != want {
			t.Errorf("of %.100s Acme knows %q, not %q", encoded(companies), got, want)
		}
		_, err := acme.Post(t.Context(), alice, federation.Draft{Text: "news", Group: there.Key})
		if refused := reason(err) == "company_level"; refused != (want != "") || err != nil && !refused {
			t.Errorf("she posts: %v", err)
		}
	}
}

func TestAHandOverTakesTheCompaniesAlong(t *testing.T) {
	t.Parallel()
	for _, access := range activity.Accesses {
		t.Run(string(access), func(t *testing.T) {
			t.Parallel()
			tri := heirs(t, access)
			globex, initech := tri.globex, tri.initech.company
			tri.takes(globex.Host, initech.Host+"=comment")
			tri.pump()
			tri.handOver()
			for c, want := range map[*company]activity.Level{tri.acme: activity.Invites, initech: activity.Comments} {
				heir := tri.heir(c)
				if got, all := c.LevelIn(heir), seated(heir.Companies); got != want || all != initech.Host+"=comment "+tri.acme.Host {
					t.Errorf("%s knows %q of its level, not %q, and %q", c.Host, got, want, all)
				}
			}
			if _, err := initech.Post(t.Context(), tri.ira, federation.Draft{Text: "news", Group: tri.heir(initech).Key}); reason(err) != "company_level" {
				t.Errorf("who comments only begins something: %v", err)
			}
		})
	}
}

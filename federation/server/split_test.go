package server_test

import (
	"testing"

	"entente.example/entente/store"
)

// A company whose handles are at one name and whose server is at another:
// @bea@globex.example lives at social.globex.example (FEP-2c59).

// splits is a partner, and the other name that its people go by.
func splits(t *testing.T, acme *company) (social, front *stranger) {
	t.Helper()
	social, front = newStranger(t, "social"), newStranger(t, "front")
	acme.isPartnerOf(social)
	acme.isPartnerOf(front)
	return social, front
}

// named is one of its people, who claims to be name@front.
func named(social, front *stranger, name string) string {
	id, doc := social.person(name), social.actor(name)
	doc["webfinger"] = name + "@" + front.host
	social.serve("/users/"+name, doc)
	return id
}

// finger is the answer of WebFinger that name@front is id.
func finger(front *stranger, name, id string) {
	front.serve("/.well-known/webfinger", map[string]any{"subject": "acct:" + name + "@" + front.host,
		"links": []any{map[string]any{"rel": "self", "type": "application/activity+json", "href": id}}})
}

func TestPeopleGoByTheNameOfTheirCompanyWhereItAgrees(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	social, front := splits(t, acme)
	atlas := acme.opens(acme.person("alice"), "Atlas", front.host)
	bea := named(social, front, "bea")
	finger(front, "bea", bea)
	acme.takes(social, social.follow(bea, atlas))
	if a := acme.knows(bea); a.Host != front.host {
		t.Errorf("bea is at %s", a.Host)
	}
	if is, err := acme.db.HasEdge(t.Context(), store.Membership, acme.knows(bea).Key, atlas.Key); err != nil || !is {
		t.Errorf("bea is not in the group of her company: %v", err)
	}
	if status, body := acme.get(social, bea, "/groups/atlas"); status != 200 {
		t.Errorf("her server gets %d %s of the group", status, body)
	}
}

func TestNobodyGoesByTheNameOfACompanyThatDoesNotAgree(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	social, front := splits(t, acme)
	atlas := acme.opens(acme.person("alice"), "Atlas", front.host)
	finger(front, "mallory", front.person("mallory"))
	mallory := named(social, front, "mallory")
	acme.takes(social, social.follow(mallory, atlas))
	a := acme.knows(mallory)
	if a.Host != social.host {
		t.Errorf("mallory is at %s", a.Host)
	}
	if is, err := acme.db.IsMember(t.Context(), a.Key, atlas.Key); err != nil || is {
		t.Errorf("mallory is in the group: %v", err)
	}
	if status, _ := acme.get(social, mallory, "/groups/atlas"); status != 404 {
		t.Errorf("mallory's server gets %d of the group", status)
	}
}

// What was vouched for is one name, not whatever its bearer is called later.
func TestAttack27WhoChangesTheirNameLosesTheHandleThatWasVouchedFor(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice := acme.person("alice")
	social, front := splits(t, acme)
	for _, way := range []string{"told", "fetched"} {
		mallory := named(social, front, "mallory"+way)
		finger(front, "mallory"+way, mallory)
		acme.takes(social, social.follow(mallory, alice))
		if a := acme.knows(mallory); a.Host != front.host {
			t.Fatalf("mallory is at %s", a.Host)
		}
		doc := social.actor("mallory" + way)
		doc["preferredUsername"], doc["webfinger"] = "ceo"+way, "ceo"+way+"@"+front.host
		social.serve("/users/mallory"+way, doc)
		update := map[string]any{"id": mallory + "#update", "type": "Update", "actor": mallory, "object": doc}
		if way == "fetched" {
			update["object"] = mallory
		}
		acme.takes(social, update)
		if a := acme.knows(mallory); string(a.Username) != "ceo"+way || a.Host != social.host {
			t.Errorf("%s: mallory goes by %s@%s", way, a.Username, a.Host)
		}
	}
}

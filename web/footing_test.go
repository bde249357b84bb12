package web

import (
	"net/http"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// On what footing a company is with ours is said wherever one of its people is named, in the
// reader's language; while its agreement is suspended only their names are shown.
func TestWhereverSomebodyIsNamedTheirCompanysFootingIsSaid(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice, bea := c.member("alice", "Alice"), c.partner(activity.Actor{Username: "bea", Name: "Bea", Summary: "<p>I grow roses</p>",
		Fields: activity.List[activity.Field]{{Name: "Phone", Value: "12345"}}})
	group, err := c.engine.OpenGroup(t.Context(), alice, federation.GroupDraft{Name: "Lyon", Username: "lyon", Companies: []string{"globex.example"}})
	c.does(err)
	c.joined(store.Follow, alice, bea)
	c.joined(store.Membership, bea, group)
	own := c.wrote(alice, store.Note{Note: activity.Note{Content: "<p>Hello</p>"}})
	note := c.wrote(bea, store.Note{Note: activity.Note{Content: "<p>Good morning</p>"}, ReplyTo: own.Key, ThreadKey: own.Key})
	stands := func(agreed string, suspended bool) {
		c.tx(func(tx *store.Tx) error {
			return tx.PutPartner(t.Context(), store.Partner{Host: "globex.example", Agreement: agreed, Suspended: suspended, Lets: agreement.Everything().Raw(), Takes: agreement.Everything().Raw()})
		})
	}
	b, pages := c.as(alice), []string{"/home", notePath(bea, note), notePath(alice, own), "/@bea@globex.example", "/@lyon/members"}
	says := func(lang, unsigned, suspended string, isUnsigned, isSuspended bool) {
		t.Helper()
		b.post("/locale", "locale", lang, "back", "/home")
		for _, path := range pages {
			page := b.get(path).is(http.StatusOK).has("<bdi>Bea</bdi>").hasNot("\x00")
			for said, is := range map[string]bool{unsigned: isUnsigned, suspended: isSuspended} {
				if said = "<bdi>globex.example</bdi></span> <strong>" + said; is {
					page.has(said)
				} else {
					page.hasNot(said)
				}
			}
		}
	}
	says("en", "Unverified enforcement", "Suspended", true, false)
	b.get("/search?q=be").has("<bdi>globex.example</bdi></span> <strong>Unverified enforcement")
	says("fr", "Application des règles non vérifiée", "Suspendu", true, false)
	stands("https://globex.example/partnerships/1", false)
	says("en", "Unverified enforcement", "Suspended", false, false)
	b.get("/search?q=be").has("<bdi>Bea</bdi>")
	b.get("/@bea@globex.example").has("I grow roses", "12345").hasNot("is suspended")
	stands("https://globex.example/partnerships/1", true)
	says("fr", "Application des règles non vérifiée", "Suspendu", false, true)
	says("en", "Unverified enforcement", "Suspended", false, true)
	b.get("/@bea@globex.example").has("While the agreement with globex.example is suspended").hasNot("I grow roses").hasNot("12345")
	b.get("/search?q=be").hasNot("<bdi>Bea</bdi>")
}

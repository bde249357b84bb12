package web

import (
	"net/http"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

func TestTheComposerSaysWhoWouldGetAPost(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice, marc, bea := c.member("alice", "Alice"), c.member("marc", "Marc"), c.partner(activity.Actor{Username: "bea", Name: "Bea"})
	c.joined(store.Follow, marc, alice)
	c.joined(store.Follow, bea, alice)
	b := c.as(alice)
	b.get("/home").has("Who gets it?").hasNot(`id="reach"`)
	b.post("/home", "text", "to *all*", "visibility", "private", "check", "1").is(http.StatusOK).
		has("2 people at 2 companies get it.", "Whoever follows you can read it.", "Newest company: globex.example", "<bdi>globex.example</bdi> <strong>Unverified enforcement</strong>", ">to *all*</textarea>", `value="private" selected`)
	b.get("/home").hasNot("to <em>all</em>")
	b.post("/home", "text", "@marc hi", "visibility", "direct", "check", "1").has("1 person at 1 company gets it.", "Nobody else can read it.").hasNot("Newest company")
	b.post("/home", "text", "", "visibility", "private", "check", "1").is(http.StatusBadRequest).has("Write something first.")
	b.post("/home", "text", "to *all*", "visibility", "private").leadsTo("/home")
	b.get("/home").has("to <em>all</em>")
	n := c.wrote(alice, store.Note{Note: activity.Note{Content: "x"}, Visibility: activity.VisiblePublic})
	c.as(marc).post(notePath(alice, n), "text", "an answer", "visibility", "public", "check", "1").is(http.StatusOK).has("1 person at 1 company gets it.", "Everybody can read it.", ">an answer</textarea>")
	b.post("/locale", "locale", "fr", "back", "/home")
	b.post("/home", "text", "bonjour", "visibility", "private", "check", "1").has("2 personnes dans 2 entreprises le recevront.")
}

func TestPagesSayThatNobodyHasVerifiedWhatACompanyEnforces(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice, bea := c.member("alice", "Alice"), c.partner(activity.Actor{Username: "bea", Name: "Bea"})
	group, err := c.engine.OpenGroup(t.Context(), alice, federation.GroupDraft{Name: "Lyon", Username: "lyon", Companies: []string{"globex.example"}})
	if err != nil {
		t.Fatal(err)
	}
	b := c.as(alice)
	const said = "Unverified enforcement"
	b.get("/@bea@globex.example").has(said)
	b.get("/@alice").hasNot(said)
	b.get("/@lyon").has(said)
	c.joined(store.Membership, bea, group)
	b.get("/@lyon").has(said)
	b.get("/@lyon/members").has(said)
	c.tx(func(tx *store.Tx) error {
		return tx.PutPartner(t.Context(), store.Partner{Host: "globex.example", Agreement: "https://globex.example/partnerships/1", Lets: agreement.Everything().Raw(), Takes: agreement.Everything().Raw()})
	})
	for _, path := range []string{"/@bea@globex.example", "/@lyon", "/@lyon/members"} {
		b.get(path).hasNot(said)
	}
	b.post("/home", "text", "hello @bea@globex.example", "visibility", "private", "check", "1").has("<bdi>globex.example</bdi>").hasNot(said)
}

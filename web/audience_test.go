package web

import (
	"net/http"
	"testing"

	"entente.example/entente/activity"
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
		has("2 people at 2 companies get it.", "Whoever follows you can read it.", "Newest company: globex.example", "<bdi>globex.example</bdi>", ">to *all*</textarea>", `value="private" selected`)
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

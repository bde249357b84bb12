package web

import (
	"net/http"
	"strings"
	"testing"

	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// action is where the first form goes whose action ends so.
func (p page) action(end string) string {
	for n := range p.doc().Descendants() {
		if n.Data == "form" && strings.HasSuffix(attr(n, "action"), end) {
			return attr(n, "action")
		}
	}
	return ""
}

func TestAPollIsWrittenVotedInAndItsResultShown(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice, marc := c.member("alice", "Alice"), c.member("marc", "Marc")
	c.joined(store.Follow, marc, alice)
	b, m := c.as(alice), c.as(marc)
	b.post("/home", "text", "lunch?", "visibility", "public", "choices", "only one").is(http.StatusBadRequest).has(`href="#choices"`, ">only one</textarea>", "<details class=\"options\" open>")
	b.post("/home", "text", "lunch?", "visibility", "public", "choices", "soup\r\n\r\n<b>&salad\r\nboth", "days", "7").leadsTo("/home")
	b.get("/home").has("soup", "0 votes in all").hasNot(`name="choice"`) // nobody votes in their own
	p := m.get("/home").has(`type="radio"`, "&amp;salad", "Choose one answer").hasNot("<b>&amp;salad", "<meter")
	at := strings.TrimSuffix(p.action("/vote"), "/vote")
	m.post(at+"/vote", "back", "/home").leadsTo("/home") // nothing chosen
	m.post(at+"/vote", "choice", "9").is(http.StatusBadRequest)
	m.post(at+"/vote", "choice", "1", "back", "/home").leadsTo("/home")
	m.get("/home").has("your choice", "100 %", "1 vote in all", `<meter min="0" max="100" value="100"`).hasNot(`type="radio"`)
	m.post(at+"/vote", "choice", "0").is(http.StatusConflict)
	m.get(at).has("your choice", "ends")
	c.as(marc).get("/home").has("1 vote")
}

func TestAPollWithSeveralChoicesHasBoxes(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice, marc := c.member("alice", "Alice"), c.member("marc", "Marc")
	b, m := c.as(alice), c.as(marc)
	b.post("/home", "text", "when?", "visibility", "direct", "choices", "a\nb", "several", "1").leadsTo("/home")
	es, err := c.db.Wall(t.Context(), alice.Key, store.Reader{Actor: alice.Key}, store.Page{})
	c.does(err)
	private := notePath(alice, es[0].Note)
	m.post(private+"/vote", "choice", "0").is(http.StatusNotFound)
	b.post("/home", "text", "when?", "visibility", "public", "choices", "a\nb\nc", "several", "1").leadsTo("/home")
	es, err = c.db.Wall(t.Context(), alice.Key, store.Reader{Actor: marc.Key}, store.Page{})
	c.does(err)
	at := notePath(alice, es[0].Note)
	m.get(at).has(`type="checkbox" name="choice"`, "Choose any answers")
	m.post(at+"/vote", "choice", "0", "choice", "2").leadsTo(at)
	m.get(at).has("2 votes in all")
	_, err = c.engine.Edit(t.Context(), alice, es[0].Note, federation.Draft{Text: "when then?"})
	c.does(err)
	m.get(at).has("when then?", "2 votes in all", "your choice")
}

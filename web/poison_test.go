package web

import (
	"net/http"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

func TestAttack23InThePlaceOfWhatPanicsStandsASentence(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	n := c.wrote(c.member("alice", "Alice"), store.Note{})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://acme.example/home", nil)
	c.does(err)
	v, counted := c.web.stranger(r), 0
	c.web.Defect = func() { counted++ }
	got := c.web.guarded(v, n, func(*visit, store.Note) card { panic("poisoned") })
	if got.Note.Key != n.Key || got.Lead != v.book.say("card.broken") || got.Body != "" {
		t.Errorf("it shows %+v", got)
	}
	if counted != 1 {
		t.Errorf("%d defects are counted", counted)
	}
}

func TestAttack15APageSaysWhereALinkLeads(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice := c.member("alice", "Alice")
	bea := c.partner(activity.Actor{Username: "bea", Summary: `<a href="https://evil.test/">globex.example</a>`})
	n := c.wrote(bea, store.Note{Note: activity.Note{Content: `<p><a href="https://evil.test/">https://example.com/login</a> <a href="https://xn--exmple-4nf.com/">exаmple.com</a>`,
		Attachment: activity.List[activity.Attachment]{{Type: "Video", URL: activity.IDs{"https://exаmple.com/a.mp4"}, Name: "A"}}}})
	b := c.as(alice)
	b.get(notePath(bea, n)).has("https://example.com/login</a> [evil.test]", "exаmple.com</a> [xn--exmple-4nf.com]", "Video at xn--exmple-4nf.com")
	b.get(actorPath(bea)).has("globex.example</a> [evil.test]")
	if strings.Contains(b.get(notePath(bea, n)).body, "Video at exаmple.com") {
		t.Error("a host in mixed scripts is shown as it looks")
	}
}

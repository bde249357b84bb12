package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"entente.example/entente/federation"
)

func TestAttack25EveryPageNamesItsPolicyAndKeepsIt(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice := c.member("alice", "Alice")
	post, err := c.engine.Post(t.Context(), alice, federation.Draft{Text: "hush"})
	c.does(err)
	for _, l := range c.web.table() {
		method, path, ok := strings.Cut(l.pattern, " ")
		if !ok {
			method, path = http.MethodGet, "/nothing/here/at/all"
		}
		path = strings.NewReplacer("{$}", "", "{at}", "@alice", "{key}", post.Key.String()).Replace(path)
		b := c.browser()
		p := b.send(method, path, url.Values{})
		toSignIn := p.code == http.StatusSeeOther && strings.HasPrefix(p.to(), "/sign-in?to=")
		switch l.admits {
		case everybody:
			if !slices.Contains([]string{"/", "GET /{$}", "GET /sign-in", "POST /sign-in", "POST /sign-out", "POST /locale"}, l.pattern) {
				t.Errorf("%s is for everybody: is that meant?", l.pattern)
			}
			if toSignIn || p.code >= 500 {
				t.Errorf("%s is for everybody, and gives a stranger %d to %q", l.pattern, p.code, p.to())
			}
		case members, membersAt:
			if !toSignIn || strings.Contains(p.body, "hush") {
				t.Errorf("%s gives a stranger %d to %q", l.pattern, p.code, p.to())
			}
			if q := c.as(alice).send(method, path, url.Values{}); strings.HasPrefix(q.to(), "/sign-in") || q.code >= 500 || method == http.MethodPost && q.code != http.StatusForbidden {
				t.Errorf("%s gives a member without the token of the form %d to %q", l.pattern, q.code, q.to())
			}
			if strings.Contains(path, "@alice") != (l.admits == membersAt) {
				t.Errorf("%s is not where its policy says", l.pattern)
			}
		default:
			t.Errorf("%s has no policy", l.pattern)
		}
	}
	if _, err := visitors(0).guard(c.web.home)(t.Context(), nil); err == nil {
		t.Error("a page without a policy is shown")
	}
}

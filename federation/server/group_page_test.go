package server_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
	"entente.example/entente/web"
)

// page is what one of a company's people sees in a browser.
func (c *company) page(who store.Actor, path string) (int, string) {
	c.t.Helper()
	pages, err := web.New(c.House, c.db, c.Service, slog.New(slog.NewTextHandler(c.t.Output(), nil)))
	c.do(err)
	mux, secret := http.NewServeMux(), store.NewSecret()
	pages.Routes(mux)
	c.tx(func(tx *store.Tx) error {
		return tx.PutSession(c.t.Context(), store.Session{Hash: store.Hash(secret), Member: who.Key, ExpiresAt: time.Now().Add(time.Hour)})
	})
	r := httptest.NewRequestWithContext(c.t.Context(), "GET", c.URL+path, nil)
	r.AddCookie(&http.Cookie{Name: "entente_session", Value: secret})
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// displays fails where a page has not all of these words, or has what is behind a "-".
func (c *company) displays(who store.Actor, path string, words ...string) {
	c.t.Helper()
	status, body := c.page(who, path)
	for _, word := range words {
		hidden, not := strings.CutPrefix(word, "-")
		if status != 200 || strings.Contains(body, hidden) == not {
			c.t.Errorf("%d at %s: %q", status, path, word)
		}
	}
}

func TestTheGroupOfAnotherCompanyOnThePages(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessClosed)
	initech := found(t, "initech", false)
	initech.allow(b.acme)
	b.acme.allow(initech)
	ivan := initech.person("ivan")
	b.narrows(activity.Reads)
	path := "/@" + string(b.group.Username) + "@" + b.acme.Host
	composer := `action="` + path + `"`

	b.globex.displays(b.carl, path, "Board", "To decide", "Ask to join", "Also open to", b.globex.Host+"</bdi>", "may read", "-read along here", "-"+composer)
	if status, body := initech.page(ivan, path); status != 404 || strings.Contains(body, b.globex.Host) {
		t.Errorf("who may not be in it sees %d %s", status, body)
	}
	b.comes(b.bea)
	b.globex.displays(b.bea, path, "Also open to", "may read", "read along here", "-"+composer)
	b.narrows(activity.Comments)
	b.globex.displays(b.bea, path, "may comment and react", "and begin nothing", "-"+composer)
	b.narrows(activity.Posts)
	b.globex.displays(b.bea, path, "may post", composer, "-begin nothing", "-read along here")
	initech.displays(ivan, "/home", "-"+b.globex.Host)

	companies := []string{b.globex.Host, initech.Host + "=comment"}
	_, err := b.acme.ChangeGroup(t.Context(), b.alice, b.group, federation.Settings{Companies: &companies})
	b.acme.do(err)
	pump(t, b.acme, b.globex, initech)
	for c, who := range map[*company]store.Actor{b.globex: b.bea, initech: ivan} {
		c.displays(who, path, b.globex.Host+"</bdi>", "may post and invite", initech.Host+"</bdi>", "may comment and react")
	}
	initech.do(initech.Join(t.Context(), ivan, initech.knows(string(b.group.ID))))
	pump(t, b.acme, b.globex, initech)
	if !b.acme.wants(b.acme.knows(string(ivan.ID)), b.group) {
		t.Error("his wish to join did not come")
	}
}

package web

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/policy"
	"entente.example/entente/federation/remote"
	"entente.example/entente/store"
	"entente.example/entente/store/passwords"
	"entente.example/entente/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Run(m)) }

const password = "correct horse battery"

// company is an instance of its own with its pages.
type company struct {
	*testing.T
	db     *store.Store
	engine *federation.Service
	web    *Web
	mux    *http.ServeMux
	hash   string
	ports  atomic.Int32
}

func newCompany(t *testing.T) *company { return newCompanyAt(t, "https://acme.example") }

func newCompanyAt(t *testing.T, address string) *company {
	t.Helper()
	return newCompanyOn(t, storetest.New(t), address)
}

func newCompanyOn(t *testing.T, db *store.Store, address string) *company {
	t.Helper()
	house := federation.House{Host: "acme.example", URL: address}
	gate := policy.New(db, false, "acme.example")
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	c := &company{T: t, db: db, mux: http.NewServeMux(), engine: federation.New(federation.Options{House: house, Store: db, Gate: gate, Log: log,
		Client: remote.New(remote.Options{Gate: gate.Fetching()})})}
	if err := c.engine.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	var err error
	if c.web, err = New(house, db, c.engine, log); err != nil {
		t.Fatal(err)
	}
	c.web.Routes(c.mux)
	if c.hash, err = passwords.Hash(password); err != nil {
		t.Fatal(err)
	}
	c.tx(func(tx *store.Tx) error {
		return tx.PutPartner(t.Context(), store.Partner{Host: "globex.example", Note: "Globex Logistics", Lets: agreement.Everything().Raw(), Takes: agreement.Everything().Raw()})
	})
	return c
}

func (c *company) tx(fn func(*store.Tx) error) {
	c.Helper()
	if err := c.db.InTx(c.Context(), fn); err != nil {
		c.Fatal(err)
	}
}

// member hires somebody; boss is an admin.
func (c *company) member(username, name string) store.Actor {
	c.Helper()
	a, err := c.engine.NewMember(c.Context(), store.Member{Email: username + "@mail.example", Password: c.hash, Admin: username == "boss"}, username, name)
	if err != nil {
		c.Fatal(err)
	}
	return a
}

// partner is an actor of globex.example.
func (c *company) partner(a activity.Actor) (known store.Actor) {
	c.Helper()
	a.ID = activity.ID("https://globex.example/users/" + url.PathEscape(string(a.Username)))
	a.Inbox, a.Followers = activity.Ref{ID: a.ID + "/inbox"}, activity.Ref{ID: a.ID + "/followers"}
	if a.Type == "" {
		a.Type = "Person"
	}
	c.tx(func(tx *store.Tx) (err error) {
		known, err = tx.PutActor(c.Context(), store.Actor{Actor: a, Host: "globex.example"})
		return err
	})
	return known
}

// wrote keeps a note of somebody as it is, and shows it at home.
func (c *company) wrote(by store.Actor, n store.Note) store.Note {
	c.Helper()
	at := time.Now().Add(-time.Hour)
	n.Key, n.AuthorKey, n.Local = store.NewKey(at), by.Key, by.Local
	n.ID, n.AttributedTo, n.Published = activity.ID(fmt.Sprintf("%s/notes/%d", by.ID, n.Key)), activity.IDs{by.ID}, activity.At(at)
	if n.Type == "" {
		n.Type = "Note"
	}
	if n.ThreadKey == 0 {
		n.ThreadKey = n.Key
	}
	if n.Visibility == "" {
		n.Visibility = activity.VisiblePublic
	}
	c.tx(func(tx *store.Tx) error {
		if _, err := tx.PutNote(c.Context(), n); err != nil {
			return err
		}
		return tx.FanToFollowers(c.Context(), n)
	})
	return n
}

func (c *company) joined(kind string, a, b store.Actor) {
	c.Helper()
	c.tx(func(tx *store.Tx) error {
		_, err := tx.PutEdge(c.Context(), store.Edge{Kind: kind, Actor: a.Key, Object: b.Key, Accepted: true})
		return err
	})
}

// does fails the test when a deed does not work.
func (c *company) does(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// browser is one person's: it keeps cookies and follows no redirect.
type browser struct {
	*company
	cookies map[string]*http.Cookie
	header  http.Header
	address string
	token   string // on the last page with a form
}

func (c *company) browser() *browser {
	return &browser{company: c, cookies: map[string]*http.Cookie{}, header: http.Header{}, address: fmt.Sprintf("192.0.2.%d:4711", 1+c.ports.Add(1)%250)}
}

// as is the browser of somebody who has signed in.
func (c *company) as(a store.Actor) *browser {
	c.Helper()
	b, secret := c.browser(), store.NewSecret()
	c.tx(func(tx *store.Tx) error {
		return tx.PutSession(c.Context(), store.Session{Hash: store.Hash(secret), Member: a.Key, ExpiresAt: time.Now().Add(time.Hour)})
	})
	name := c.web.cookieName(sessionCookie)
	b.cookies[name] = &http.Cookie{Name: name, Value: secret}
	b.get("/notifications")
	return b
}

// page is what a browser gets.
type page struct {
	*testing.T
	code   int
	header http.Header
	body   string
}

func (b *browser) get(path string) page { b.Helper(); return b.send(http.MethodGet, path, nil) }

// post sends a form with the token that the browser has seen last.
func (b *browser) post(path string, fields ...string) page {
	b.Helper()
	form := url.Values{"token": {b.token}}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return b.send(http.MethodPost, path, form)
}

func (b *browser) send(method, path string, form url.Values) page {
	b.Helper()
	r := httptest.NewRequestWithContext(context.WithoutCancel(b.Context()), method, "https://acme.example"+path, strings.NewReader(form.Encode()))
	r.RemoteAddr = b.address
	for k, v := range b.header {
		r.Header[k] = v
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.mux.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if b.cookies[c.Name] = c; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	p := page{T: b.T, code: w.Code, header: w.Header(), body: w.Body.String()}
	if token := p.field("token"); token != "" {
		b.token = token
	}
	return p
}

func (p page) to() string { return p.header.Get("Location") }

func (p page) is(code int) page {
	p.Helper()
	if p.code != code {
		p.Fatalf("the answer is %d, want %d; to %q\n%s", p.code, code, p.to(), p.main())
	}
	return p
}

func (p page) leadsTo(to string) page {
	p.Helper()
	if p.is(http.StatusSeeOther); p.to() != to {
		p.Fatalf("it leads to %q, want %q", p.to(), to)
	}
	return p
}

func (p page) has(parts ...string) page {
	p.Helper()
	for _, part := range parts {
		if !strings.Contains(p.body, part) {
			p.Fatalf("%q is not on the page:\n%s", part, p.main())
		}
	}
	return p
}

func (p page) hasNot(parts ...string) page {
	p.Helper()
	for _, part := range parts {
		if strings.Contains(p.body, part) {
			p.Fatalf("%q is on the page:\n%s", part, p.main())
		}
	}
	return p
}

// main is the part of the page that is its own.
func (p page) main() string {
	_, rest, _ := strings.Cut(p.body, "<main")
	main, _, _ := strings.Cut(rest, "</main>")
	return main
}

func (p page) doc() *html.Node {
	p.Helper()
	doc, err := html.Parse(strings.NewReader(p.body))
	if err != nil {
		p.Fatal(err)
	}
	return doc
}

// field is the value of the first field with this name.
func (p page) field(name string) string {
	for n := range p.doc().Descendants() {
		if n.Data == "input" && attr(n, "name") == name {
			return attr(n, "value")
		}
	}
	return ""
}

func attr(n *html.Node, key string) string {
	v, _ := lookUp(n, key)
	return v
}

func lookUp(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

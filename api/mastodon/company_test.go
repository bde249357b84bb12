package mastodon_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/api/mastodon"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/policy"
	"entente.example/entente/federation/remote"
	"entente.example/entente/federation/server"
	"entente.example/entente/store"
	"entente.example/entente/store/grant"
	"entente.example/entente/store/storetest"
	"entente.example/entente/worker/live"
)

// company is an instance with its client API behind real HTTP.
type company struct {
	t    testing.TB
	db   *store.Store
	api  *mastodon.API
	mux  *http.ServeMux
	http *httptest.Server
	app  store.App
	hub  *live.Hub // deaf until it runs: see streaming
	dsn  string    // of a company that is streaming
	data string    // its data folder

	engine *federation.Service
}

var house = federation.House{Host: "acme.example", URL: "https://social.acme.example"}

func open(t testing.TB) *company {
	t.Helper()
	return openOn(t, storetest.New(t))
}

func openOn(t testing.TB, db *store.Store) *company {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	gate := policy.New(db, false, house.Host, "social.acme.example")
	data := filepath.Join(t.TempDir(), "data")
	engine := federation.New(federation.Options{House: house, Store: db, Gate: gate, Log: log, Folder: data,
		Client: remote.New(remote.Options{UserAgent: "Entente/test", Gate: gate.Fetching()})})
	c := &company{t: t, db: db, data: data, engine: engine, hub: live.New(db, log)}
	c.mount()
	c.http = httptest.NewServer(c.mux)
	t.Cleanup(c.http.Close)
	c.tx(func(tx *store.Tx) (err error) {
		c.app, err = tx.PutApp(t.Context(), store.App{ClientID: "client", Secret: store.Hash("secret"), Name: "Tests", RedirectURIs: []string{grant.OutOfBand}, Scopes: grant.Scopes()})
		return err
	})
	return c
}

// mount makes what answers, as a process does that starts.
func (c *company) mount() {
	log := slog.New(slog.NewTextHandler(c.t.Output(), nil))
	c.mux = http.NewServeMux()
	c.api = mastodon.New(house, c.db, c.engine, "1.2.3", c.hub, log)
	c.api.Routes(c.mux)
	server.New(c.engine, "1.2.3", log).Routes(c.mux)
}

func (c *company) tx(fn func(*store.Tx) error) {
	c.t.Helper()
	if err := c.db.InTx(c.t.Context(), fn); err != nil {
		c.t.Fatal(err)
	}
}

// person is somebody with a client.
type person struct {
	*company
	store.Actor
	token string
}

// hire adds a member of ours, signed in with these scopes (none given: all).
func (c *company) hire(name string, scopes ...string) *person {
	c.t.Helper()
	p := &person{company: c}
	c.tx(func(tx *store.Tx) error {
		p.Actor = c.hireIn(tx, name)
		return nil
	})
	if len(scopes) == 0 {
		scopes = []string{"read", "write", "follow"}
	}
	return p.with(scopes...)
}

// hireIn writes a member of ours, without the key pair that only deliveries need. Boss
// is an admin.
func (c *company) hireIn(tx *store.Tx, name string) store.Actor {
	c.t.Helper()
	id := house.PersonID(name)
	a, err := tx.PutActor(c.t.Context(), store.Actor{Host: house.Host, Local: true, Actor: activity.Actor{
		ID: id, Type: "Person", Username: activity.Text(name), Name: activity.Text(strings.ToUpper(name)), Inbox: activity.Ref{ID: id + "/inbox"},
		Followers: activity.Ref{ID: id + "/followers"}, URL: activity.IDs{activity.ID(house.URL + "/@" + name)}, Published: activity.At(tx.Now)}})
	if err == nil {
		err = tx.PutMember(c.t.Context(), store.Member{Actor: a.Key, Email: name + "@acme.example", Admin: name == "boss"})
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

// withFile attaches a picture to a note.
func withFile(n *store.Note) {
	n.Attachment = activity.List[activity.Attachment]{{Type: "Document", MediaType: "image/png", URL: activity.IDs{"https://globex.example/a.png"}, Name: "a cat"}}
}

// with is the same person behind a token with other scopes.
func (p *person) with(scopes ...string) *person {
	p.t.Helper()
	return &person{company: p.company, Actor: p.Actor, token: p.issue(p.Key, scopes...)}
}

// issue makes a token; member 0: one of the app itself.
func (c *company) issue(member store.Key, scopes ...string) string {
	c.t.Helper()
	secret := store.NewSecret()
	c.tx(func(tx *store.Tx) error {
		return tx.PutToken(c.t.Context(), store.Token{Hash: store.Hash(secret), App: c.app.Key, Member: member, Scopes: scopes})
	})
	return secret
}

// stranger adds somebody of a partner.
func (c *company) stranger(name, host string) store.Actor {
	c.t.Helper()
	id := activity.ID("https://" + host + "/users/" + name)
	var a store.Actor
	c.tx(func(tx *store.Tx) (err error) {
		if err := tx.PutPartner(c.t.Context(), store.Partner{Host: host, Lets: agreement.Everything().Raw(), Takes: agreement.Everything().Raw()}); err != nil {
			return err
		}
		a, err = tx.PutActor(c.t.Context(), store.Actor{Host: host, Actor: activity.Actor{ID: id, Type: "Person", Username: activity.Text(name), Inbox: activity.Ref{ID: id + "/inbox"}}})
		return err
	})
	return a
}

// signed says that a partner has signed an agreement.
func (c *company) signed(host string) {
	c.t.Helper()
	c.tx(func(tx *store.Tx) error {
		p, err := tx.Partner(c.t.Context(), host)
		p.Agreement = "https://" + host + "/partnerships/1"
		if err == nil {
			err = tx.PutPartner(c.t.Context(), p)
		}
		return err
	})
}

// answer is what came back.
type answer struct {
	*http.Response
	t    testing.TB
	body string
}

func (c *company) send(r *http.Request) answer {
	c.t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(r) //nolint:bodyclose // closed below
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer{resp, c.t, string(b)}
}

func (c *company) request(method, path, contentType, body string) *http.Request {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.http.URL+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

// asks sends a request as this person; form is name, value, name, value...
func (p *person) asks(method, path string, form ...string) answer {
	p.t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(form); i += 2 {
		values.Add(form[i], form[i+1])
	}
	kind := ""
	if len(values) > 0 {
		kind = "application/x-www-form-urlencoded"
	}
	r := p.request(method, path, kind, values.Encode())
	r.Header.Set("Authorization", "Bearer "+p.token)
	return p.send(r)
}

// does is asks, and the request must succeed.
func (p *person) does(method, path string, form ...string) answer {
	p.t.Helper()
	return p.asks(method, path, form...).is(http.StatusOK)
}

func (a answer) is(status int) answer {
	a.t.Helper()
	if a.StatusCode != status {
		a.t.Fatalf("HTTP %d, not %d: %s", a.StatusCode, status, a.body)
	}
	return a
}

// refused must be a refusal with this status and reason.
func (a answer) refused(status int, reason string) {
	a.t.Helper()
	if got := a.is(status).object()["reason"]; got != reason {
		a.t.Fatalf("refused because of %v, not %s: %s", got, reason, a.body)
	}
	if say, _ := a.object()["error"].(string); say == "" {
		a.t.Fatalf("a refusal without a sentence: %s", a.body)
	}
}

type object = map[string]any

func (a answer) object() object { return decode[object](a) }
func (a answer) list() []object { return decode[[]object](a) }

func decode[T any](a answer) T {
	a.t.Helper()
	var v T
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		a.t.Fatalf("%v: %s", err, a.body)
	}
	return v
}

// dig follows keys into nested objects; nil where the way ends.
func dig(v any, keys ...string) any {
	for _, k := range keys {
		o, _ := v.(object)
		v = o[k]
	}
	return v
}

// each takes the same thing out of each.
func each(all []object, keys ...string) []any {
	got := []any{}
	for _, o := range all {
		got = append(got, dig(o, keys...))
	}
	return got
}

// post publishes a status and gives it back.
func (p *person) post(text string, form ...string) object {
	p.t.Helper()
	return p.does("POST", "/api/v1/statuses", append([]string{"status", text}, form...)...).object()
}

func id(o object) string { return o["id"].(string) }

// arrives puts a note of a partner's into the store.
func (c *company) arrives(author store.Actor, name string, to activity.Audience, edit func(*store.Note)) store.Note {
	c.t.Helper()
	n := store.Note{Key: store.NewKey(time.Now()), AuthorKey: author.Key, Visibility: to.Visibility(), Note: activity.Note{
		ID: activity.ID("https://" + author.Host + "/notes/" + name), Type: "Note", AttributedTo: activity.IDs{author.ID},
		Content: activity.Text("<p>" + name + "</p>"), Published: activity.At(time.Now()), Audience: to}}
	n.ThreadKey = n.Key
	if edit != nil {
		edit(&n)
	}
	c.tx(func(tx *store.Tx) error { _, err := tx.PutNote(c.t.Context(), n); return err })
	return n
}

// split takes "GET /path" apart.
func split(call string) (method, path string) {
	method, path, _ = strings.Cut(call, " ")
	return method, path
}

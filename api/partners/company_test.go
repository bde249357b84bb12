package partners_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"

	"entente.example/entente/api/partners"
	"entente.example/entente/federation"
	"entente.example/entente/federation/policy"
	"entente.example/entente/federation/remote"
	"entente.example/entente/federation/server"
	"entente.example/entente/store"
	"entente.example/entente/store/grant"
	"entente.example/entente/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Run(m)) }

// company is an instance with this API, behind real HTTP.
type company struct {
	*federation.Service
	t    *testing.T
	db   *store.Store
	api  *partners.API
	http *httptest.Server
	app  store.App

	boss, nobody string // tokens of an admin, and of somebody else
}

// found makes a company, with boss, an admin, and nora.
func found(t *testing.T, name string) *company {
	t.Helper()
	mux := http.NewServeMux()
	c := &company{t: t, db: storetest.New(t), http: httptest.NewServer(mux)}
	t.Cleanup(c.http.Close)
	_, port, _ := strings.Cut(c.http.Listener.Addr().String(), ":")
	host := name + ".localhost:" + port
	gate := policy.New(c.db, false, host)
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	c.Service = federation.New(federation.Options{House: federation.House{Host: host, URL: "http://" + host}, Store: c.db, Gate: gate, Log: log, Folder: t.TempDir(),
		Client: remote.New(remote.Options{InsecureHTTP: true, Gate: gate.Fetching(), UserAgent: "Entente/test",
			PrivateNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}})})
	c.do(c.Prepare(t.Context()))
	c.api = partners.New(c.Service, log)
	c.api.Routes(mux)
	server.New(c.Service, "test", log).Routes(mux)
	c.tx(func(tx *store.Tx) (err error) {
		c.app, err = tx.PutApp(t.Context(), store.App{ClientID: "script", Secret: store.Hash("secret"), Name: "Tests", RedirectURIs: []string{grant.OutOfBand}, Scopes: []string{}})
		return err
	})
	c.boss, c.nobody = c.token(c.hire("boss"), "admin:read", "admin:write"), c.token(c.hire("nora"), "read", "write", "admin:read", "admin:write")
	return c
}

func (c *company) hire(name string) store.Key {
	c.t.Helper()
	a, err := c.NewMember(c.t.Context(), store.Member{Email: name + "@mail.example", Admin: name == "boss"}, name, name)
	c.do(err)
	return a.Key
}

func (c *company) token(member store.Key, scopes ...string) string {
	c.t.Helper()
	secret := store.NewSecret()
	c.tx(func(tx *store.Tx) error {
		return tx.PutToken(c.t.Context(), store.Token{Hash: store.Hash(secret), App: c.app.Key, Member: member, Scopes: scopes})
	})
	return secret
}

func (c *company) tx(fn func(*store.Tx) error) {
	c.t.Helper()
	c.do(c.db.InTx(c.t.Context(), fn))
}

func (c *company) do(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// host is what the other side calls this company.
func (c *company) host() string { return c.House.Host }

// pump tells the other sides what they have to hear.
func pump(t *testing.T, all ...*company) {
	t.Helper()
	for range 20 {
		done := 0
		for _, c := range all {
			n, err := c.db.Drain(t.Context(), 100, func(ps []store.Promise) error {
				for _, p := range ps {
					var job store.TellPartner
					if p.Kind != job.Kind() {
						continue
					}
					c.do(json.Unmarshal([]byte(p.Payload), &job))
					c.do(c.TellPartner(t.Context(), job))
				}
				return nil
			})
			c.do(err)
			done += n
		}
		if done == 0 {
			return
		}
	}
	t.Fatal("the jobs never end")
}

// answer is what came back, which fits the document: see fits.
type answer struct {
	t      *testing.T
	status int
	body   []byte
}

// asks sends a request with a token; body is "" or JSON.
func (c *company) asks(token, method, path, body string) answer {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.http.URL+of(path), strings.NewReader(body))
	c.do(err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	c.do(err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	c.do(err)
	a := answer{c.t, resp.StatusCode, bytes.TrimSpace(raw)}
	a.fits(method, path)
	return a
}

// says is asks of an admin, about another company, who must succeed.
func (c *company) says(method string, other *company, verb, body string) map[string]any {
	c.t.Helper()
	a := c.asks(c.boss, method, "/"+other.host()+verb, body)
	if a.status != http.StatusOK {
		c.t.Fatalf("%s %s: HTTP %d %s", method, verb, a.status, a.body)
	}
	return a.object()
}

func (a answer) object() (o map[string]any) {
	a.t.Helper()
	if err := json.Unmarshal(a.body, &o); err != nil {
		a.t.Fatalf("%v: %s", err, a.body)
	}
	return o
}

func (a answer) refused(status int, reason string) {
	a.t.Helper()
	if a.status != status || a.object()["reason"] != reason {
		a.t.Errorf("HTTP %d %s, not %d %s", a.status, a.body, status, reason)
	}
}

package web

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"entente.example/entente/federation/remote"
	"entente.example/entente/store"
)

// identityProvider is one of OpenID Connect; change falsifies what it says next.
type identityProvider struct {
	*httptest.Server
	key      *rsa.PrivateKey
	begun    url.Values            // what the browser came with last
	codes    map[string]url.Values // what each code was given for
	change   func(claims map[string]any)
	none     bool // it signs nothing
	careless bool // it takes a code again, and from anybody
}

func newIdentityProvider(c *company) *identityProvider {
	c.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	c.does(err)
	p := &identityProvider{key: key, codes: map[string]url.Values{}, change: func(map[string]any) {}}
	says := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		says(w, map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256", "none"}})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		says(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "1", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		begun, hash := p.codes[r.FormValue("code")], store.Hash(r.FormValue("code_verifier"))
		if !p.careless {
			delete(p.codes, r.FormValue("code"))
		}
		if begun == nil || !p.careless && base64.RawURLEncoding.EncodeToString(hash) != begun.Get("code_challenge") {
			http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
			return
		}
		says(w, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": p.token(c, begun)})
	})
	p.Server = httptest.NewServer(mux)
	c.Cleanup(p.Close)
	return p
}

func (p *identityProvider) token(c *company, begun url.Values) string {
	claims := map[string]any{"iss": p.URL, "sub": "42", "aud": "acme", "nonce": begun.Get("nonce"), "email": "alice@mail.example",
		"email_verified": true, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix()}
	p.change(claims)
	payload, err := json.Marshal(claims)
	c.does(err)
	if p.none {
		part := base64.RawURLEncoding.EncodeToString
		return part([]byte(`{"alg":"none"}`)) + "." + part(payload) + "."
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: p.key, KeyID: "1"}}, nil)
	c.does(err)
	signed, err := signer.Sign(payload)
	c.does(err)
	text, err := signed.CompactSerialize()
	c.does(err)
	return text
}

// withProvider is a company whose people can sign in there; alice is linked.
func withProvider(t *testing.T) (*company, *identityProvider, store.Actor) {
	c := newCompany(t)
	p := newIdentityProvider(c)
	client := remote.New(remote.Options{InsecureHTTP: true, PrivateNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	c.web.Provider = &Provider{Issuer: p.URL, ClientID: "acme", Client: client.Errands()}
	c.mux = http.NewServeMux()
	c.web.Routes(c.mux)
	alice := c.member("alice", "Alice")
	c.tx(func(tx *store.Tx) error { return tx.Link(t.Context(), p.URL, "42", alice.Key) })
	return c, p, alice
}

// goes is a browser at the provider; it gives the address that leads back.
func (b *browser) goes(p *identityProvider) string {
	b.Helper()
	u, err := url.Parse(b.get("/sign-in/provider?to=%2Fgroups").is(http.StatusSeeOther).to())
	if err != nil || !strings.HasPrefix(u.String(), p.URL+"/authorize?") {
		b.Fatalf("it leads to %v, %v", u, err)
	}
	p.begun = u.Query()
	code := store.NewSecret()
	p.codes[code] = p.begun
	return backWith(code, p.begun.Get("state"))
}

func backWith(code, state string) string {
	return signOnBack + "?" + url.Values{"code": {code}, "state": {state}}.Encode()
}

func TestWhoIsLinkedSignsInAtTheProvider(t *testing.T) {
	t.Parallel()
	c, p, _ := withProvider(t)
	b := c.browser()
	b.get("/sign-in").has("Sign in with your company account")
	b.get(b.goes(p)).leadsTo("/groups")
	b.get("/groups").is(http.StatusOK).has("Alice")
}

func TestAttack16OnlyALinkedIdentityOfThisSignInGetsIn(t *testing.T) {
	t.Parallel()
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	const denied, unbelieved = http.StatusForbidden, http.StatusUnauthorized
	for name, tc := range map[string]struct {
		change map[string]any
		none   bool
		key    *rsa.PrivateKey
		status int
	}{
		"same e-mail, other subject":   {change: map[string]any{"sub": "43"}, status: denied},
		"e-mail that is not verified":  {change: map[string]any{"sub": "43", "email_verified": false}, status: denied},
		"no subject":                   {change: map[string]any{"sub": ""}, status: unbelieved},
		"same subject, other issuer":   {change: map[string]any{"iss": "https://evil.example"}, status: unbelieved},
		"a nonce of another sign-in":   {change: map[string]any{"nonce": "other"}, status: unbelieved},
		"no nonce":                     {change: map[string]any{"nonce": nil}, status: unbelieved},
		"for another client":           {change: map[string]any{"aud": "other"}, status: unbelieved},
		"issued to us for another":     {change: map[string]any{"aud": "other", "azp": "acme"}, status: unbelieved},
		"for us and issued to another": {change: map[string]any{"aud": []string{"acme", "other"}, "azp": "other"}, status: unbelieved},
		"for us and others":            {change: map[string]any{"aud": []string{"acme", "other"}}, status: unbelieved},
		"over":                         {change: map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}, status: unbelieved},
		"alg none":                     {none: true, status: unbelieved},
		"signed by another":            {key: other, status: unbelieved},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, p, _ := withProvider(t)
			p.change, p.none = func(claims map[string]any) { maps.Copy(claims, tc.change) }, tc.none
			if tc.key != nil {
				p.key = tc.key
			}
			b := c.browser()
			b.get(b.goes(p)).is(tc.status)
			b.get("/groups").is(http.StatusSeeOther)
		})
	}
}

func TestAttack16ASubjectOfAnotherIssuerIsSomebodyElse(t *testing.T) {
	t.Parallel()
	c, p, alice := withProvider(t)
	c.tx(func(tx *store.Tx) error {
		if err := tx.Unlink(t.Context(), p.URL, "42", alice.Key); err != nil {
			return err
		}
		return tx.Link(t.Context(), "https://other.example", "42", alice.Key)
	})
	b := c.browser()
	b.get(b.goes(p)).is(http.StatusForbidden).has("Ask your administrator to link it")
}

func TestAttack16ASignInIsEndedOnceAndWhereItBegan(t *testing.T) {
	t.Parallel()
	c, p, alice := withProvider(t)
	p.careless = true // so that all depends on us
	b, other := c.browser(), c.browser()
	back := b.goes(p)
	other.get("/sign-in")
	other.get(back).is(http.StatusUnauthorized) // of somebody else's browser
	begun := maps.Clone(b.cookies)
	b.get(back).leadsTo("/groups")
	again := c.browser()
	again.cookies = begun
	again.get(back).is(http.StatusUnauthorized)
	again.get(backWith("c", "made-up")).is(http.StatusUnauthorized)
	c.tx(func(tx *store.Tx) error {
		return tx.PutSignOn(t.Context(), store.SignOn{State: store.Hash("late"), Browser: store.Hash(again.cookies["__Host-entente_visitor"].Value), Nonce: p.begun.Get("nonce"), Target: "/groups", ExpiresAt: tx.Now.Add(-time.Second)})
	})
	u, err := url.Parse(back)
	c.does(err)
	again.get(backWith(u.Query().Get("code"), "late")).is(http.StatusUnauthorized)
	c.tx(func(tx *store.Tx) error { return tx.Lock(t.Context(), alice.Key) })
	late := c.browser()
	late.get(late.goes(p)).is(http.StatusForbidden)
	late.get("/groups").is(http.StatusSeeOther)
}

// Whoever got hold of a code of alice's begins a sign-in of their own and comes back
// with it: her provider takes it once and from who has the proof (RFC 7636), and one
// that does not care cannot change for which sign-in the token is.
func TestAttack16AnAuthorisationCodeIsReplayed(t *testing.T) {
	t.Parallel()
	c, p, _ := withProvider(t)
	replay := func(back string) {
		t.Helper()
		thief := c.browser()
		thief.goes(p)
		u, err := url.Parse(back)
		c.does(err)
		thief.get(backWith(u.Query().Get("code"), p.begun.Get("state"))).is(http.StatusUnauthorized)
		thief.get("/groups").is(http.StatusSeeOther)
	}
	b := c.browser()
	replay(b.goes(p)) // before alice uses it
	used := b.goes(p)
	b.get(used).leadsTo("/groups")
	replay(used)
	p.careless = true
	replay(c.browser().goes(p))
}

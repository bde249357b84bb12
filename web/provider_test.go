package web

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
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
	key    *rsa.PrivateKey
	begun  url.Values // what the browser came with last
	change func(claims map[string]any)
	none   bool // it signs nothing
}

func newIdentityProvider(c *company) *identityProvider {
	c.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	c.does(err)
	p := &identityProvider{key: key, change: func(map[string]any) {}}
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
		if hash := store.Hash(r.FormValue("code_verifier")); base64.RawURLEncoding.EncodeToString(hash) != p.begun.Get("code_challenge") {
			http.Error(w, "no proof", http.StatusBadRequest)
			return
		}
		says(w, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": p.token(c)})
	})
	p.Server = httptest.NewServer(mux)
	c.Cleanup(p.Close)
	return p
}

func (p *identityProvider) token(c *company) string {
	claims := map[string]any{"iss": p.URL, "sub": "42", "aud": "acme", "nonce": p.begun.Get("nonce"), "email": "alice@mail.example",
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
	return signOnBack + "?code=c&state=" + url.QueryEscape(p.begun.Get("state"))
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
	for name, tc := range map[string]struct {
		change func(map[string]any)
		none   bool
		status int
	}{
		"same e-mail, other subject":   {func(m map[string]any) { m["sub"] = "43" }, false, http.StatusForbidden},
		"e-mail that is not verified":  {func(m map[string]any) { m["sub"], m["email_verified"] = "43", false }, false, http.StatusForbidden},
		"same subject, other issuer":   {func(m map[string]any) { m["iss"] = "https://evil.example" }, false, http.StatusUnauthorized},
		"a nonce of another sign-in":   {func(m map[string]any) { m["nonce"] = "other" }, false, http.StatusUnauthorized},
		"for another client":           {func(m map[string]any) { m["aud"] = "other" }, false, http.StatusUnauthorized},
		"for us and issued to another": {func(m map[string]any) { m["aud"], m["azp"] = []string{"acme", "other"}, "other" }, false, http.StatusUnauthorized},
		"over":                         {func(m map[string]any) { m["exp"] = time.Now().Add(-time.Hour).Unix() }, false, http.StatusUnauthorized},
		"alg none":                     {func(map[string]any) {}, true, http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, p, _ := withProvider(t)
			p.change, p.none = tc.change, tc.none
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
	b, other := c.browser(), c.browser()
	back := b.goes(p)
	other.get("/sign-in")
	other.get(back).is(http.StatusUnauthorized) // of somebody else's browser
	b.get(back).leadsTo("/groups")
	b.post("/sign-out")
	b.get(back).is(http.StatusUnauthorized) // again
	b.get(signOnBack + "?code=c&state=made-up").is(http.StatusUnauthorized)
	p.begun = nil
	late := b.goes(p)
	p.begun.Set("code_challenge", "of another")
	b.get(late).is(http.StatusUnauthorized)
	c.tx(func(tx *store.Tx) error { return tx.Lock(t.Context(), alice.Key) })
	b.get(b.goes(p)).is(http.StatusForbidden)
}

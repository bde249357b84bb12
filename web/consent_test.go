package web

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"entente.example/entente/store"
	"entente.example/entente/store/grant"
)

const back = "https://app.example/back?x=1"

// app registers one and gives the address that it sends people to.
func (c *company) app(redirect string, more ...string) string {
	c.Helper()
	c.tx(func(tx *store.Tx) error {
		_, err := tx.PutApp(c.Context(), store.App{ClientID: "app", Secret: []byte("x"), Name: `Ivory <b>"for"</b> Mac`, Website: "https://app.example",
			RedirectURIs: []string{redirect, grant.OutOfBand}, Scopes: []string{"read", "write", "push"}})
		return err
	})
	q := url.Values{"client_id": {"app"}, "response_type": {"code"}, "redirect_uri": {redirect}, "scope": {"read write:statuses"}, "state": {"a&b=c"}}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return "/oauth/authorize?" + q.Encode()
}

// fieldsOf are the hidden fields of the form on a page.
func fieldsOf(p page) []string {
	var fields []string
	for n := range p.doc().Descendants() {
		if name := attr(n, "name"); n.Data == "input" && attr(n, "type") == "hidden" && name != "token" && name != "back" {
			fields = append(fields, name, attr(n, "value"))
		}
	}
	return fields
}

func TestAMemberLetsAnAppInAfterSigningIn(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice := c.member("alice", "Alice Martin")
	sum := sha256.Sum256([]byte("the verifier that the app keeps to itself, for now"))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	at := c.app(back, "code_challenge", challenge, "code_challenge_method", "S256")

	b := c.browser()
	signIn := b.get(at).leadsTo("/sign-in?to=" + url.QueryEscape(at)).to()
	to := b.get(signIn).field("to")
	b.post("/sign-in", "login", "alice", "password", password, "to", to).leadsTo(at)

	p := b.get(at).is(http.StatusOK).has("Ivory &lt;b&gt;&#34;for&#34;&lt;/b&gt; Mac", "Alice Martin", "@alice@acme.example", "Read everything that you can read here", "Change: posts", "https://app.example/back")
	if csp := p.header.Get("Content-Security-Policy"); !strings.HasSuffix(csp, "form-action 'self' https://app.example") {
		t.Error(csp)
	}
	done := b.post("/oauth/authorize", append(fieldsOf(p), "consent", "yes")...).is(http.StatusSeeOther)
	answer, err := url.Parse(done.to())
	if err != nil || answer.Host != "app.example" || answer.Path != "/back" || answer.Query().Get("x") != "1" || answer.Query().Get("state") != "a&b=c" {
		t.Fatalf("%q: %v", done.to(), err)
	}
	c.tx(func(tx *store.Tx) error {
		code, err := tx.TakeCode(t.Context(), answer.Query().Get("code"))
		if err == nil && (code.Member != alice.Key || code.Challenge != challenge || strings.Join(code.Scopes, " ") != "read write:statuses" || code.RedirectURI != back) {
			t.Errorf("the code is for %+v", code)
		}
		return err
	})
}

func TestAMemberCanRefuseAnApp(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	at := c.app(back)
	b := c.as(c.member("alice", "Alice"))
	for _, consent := range []string{"no", "", "YES"} {
		p := b.post("/oauth/authorize", append(fieldsOf(b.get(at)), "consent", consent)...).is(http.StatusSeeOther)
		answer, err := url.Parse(p.to())
		if err != nil || answer.Host != "app.example" || answer.Query().Get("error") != "access_denied" || answer.Query().Get("state") != "a&b=c" || answer.Query().Has("code") {
			t.Errorf("%q: %v", p.to(), err)
		}
	}
}

func TestAnAppWithoutAnAddressGetsItsCodeThroughTheMember(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	at := c.app(grant.OutOfBand)
	b := c.as(c.member("alice", "Alice"))
	p := b.get(at).is(http.StatusOK).has("You will then be shown a code")
	if csp := p.header.Get("Content-Security-Policy"); !strings.HasSuffix(csp, "form-action 'self'") {
		t.Error(csp)
	}
	fields := fieldsOf(p)
	b.post("/oauth/authorize", append(fields, "consent", "no")...).is(http.StatusForbidden).has("Nothing was allowed")
	b.get(at)
	p = b.post("/oauth/authorize", append(fields, "consent", "yes")...).is(http.StatusOK).has("Your code")
	_, rest, _ := strings.Cut(p.body, `<code class="code">`)
	code, _, _ := strings.Cut(rest, "</code>")
	c.tx(func(tx *store.Tx) error { _, err := tx.TakeCode(t.Context(), code); return err })
}

func TestAnAppOnAPhoneIsLedBackTo(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	at := c.app("ivory://oauth")
	b := c.as(c.member("alice", "Alice"))
	p := b.get(at)
	if csp := p.header.Get("Content-Security-Policy"); !strings.HasSuffix(csp, "form-action 'self' ivory:") {
		t.Error(csp)
	}
	if to := b.post("/oauth/authorize", append(fieldsOf(p), "consent", "yes")...).is(http.StatusSeeOther).to(); !strings.HasPrefix(to, "ivory://oauth?code=") {
		t.Error(to)
	}
}

func TestOnlyAnAppsOwnAddressIsSentTheAnswer(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	at := c.app(back)
	b := c.as(c.member("alice", "Alice"))
	change := func(key, value string) string {
		u, err := url.Parse(at)
		c.does(err)
		q := u.Query()
		q.Set(key, value)
		return "/oauth/authorize?" + q.Encode()
	}
	b.get(change("redirect_uri", "https://evil.example/back")).is(http.StatusBadRequest).has("The app has asked in a way that cannot be answered")
	b.get(change("client_id", "other")).is(http.StatusBadRequest).has("This app is not registered here")
	for key, want := range map[string]string{"scope": "invalid_scope", "response_type": "unsupported_response_type", "code_challenge": "invalid_request"} {
		p := b.get(change(key, "admin")).is(http.StatusSeeOther)
		if answer, err := url.Parse(p.to()); err != nil || answer.Host != "app.example" || answer.Query().Get("error") != want {
			t.Errorf("%s: %q", key, p.to())
		}
	}
	form := append(fieldsOf(b.get(at)), "consent", "yes")
	for i := range form {
		if form[i] == back {
			form[i] = "https://evil.example/back"
		}
	}
	b.post("/oauth/authorize", form...).is(http.StatusBadRequest)
}

func TestTheConsentFormLeadsOnlyToTheApp(t *testing.T) {
	t.Parallel()
	for redirect, want := range map[string]string{
		"https://app.example/back":             "https://app.example",
		"https://APP.example:8443/back":        "https://app.example:8443",
		"http://127.0.0.1:3000/back":           "http://127.0.0.1:3000",
		"ivory://oauth":                        "ivory:",
		"com.example.app:/oauth":               "com.example.app:",
		grant.OutOfBand:                        "",
		"javascript:alert(1)":                  "",
		"data:text/html,x":                     "",
		"https://a.example;script-src/x":       "",
		"https://a.example,b.example/x":        "",
		"https://*/x":                          "",
		"https://a.example'unsafe-inline'/x":   "",
		"https://evil.example\r\nX-Header: 1/": "",
		"":                                     "",
		"/home":                                "",
	} {
		if got := formTarget(redirect); got != want {
			t.Errorf("%q: %q, want %q", redirect, got, want)
		}
	}
}

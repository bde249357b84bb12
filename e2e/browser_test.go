package e2e

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/mattn/go-mastodon"
	"golang.org/x/net/html"
)

// callback is where the browser is sent with the code. Nobody listens there: the
// address itself is all that is needed.
const callback = "http://127.0.0.1/entente-e2e"

// opensApp is a Mastodon client that p has let in, as RFC 6749 §4.1 and RFC 7636
// have it: it registers, sends a browser to sign in and consent, and turns the code
// that comes back into a token.
func (p *person) opensApp(t *testing.T) *mastodon.Client {
	t.Helper()
	app, err := mastodon.RegisterApp(t.Context(), &mastodon.AppConfig{Client: *loopback, Server: p.at.url(),
		ClientName: "go-mastodon", RedirectURIs: callback, Scopes: "read write follow", Website: "https://github.com/mattn/go-mastodon"})
	must(t, err)
	verifier, state := rand.Text()+rand.Text(), rand.Text()
	challenge := sha256.Sum256([]byte(verifier))
	back, err := p.browse(t.Context(), app.AuthURI+"&"+url.Values{"state": {state}, "code_challenge_method": {"S256"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}}.Encode())
	must(t, err)
	if back.Get("state") != state || back.Get("code") == "" {
		t.Fatalf("the browser comes back with %v", back)
	}
	resp, err := loopback.PostForm(p.at.url()+"/oauth/token", url.Values{"grant_type": {"authorization_code"}, "code": {back.Get("code")},
		"client_id": {app.ClientID}, "client_secret": {app.ClientSecret}, "redirect_uri": {callback}, "code_verifier": {verifier}})
	must(t, err)
	defer resp.Body.Close()
	var token struct {
		Token string `json:"access_token"`
		Scope string `json:"scope"`
	}
	must(t, json.NewDecoder(resp.Body).Decode(&token))
	if resp.StatusCode != http.StatusOK || len(strings.Fields(token.Scope)) != 3 {
		t.Fatalf("no token: %s, %+v", resp.Status, token)
	}
	c := mastodon.NewClient(&mastodon.Config{Server: p.at.url(), ClientID: app.ClientID, ClientSecret: app.ClientSecret, AccessToken: token.Token})
	c.Client = *loopback
	return c
}

// browse opens a page in a new browser and fills in each form that it is shown,
// until it is sent back to the app. It gives what the app is told.
func (p *person) browse(ctx context.Context, address string) (url.Values, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	browser := *loopback
	browser.Jar = jar
	browser.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), callback) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	next, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	for range 3 { // the page itself, sign in, consent
		if err != nil {
			return nil, err
		}
		resp, err := browser.Do(next)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		if back, err := resp.Location(); err == nil {
			return back.Query(), nil
		}
		if next, err = p.fillIn(resp); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("the browser is shown ever more forms")
}

// fillIn is the request that sends the form of a page: it has the fields that p
// knows and, for the others, what was in them; its first button is pressed.
func (p *person) fillIn(page *http.Response) (*http.Request, error) {
	if page.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", page.Request.URL, page.Status)
	}
	doc, err := html.Parse(page.Body)
	if err != nil {
		return nil, err
	}
	form := first(first(doc, "main"), "form")
	if form == nil {
		return nil, fmt.Errorf("%s has no form to fill in", page.Request.URL)
	}
	values := url.Values{}
	for field := range form.Descendants() {
		switch name := attribute(field, "name"); {
		case name == "" || field.Data != "input" && field != first(form, "button"):
		case attribute(field, "type") == "password":
			values.Set(name, p.password)
		case name == "login":
			values.Set(name, p.email)
		default:
			values.Set(name, attribute(field, "value"))
		}
	}
	action, err := page.Request.URL.Parse(attribute(form, "action"))
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(page.Request.Context(), http.MethodPost, action.String(), strings.NewReader(values.Encode()))
	if err == nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r, err
}

// first is the first element of that name in n, nil if there is none.
func first(n *html.Node, name string) *html.Node {
	if n == nil {
		return nil
	}
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.Data == name {
			return d
		}
	}
	return nil
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

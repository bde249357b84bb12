package demo

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
)

// scopes are what the people's clients ask for.
const scopes = "read write follow"

// callback is where the browser is sent with the code. Nobody listens there:
// the address itself is all that is needed.
const callback = "http://127.0.0.1/entente-demo"

// signIn makes a client for this person, with an access token that it gets as
// every client does (RFC 6749 §4.1, RFC 7636): it registers, sends a browser to
// sign in and consent, and turns the code that comes back into a token.
func (a *person) signIn(ctx context.Context) error {
	a.client = loopbackClient()
	var app struct {
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
	}
	err := a.call(ctx, http.MethodPost, "/api/v1/apps", url.Values{
		"client_name": {"entente demo"}, "redirect_uris": {callback}, "scopes": {scopes}}, &app)
	if err != nil {
		return err
	}
	verifier, state := rand.Text()+rand.Text(), rand.Text() // 52 characters; at least 43 are asked for
	challenge := sha256.Sum256([]byte(verifier))
	code, err := a.authorize(ctx, url.Values{"response_type": {"code"}, "client_id": {app.ClientID}, "redirect_uri": {callback},
		"scope": {scopes}, "state": {state}, "code_challenge_method": {"S256"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}})
	if err != nil {
		return fmt.Errorf("%s signs in: %w", a.username, err)
	}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	err = a.call(ctx, http.MethodPost, "/oauth/token", url.Values{"grant_type": {"authorization_code"}, "code": {code},
		"client_id": {app.ClientID}, "client_secret": {app.ClientSecret}, "redirect_uri": {callback}, "code_verifier": {verifier}}, &token)
	if err != nil {
		return err
	}
	a.token = token.AccessToken
	var me account
	err = a.get(ctx, "/api/v1/accounts/verify_credentials", nil, &me)
	a.id = me.ID
	return err
}

// authorize is the browser: it opens the page, fills in each form that it is
// given, and stops where the code comes back.
func (a *person) authorize(ctx context.Context, query url.Values) (code string, err error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", err
	}
	browser := loopbackClient()
	browser.Jar = jar
	browser.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), callback) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	page, err := a.open(ctx, browser, http.MethodGet, a.company.url()+"/oauth/authorize", query)
	for forms := 0; err == nil && page.code == "" && forms < 3; forms++ { // sign in, consent
		f, found := page.form(a.fill)
		if !found {
			return "", fmt.Errorf("%s shows no form to fill in", page.at)
		}
		page, err = a.open(ctx, browser, f.method, f.action, f.values)
	}
	switch {
	case err != nil:
		return "", err
	case page.code == "":
		return "", errors.New("no code came back")
	case page.state != query.Get("state"):
		return "", errors.New("another state came back")
	}
	return page.code, nil
}

// fill is what a person puts in a field of a form: what was there, but for the
// two that ask who they are.
func (a *person) fill(kind, name, value string) string {
	switch {
	case kind == "password":
		return a.password
	case kind == "email" || name == "email" || name == "login":
		return a.email
	}
	return value
}

// page is what a browser shows: a document, or at last the code.
type page struct {
	at          *url.URL
	body        []byte
	code, state string
}

func (a *person) open(ctx context.Context, browser *http.Client, method, address string, values url.Values) (page, error) {
	var body io.Reader
	if method == http.MethodGet {
		address += "?" + values.Encode()
	} else {
		body = strings.NewReader(values.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return page{}, err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := browser.Do(r)
	if err != nil {
		return page{}, err
	}
	defer resp.Body.Close()
	if back, err := resp.Location(); err == nil {
		q := back.Query()
		if q.Has("error") {
			return page{}, fmt.Errorf("%s: %s", q.Get("error"), q.Get("error_description"))
		}
		return page{at: back, code: q.Get("code"), state: q.Get("state")}, nil
	}
	if resp.StatusCode != http.StatusOK {
		return page{}, fmt.Errorf("%s answers %s", address, resp.Status)
	}
	text, err := io.ReadAll(resp.Body)
	return page{at: resp.Request.URL, body: text}, err
}

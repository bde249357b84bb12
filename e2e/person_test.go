package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// person is one of a company's people, with the access token of their client.
type person struct {
	at                    *company
	name, email, password string
	token                 string
}

// account is what the tests read of the API's entity.
type account struct {
	ID   string `json:"id"`
	Acct string `json:"acct"`
}

// handle is who it is, as at shows it: its own people without their host.
func (a account) handle(at *company) string {
	if strings.Contains(a.Acct, "@") {
		return a.Acct
	}
	return a.Acct + "@" + at.host
}

// status is what they read of that.
type status struct {
	ID              string    `json:"id"`
	URI             string    `json:"uri"`
	Content         string    `json:"content"`
	FavouritesCount int       `json:"favourites_count"`
	Favourited      bool      `json:"favourited"`
	Account         account   `json:"account"`
	ReblogsCount    int       `json:"reblogs_count"`
	InReplyToID     string    `json:"in_reply_to_id"`
	CreatedAt       time.Time `json:"created_at"`
	EditedAt        string    `json:"edited_at"`
}

// text is what the author wrote, if it was one plain line.
func (s status) text() string {
	return strings.TrimSuffix(strings.TrimPrefix(s.Content, "<p>"), "</p>")
}

// refusal is an answer of the API that is not a 2xx.
type refusal struct {
	Status int
	Say    string `json:"error"`
}

func (r *refusal) Error() string { return fmt.Sprintf("HTTP %d: %s", r.Status, r.Say) }

// loopback finds every name under localhost on this machine (RFC 6761 §6.3), as
// browsers do; resolvers may not. It is a variable because everybody may share
// its connections.
var loopback = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
	MaxIdleConnsPerHost: 8,
	DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if host, port, err := net.SplitHostPort(address); err == nil && strings.HasSuffix(host, ".localhost") {
			address = net.JoinHostPort("127.0.0.1", port)
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	},
}}

// hire makes a member and gives them a token.
func (c *company) hire(t *testing.T, name string) *person {
	t.Helper()
	p := &person{at: c, name: name, email: name + "@" + c.name + ".example", password: name + "-at-" + c.name}
	_, err := c.ask(t.Context(), p.password+"\n", "member", "add", name, "--email", p.email, "--password-stdin")
	must(t, err)
	p.token = c.token(t, name)
	return p
}

func (c *company) token(t *testing.T, name string) string {
	t.Helper()
	return strings.TrimSpace(c.does(t, "member", "token", name, "--scopes", "read write follow"))
}

func (p *person) handle() string { return p.name + "@" + p.at.host }

// call asks the API as this person; out may be nil. more is the rest of a list,
// "" when it is at its end.
func (p *person) call(ctx context.Context, method, path string, form url.Values, out any) (more string, err error) {
	return p.callOnce(ctx, "", method, path, form, out)
}

// callOnce is call with an Idempotency-Key.
func (p *person) callOnce(ctx context.Context, key, method, path string, form url.Values, out any) (more string, err error) {
	r, err := http.NewRequestWithContext(ctx, method, p.at.url()+path, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	r.Header.Set("Authorization", "Bearer "+p.token)
	resp, err := loopback.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		problem := &refusal{Status: resp.StatusCode}
		_ = json.Unmarshal(body, problem) // a page says nothing more
		return "", fmt.Errorf("%s %s: %w", method, path, problem)
	}
	if out != nil {
		err = json.Unmarshal(body, out)
	}
	return next(resp.Header), err
}

var nextLink = regexp.MustCompile(`<https?://[^/>]+([^>]*)>; rel="next"`)

// next is the path of the next part of a list.
func next(h http.Header) string {
	found := nextLink.FindStringSubmatch(h.Get("Link"))
	if found == nil {
		return ""
	}
	return found[1]
}

func (p *person) get(ctx context.Context, path string, out any) error {
	_, err := p.call(ctx, http.MethodGet, path, nil, out)
	return err
}

func (p *person) post(ctx context.Context, path string, form url.Values, out any) error {
	if form == nil {
		form = url.Values{}
	}
	_, err := p.call(ctx, http.MethodPost, path, form, out)
	return err
}

func (p *person) write(ctx context.Context, text string) (s status, err error) {
	return s, p.post(ctx, "/api/v1/statuses", url.Values{"status": {text}}, &s)
}

// all is a whole timeline, page by page.
func (p *person) all(ctx context.Context, path string) ([]status, error) {
	return pages[status](ctx, p, path)
}

// pages are all of a list.
func pages[T any](ctx context.Context, p *person, path string) ([]T, error) {
	var found []T
	for path += "?limit=40"; path != ""; {
		var page []T
		var err error
		if path, err = p.call(ctx, http.MethodGet, path, nil, &page); err != nil {
			return nil, err
		}
		found = append(found, page...)
	}
	return found, nil
}

func (p *person) home(ctx context.Context) ([]status, error) {
	return p.all(ctx, "/api/v1/timelines/home")
}

// finds looks somebody up by handle; their server is asked if need be.
func (p *person) finds(ctx context.Context, other *person) (account, error) {
	var found struct{ Accounts []account }
	err := p.get(ctx, "/api/v2/search?"+url.Values{"q": {"@" + other.handle()}, "resolve": {"true"}}.Encode(), &found)
	if err == nil && len(found.Accounts) == 0 {
		err = errors.New(p.name + " does not find " + other.handle())
	}
	if err != nil {
		return account{}, err
	}
	return found.Accounts[0], nil
}

// follow makes p follow other, and waits until both sides know.
func (p *person) follow(t *testing.T, other *person) {
	t.Helper()
	them, err := p.finds(t.Context(), other)
	must(t, err)
	must(t, p.post(t.Context(), "/api/v1/accounts/"+them.ID+"/follow", nil, nil))
	soon(t, patience, func() error { return other.isFollowedBy(t.Context(), p) })
	soon(t, patience, func() error {
		var ties []struct{ Following bool }
		err := p.get(t.Context(), "/api/v1/accounts/relationships?id[]="+them.ID, &ties)
		if err == nil && (len(ties) != 1 || !ties[0].Following) {
			err = fmt.Errorf("%s does not know yet that %s is followed", p.at.name, other.handle())
		}
		return err
	})
}

// self is how p's own instance shows p.
func (p *person) self(ctx context.Context) (a account, err error) {
	return a, p.get(ctx, "/api/v1/accounts/verify_credentials", &a)
}

// isFollowedBy is nil when p's own instance lists other as a follower.
func (p *person) isFollowedBy(ctx context.Context, other *person) error {
	self, err := p.self(ctx)
	if err != nil {
		return err
	}
	var followers []account
	err = p.get(ctx, "/api/v1/accounts/"+self.ID+"/followers", &followers)
	if err == nil && !slices.ContainsFunc(followers, func(a account) bool { return a.handle(p.at) == other.handle() }) {
		err = fmt.Errorf("%s does not know the follower %s", p.at.name, other.handle())
	}
	return err
}

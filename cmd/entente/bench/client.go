package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// newBrowser reaches the instance, and nobody else, whatever it is asked for.
func newBrowser(port int) *http.Client {
	return &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		MaxIdleConnsPerHost: 128, MaxIdleConns: 256,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort(loopback, strconv.Itoa(port)))
		},
	}}
}

// here is where the instance listens, by its name: TLS is the business of a proxy.
func (h *house) here() string { return "http://" + activity.ID(h.URL).Host() }

// ask sends one request to the instance.
func (h *house) ask(ctx context.Context, method, path string, form url.Values, token string) (int, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, h.here()+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil, err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return h.answer(r)
}

// answer sends a request, and gives the code and the body of the answer.
func (h *house) answer(r *http.Request) (int, []byte, error) {
	resp, err := h.browser.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, body, err
}

// client is a client of the API, of one of our people.
type client struct {
	*house
	actor store.Actor
	token string
}

// status is what is read of a post.
type status struct {
	ID      string `json:"id"`
	URI     string `json:"uri"`
	Content string `json:"content"`
}

// call asks the API as this person; out may be nil.
func (c *client) call(ctx context.Context, method, path string, form url.Values, out any) error {
	code, body, err := c.ask(ctx, method, path, form, c.token)
	switch {
	case err != nil:
		return err
	case code/100 != 2:
		return fmt.Errorf("%s %s answers %d: %.300s", method, path, code, body)
	case out == nil:
		return nil
	}
	return json.Unmarshal(body, out)
}

// writes posts a text, and gives how long that took.
func (c *client) writes(ctx context.Context, text string) (status, time.Duration, error) {
	var s status
	began := time.Now()
	err := c.call(ctx, http.MethodPost, "/api/v1/statuses", url.Values{"status": {text}, "visibility": {"public"}}, &s)
	return s, time.Since(began), err
}

// home is a page of the home timeline.
func (c *client) home(ctx context.Context, query string) ([]status, error) {
	var all []status
	err := c.call(ctx, http.MethodGet, "/api/v1/timelines/home?"+query, nil, &all)
	return all, err
}

// readsAll walks down the home timeline and counts each of these posts once; it is an
// error if one is missing or there twice.
func (c *client) readsAll(ctx context.Context, want map[string]bool) error {
	seen, below := map[string]bool{}, ""
	for len(seen) < len(want) {
		page, err := c.home(ctx, "limit=40"+below)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return fmt.Errorf("%d of %d posts are missing at home", len(want)-len(seen), len(want))
		}
		for _, s := range page {
			if seen[s.URI] {
				return fmt.Errorf("the post %s is at home twice", s.URI)
			}
			if want[s.URI] {
				seen[s.URI] = true
			}
		}
		below = "&max_id=" + page[len(page)-1].ID
	}
	return nil
}

package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// person is one of the people in the demo: what they sign in with, and the
// access token that their client got for it.
type person struct {
	company                         *company
	username, name, email, password string

	client *http.Client
	token  string
	id     string // in the API of their instance
}

// handle is how people of the other company name this one.
func (a *person) handle() string { return a.username + "@" + a.company.host }

// refusal is an answer of the API that is not a 2xx.
type refusal struct {
	Status int
	Say    string `json:"error"`
	Reason string `json:"reason"`
}

func (r *refusal) Error() string { return fmt.Sprintf("HTTP %d (%s): %s", r.Status, r.Reason, r.Say) }

// get reads from the API as this person.
func (a *person) get(ctx context.Context, path string, query url.Values, out any) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return a.call(ctx, http.MethodGet, path, nil, out)
}

// call asks the API; a form goes in the body. out may be nil.
func (a *person) call(ctx context.Context, method, path string, form url.Values, out any) error {
	r, err := http.NewRequestWithContext(ctx, method, a.company.url()+path, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if a.token != "" {
		r.Header.Set("Authorization", "Bearer "+a.token)
	}
	resp, err := a.client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		problem := &refusal{Status: resp.StatusCode}
		_ = json.Unmarshal(body, problem) // a page says nothing more
		return fmt.Errorf("%s %s: %w", method, path, problem)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(body, out)
}

// loopbackClient is an HTTP client that finds every name under localhost on this
// machine (RFC 6761 §6.3), as browsers do; resolvers may not.
func loopbackClient() *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		MaxIdleConnsPerHost: 8,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, port, err := net.SplitHostPort(address)
			if err == nil && strings.HasSuffix(host, ".localhost") {
				address = net.JoinHostPort("127.0.0.1", port)
			}
			return dialer.DialContext(ctx, network, address)
		},
	}}
}

// probe is the status of a GET.
func probe(ctx context.Context, client *http.Client, address string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	resp, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

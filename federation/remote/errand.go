package remote

import (
	"net/http"

	"entente.example/entente/activity/limits"
)

// Errands is a client for what the operator of this instance has named, such as
// the provider that people sign in with: the Gate, which is about partners, is not
// asked. Everything else is as for partners: addresses, TLS, time, size. It
// follows no redirect.
func (c *Client) Errands() *http.Client {
	return &http.Client{Transport: errands{c}, Timeout: c.fetchDeadline,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

type errands struct{ client *Client }

// RoundTrip sends a request by our rules for addresses.
func (e errands) RoundTrip(r *http.Request) (*http.Response, error) {
	u, err := e.client.clean(r.URL.String())
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.URL, r.Host = u, ""
	r.Header.Set("User-Agent", e.client.opts.UserAgent)
	resp, err := e.client.do(r)
	if err == nil {
		resp.Body = http.MaxBytesReader(nil, resp.Body, limits.Document)
	}
	return resp, err
}

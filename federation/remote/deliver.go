package remote

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// The media types of ActivityPub (ActivityPub §3.2, §7).
const (
	activityJSON = "application/activity+json"
	ldJSON       = "application/ld+json"
	profile      = "https://www.w3.org/ns/activitystreams"
	acceptTypes  = activityJSON + ", " + ldJSON + `; profile="` + profile + `"`
)

// Header is one more header of a request.
type Header struct{ Name, Value string }

// Deliver posts one activity to an inbox, signed by by (ActivityPub §7.1), within
// 30 s. body is sent as it is, at most limits.Document bytes, with more headers. How it
// is signed, and how often it is tried: see knock.
//
// nil means that the partner has taken it: 2xx. NotFound and Gone mean that the
// inbox is no more, Later that it is worth another try (see Answer for when),
// every other kind that it is not. Redirects are not followed. How fetches from
// the host fare is no matter: the worker knows when to stop delivering.
func (c *Client) Deliver(ctx context.Context, inbox string, body []byte, by Keys, more ...Header) error {
	ctx, cancel := context.WithTimeout(ctx, c.deadline)
	defer cancel()
	if len(body) > limits.Document {
		return activity.Refuse(activity.TooLarge, "too_large", "an activity has at most %d bytes", limits.Document)
	}
	u, err := c.permit(ctx, inbox)
	if err != nil {
		return err
	}
	resp, err := c.knock(ctx, u, by, func(k knock) (*http.Response, error) { return c.post(ctx, u, body, k, more) })
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if !isOK(resp.StatusCode) {
		return c.verdict(resp)
	}
	_, _ = io.CopyN(io.Discard, resp.Body, limits.DeliveryAnswer) // read to its end, the connection can be kept
	return nil
}

func (c *Client) post(ctx context.Context, u *url.URL, body []byte, k knock, more []Header) (*http.Response, error) {
	r, err := c.request(ctx, http.MethodPost, u, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", activityJSON)
	r.Header.Set("Accept", acceptTypes)
	for _, h := range more {
		r.Header.Set(h.Name, h.Value)
	}
	if err := c.sign(r, body, k); err != nil {
		return nil, err
	}
	return c.do(r)
}

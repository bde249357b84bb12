package remote

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// Document is an ActivityPub document that was fetched from its own id.
type Document struct {
	ID   activity.ID
	Type string          // the first type, "" when it has none (a bare key)
	Raw  json.RawMessage // as it was sent, and found well by activity.CheckDocument
}

// Fetch gets the document with this id, signed by by, within 10 s. A fragment of id
// is not sent: the document that holds a key is fetched by the key's id.
//
// What comes back is believed only from its own address (interop.md §7 rows 1, 2
// and 5): it was served by the origin that id names, also after redirects, with a
// media type that nobody can upload as a picture, and it says of itself the
// address that it came from. A document that names another id of the same
// origin is fetched once more, there; so Document.ID may differ from id, but
// never in its origin.
//
// Later is also what a host gets that is too slow for all who ask: see visit.
//
// Refusals for good: "cross_origin" and "foreign_id" (Denied),
// "wrong_media_type", "redirect_loop", "too_large", "no_id", and the reasons of
// activity.CheckDocument and of the doors that every request passes.
func (c *Client) Fetch(ctx context.Context, id activity.ID, by Keys) (Document, error) {
	return visit(ctx, c, id.Host(), func(ctx context.Context) (Document, error) { return c.document(ctx, id, by) })
}

func (c *Client) document(ctx context.Context, id activity.ID, by Keys) (Document, error) {
	been := visited{}
	doc, at, err := c.fetch(ctx, id.WithoutFragment(), by, been)
	if err != nil || string(doc.ID) == at {
		return doc, err
	}
	if !activity.SameOrigin(doc.ID, id) {
		return Document{}, activity.Refuse(activity.Denied, "foreign_id", "the document says that it belongs to another server")
	}
	if doc, at, err = c.fetch(ctx, doc.ID, by, been); err != nil {
		return Document{}, err
	}
	if string(doc.ID) != at {
		return Document{}, activity.Refuse(activity.Denied, "foreign_id", "the document is not found under the id that it claims")
	}
	return doc, nil
}

// fetch gets one document and says from which address it came in the end.
func (c *Client) fetch(ctx context.Context, id activity.ID, by Keys, been visited) (Document, string, error) {
	resp, at, err := c.follow(ctx, string(id), been, func(ctx context.Context, u *url.URL) (*http.Response, error) {
		return c.getSigned(ctx, u, by)
	})
	if err != nil {
		return Document{}, "", err
	}
	defer resp.Body.Close()
	if !activity.SameOrigin(activity.ID(at), id) {
		return Document{}, "", refuseOrigin()
	}
	if !isOK(resp.StatusCode) {
		return Document{}, "", c.verdict(resp)
	}
	if types := resp.Header.Values("Content-Type"); len(types) != 1 || !isActivity(types[0]) {
		return Document{}, "", activity.Refuse(activity.WrongType, "wrong_media_type", "this is not served as an ActivityPub document")
	}
	raw, err := read(resp.Body, limits.Document)
	if err != nil {
		return Document{}, "", err
	}
	doc, err := parse(raw)
	return doc, at, err
}

// getSigned asks for u; see knock.
func (c *Client) getSigned(ctx context.Context, u *url.URL, by Keys) (*http.Response, error) {
	return c.knock(ctx, u, by, func(k knock) (*http.Response, error) { return c.get(ctx, u, k) })
}

// get asks for u, and once more with a signature that leaves the query out when the
// partner wants that: Mastodon before 4.3 (interop.md §1.1).
func (c *Client) get(ctx context.Context, u *url.URL, k knock) (*http.Response, error) {
	resp, err := c.getOnce(ctx, u, u.RawQuery, k)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || u.RawQuery == "" || k.dialect != Cavage {
		return resp, err
	}
	resp.Body.Close()
	return c.getOnce(ctx, u, "", k)
}

// getOnce asks for u under a signature that shows signedQuery for its query.
func (c *Client) getOnce(ctx context.Context, u *url.URL, signedQuery string, k knock) (*http.Response, error) {
	r, err := c.request(ctx, http.MethodGet, u, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", acceptTypes)
	r.URL.RawQuery = signedQuery
	if err := c.sign(r, nil, k); err != nil {
		return nil, err
	}
	r.URL.RawQuery = u.RawQuery
	return c.do(r)
}

func parse(raw []byte) (Document, error) {
	if err := activity.CheckDocument(raw); err != nil {
		return Document{}, err
	}
	var o struct {
		ID any `json:"id"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return Document{}, activity.Because(activity.Invalid, "bad_json", err, "this is not a JSON object")
	}
	id, _ := o.ID.(string)
	if id == "" {
		return Document{}, activity.Refuse(activity.Invalid, "no_id", "the document has no id")
	}
	return Document{ID: activity.ID(id), Type: activity.TypeOf(raw), Raw: raw}, nil
}

// isActivity knows the two media types of ActivityPub, with any charset. ld+json
// without the profile can be anything.
func isActivity(contentType string) bool {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	return kind == activityJSON || kind == ldJSON && slices.Contains(strings.Fields(params["profile"]), profile)
}

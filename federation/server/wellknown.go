package server

import (
	"context"
	"net/http"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// webfinger says where the actor with a handle lives (RFC 7033). It is open to
// everybody, as everywhere, and answers exact names only.
func (s *Server) webfinger(r *http.Request, _ store.Reader) (any, error) {
	a, err := s.fingered(r.Context(), r.URL.Query().Get("resource"))
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"subject": "acct:" + s.house.Handle(a),
		"aliases": []activity.ID{a.ID, a.Page()},
		"links": []map[string]any{
			{"rel": "self", "type": activityJSON, "href": a.ID},
			{"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": a.Page()},
		},
	}, nil
}

// fingered is who a resource names: acct:name@host, an id, a profile page, or
// the instance itself (FEP-d556). A company's own group is nobody else's business.
func (s *Server) fingered(ctx context.Context, resource string) (store.Actor, error) {
	if resource == "" {
		return store.Actor{}, activity.Refuse(activity.Invalid, "no_resource", "ask for a resource, as in acct:name@%s", s.house.Host)
	}
	user, address := "", activity.ID(resource)
	if handle, ok := strings.CutPrefix(resource, "acct:"); ok {
		name, host, ok := strings.Cut(strings.TrimPrefix(handle, "@"), "@")
		clean, err := activity.CleanHost(host)
		if !ok || name == "" || err != nil || !s.gate.IsOwn(clean) {
			return store.Actor{}, activity.ErrNotFound()
		}
		user = name
	}
	if address == activity.ID(s.house.URL) || address == activity.ID(s.house.URL+"/") {
		address = s.house.InstanceActor()
	}
	a, err := s.db.FindableActor(ctx, user, address, s.gate.Open())
	if err == nil && !a.DeletedAt.IsZero() {
		err = activity.Refuse(activity.Gone, "gone", "this actor is gone")
	}
	return a, err
}

// hostMeta leads old software to WebFinger (RFC 6415).
func (s *Server) hostMeta(*http.Request, store.Reader) (any, error) {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?>
<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">
  <Link rel="lrdd" template="` + s.house.URL + `/.well-known/webfinger?resource={uri}"/>
</XRD>
`), nil
}

// nodeInfoLinks says where the NodeInfo document is, and who the instance is
// (NodeInfo 2.1, FEP-2677).
func (s *Server) nodeInfoLinks(*http.Request, store.Reader) (any, error) {
	return map[string]any{"links": []map[string]any{
		{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.1", "href": s.house.URL + "/nodeinfo/2.1"},
		{"rel": "https://www.w3.org/ns/activitystreams#Application", "href": s.house.InstanceActor()},
	}}, nil
}

// nodeInfo tells what software this is and, where the admin wants it, how much it
// is used.
func (s *Server) nodeInfo(r *http.Request, _ store.Reader) (any, error) {
	usage, err := s.usage(r.Context())
	return map[string]any{
		"version":           "2.1",
		"software":          map[string]any{"name": federation.Software, "version": s.version},
		"protocols":         []string{"activitypub"},
		"services":          map[string]any{"inbound": []string{}, "outbound": []string{}},
		"openRegistrations": false,
		"usage":             usage,
		"metadata":          map[string]any{},
	}, err
}

func (s *Server) usage(ctx context.Context) (map[string]any, error) {
	if !s.Usage {
		return map[string]any{"users": map[string]any{}}, nil
	}
	people, posts, err := s.db.Usage(ctx)
	return map[string]any{"users": map[string]any{"total": people}, "localPosts": posts}, err
}

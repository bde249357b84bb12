package server

import (
	"context"
	"net/http"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// webfinger says where the actor with a handle lives (RFC 7033). It is open to
// everybody, as everywhere, and answers exact names only.
func (s *Server) webfinger(w http.ResponseWriter, r *http.Request) {
	a, err := s.fingered(r.Context(), r.URL.Query().Get("resource"))
	if err != nil {
		s.problem(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/jrd+json")
	s.write(w, r, http.StatusOK, map[string]any{
		"subject": "acct:" + s.house.Handle(a),
		"aliases": []activity.ID{a.ID, a.Page()},
		"links": []map[string]any{
			{"rel": "self", "type": activityJSON, "href": a.ID},
			{"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": a.Page()},
		},
	})
}

// fingered is who a resource names: acct:name@host, an id, a profile page, or
// the instance itself (FEP-d556).
func (s *Server) fingered(ctx context.Context, resource string) (store.Actor, error) {
	var a store.Actor
	var err error
	if handle, ok := strings.CutPrefix(resource, "acct:"); ok {
		a, err = s.byHandle(ctx, strings.TrimPrefix(handle, "@"))
	} else {
		a, err = s.byAddress(ctx, activity.ID(resource))
	}
	switch {
	case err != nil:
		return a, err
	case !a.DeletedAt.IsZero():
		return a, activity.Refuse(activity.Gone, "gone", "this actor is gone")
	case !a.Local || !a.Usable():
		return a, activity.ErrNotFound()
	}
	if a.IsGroup() && !s.gate.Open() {
		return a, s.groupIsFindable(ctx, a)
	}
	return a, nil
}

// groupIsFindable: a company's own group is nobody else's business.
func (s *Server) groupIsFindable(ctx context.Context, a store.Actor) error {
	group, err := s.db.Group(ctx, a.Key)
	if err == nil && len(group.Companies) == 0 {
		err = activity.ErrNotFound()
	}
	return err
}

func (s *Server) byHandle(ctx context.Context, handle string) (store.Actor, error) {
	user, host, ok := strings.Cut(handle, "@")
	clean, err := activity.CleanHost(host)
	if !ok || err != nil || !s.gate.IsOwn(clean) {
		return store.Actor{}, activity.ErrNotFound()
	}
	return s.db.ActorByHandle(ctx, user, "")
}

func (s *Server) byAddress(ctx context.Context, id activity.ID) (store.Actor, error) {
	if id == activity.ID(s.house.URL) || id == activity.ID(s.house.URL+"/") {
		id = s.house.InstanceActor()
	}
	if !s.house.Owns(id) {
		return store.Actor{}, activity.ErrNotFound()
	}
	a, err := s.db.Actor(ctx, id)
	if activity.KindOf(err) == activity.NotFound && err != nil {
		return s.db.ActorByPage(ctx, id)
	}
	return a, err
}

// hostMeta leads old software to WebFinger (RFC 6415).
func (s *Server) hostMeta(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/xrd+xml")
	_, _ = w.Write([]byte(`<?xml version="1.0" encoding="UTF-8"?>
<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">
  <Link rel="lrdd" template="` + s.house.URL + `/.well-known/webfinger?resource={uri}"/>
</XRD>
`))
}

// nodeInfoLinks says where the NodeInfo document is, and who the instance is
// (NodeInfo 2.1, FEP-2677).
func (s *Server) nodeInfoLinks(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	s.write(w, r, http.StatusOK, map[string]any{"links": []map[string]any{
		{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.1", "href": s.house.URL + "/nodeinfo/2.1"},
		{"rel": "https://www.w3.org/ns/activitystreams#Application", "href": s.house.InstanceActor()},
	}})
}

// nodeInfo tells what software this is and, where the admin wants it, how much it
// is used.
func (s *Server) nodeInfo(w http.ResponseWriter, r *http.Request) {
	usage, err := s.usage(r.Context())
	if err != nil {
		s.problem(w, r, err)
		return
	}
	w.Header().Set("Content-Type", `application/json; profile="http://nodeinfo.diaspora.software/ns/schema/2.1#"`)
	s.write(w, r, http.StatusOK, map[string]any{
		"version":           "2.1",
		"software":          map[string]any{"name": "entente", "version": s.version},
		"protocols":         []string{"activitypub"},
		"services":          map[string]any{"inbound": []string{}, "outbound": []string{}},
		"openRegistrations": false,
		"usage":             usage,
		"metadata":          map[string]any{},
	})
}

func (s *Server) usage(ctx context.Context) (map[string]any, error) {
	if !s.Usage {
		return map[string]any{"users": map[string]any{}}, nil
	}
	people, posts, err := s.db.Usage(ctx)
	return map[string]any{"users": map[string]any{"total": people}, "localPosts": posts}, err
}

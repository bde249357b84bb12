// Package server is what other servers see of this one: inboxes to deliver to,
// documents to read, and the ways to find them. Who may read what is decided in
// two places only: federation/policy for the company, store's visible for the
// thing itself.
package server

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
)

// Server answers other servers.
type Server struct {
	house   federation.House
	db      *store.Store
	engine  *federation.Service
	gate    *policy.Gate
	version string
	log     *slog.Logger

	// Usage lets NodeInfo tell how many people and posts there are; without it,
	// that is the company's own business.
	Usage bool
}

// New makes it; version is told in NodeInfo.
func New(engine *federation.Service, version string, log *slog.Logger) *Server {
	return &Server{house: engine.House, db: engine.Store(), engine: engine, gate: engine.Gate(), version: version, log: log}
}

// Routes is everything that other servers may ask for.
func (s *Server) Routes(mux *http.ServeMux) {
	handle := func(pattern string, fn http.HandlerFunc) { mux.HandleFunc(pattern, s.legible(fn)) }
	handle("POST /inbox", s.inbox)
	handle("POST /actor/inbox", s.inbox)
	handle("POST /users/{name}/inbox", s.inbox)
	handle("POST /groups/{name}/inbox", s.inbox)

	handle("GET /actor", s.open(s.instanceActor))
	handle("GET /.well-known/webfinger", s.webfinger)
	handle("GET /.well-known/host-meta", s.hostMeta)
	handle("GET /.well-known/nodeinfo", s.nodeInfoLinks)
	handle("GET /nodeinfo/2.1", s.nodeInfo)

	handle("GET /actor/outbox", s.gated(s.emptyOutbox))
	for _, base := range []string{"/users", "/groups"} {
		handle("GET "+base+"/{name}", s.gated(s.actor))
		handle("GET "+base+"/{name}/outbox", s.gated(s.outbox))
		handle("GET "+base+"/{name}/followers", s.gated(s.followers))
		handle("GET "+base+"/{name}/following", s.gated(s.following))
		handle("GET "+base+"/{name}/featured", s.gated(s.featured))
	}
	handle("GET /groups/{name}/moderators", s.gated(s.moderators))
	handle("GET /notes/{key}", s.gated(s.note))
	handle("GET /notes/{key}/replies", s.gated(s.replies))
	handle("GET /activities/{key}", s.gated(s.recorded))
}

// legible refuses addresses with characters that no name of ours has, and that
// nothing that we ask could take.
func (s *Server) legible(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		query, err := url.QueryUnescape(r.URL.RawQuery)
		if text := r.URL.Path + query; err != nil || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			s.problem(w, r, activity.Refuse(activity.Invalid, "bad_address", "addresses are UTF-8 without NUL characters"))
			return
		}
		next(w, r)
	}
}

// read answers a reader with a document, or with a fault.
type read func(r *http.Request, who store.Reader) (any, error)

// gated serves a document to partners only: the request must be signed by an
// actor of one of them. In an open federation everybody may read what is public.
func (s *Server) gated(fn read) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if wantsPage(r) {
			http.Redirect(w, r, "/search?q="+url.QueryEscape(s.house.URL+r.URL.Path), http.StatusSeeOther)
			return
		}
		w.Header().Set("Vary", "Accept, Signature")
		w.Header().Set("Cache-Control", "private, no-store")
		who, err := s.reader(r)
		if err == nil {
			var doc any
			if doc, err = fn(r, who); err == nil {
				s.document(w, r, http.StatusOK, doc)
				return
			}
		}
		s.problem(w, r, err)
	}
}

// open serves a document to everybody: it tells nothing but that we exist.
func (s *Server) open(fn read) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if wantsPage(r) {
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return
		}
		w.Header().Set("Vary", "Accept")
		doc, err := fn(r, store.Reader{})
		if err != nil {
			s.problem(w, r, err)
			return
		}
		s.document(w, r, http.StatusOK, doc)
	}
}

// reader is on whose behalf a request reads.
func (s *Server) reader(r *http.Request) (store.Reader, error) {
	actor, err := s.authenticate(r.Context(), r, nil, policy.Serve, "GET "+r.URL.Path)
	if err != nil {
		if activity.FaultOf(err).Reason == "unsigned" && s.gate.Open() {
			return store.Reader{}, nil
		}
		return store.Reader{}, err
	}
	return store.Reader{Host: actor.ID.Host()}, nil
}

// wantsPage says that a browser asks, not a server.
func wantsPage(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "text/html") && !strings.Contains(accept, "json")
}

// activityJSON is the media type that every known software takes.
const activityJSON = "application/activity+json"

func (s *Server) document(w http.ResponseWriter, r *http.Request, status int, doc any) {
	w.Header().Set("Content-Type", activityJSON)
	s.write(w, r, status, doc)
}

func (s *Server) write(w http.ResponseWriter, r *http.Request, status int, doc any) {
	b, err := json.Marshal(doc)
	if err != nil {
		s.problem(w, r, err)
		return
	}
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(b) // the reader may have gone
}

// problem answers with the reason code of a fault and nothing else. What is gone
// shows its tombstone.
func (s *Server) problem(w http.ResponseWriter, r *http.Request, err error) {
	f := activity.FaultOf(err)
	if f.Kind == activity.Internal {
		s.log.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "err", err)
	}
	if f.Kind == activity.Gone && r.Method == http.MethodGet {
		s.document(w, r, http.StatusGone, tombstone(s.house.URL+r.URL.Path))
		return
	}
	if f.Kind == activity.Unauthenticated {
		w.Header().Set("WWW-Authenticate", `Signature realm="ActivityPub",headers="(request-target) host date"`)
	}
	w.Header().Set("Content-Type", "application/json")
	s.write(w, r, f.Kind.Status(), map[string]string{"error": f.Reason})
}

func tombstone(id string) any {
	t := federation.Tombstone(activity.ID(id))
	t["@context"] = activity.Context
	return t
}

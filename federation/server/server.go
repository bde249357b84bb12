// Package server is what other servers see of this one: inboxes to deliver to,
// documents to read, and the ways to find them. Who may read what is decided in
// two places only: federation/policy for the company, store's visible and known
// for the thing itself, by the very actor who has signed (decision 7).
package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/limit"
	"entente.example/entente/federation/media"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
	"entente.example/entente/store/gather"
)

// Server answers other servers.
type Server struct {
	house   federation.House
	db      *store.Store
	engine  *federation.Service
	gate    *policy.Gate
	version string
	log     *slog.Logger

	// Limits are how often others may come. New sets them.
	Limits Limits
	paces  *limit.Limiter

	letters *gather.Gathering[letter]
	beat    time.Duration

	// Usage lets NodeInfo tell how many people and posts there are; without it,
	// that is the company's own business.
	Usage bool
	// Defect is told of each panic that was survived.
	Defect func()
}

// New makes it; version is told in NodeInfo.
func New(engine *federation.Service, version string, log *slog.Logger) *Server {
	s := &Server{house: engine.House, db: engine.Store(), engine: engine, gate: engine.Gate(), version: version, log: log, beat: usualBeat,
		Limits: usualLimits(), paces: limit.New(), Defect: func() {}}
	s.letters = gather.New(keptTogether, keptAtOnce, s.keep)
	return s
}

// handler is a route with what all of them have in common. What depends on who
// signed says so before anything else, so that no cache keeps it, refusals
// included (Mastodon CVE-2026-25540).
func (s *Server) handler(route Route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer s.recover(w, r)
		w.Header().Set("Vary", "Accept")
		if route.Policy != Everybody {
			w.Header().Set("Vary", "Accept, Signature, Signature-Input")
			w.Header().Set("Cache-Control", "private, no-store")
		}
		began := s.engine.Now()
		r, err := s.admit(r, route.Policy)
		if err == nil {
			err = s.serve(w, r, route)
		}
		if err != nil && activity.KindOf(err) == activity.NotFound {
			s.evenOut(r.Context(), began)
		}
		if err != nil {
			s.problem(w, r, err)
		}
	}
}

// usualBeat is what the time of every "not found" is a multiple of. What is missing and
// what is private takes the same queries; this hides what is left of a difference,
// which is far smaller also on a busy machine, from whoever asks often enough to see it.
const usualBeat = 25 * time.Millisecond

// evenOut waits for the next beat.
func (s *Server) evenOut(ctx context.Context, began time.Time) {
	select {
	case <-ctx.Done():
	case <-time.After(s.beat - s.engine.Now().Sub(began)%s.beat):
	}
}

// recover turns a panic into a 500. Nothing is written before an answer is
// complete, so the status is still free.
func (s *Server) recover(w http.ResponseWriter, r *http.Request) {
	switch cause := recover(); cause {
	case nil:
	case http.ErrAbortHandler:
		panic(cause) // net/http's own way to hang up
	default:
		s.Defect()
		s.problem(w, r, fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
	}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, route Route) error {
	if err := legible(r); err != nil {
		return err
	}
	switch {
	case route.Policy == Senders:
		return s.inbox(w, r)
	case route.Policy == Onlookers:
		return s.media(w, r)
	case route.gives == activityJSON && wantsPage(r):
		http.Redirect(w, r, s.page(r, route), http.StatusSeeOther)
		return nil
	case !accepts(r, route.gives):
		return activity.Refuse(activity.WrongType, "not_acceptable", "this is given as %s", route.gives)
	}
	who, err := s.reader(r, route.Policy)
	if err != nil {
		return err
	}
	doc, err := route.read(r, who)
	if err != nil {
		return err
	}
	return s.write(w, http.StatusOK, route.gives, doc)
}

// legible refuses addresses with characters that no name of ours has, and that
// nothing that we ask could take.
func legible(r *http.Request) error {
	query, err := url.QueryUnescape(r.URL.RawQuery)
	if text := r.URL.Path + query; err != nil || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return activity.Refuse(activity.Invalid, "bad_address", "addresses are UTF-8 without NUL characters")
	}
	return nil
}

// reader is on whose behalf a request reads, if the policy lets them in at all.
// In an open federation everybody may read what is public.
func (s *Server) reader(r *http.Request, p Policy) (store.Reader, error) {
	switch p {
	case Everybody:
		return store.Reader{}, nil
	case Onlookers:
		if query := r.URL.Query(); media.IsLink(query) {
			who, err := s.engine.Media().Reader(r.Context(), r.URL.Path, query)
			if err == nil {
				err = s.known(r.Context())
			}
			return who, err
		}
		return s.reader(r, Partners)
	case Partners:
		actor, err := s.authenticate(r.Context(), s.errand(r), r, nil, policy.Serve, "GET "+r.URL.Path)
		if err != nil && activity.FaultOf(err).Reason == "unsigned" && s.gate.Open() {
			return store.Reader{}, nil
		}
		return actor.Reader(), err
	default:
		return store.Reader{}, activity.Refuse(activity.Denied, "no_policy", "nobody may read this yet")
	}
}

// page is where a browser sees the thing.
func (s *Server) page(r *http.Request, route Route) string {
	if route.Policy == Everybody {
		return "/"
	}
	return "/search?q=" + url.QueryEscape(s.house.URL+r.URL.Path)
}

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
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/limit"
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
	// Paces are how often they have come: for all doors of an instance the same one.
	Paces *limit.Limiter

	letters *gather.Gathering[letter]
	bodies  held
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
		Limits: usualLimits(), Paces: limit.New(), Defect: func() {}}
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
		return s.media(w, r, route)
	case route.gives == activityJSON && wantsPage(r):
		http.Redirect(w, r, s.page(r, route), http.StatusSeeOther)
		return nil
	case !accepts(r, route.gives):
		return activity.Refuse(activity.WrongType, "not_acceptable", "this is given as %s", route.gives)
	}
	asker, err := s.asker(r, route)
	if err != nil {
		return err
	}
	who, err := s.reader(r.Context(), asker)
	if err != nil {
		return err
	}
	r = askedBy(r, asker)
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

// asker is on whose behalf a request reads, if the policy lets them in at all and the
// agreement with their company grants it. In an open federation everybody, the zero
// actor, may read what is public.
func (s *Server) asker(r *http.Request, route Route) (store.Actor, error) {
	switch route.Policy {
	case Everybody:
		return store.Actor{}, nil
	case Onlookers, Partners:
		actor, err := s.authenticate(r.Context(), s.errand(r), r, nil, policy.Serve, "GET "+r.URL.Path)
		if err != nil && activity.FaultOf(err).Reason == "unsigned" && s.gate.Open() {
			return store.Actor{}, nil
		}
		if err == nil && route.word != "" {
			err = s.lets(r.Context(), route.word, actor)
		}
		return actor, err
	default:
		return store.Actor{}, activity.Refuse(activity.Denied, "no_policy", "nobody may read this yet")
	}
}

// reader is as whom somebody reads: of groups that are not open nothing where the agreement
// does not let them be in any.
func (s *Server) reader(ctx context.Context, asker store.Actor) (store.Reader, error) {
	who, err := asker.Reader(), s.lets(ctx, agreement.JoinGroup, asker)
	if activity.FaultOf(err).Reason == policy.NotGranted {
		who.Groupless, err = true, nil
	}
	return who, err
}

// lets refuses what the agreement with the company of who asks does not grant them. An
// instance actor asks for all of its people.
func (s *Server) lets(ctx context.Context, w agreement.Word, asker store.Actor) error {
	if asker.Local || asker.ID == "" {
		return nil
	}
	who := asker.ID
	if asker.Type == "Application" {
		who = ""
	}
	return s.gate.Lets(ctx, w, asker.ID.Host(), who)
}

// asking is the key of who asks, in a request's context.
type asking struct{}

func askedBy(r *http.Request, asker store.Actor) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), asking{}, asker))
}

// grants is lets of who a request is of, as an answer.
func (s *Server) grants(r *http.Request, w agreement.Word) (bool, error) {
	asker, _ := r.Context().Value(asking{}).(store.Actor)
	err := s.lets(r.Context(), w, asker)
	if activity.FaultOf(err).Reason == policy.NotGranted {
		return false, nil
	}
	return err == nil, err
}

// linked is one of our people whose browser reads by a link that we have made.
func (s *Server) linked(r *http.Request) (store.Reader, error) {
	who, err := s.engine.Media().Reader(r.Context(), r.URL.Path, r.URL.Query())
	if err == nil {
		err = s.known(r.Context())
	}
	return who, err
}

// page is where a browser sees the thing.
func (s *Server) page(r *http.Request, route Route) string {
	if route.Policy == Everybody {
		return "/"
	}
	return "/search?q=" + url.QueryEscape(s.house.URL+r.URL.Path)
}

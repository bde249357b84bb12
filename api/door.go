package api

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/limit"
	"entente.example/entente/store"
)

// MaxBody is the longest request body that is read, in bytes, but for routes that
// take files.
const MaxBody = 1 << 20

// Door is what every route of an API passes through.
type Door struct {
	DB   *store.Store
	URL  string // the public address, without a slash at the end
	Log  *slog.Logger
	Fail func(http.ResponseWriter, *activity.Fault) // writes a refusal; nil: Problem

	Defect func()         // is told of each panic that was survived; nil: nobody is
	Paces  *limit.Limiter // of strangers: for all doors of an instance the same one; nil: one of its own for what is mounted together
}

// Mount adds the routes to a mux, and for each path the answer to a browser's
// preflight (OPTIONS).
func (d Door) Mount(mux *http.ServeMux, routes ...Route) {
	if d.Paces == nil {
		d.Paces = limit.New()
	}
	methods := map[string][]string{}
	for _, r := range routes {
		methods[r.path()] = append(methods[r.path()], r.method())
		mux.Handle(r.Pattern, d.handler(r))
	}
	for path, allowed := range methods {
		mux.HandleFunc("OPTIONS "+path, func(w http.ResponseWriter, _ *http.Request) {
			share(w)
			w.Header().Set("Access-Control-Allow-Methods", strings.Join(allowed, ", "))
			w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key")
			w.Header().Set("Access-Control-Max-Age", "86400")
			w.WriteHeader(http.StatusNoContent)
		})
	}
}

// NotFound answers every path that is not mounted: in JSON, and so that a page
// in a browser may read it.
func (d Door) NotFound() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		share(w)
		d.fail(w, r, activity.Refuse(activity.NotFound, "no_such_endpoint", "this API has no such endpoint"))
	})
}

// share lets programs on every site read the answer. That is safe because
// nothing here looks at cookies: who asks has to hold a token.
func share(w http.ResponseWriter) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Access-Control-Expose-Headers", "Link, Retry-After")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
}

func (d Door) handler(route Route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		share(w)
		defer d.recover(w, r)
		r.Body = http.MaxBytesReader(w, r.Body, cmp.Or(route.most, MaxBody))
		out, err := d.call(route, r)
		if s, ok := out.(Stream); ok && err == nil {
			err = d.stream(s, route, w, r)
		} else if err == nil {
			err = d.write(w, r, out)
		}
		if err != nil {
			d.fail(w, r, err)
		}
	}
}

// recover turns a panic into a 500. Nothing is written before an answer is
// complete, a Stream apart, so the status is still free.
func (d Door) recover(w http.ResponseWriter, r *http.Request) {
	switch cause := recover(); cause {
	case nil:
	case http.ErrAbortHandler:
		panic(cause)
	default:
		d.Survived()
		d.fail(w, r, fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
	}
}

// Survived counts a panic.
func (d Door) Survived() {
	if d.Defect != nil {
		d.Defect()
	}
}

func (d Door) call(route Route, r *http.Request) (any, error) {
	v, err := d.admitted(r.Context(), route.Policy, r)
	if err != nil && !activity.KindOf(err).Permanent() {
		return nil, err // nobody is a stranger because we cannot look them up
	}
	if tooFast := d.hold(route.Policy, r, v); tooFast != nil {
		return nil, tooFast
	}
	if err != nil {
		return nil, err
	}
	return route.serve(r, v)
}

// hold refuses (TooMany) strangers who come too often from one address. Whoever has
// signed in is none, also where it does not matter who they are; an app by itself is
// one, since anybody can register it.
func (d Door) hold(p Policy, r *http.Request, v store.Viewer) error {
	if p.IsAnyone() {
		v, _ = d.bearer(r.Context(), p, r) // whom we cannot look up is a stranger
	}
	if v.Is() {
		return nil
	}
	return d.Paces.Admit(limit.Address(r.RemoteAddr), limit.Stranger(), time.Now())
}

// viewer is who asks, where that matters.
func (d Door) viewer(ctx context.Context, p Policy, r *http.Request) (store.Viewer, error) {
	if p.IsAnyone() {
		return store.Viewer{}, nil
	}
	return d.bearer(ctx, p, r)
}

// bearer finds who asks by the bearer token (RFC 6750 §2.1, the header only:
// addresses end up in logs; but for streams, see streamToken).
func (d Door) bearer(ctx context.Context, p Policy, r *http.Request) (store.Viewer, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if scheme == "" && p.streams {
		scheme, token = "Bearer", streamToken(r)
	}
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return store.Viewer{}, errNoToken()
	}
	return d.DB.ViewerByToken(ctx, strings.TrimSpace(token))
}

func (d Door) write(w http.ResponseWriter, r *http.Request, out any) error {
	if f, ok := out.(File); ok {
		w.Header().Set("Content-Type", f.Type)
		w.Header().Set("Cache-Control", "public, max-age=86400")
		_, _ = w.Write(f.Content) // the client may have gone
		return nil
	}
	l, isList := out.(linked)
	if isList {
		out = l.items()
	}
	b, err := json.Marshal(out)
	if err != nil {
		return err
	}
	if isList {
		if link := l.link(d.URL, r.URL); link != "" {
			w.Header().Set("Link", link)
		}
	}
	writeJSON(w, http.StatusOK, b)
	return nil
}

func writeJSON(w http.ResponseWriter, status int, b []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // the client may have gone
}

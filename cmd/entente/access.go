package main

import (
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"entente.example/entente/activity"
)

// answer counts what is written through it.
type answer struct {
	http.ResponseWriter
	status int // 0: nothing was written
	bytes  int
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 { // 1xx come before the answer
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(b)
	a.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController through, for streams.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// outermost is around everything that is served: it survives the panics that no
// entry below has, logs each request and counts it. The log has no query and no
// header, and so no secret.
func outermost(next http.Handler, log *slog.Logger, m *metrics) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, a := time.Now(), &answer{ResponseWriter: w}
		defer func() {
			cause := recover()
			cut := cause != nil && !survive(a, r, log, m, cause)
			took := time.Since(began)
			m.request(r.Pattern, a.status, took)
			log.LogAttrs(r.Context(), interest(r), "request", slog.String("method", r.Method), slog.String("path", r.URL.Path),
				slog.Int("status", a.status), slog.Duration("took", took), slog.Int("bytes", a.bytes))
			if cut {
				panic(http.ErrAbortHandler) // net/http's own way to hang up
			}
		}()
		next.ServeHTTP(a, r)
		if a.status == 0 {
			a.status = http.StatusOK // what net/http sends for a handler that says nothing
		}
	})
}

// interest is the level that a request is logged at: health checks come by the
// minute and say nothing.
func interest(r *http.Request) slog.Level {
	if r.Pattern == healthPattern || r.Pattern == readyPattern {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// survive answers 500 for a handler that has panicked. It is false when an
// answer had begun: the connection must be cut, so that nobody takes a part for
// the whole.
func survive(a *answer, r *http.Request, log *slog.Logger, m *metrics, cause any) bool {
	if cause != http.ErrAbortHandler {
		m.defect("http")
		log.ErrorContext(r.Context(), "a handler has panicked", "path", r.URL.Path, "cause", cause, "stack", string(debug.Stack()))
	}
	if a.status != 0 || cause == http.ErrAbortHandler {
		return false
	}
	f := activity.FaultOf(nil) // the words for what is our fault
	writeJSON(a, f.Kind.Status(), map[string]string{"error": f.Say, "reason": f.Reason})
	return true
}

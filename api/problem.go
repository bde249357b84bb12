package api

import (
	"encoding/json"
	"net/http"

	"entente.example/entente/activity"
)

// fail answers with err. A stranger reads only what a Fault says; an internal
// error goes to the log, unless it is only that the client has gone.
func (d Door) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := activity.FaultOf(err)
	if f.Kind == activity.Internal && r.Context().Err() == nil {
		d.Log.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "err", err)
	}
	if wait := f.RetryAfter(); wait != "" {
		w.Header().Set("Retry-After", wait)
	}
	if d.Fail != nil {
		d.Fail(w, f)
		return
	}
	Problem(w, f)
}

// Problem writes a refusal as the Mastodon API does, {"error": sentence}, with
// our stable "reason" besides. What is invalid is 422 there, not 400.
func Problem(w http.ResponseWriter, f *activity.Fault) {
	status := f.Kind.Status()
	switch f.Kind {
	case activity.Invalid:
		status = http.StatusUnprocessableEntity
	case activity.Unauthenticated:
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`) // RFC 6750 §3.1
	case activity.Denied:
		if f.Reason == "insufficient_scope" {
			w.Header().Set("WWW-Authenticate", `Bearer error="insufficient_scope"`)
		}
	}
	WriteProblem(w, status, map[string]string{"error": f.Say, "reason": f.Reason})
}

// WriteProblem writes the JSON of a refusal: for the APIs that have a form of
// their own.
func WriteProblem(w http.ResponseWriter, status int, body map[string]string) {
	b, _ := json.Marshal(body) // strings only: cannot fail
	writeJSON(w, status, b)
}

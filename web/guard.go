package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"

	"entente.example/entente/activity"
)

// maxBody is the largest form that is read, in bytes.
const maxBody = 1 << 20

// guard is what every request passes before its endpoint is found.
func (w *Web) guard(next http.Handler) http.Handler {
	origins := http.NewCrossOriginProtection()
	if u, err := url.Parse(w.house.URL); err == nil {
		// A proxy may change the Host header that an Origin is compared with.
		_ = origins.AddTrustedOrigin(u.Scheme + "://" + u.Host) // a bad one trusts nobody
	}
	origins.SetDenyHandler(w.serve(func(context.Context, *visit) (answer, error) {
		return answer{}, activity.Refuse(activity.Denied, "foreign_form", "this form was sent from another site; open the page here and try again")
	}))
	next = origins.Handler(next)
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		defer w.recover(rw, r)
		h := rw.Header()
		h.Set("Content-Security-Policy", contentPolicy(""))
		h.Set("Referrer-Policy", "same-origin") // "no-referrer" would send forms from the origin "null"
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		r.Body = http.MaxBytesReader(rw, r.Body, maxBody)
		next.ServeHTTP(rw, r)
	})
}

// contentPolicy is the Content-Security-Policy of a page; forms is one more place that
// its forms may lead to, "" for none.
func contentPolicy(forms string) string {
	return strings.TrimSpace("default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self' " + forms)
}

// recover turns a panic into the page for what went wrong here.
func (w *Web) recover(rw http.ResponseWriter, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		panic(p) // net/http's own way to hang up
	}
	w.Defect()
	v := w.stranger(r)
	w.send(rw, v, w.refusal(v, fmt.Errorf("panic: %v\n%s", p, debug.Stack())))
}

// checked reads the form, and lets it through if it carries the token of the
// session, so that nobody is made to send one; the visitor who signs in has one too.
func checked(e endpoint) endpoint {
	return func(ctx context.Context, v *visit) (answer, error) {
		if err := v.ParseForm(); err != nil {
			if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
				return answer{}, activity.Refuse(activity.TooLarge, "large_form", "this form is too large")
			}
			return answer{}, activity.Because(activity.Invalid, "bad_form", err, "this form cannot be read")
		}
		if !v.legible() {
			return answer{}, activity.Refuse(activity.Invalid, "bad_form", "this form cannot be read")
		}
		if v.Method == http.MethodPost && !v.hasToken() {
			return answer{}, activity.Refuse(activity.Denied, "old_form", "this form is too old; open the page again and send it once more")
		}
		return e(ctx, v)
	}
}

// signedIn sends strangers to the sign-in page, and back again after it.
func signedIn(e endpoint) endpoint {
	return func(ctx context.Context, v *visit) (answer, error) {
		if v.viewer.Is() {
			return e(ctx, v)
		}
		to := "/home" // a form cannot be sent again
		if v.Method != http.MethodPost {
			to = v.URL.RequestURI()
		}
		return redirect("/sign-in?to=" + url.QueryEscape(to)), nil
	}
}

// belowAt takes only paths below "/@": a pattern of net/http cannot say so.
func belowAt(e endpoint) endpoint {
	return func(ctx context.Context, v *visit) (answer, error) {
		if !strings.HasPrefix(v.PathValue("at"), "@") {
			return nothing(ctx, v)
		}
		return e(ctx, v)
	}
}

// nothing is at every other path.
func nothing(context.Context, *visit) (answer, error) { return answer{}, activity.ErrNotFound() }

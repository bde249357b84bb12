package web

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"entente.example/entente/activity"
	"entente.example/entente/federation/media"
	"entente.example/entente/store"
)

// visit is one request, with who makes it.
type visit struct {
	*http.Request
	viewer  store.Viewer
	book    *book
	secret  string         // of the session, or of the visitor's cookie
	links   media.Links    // to pictures, for the reader; set with the cards
	cookies []*http.Cookie // to be set by the answer
}

// The cookies, without the prefix that names them over https.
const (
	sessionCookie = "entente_session"
	visitorCookie = "entente_visitor" // ties the forms of strangers to their browser
	localeCookie  = "entente_locale"
)

const (
	sessionLife = 14 * 24 * time.Hour
	visitorLife = 24 * time.Hour
	localeLife  = 365 * 24 * time.Hour
)

// arrive finds out who comes and in which language to speak.
func (w *Web) arrive(ctx context.Context, r *http.Request) (*visit, error) {
	v := &visit{Request: r, secret: w.cookieOf(r, sessionCookie)}
	var err error
	if v.secret != "" {
		v.viewer, err = w.db.ViewerBySession(ctx, v.secret, w.now())
	}
	if activity.KindOf(err) == activity.Unauthenticated {
		err = nil
	}
	if !v.viewer.Is() {
		v.secret = w.cookieOf(r, visitorCookie)
	}
	if v.secret == "" {
		v.secret = store.NewSecret()
		v.cookies = append(v.cookies, w.cookie(visitorCookie, v.secret, visitorLife))
	}
	v.book = w.choose(v.viewer.Member.Locale, w.cookieOf(r, localeCookie), r.Header.Get("Accept-Language"))
	return v, err
}

// stranger is the visit of somebody whom we did not, or could not, look up.
func (w *Web) stranger(r *http.Request) *visit {
	secret := cmp.Or(w.cookieOf(r, sessionCookie), w.cookieOf(r, visitorCookie), store.NewSecret())
	return &visit{Request: r, secret: secret, book: w.choose("", w.cookieOf(r, localeCookie), r.Header.Get("Accept-Language"))}
}

// cookie makes one that scripts and other sites do not see.
func (w *Web) cookie(name, value string, life time.Duration) *http.Cookie {
	return &http.Cookie{Name: w.cookieName(name), Value: value, Path: "/", MaxAge: int(life.Seconds()),
		HttpOnly: true, Secure: w.secure(), SameSite: http.SameSiteLaxMode}
}

// noCookie takes a cookie away.
func (w *Web) noCookie(name string) *http.Cookie {
	c := w.cookie(name, "", 0)
	c.MaxAge = -1
	return c
}

// cookieName adds the prefix that browsers take only from this very host.
func (w *Web) cookieName(name string) string {
	if w.secure() {
		return "__Host-" + name
	}
	return name
}

func (w *Web) cookieOf(r *http.Request, name string) string {
	c, err := r.Cookie(w.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

// token goes into every form of this session. It follows from the secret in the
// cookie and does not give it away.
func (v *visit) token() string {
	h := hmac.New(sha256.New, []byte(v.secret))
	h.Write([]byte("form"))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func (v *visit) hasToken() bool {
	return hmac.Equal([]byte(v.PostFormValue("token")), []byte(v.token()))
}

// legible says that what came is text: the database takes nothing else.
func (v *visit) legible() bool {
	isText := func(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
	for _, values := range v.Form {
		if slices.ContainsFunc(values, func(s string) bool { return !isText(s) }) {
			return false
		}
	}
	return isText(v.URL.Path)
}

// me is the member who has signed in.
func (v *visit) me() store.Actor { return v.viewer.Actor }

// text is a field of the form as people mean it: browsers send lines with CRLF.
func (v *visit) text(field string) string {
	return strings.TrimSpace(strings.ReplaceAll(v.PostFormValue(field), "\r\n", "\n"))
}

// here is the address of this page, for forms that lead back to it; after a form
// it is the page that the form was on.
func (v *visit) here() string {
	if v.Method == http.MethodPost {
		return v.back("/home")
	}
	return v.URL.RequestURI()
}

// back is where a form says that it came from, else the page otherwise.
func (v *visit) back(otherwise string) string {
	return local(v.PostFormValue("back"), otherwise)
}

// local gives an address of our own, and otherwise for any other: a path, and
// nothing that a browser could take for a host.
func local(to, otherwise string) string {
	u, err := url.Parse(to)
	odd := func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f }
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsFunc(to, odd) {
		return otherwise
	}
	return to
}

// page is the part of a list that the address asks for.
func (v *visit) page() store.Page {
	key := func(name string) store.Key {
		k, err := store.ParseKey(v.URL.Query().Get(name))
		if err != nil {
			return 0 // the newest
		}
		return k
	}
	p := store.Page{Before: key("before"), After: key("after"), Limit: store.PageDefault}
	p.Oldest = p.After != 0
	return p
}

// pager leads to the parts of a list before and after this one, "" for none.
type pager struct{ Newer, Older string }

// turn makes the pager of a list of which these are the keys, newest first.
func (v *visit) turn(p store.Page, keys []store.Key) pager {
	start, next := v.URL.EscapedPath(), "?"
	if topic := v.URL.Query().Get("topic"); topic != "" {
		start, next = start+"?topic="+url.QueryEscape(topic), "&"
	}
	at := func(bound string, key store.Key) string { return start + next + bound + "=" + key.String() }
	full := len(keys) == p.Limit
	switch {
	case len(keys) == 0 && p.Before+p.After != 0:
		return pager{Newer: start} // past the end: back to the start
	case len(keys) == 0:
		return pager{}
	}
	var to pager
	if p.Before != 0 || p.After != 0 && full {
		to.Newer = at("after", slices.Max(keys))
	}
	if p.After != 0 || full {
		to.Older = at("before", slices.Min(keys))
	}
	return to
}

package web

import (
	"bytes"
	"context"
	"net/http"
	"strconv"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/limit"
	"entente.example/entente/store"
)

// endpoint answers one visit.
type endpoint func(ctx context.Context, v *visit) (answer, error)

// answer is a page, or another place to go to.
type answer struct {
	page    string   // the template
	title   string   // of the page, in the reader's language
	data    any      // what the template shows
	problem *problem // what is wrong with the form on it
	forms   string   // where forms of the page may lead besides to us
	to      string   // set: no page, go there (303)
}

func redirect(to string) answer { return answer{to: to} }

// problem is what is wrong with a form that was sent.
type problem struct {
	Field string // the id of the field, "" for the whole form
	Say   string
	Kind  activity.Kind
	Again string // Retry-After, "" for none
}

// at says whether the problem is with this field.
func (p *problem) at(field string) bool { return p != nil && p.Field == field }

// status is that of the page.
func (a answer) status() int {
	if a.problem != nil {
		return a.problem.Kind.Status()
	}
	return http.StatusOK
}

// shell is what the templates get: the page's data, and what is on every page.
type shell struct {
	House    federation.House
	Me       store.Actor
	Book     *book
	Books    []*book
	Style    string
	Token    string
	Here     string // the address of this page
	Path     string
	Title    string
	Problem  *problem
	MyGroups []store.Actor
	Data     any
}

// serve runs an endpoint and sends what it answers.
func (w *Web) serve(e endpoint) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		v, err := w.arrive(r.Context(), r)
		var a answer
		if err == nil && !v.viewer.Is() {
			err = w.Paces.Admit(limit.Address(r.RemoteAddr), limit.Stranger(), w.now())
		}
		if err == nil {
			a, err = e(r.Context(), v)
		}
		if err != nil {
			a = w.refusal(v, err)
		}
		w.send(rw, v, a)
	})
}

// refusal is the page for an error: the same for what is missing and what is
// private. What is our own fault is logged.
func (w *Web) refusal(v *visit, err error) answer {
	f := activity.FaultOf(err)
	if f.Kind == activity.Internal {
		w.log.ErrorContext(v.Context(), "page failed", "path", v.URL.Path, "err", err)
		f = activity.FaultOf(activity.Refuse(activity.Internal, "internal", "%s", f.Say))
	}
	if f.Kind == activity.NotFound || f.Kind == activity.Gone {
		f = activity.FaultOf(activity.ErrNotFound())
	}
	say := v.book.explain(f)
	return answer{page: "fault", title: v.book.say("fault.title." + strconv.Itoa(f.Kind.Status())),
		problem: &problem{Say: say, Kind: f.Kind, Again: f.RetryAfter()}}
}

// problemOf is the error as a problem of the form on the page; fields tells the
// id of the field by the reason. An error that nobody can mend by changing the
// form stays one.
func (v *visit) problemOf(err error, fields map[string]string) (*problem, error) {
	f := activity.FaultOf(err)
	if f.Kind == activity.Internal || f.Kind == activity.NotFound {
		return nil, err
	}
	return &problem{Field: fields[f.Reason], Say: v.book.explain(f), Kind: f.Kind, Again: f.RetryAfter()}, nil
}

// send writes the answer. Pages are for this reader and this moment only: no
// cache may keep them.
func (w *Web) send(rw http.ResponseWriter, v *visit, a answer) {
	for _, c := range v.cookies {
		http.SetCookie(rw, c)
	}
	h := rw.Header()
	h.Set("Cache-Control", "no-store")
	if a.to != "" {
		http.Redirect(rw, v.Request, a.to, http.StatusSeeOther)
		return
	}
	body, err := w.render(v, a)
	if err != nil {
		w.log.ErrorContext(v.Context(), "page cannot be rendered", "page", a.page, "err", err)
		http.Error(rw, v.book.say("fault.internal"), http.StatusInternalServerError)
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.book.lang)
	h.Set("Content-Security-Policy", contentPolicy(a.forms))
	if a.problem != nil && a.problem.Again != "" {
		h.Set("Retry-After", a.problem.Again)
	}
	rw.WriteHeader(a.status())
	_, _ = rw.Write(body) // the reader may be gone
}

func (w *Web) render(v *visit, a answer) ([]byte, error) {
	s := shell{House: w.house, Me: v.me(), Book: v.book, Books: w.books, Style: w.style(), Token: v.token(),
		Here: v.here(), Path: v.URL.Path, Title: a.title, Problem: a.problem, Data: a.data}
	if a.problem != nil && a.page != "fault" {
		s.Title = v.book.say("form.problem.title", "title", a.title)
	}
	if v.viewer.Is() && a.page != "fault" { // what failed may be the database
		var err error
		if s.MyGroups, err = w.db.GroupsOf(v.Context(), v.me().Key); err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	b.Grow(64 << 10) // as much as a page of posts has
	page, err := w.pages.of(v.book.lang, a.page)
	if err == nil {
		err = page.ExecuteTemplate(&b, "layout", s)
	}
	if err != nil {
		return nil, err
	}
	return w.stand(v.Context(), v.book, b.Bytes(), a.page != "fault")
}

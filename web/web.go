package web

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"entente.example/entente/federation"
	"entente.example/entente/federation/limit"
	"entente.example/entente/store"
)

// Web serves the pages. Safe for many users at once.
type Web struct {
	// Provider is where people can sign in besides; nil for none. It is set before Routes.
	Provider *Provider

	house   federation.House
	db      *store.Store
	engine  *federation.Service
	log     *slog.Logger
	now     func() time.Time
	books   []*book // the first one is for those whose language we do not have
	pages   pages
	assets  map[string]asset // by path
	tries   *limit.Limiter
	hashing chan struct{} // bounds the memory of password checks

	Defect func()         // is told of each panic that was survived
	Paces  *limit.Limiter // of strangers: for all doors of an instance the same one
}

// maxHashing is how many passwords are checked at once: each takes 19 MiB.
const maxHashing = 4

// New reads the templates and sentences. It fails only when they are wrong,
// which a test excludes.
func New(house federation.House, db *store.Store, engine *federation.Service, log *slog.Logger) (*Web, error) {
	w := &Web{house: house, db: db, engine: engine, log: log, now: time.Now,
		tries: limit.New(), hashing: make(chan struct{}, maxHashing), Defect: func() {}, Paces: limit.New()}
	var err error
	if w.books, err = readBooks(); err != nil {
		return nil, err
	}
	if w.assets, err = readAssets(); err != nil {
		return nil, err
	}
	w.pages, err = w.listPages()
	return w, err
}

// Routes adds the pages to mux. They take every path that nothing else takes, so
// that a name in "/@name" needs no rule of its own.
func (w *Web) Routes(mux *http.ServeMux) {
	h := w.guard(w.routes())
	mux.Handle("/", h)
	mux.Handle("/oauth/authorize", h)
}

// routes are the style sheets and the like, and the pages.
func (w *Web) routes() http.Handler {
	mux := http.NewServeMux()
	for path, a := range w.assets {
		mux.Handle("GET "+path, a)
	}
	for _, l := range w.table() {
		mux.Handle(l.pattern, w.serve(l.admits.guard(l.endpoint)))
	}
	return mux
}

// line is one page, or what is done with a form on one.
type line struct {
	pattern  string
	admits   visitors
	endpoint endpoint
}

// visitors are who may come: the policy of a page. The zero one lets nobody in, so
// that a page which forgot to name one is not there.
type visitors uint8

const (
	nobody visitors = iota
	everybody
	members   // who has signed in
	membersAt // the same, and the path begins with "/@"
)

func (p visitors) guard(e endpoint) endpoint {
	switch p {
	case everybody:
		return checked(e)
	case members:
		return signedIn(checked(e))
	case membersAt:
		return belowAt(signedIn(checked(e)))
	default:
		return nothing
	}
}

// table is the table of contents.
func (w *Web) table() (lines []line) {
	open := func(pattern string, e endpoint) { lines = append(lines, line{pattern, everybody, e}) }
	member := func(pattern string, e endpoint) { lines = append(lines, line{pattern, members, e}) }
	at := func(pattern string, e endpoint) { lines = append(lines, line{pattern, membersAt, e}) }

	open("/", nothing)
	open("GET /{$}", w.front)
	open("GET /sign-in", w.askSignIn)
	open("POST /sign-in", w.signIn)
	open("POST /sign-out", w.signOut)
	if w.Provider != nil {
		open("GET /sign-in/provider", w.beginSignOn)
		open("GET "+signOnBack, w.endSignOn)
	}
	open("POST /locale", w.setLocale)

	member("GET /home", w.home)
	member("POST /home", w.postHome)
	member("GET /notifications", w.notifications)
	member("GET /search", w.search)
	member("GET /groups", w.groups)
	member("POST /groups", w.openGroup)
	member("GET /oauth/authorize", w.askConsent)
	member("POST /oauth/authorize", w.consent)

	w.routesAt(at)
	return lines
}

// routesAt are the pages of people, groups and posts, and what is done there.
func (w *Web) routesAt(at func(pattern string, e endpoint)) {
	at("GET /{at}", w.actor)
	at("POST /{at}", w.postInGroup)
	at("GET /{at}/members", w.members)
	at("POST /{at}/follow", w.onActor(w.engine.Follow))
	at("POST /{at}/unfollow", w.onActor(w.engine.Unfollow))
	at("POST /{at}/join", w.onActor(w.engine.Join))
	at("POST /{at}/leave", w.onActor(w.engine.Leave))
	at("POST /{at}/decline", w.decline)
	at("GET /{at}/manage", w.manage)
	at("POST /{at}/manage", w.changeGroup)
	at("POST /{at}/manage/invite", w.invite)
	at("POST /{at}/manage/people", w.decide)
	at("POST /{at}/manage/topics", w.changeTopics)
	at("POST /{at}/block", w.onActor(w.engine.Block))
	at("POST /{at}/unblock", w.onActor(w.engine.Unblock))

	at("GET /{at}/{key}", w.note)
	at("POST /{at}/{key}", w.reply)
	at("GET /{at}/{key}/history", w.history)
	at("GET /{at}/{key}/edit", w.askEdit)
	at("POST /{at}/{key}/edit", w.edit)
	at("POST /{at}/{key}/delete", w.remove)
	at("POST /{at}/{key}/like", w.onNote(w.engine.Like))
	at("POST /{at}/{key}/react", w.react)
	at("POST /{at}/{key}/vote", w.vote)
	at("POST /{at}/{key}/unlike", w.onNote(w.engine.Unlike))
	at("POST /{at}/{key}/boost", w.onNote(w.boost))
	at("POST /{at}/{key}/unboost", w.onNote(w.engine.Unboost))
	at("POST /{at}/{key}/topic", w.moveToTopic)
	at("POST /{at}/{key}/pin", w.onNote(w.engine.Pin))
	at("POST /{at}/{key}/unpin", w.onNote(w.engine.Unpin))
	at("POST /{at}/{key}/lock", w.onNote(w.engine.CloseThread))
	at("POST /{at}/{key}/unlock", w.onNote(w.engine.ReopenThread))
	at("POST /{at}/{key}/takedown", w.takeDown)
	at("POST /{at}/{key}/report", w.report)
	at("POST /{at}/{key}/answer", w.onNote(w.answers(true)))
	at("POST /{at}/{key}/unanswer", w.onNote(w.answers(false)))
}

// secure says whether people reach us over https: only then can cookies be
// bound to it.
func (w *Web) secure() bool { return strings.HasPrefix(w.house.URL, "https://") }

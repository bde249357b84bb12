package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"entente.example/entente/federation/media"
	"entente.example/entente/store"
)

// look is one way to read something of ours: a request about an id.
type look struct {
	name    string
	about   string // the kind of things
	method  string // GET
	path    func(id string) string
	change  func(*http.Request)
	isBlind bool // members see nothing by it either
}

// looks are the ways to read.
func looks() []look {
	with := func(suffix string) func(string) string { return func(id string) string { return id + suffix } }
	finger := func(resource func(id string) string) func(string) string {
		return func(id string) string { return "/.well-known/webfinger?resource=" + url.QueryEscape(resource(id)) }
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	handle := func(id string) string {
		u, _ := url.Parse(id)
		return "acct:" + nameOf(id) + "@" + u.Host
	}
	return []look{
		{name: "WebFinger by handle", about: "group", path: finger(handle), isBlind: true},
		{name: "WebFinger by handle in capitals", about: "group", path: finger(func(id string) string { return "acct:" + strings.ToUpper(handle(id)[5:]) }), isBlind: true},
		{name: "WebFinger by id", about: "group", path: finger(with("")), isBlind: true},
		{name: "WebFinger by inbox", about: "group", path: finger(with("/inbox")), isBlind: true},
		{name: "WebFinger by page", about: "group", path: finger(func(id string) string { return strings.Replace(id, "/groups/", "/@", 1) }), isBlind: true},
		{name: "WebFinger as one of the people", about: "group", path: finger(func(id string) string { return strings.Replace(id, "/groups/", "/users/", 1) }), isBlind: true},
		{name: "the actor of a group", about: "group", path: with("")},
		{name: "a group as one of the people", about: "group", path: func(id string) string { return strings.Replace(id, "/groups/", "/users/", 1) }, isBlind: true},
		{name: "a group's actor in capitals", about: "group", path: func(id string) string {
			return strings.TrimSuffix(id, nameOf(id)) + strings.ToUpper(nameOf(id))
		}, isBlind: true},
		{name: "a group's actor percent-encoded", about: "group", path: func(id string) string {
			return strings.TrimSuffix(id, nameOf(id)) + "%" + strings.ToUpper(hexOf(nameOf(id)[0])) + nameOf(id)[1:]
		}},
		{name: "a group's actor with a slash", about: "group", path: with("/"), isBlind: true},
		{name: "a group's actor with a query", about: "group", path: with("?x=1")},
		{name: "HEAD of a group", about: "group", method: "HEAD", path: with("")},
		{name: "OPTIONS of a group", about: "group", method: "OPTIONS", path: with(""), isBlind: true},
		{name: "PUT of a group", about: "group", method: "PUT", path: with(""), isBlind: true},
		{name: "DELETE of a group", about: "group", method: "DELETE", path: with(""), isBlind: true},
		{name: "a preflight of a browser", about: "group", method: "OPTIONS", path: with("/inbox"), change: header("Access-Control-Request-Method", "POST"), isBlind: true},
		{name: "a group's page for a browser", about: "group", path: with(""), change: header("Accept", "text/html"), isBlind: true},
		{name: "a group as another media type", about: "group", path: with(""), change: header("Accept", "image/png"), isBlind: true},
		{name: "a group unless it is as it was", about: "group", path: with(""), change: header("If-None-Match", "*")},
		{name: "a group if it has changed", about: "group", path: with(""), change: header("If-Modified-Since", "Mon, 01 Jan 2035 00:00:00 GMT")},
		{name: "a group if it is there", about: "group", path: with(""), change: header("If-Match", "*")},
		{name: "part of a group's actor", about: "group", path: with(""), change: header("Range", "bytes=0-9")},
		{name: "a group by another Host", about: "group", path: with(""), change: func(r *http.Request) { r.Host = "localhost" }, isBlind: true},
		{name: "a group with a bad signature", about: "group", path: with(""), change: header("Date", "Mon, 01 Jan 2024 00:00:00 GMT"), isBlind: true},
		{name: "a group's address with a bad character", about: "group", path: with("?q=%ff"), isBlind: true},
		{name: "an outbox", about: "group", path: with("/outbox")},
		{name: "a page of an outbox", about: "group", path: with("/outbox?page=1")},
		{name: "a page of an outbox from a guess on", about: "group", path: with("/outbox?page=9000000000000000000")},
		{name: "a page of an outbox that is none", about: "group", path: with("/outbox?page=x"), isBlind: true},
		{name: "followers", about: "group", path: with("/followers")},
		{name: "a page of followers", about: "group", path: with("/followers?page=1")},
		{name: "whether one is a follower", about: "group", path: with("/followers?is_follower=https://globex.example/users/bea")},
		{name: "whom a group follows", about: "group", path: with("/following")},
		{name: "what a group has pinned", about: "group", path: with("/featured")},
		{name: "moderators", about: "group", path: with("/moderators")},
		{name: "a topic", about: "topic", path: with("")},
		{name: "a page of a topic", about: "topic", path: with("?page=1")},
		{name: "a list to synchronise members", about: "group", path: with("/followers_synchronization")},
		{name: "a page of a list to synchronise members", about: "group", path: with("/followers_synchronization?page=1")},
		{name: "the list for a successor", about: "group", path: with("/succession"), isBlind: true},
		{name: "a page of the list for a successor", about: "group", path: with("/succession?page=1"), isBlind: true},
		{name: "what is in an inbox", about: "group", path: with("/inbox"), isBlind: true},
		{name: "a post", about: "note", path: with("")},
		{name: "HEAD of a post", about: "note", method: "HEAD", path: with("")},
		{name: "a post's page for a browser", about: "note", path: with(""), change: header("Accept", "text/html"), isBlind: true},
		{name: "a post with a slash", about: "note", path: with("/"), isBlind: true},
		{name: "a post by its key with a sign", about: "note", path: func(id string) string { return strings.Replace(id, "/notes/", "/notes/+", 1) }},
		{name: "a post by its key with zeros", about: "note", path: func(id string) string { return strings.Replace(id, "/notes/", "/notes/00", 1) }},
		{name: "a post as an activity", about: "note", path: func(id string) string { return strings.Replace(id, "/notes/", "/activities/", 1) }, isBlind: true},
		{name: "a post as a picture", about: "note", path: func(id string) string { return strings.Replace(id, "/notes/", "/media/", 1) }, isBlind: true},
		{name: "a post as leave to quote", about: "note", path: func(id string) string { return strings.Replace(id, "/notes/", "/stamps/", 1) }, isBlind: true},
		{name: "a post by WebFinger", about: "note", path: finger(with("")), isBlind: true},
		{name: "answers to a post", about: "note", path: with("/replies")},
		{name: "the thread of a post", about: "note", path: with("/context")},
		{name: "an activity", about: "activity", path: with("")},
		{name: "HEAD of an activity", about: "activity", method: "HEAD", path: with("")},
		{name: "leave to quote a post", about: "stamp", path: with("")},
		{name: "a picture", about: "picture", path: with("")},
		{name: "HEAD of a picture", about: "picture", method: "HEAD", path: with("")},
		{name: "part of a picture", about: "picture", path: with(""), change: header("Range", "bytes=0-9")},
		{name: "a picture unless it is as it was", about: "picture", path: with(""), change: header("If-Modified-Since", "Mon, 01 Jan 2035 00:00:00 GMT")},
		{name: "a small form of a picture", about: "picture", path: with("/0"), isBlind: true},
		{name: "a picture by a forged link", about: "picture", path: with("?" + forgedLink()), isBlind: true},
	}
}

// forgedLink has all that a link of ours to a picture has.
func forgedLink() string {
	u, _ := url.Parse(media.Links{}.Own(store.Key(1)))
	return u.RawQuery
}

func hexOf(b byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[b>>4], digits[b&15]})
}

// tries makes all watchers look at all things, and a member too.
func (d *den) tries(t *testing.T, l look) {
	if l.method == "" {
		l.method = http.MethodGet
	}
	change := func(r *http.Request) {
		if l.change != nil {
			l.change(r)
		}
	}
	if len(d.things[l.about]) < 2 {
		t.Fatalf("there is no %s", l.about)
	}
	told := false
	for _, th := range d.things[l.about] {
		if th.isClosed && strings.Contains(l.path(th.id), "webfinger") {
			continue // by which people of its companies find it, on any software
		}
		sees := func(w watcher) (there, missing string) {
			a, b := d.ask(w, l.method, l.path(th.id), change), d.ask(w, l.method, l.path(th.twin), change)
			return a.as(th.hidden(th.id)...), b.as(th.hidden(th.twin)...)
		}
		for _, w := range d.watchers {
			if w.mayKnow(th) {
				continue
			}
			there, missing := sees(w)
			alike(t, w, th, there, missing)
		}
		there, missing := sees(d.member())
		told = told || there != missing
	}
	if told == l.isBlind {
		t.Errorf("a member is told: %t", told)
	}
}

package server_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/limit"
	"entente.example/entente/store"
)

// den is what the curious would like to know of: groups of alice's at Acme, in which bea
// of Globex is, and what is private. Each thing has an id of nothing beside it, which
// looks the same.
type den struct {
	*company
	alice, amir store.Actor
	globex      *stranger
	bea         string
	watchers    []watcher
	things      map[string][]thing
	open        store.Note // a public post, answered in private too
	said        int        // attempts so far
}

// thing is something that there is, and the id of nothing.
type thing struct {
	name, twin string
	id         string
	isClosed   bool // who knows its name may know that it is there, and Globex what it is for
}

// watcher is one of those who would like to know.
type watcher struct {
	name  string
	host  *stranger
	actor string // "": nobody says who they are
}

func newDen(t *testing.T) *den {
	t.Helper()
	d := &den{things: map[string][]thing{}}
	d.company, d.alice, d.globex, d.bea = guest(t)
	d.doors.Limits.Host, d.doors.Limits.Stranger = limit.Rate{Burst: 1 << 20, Every: 1}, limit.Rate{Burst: 1 << 20, Every: 1}
	d.doors.Usage = true
	d.amir = d.person("amir")
	initech, evil := newStranger(t, "initech"), newStranger(t, "evil")
	narrow := agreement.Grant{Words: []agreement.Word{agreement.Profile, agreement.Follow, agreement.Mention, agreement.Comment, agreement.React}, People: agreement.Everyone()}
	d.grants(initech, narrow, narrow)
	d.watchers = []watcher{
		{"nobody", evil, ""}, {"an outsider", evil, evil.person("mallory")}, {"a partner", initech, initech.person("ivan")},
		{"a partner's server", initech, initech.instance()}, {"a colleague of a member", d.globex, d.globex.person("cora")},
		{"who has left", d.globex, d.globex.person("fred")},
	}
	for _, w := range append(d.watchers[1:], d.member()) { // they have been here before, also with a signature that is none
		d.ask(w, "GET", d.URL+"/users/alice")
		d.ask(w, "GET", d.URL+"/users/alice", func(r *http.Request) { r.Host = "localhost" })
	}
	d.doors.Bare()
	d.furnish()
	return d
}

// instance serves the actor of the whole instance.
func (s *stranger) instance() string {
	id := s.person("server")
	doc := s.actor("server")
	doc["type"] = "Application"
	s.serve("/users/server", doc)
	return id
}

// furnish makes what is secret.
func (d *den) furnish() {
	d.t.Helper()
	d.open = d.writes(d.alice, "for all", store.Actor{})
	for name, access := range map[string]activity.Access{"a secret group": activity.AccessSecret, "a closed group": activity.AccessClosed} {
		group := d.makes(d.alice, access, d.knows(d.bea).Host)
		fred := d.knows(d.globex.id("/users/fred"))
		for _, who := range []store.Actor{d.amir, d.knows(d.bea), fred} {
			d.joined(store.Membership, who, group)
		}
		d.has("group", thing{name: name, id: string(group.ID), isClosed: access == activity.AccessClosed})
		topic, err := d.MakeTopic(d.t.Context(), d.alice, group, "Hush")
		d.do(err)
		d.has("topic", thing{name: "a topic of " + name, id: string(topic.ID)})
		d.company.said()
		d.holds(name, d.writes(d.alice, "hush "+name, group))
		r := d.company.said()[0]
		d.do(d.Remove(d.t.Context(), d.alice, group, fred))
		d.has("activity", thing{name: "what happens in " + name, id: d.URL + "/activities/" + r.Key.String()})
	}
	note, err := d.Post(d.t.Context(), d.alice, federation.Draft{Text: "hush, @bea@" + d.globex.host, Visibility: activity.VisibleDirect, ReplyTo: d.open.Key})
	d.do(err)
	d.holds("those for one", note)
	pump(d.t, d.company)
}

// holds gives a private note what can be beside one.
func (d *den) holds(where string, note store.Note) {
	d.t.Helper()
	d.has("note", thing{name: "a post of " + where, id: string(note.ID)})
	picture := d.sends(d.alice, drawing(d.t))
	draft := federation.Draft{Text: "hush, look, @bea@" + d.globex.host, Media: []store.Key{picture.Key}, Group: note.GroupKey, Visibility: note.Visibility}
	if note.GroupKey != 0 {
		draft.Visibility = ""
	}
	_, err := d.Post(d.t.Context(), d.alice, draft)
	d.do(err)
	d.has("picture", thing{name: "a picture of " + where, id: d.URL + "/media/" + picture.Key.String()})
	d.tx(func(tx *store.Tx) error {
		stamp, err := tx.PutStamp(d.t.Context(), store.Stamp{Kind: "quote", Author: d.alice.Key, Object: activity.ID(d.bea + "#quote"), Target: note.Key})
		d.has("stamp", thing{name: "leave to quote a post of " + where, id: string(d.StampID(stamp.Key))})
		return err
	})
	d.joined(store.Feature, d.alice, store.Actor{Key: note.Key})
}

func (d *den) has(kind string, th thing) {
	at := strings.LastIndexByte(th.id, '/') + 1
	name := strings.Map(func(c rune) rune {
		if '0' <= c && c <= '9' {
			return '9' - (c-'0')/2 // a key of a time that is not yet
		}
		return 'a' + (c-'a'+13)%26
	}, th.id[at:])
	th.twin = th.id[:at] + name
	d.things[kind] = append(d.things[kind], th)
}

// told is all that a watcher learns by one attempt: the answer, and what it makes us ask
// and send them.
type told struct {
	status  int
	body    string
	headers map[string][]string
	traffic []string
}

// as is the same for something that goes by another id, so that two can be compared.
func (a told) as(names ...string) string {
	text := fmt.Sprint(a.status, " ", a.body, " ", a.headers, " ", strings.Join(a.traffic, "\n"))
	return strings.NewReplacer(names...).Replace(text)
}

// ask is a request as a watcher makes it, and what comes of it.
func (d *den) ask(w watcher, method, address string, change ...func(*http.Request)) told {
	d.t.Helper()
	return d.request(w, method, strings.TrimPrefix(address, d.URL), nil, change...)
}

func (d *den) request(w watcher, method, path string, body []byte, change ...func(*http.Request)) told {
	d.t.Helper()
	var r *http.Request
	if w.actor == "" {
		r = httptest.NewRequestWithContext(d.t.Context(), method, d.URL+path, bytes.NewReader(body))
		r.Header.Set("Accept", "application/activity+json")
		r.Header.Set("Content-Type", "application/activity+json")
	} else {
		r = w.host.signed(d.company, method, path, w.actor, body)
	}
	for _, c := range change {
		c(r)
	}
	before := len(w.host.traffic())
	answer := d.from("192.0.2.1:1", r)
	if answer.Code == http.StatusAccepted {
		pump(d.t, d.company)
	}
	return told{answer.Code, answer.Body.String(), maps.Clone(answer.Header()), w.host.traffic()[before:]}
}

// traffic is all that it was asked and sent so far.
func (s *stranger) traffic() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append(slices.Clone(s.got), s.sent...)
}

// TestCurious: an outsider, a partner with few words, its server, a colleague of a member, and
// who has left try to learn of what is not for them, and each time the answer is the one for
// what is not there.
func TestCurious(t *testing.T) {
	t.Parallel()
	d := newDen(t)
	for _, l := range looks() {
		t.Run(l.name, func(t *testing.T) { d.tries(t, l) })
	}
	for _, a := range attempts() {
		t.Run(a.name, func(t *testing.T) { d.attempt(t, a) })
	}
	for _, c := range d.counts() {
		t.Run(c.name, func(t *testing.T) { d.count(t, c) })
	}
}

// member is bea as a watcher: what she cannot tell either is told by nothing.
func (d *den) member() watcher { return watcher{"a member", d.globex, d.bea} }

// mayKnow: a colleague of a member may know of a closed group.
func (w watcher) mayKnow(th thing) bool {
	return th.isClosed && slices.Contains([]string{"a colleague of a member", "who has left"}, w.name)
}

// alike fails where two differ for something that there is and something that is not.
func alike(t *testing.T, w watcher, th thing, there, missing string) {
	t.Helper()
	if there != missing {
		t.Errorf("%s can tell %s:\n%s\nfrom nothing:\n%s", w.name, th.name, there, missing)
	}
}

func encoded(doc any) []byte {
	raw, _ := json.Marshal(doc) // of strings and lists
	return raw
}

func nameOf(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

// hidden replaces what a thing is called by one word.
func (th thing) hidden(id string) []string {
	return []string{id, "THING", nameOf(id), cmp.Or("NAME", th.name)}
}

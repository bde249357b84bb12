package sending_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// document is one that we sent or served.
type document struct {
	kind   string // Content-Type, of what was served
	status int    // of what was served
	raw    json.RawMessage
}

// read gives a document anew each time, so that it may be spoilt.
func (d document) read(t testing.TB) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(d.raw, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// scene is acme, whose documents are kept, and globex, to which it sends them.
type scene struct {
	t            testing.TB
	acme, globex *company
	docs         map[string]document
}

var played struct {
	sync.Once
	docs  map[string]document
	hosts *strings.Replacer
}

// documents are all that acme sent and served, by name. The scene is played once.
func documents(t testing.TB) map[string]document {
	t.Helper()
	played.Do(func() {
		s := &scene{t: t, acme: found(t, "acme"), globex: found(t, "globex"), docs: map[string]document{}}
		s.people()
		s.pages()
		s.quotes()
		s.pictures()
		s.counts()
		s.group()
		s.partings()
		played.hosts = strings.NewReplacer(s.acme.House.Host, "acme.example", s.globex.House.Host, "globex.example",
			strings.ReplaceAll(s.acme.House.Host, ":", "%3A"), "acme.example")
		played.docs = s.docs
	})
	if len(played.docs) == 0 {
		t.Fatal("the scene does not play: see the test that came first")
	}
	return played.docs
}

// pick says which document a name is for.
type pick struct {
	name string
	is   func(doc map[string]any) bool // nil: any
}

// sent keeps what went from acme to globex since the last time. What nobody picks
// is not tested, and so is a failure.
func (s *scene) sent(picks ...pick) {
	s.t.Helper()
	pump(s.t, s.acme, s.globex)
	came := s.globex.came
	s.globex.came = nil
	for _, p := range picks {
		for i, raw := range came {
			d := document{raw: raw}
			if p.is == nil || p.is(d.read(s.t)) {
				s.docs[p.name] = d
				came = append(came[:i:i], came[i+1:]...)
				break
			}
		}
		if _, ok := s.docs[p.name]; !ok {
			s.t.Errorf("nothing was sent that could be %s", p.name)
		}
	}
	for _, raw := range came {
		s.t.Errorf("nobody expected %.300s", raw)
	}
}

// serves keeps what acme says to a partner's GET, or to a stranger's.
func (s *scene) serves(name, path string, status int) {
	s.t.Helper()
	path = strings.TrimPrefix(path, s.acme.URL)
	r := must(http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.acme.http.URL+path, nil))
	r.Host = s.acme.House.Host
	r.Header.Set("Accept", "application/activity+json")
	must(http.DefaultClient.Do(r)).Body.Close()
	a, ok := s.acme.served[path]
	if !ok || a.status != status {
		s.t.Errorf("%s gives %d %s", path, a.status, a.body)
		return
	}
	s.docs[name] = document{a.kind, a.status, a.body}
}

// people play what people do with each other.
func (s *scene) people() {
	ctx, acme, globex := s.t.Context(), s.acme, s.globex
	alice, bea := acme.hires("alice"), globex.hires("bea")
	acme.do(globex.Follow(ctx, bea, globex.sees(alice)))
	s.sent(pick{name: "accept"})
	acme.do(acme.Follow(ctx, alice, acme.sees(bea)))
	s.sent(pick{name: "follow"})

	hello := acme.says(alice, federation.Draft{Text: "Hello #work", Language: "en"})
	s.sent(pick{name: "create-public"})
	acme.says(alice, federation.Draft{Text: "For those who follow", Visibility: activity.VisibleFollowers})
	s.sent(pick{name: "create-followers"})
	acme.says(alice, federation.Draft{Text: "Between us, @bea@" + globex.House.Host, Visibility: activity.VisibleDirect})
	s.sent(pick{name: "create-direct"})
	acme.says(alice, federation.Draft{Text: "What to drink?", Poll: &federation.Poll{Options: []string{"tea", "coffee"}, Open: time.Hour}})
	s.sent(pick{name: "create-poll"})
	acme.says(alice, federation.Draft{Text: "As I said", Quote: hello.Key})
	s.sent(pick{name: "create-quote"})

	theirs := globex.says(bea, federation.Draft{Text: "Good morning"})
	ask := globex.says(bea, federation.Draft{Text: "Lunch?", Poll: &federation.Poll{Options: []string{"yes", "no"}, Open: time.Hour}})
	s.sent()
	acme.says(alice, federation.Draft{Text: "@bea@" + globex.House.Host + " good morning #work", Warning: "early", Language: "en", ReplyTo: acme.has(theirs).Key})
	s.sent(pick{name: "create-reply"})
	acme.do(acme.Vote(ctx, alice, acme.has(ask), []int{0}))
	s.sent(pick{name: "create-vote"})
	acme.do(acme.Like(ctx, alice, acme.has(theirs)))
	s.sent(pick{name: "like"})
	acme.do(acme.Unlike(ctx, alice, acme.has(theirs)))
	s.sent(pick{name: "undo-like"})
	acme.do(acme.React(ctx, alice, acme.has(theirs), "🎉"))
	s.sent(pick{name: "react"})
	acme.do(acme.Unreact(ctx, alice, acme.has(theirs), "🎉"))
	s.sent(pick{name: "undo-react"})
	must(acme.Boost(ctx, alice, acme.has(theirs)))
	s.sent(pick{name: "announce"})
	acme.do(acme.Unboost(ctx, alice, acme.has(theirs)))
	s.sent(pick{name: "undo-announce"})

	globex.says(bea, federation.Draft{Text: "I agree", ReplyTo: globex.has(hello).Key})
	s.sent()
	hello = must(acme.Edit(ctx, alice, acme.has(hello), federation.Draft{Text: "Hello again #work", Language: "en"}))
	s.sent(pick{name: "update"})
	s.doors(string(hello.ID))
}

// doors keep what anybody may ask for.
func (s *scene) doors(note string) {
	for name, path := range map[string]string{
		"actor-person": "/users/alice", "actor-instance": "/actor", "note": note, "replies": note + "/replies", "context": note + "/context",
		"outbox": "/users/alice/outbox", "followers": "/users/alice/followers", "following": "/users/alice/following",
		"webfinger": "/.well-known/webfinger?resource=acct:alice@" + s.acme.House.Host, "nodeinfo": "/nodeinfo/2.1", "nodeinfo-links": "/.well-known/nodeinfo",
	} {
		s.serves(name, path, 200)
	}
}

// group plays what happens in a group of acme.
func (s *scene) group() {
	ctx, acme, globex := s.t.Context(), s.acme, s.globex
	alice, bea := s.both()
	atlas := must(acme.OpenGroup(ctx, alice, federation.GroupDraft{Name: "Atlas", Companies: []string{"*=comment", globex.House.Host}}))
	acme.do(globex.Join(ctx, bea, globex.sees(atlas)))
	s.sent(pick{"accept-join", typed("Accept")}, pick{"group-introduced", typed("Update")})
	acme.says(alice, federation.Draft{Text: "Welcome", Group: atlas.Key})
	embedded := func(doc map[string]any) bool { _, ok := doc["object"].(map[string]any); return ok }
	s.sent(pick{"group-announce-activity", embedded}, pick{name: "group-announce-note"})
	s.acme.came = nil
	globex.says(bea, federation.Draft{Text: "Thank you", Group: globex.sees(atlas).Key})
	s.sent(pick{"group-announce-theirs", embedded}, pick{name: "group-announce-their-note"})
	s.docs["theirs"] = document{raw: acme.came[0]}
	s.serves("actor-group", string(atlas.ID), 200)
	s.serves("moderators", string(atlas.ID)+"/moderators", 200)
	s.later(atlas)
	s.moderation(atlas)
}

// partings play how things end.
func (s *scene) partings() {
	ctx, acme, globex := s.t.Context(), s.acme, s.globex
	alice, bea := s.both()
	slip := acme.says(alice, federation.Draft{Text: "A slip"})
	bad := globex.says(bea, federation.Draft{Text: "Something bad"})
	s.sent(pick{name: "create-slip"})
	delete(s.docs, "create-slip") // like any other
	acme.do(acme.Delete(ctx, alice, acme.has(slip)))
	s.sent(pick{name: "delete"})
	s.serves("tombstone", string(slip.ID), http.StatusGone)
	must(acme.Report(ctx, alice, federation.Complaint{Account: acme.sees(bea), Comment: "look at this", Category: "spam", Forward: true, Notes: []store.Note{acme.has(bad)}}))
	s.sent(pick{name: "flag"})
	acme.do(acme.Unfollow(ctx, alice, acme.sees(bea)))
	s.sent(pick{name: "undo-follow"})
	acme.do(acme.Block(ctx, alice, acme.sees(bea)))
	s.sent(pick{name: "reject"})
}

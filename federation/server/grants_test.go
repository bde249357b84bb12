package server_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
)

// grants makes a partner of a stranger, whose people may do here what lets says and who
// lets ours do what takes says.
func (c *company) grants(s *stranger, lets, takes agreement.Grant) {
	c.t.Helper()
	c.tx(func(tx *store.Tx) error {
		return tx.PutPartner(c.t.Context(), store.Partner{Host: s.host, Lets: lets.Raw(), Takes: takes.Raw()})
	})
}

func only(words ...agreement.Word) agreement.Grant {
	return agreement.Grant{Words: words, People: agreement.Everyone()}
}

func allBut(w agreement.Word) agreement.Grant {
	return only(slices.DeleteFunc(agreement.Words(), func(other agreement.Word) bool { return other == w })...)
}

// site is Acme with a group, a post and a poll, where bea of Globex may come, and cora,
// a program and a group of theirs are known already.
type site struct {
	*company
	globex            *stranger
	alice, atlas      store.Actor
	post, poll, inner store.Note
	bea, cora         string
	program, ring     string
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{}
	s.company, s.alice, s.globex, s.cora = guest(t)
	s.bea, s.program, s.ring = s.globex.person("bea2"), s.globex.person("robot"), s.globex.person("ring")
	robot := s.globex.actor("robot")
	robot["type"] = "Service"
	s.globex.serve("/users/robot", robot)
	s.globex.serve("/users/ring", group(s.globex, "ring"))
	s.atlas = s.opens(s.alice, "Atlas", "*")
	s.joined(store.Membership, s.knows(s.cora), s.atlas)
	post, err := s.Post(t.Context(), s.alice, federation.Draft{Text: "for all"})
	s.post = must(s.company, post, err)
	inner, err := s.Post(t.Context(), s.alice, federation.Draft{Text: "in the group", Group: s.atlas.Key})
	s.inner = must(s.company, inner, err)
	s.poll = s.asks(s.alice, false, activity.VisiblePublic, "tea", "coffee")
	pump(t, s.company)
	return s
}

// deed is something that somebody of a partner does.
type deed struct {
	name string
	word agreement.Word
	does func(path string) map[string]any
}

func (s *site) about(verb, actor string, object any) func(string) map[string]any {
	return func(path string) map[string]any {
		return map[string]any{"id": s.globex.id(path), "type": verb, "actor": actor, "object": object, "to": s.alice.ID}
	}
}

// says is a Create whose note has more to it.
func (s *site) says(actor string, more map[string]any) func(string) map[string]any {
	return func(path string) map[string]any {
		create := s.globex.create(actor, path, "a word")
		create["id"] = s.globex.id(path)
		note := create["object"].(map[string]any)
		note["id"] = s.globex.id(path + "/note")
		for k, v := range more {
			note[k] = v
		}
		create["to"] = note["to"]
		return create
	}
}

func (s *site) deeds() []deed {
	all := []any{activity.Public, s.atlas.ID}
	return []deed{
		{"follow", agreement.Follow, s.about("Follow", s.bea, s.alice.ID)},
		{"join a group", agreement.JoinGroup, s.about("Follow", s.bea, s.atlas.ID)},
		{"join a group by Join", agreement.JoinGroup, s.about("Join", s.globex.person("dora"), s.atlas.ID)},
		{"invite ours into a group of theirs", agreement.HostGroup, func(path string) map[string]any {
			return map[string]any{"id": s.globex.id(path), "type": "Invite", "actor": s.ring, "object": s.ring, "target": s.alice.ID}
		}},
		{"post in a group", agreement.Post, s.says(s.cora, map[string]any{"to": all, "audience": s.atlas.ID})},
		{"answer in a group", agreement.Comment, s.says(s.cora, map[string]any{"to": all, "audience": s.atlas.ID, "inReplyTo": s.inner.ID})},
		{"answer", agreement.Comment, s.says(s.cora, map[string]any{"inReplyTo": s.post.ID})},
		{"write to somebody alone", agreement.Direct, s.says(s.cora, map[string]any{"to": s.alice.ID})},
		{"like", agreement.React, s.about("Like", s.cora, s.post.ID)},
		{"like in a group", agreement.React, s.about("Like", s.cora, s.inner.ID)},
		{"react", agreement.React, func(path string) map[string]any {
			return s.globex.reaction("EmojiReact", s.cora, path, s.post.ID, map[string]any{"content": "🎉"})
		}},
		{"boost", agreement.React, s.about("Announce", s.cora, s.post.ID)},
		{"vote", agreement.React, func(path string) map[string]any { return s.globex.vote(s.cora, path, s.alice.ID, s.poll.ID, "tea") }},
		{"publish an event", agreement.Event, s.says(s.cora, map[string]any{"type": "Event", "name": "a party"})},
		{"write by program", agreement.Bot, s.says(s.program, nil)},
	}
}

// What a partner's people do here takes the word for it, and no other.
func TestWhatAPartnersPeopleMayDoHere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	someoneElse := only(agreement.Words()...)
	someoneElse.People = agreement.These(activity.ID(s.globex.id("/users/nobody")))
	for i, deed := range s.deeds() {
		t.Run(deed.name, func(t *testing.T) {
			does := func(way string, lets agreement.Grant) (outcome string, changed bool) {
				t.Helper()
				s.grants(s.globex, lets, agreement.Everything())
				path, before := fmt.Sprint("/deeds/", i, way), s.rows()
				s.takes(s.globex, deed.does(path))
				return s.outcome(s.globex.id(path)), s.rows() != before
			}
			if outcome, changed := does("a", allBut(deed.word)); outcome != policy.NotGranted || changed {
				t.Errorf("without the word it is %s, with an effect: %t", outcome, changed)
			}
			if deed.word != agreement.HostGroup { // which a server does, for all of its people
				if outcome, changed := does("b", someoneElse); outcome != policy.NotGranted || changed {
					t.Errorf("by somebody whom nobody means it is %s, with an effect: %t", outcome, changed)
				}
			}
			if outcome, changed := does("c", only(deed.word)); outcome != store.Applied || !changed {
				t.Errorf("with the word it is %s, with an effect: %t", outcome, changed)
			}
		})
	}
}

// A name that may not be called takes nothing from those for whom a note is besides.
func TestWhoMayNotNameOurPeopleIsReadButCallsNobody(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for path, tc := range map[string]struct {
		lets  agreement.Grant
		calls int
	}{
		"/notes/no":     {allBut(agreement.Mention), 0},
		"/notes/nobody": {agreement.Grant{Words: agreement.Words(), People: agreement.These(activity.ID(s.bea))}, 0},
		"/notes/yes":    {only(agreement.Mention), 1},
	} {
		s.grants(s.globex, tc.lets, agreement.Everything())
		if n := s.globex.calls(s.company, s.cora, path, 1, s.alice); n != tc.calls {
			t.Errorf("%s: alice was told %d times", path, n)
		}
		if !s.has(s.globex.id(path + "0")) {
			t.Errorf("%s was not taken", path)
		}
	}
}

// What may not be sent along is left out, and may not be shown where it came by a fetch.
func TestWhoMaySendNoFilesSendsWords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	files := map[string]any{"attachment": []any{map[string]any{"type": "Image", "mediaType": "image/png", "url": s.globex.id("/a.png")}}}
	for path, tc := range map[string]struct {
		lets  agreement.Grant
		files int
	}{
		"/notes/no":     {allBut(agreement.UploadFile), 0},
		"/notes/nobody": {agreement.Grant{Words: agreement.Words(), People: agreement.These(activity.ID(s.bea))}, 0},
		"/notes/yes":    {only(agreement.UploadFile), 1},
	} {
		s.grants(s.globex, tc.lets, agreement.Everything())
		s.takes(s.globex, s.says(s.cora, files)(path))
		if n := s.note(activity.ID(s.globex.id(path + "/note"))); len(n.Files()) != tc.files {
			t.Errorf("%s came with %d files", path, len(n.Files()))
		}
	}
}

// A flood of a partner is not lost: it waits in the queue.
func TestAPartnerPostsNoFasterThanItsAgreementSays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	slow := agreement.Everything()
	slow.PostsPerMinute = 2
	s.grants(s.globex, slow, agreement.Everything())
	receive := func(path string) error {
		raw, err := json.Marshal(s.globex.create(s.cora, path, "again"))
		s.do(err)
		return s.Receive(t.Context(), store.Received{Raw: raw, Signer: s.cora})
	}
	s.do(receive("/notes/1"))
	s.do(receive("/notes/2"))
	if err := receive("/notes/3"); activity.KindOf(err) != activity.TooMany || activity.KindOf(err).Permanent() || s.has(s.globex.id("/notes/3")) {
		t.Errorf("the third in a minute: %v", err)
	}
	s.do(receive("/notes/2")) // what is here already costs nothing
	s.ahead.Add(int64(time.Minute))
	s.do(receive("/notes/3"))
}

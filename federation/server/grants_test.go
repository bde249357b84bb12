package server_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
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
	c.do(c.Freeze(c.t.Context(), store.Freeze{Host: s.host}))
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
	bea, cora, mona   string // mona moderates
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
	s.mona = s.globex.person("mona")
	s.do(s.Errand().Ensure(t.Context(), activity.ID(s.mona)))
	for _, who := range []string{s.cora, s.mona} {
		s.joined(store.Membership, s.knows(who), s.atlas)
	}
	s.joined(store.Moderator, s.knows(s.mona), s.atlas)
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

// moderates is what mona does to somebody in the group.
func (s *site) moderates(verb, who string, target activity.ID) func(string) map[string]any {
	return func(path string) map[string]any {
		doc := s.about(verb, s.mona, who)(path)
		doc["target"], doc["to"] = target, s.atlas.ID
		return doc
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
		{"lock a thread", agreement.JoinGroup, s.about("Lock", s.mona, s.inner.ID)},
		{"make somebody a moderator", agreement.JoinGroup, s.moderates("Add", s.cora, s.atlas.ID+"/moderators")},
		{"make a moderator a member", agreement.JoinGroup, s.moderates("Remove", s.cora, s.atlas.ID+"/moderators")},
		{"keep somebody out", agreement.JoinGroup, s.moderates("Block", s.globex.person("eve"), s.atlas.ID)},
		{"remove what somebody wrote", agreement.JoinGroup, s.about("Delete", s.mona, s.globex.id("/deeds/4c/note"))},
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
			enough := only(deed.word)
			if strings.HasSuffix(deed.name, "in a group") { // where they are members
				enough = only(deed.word, agreement.JoinGroup)
			}
			if outcome, changed := does("c", enough); outcome != store.Applied || !changed {
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

// What ours do at a partner takes its word for it, and they hear at once where it lacks.
func TestWhatOursMayDoAtAPartner(t *testing.T) {
	t.Parallel()
	s, ctx := newSite(t), t.Context()
	s.grants(s.globex, agreement.Everything(), agreement.Everything())
	s.takes(s.globex, s.globex.follow(s.bea, s.alice), s.says(s.cora, nil)("/notes/theirs"), s.says(s.cora, nil)("/notes/other"), map[string]any{"id": s.globex.id("/invites/1"), "type": "Invite", "actor": s.ring, "object": s.ring, "target": s.alice.ID})
	theirs, ring, cora, amir := s.note(activity.ID(s.globex.id("/notes/theirs/note"))),
		s.knows(s.ring),
		s.knows(s.cora),
		s.person("amir")
	s.joined(store.Membership, amir, ring)
	robot := s.person("robot")
	robot.Type = "Service"
	s.tx(func(tx *store.Tx) error { _, err := tx.PutActor(ctx, robot); return err })
	post := func(who store.Actor, d federation.Draft) error { _, err := s.Post(ctx, who, d); return err }
	name := " @" + string(cora.Username) + "@" + s.globex.host
	for does, tc := range map[string]struct {
		word agreement.Word
		also agreement.Word
		do   func() error
	}{
		"follow":          {agreement.Follow, "", func() error { return s.Follow(ctx, s.alice, cora) }},
		"follow by bot":   {agreement.Bot, agreement.Follow, func() error { return s.Follow(ctx, robot, cora) }},
		"join":            {agreement.JoinGroup, "", func() error { return s.Join(ctx, s.alice, ring) }},
		"invite":          {agreement.HostGroup, "", func() error { return s.Invite(ctx, s.alice, s.atlas, s.knows(s.bea)) }},
		"post in a group": {agreement.Post, agreement.JoinGroup, func() error { return post(amir, federation.Draft{Text: "a word", Group: ring.Key}) }},
		"answer":          {agreement.Comment, "", func() error { return post(s.alice, federation.Draft{Text: "yes" + name, ReplyTo: theirs.Key}) }},
		"name somebody":   {agreement.Mention, "", func() error { return post(s.alice, federation.Draft{Text: "hello" + name}) }},
		"write to one": {agreement.Direct, "", func() error {
			return post(s.alice, federation.Draft{Text: "psst" + name, Visibility: activity.VisibleDirect})
		}},
		"like": {agreement.React, "", func() error { return s.Like(ctx, s.alice, theirs) }},
		"react": {agreement.React, "", func() error {
			return s.React(ctx, s.alice, s.note(activity.ID(s.globex.id("/notes/other/note"))), "🎉")
		}},
		"boost": {agreement.React, "", func() error { _, err := s.Boost(ctx, s.alice, theirs); return err }},
		"send a picture": {agreement.UploadFile, agreement.Mention, func() error {
			return post(amir, federation.Draft{Text: "look" + name, Media: []store.Key{s.sends(amir, drawing(t)).Key}})
		}},
	} {
		takes := func(g agreement.Grant) { s.grants(s.globex, agreement.Everything(), g) }
		nobody := agreement.Everything()
		nobody.People = agreement.These(activity.ID(s.House.URL + "/users/nobody"))
		for lack, g := range map[string]agreement.Grant{"the word": allBut(tc.word), "the person": nobody} {
			if tc.word == agreement.HostGroup && lack == "the person" {
				continue
			}
			takes(g)
			before := s.rows()
			if err := tc.do(); activity.FaultOf(err).Reason != policy.NotGranted || s.rows() != before {
				t.Errorf("%s without %s: %v", does, lack, err)
			}
		}
		takes(only(tc.word, tc.also))
		before := s.rows()
		if err := tc.do(); err != nil || s.rows() == before {
			t.Errorf("%s with the word: %v", does, err)
		}
	}
	s.grants(s.globex, agreement.Grant{}, agreement.Grant{}) // what takes something back is never refused
	s.do(s.Unfollow(ctx, s.alice, cora))
	s.do(s.Unlike(ctx, s.alice, theirs))
	s.do(s.Leave(ctx, amir, ring))
}

// What a partner's people read here takes the word for it; their server asks for all.
func TestWhatAPartnersPeopleMayRead(t *testing.T) {
	t.Parallel()
	s, ctx := newSite(t), t.Context()
	closed, err := s.OpenGroup(ctx, s.alice, federation.GroupDraft{Name: "Closed", Access: activity.AccessClosed, Companies: []string{"*"}})
	s.do(err)
	s.opens(s.alice, "Alice and friends")
	picture := s.sends(s.alice, drawing(t))
	_, err = s.Post(ctx, s.alice, federation.Draft{Text: "look", Media: []store.Key{picture.Key}})
	s.do(err)
	server := s.globex.actor("server")
	server["type"] = "Application"
	s.globex.person("server")
	s.globex.serve("/users/server", server)
	nobody := agreement.Everything()
	nobody.People = agreement.These(activity.ID(s.globex.id("/users/nobody")))
	for path, tc := range map[string]struct {
		word agreement.Word
		says string
	}{
		"/users/alice/outbox":                {agreement.Profile, policy.NotGranted},
		"/users/alice/followers":             {agreement.Profile, policy.NotGranted},
		"/directory?q=ALI":                   {agreement.Directory, policy.NotGranted},
		"/groups/" + string(closed.Username): {agreement.SeeClosed, "not_found"},
		"/media/" + picture.Key.String():     {agreement.ViewFile, policy.NotGranted},
	} {
		get := func(by string, g agreement.Grant) (int, string) {
			s.grants(s.globex, g, agreement.Everything())
			return s.get(s.globex, by, path)
		}
		for lack, g := range map[string]agreement.Grant{"the word": allBut(tc.word), "the person": nobody} {
			if status, body := get(s.bea, g); status == 200 || !strings.Contains(body, tc.says) {
				t.Errorf("%s without %s: %d %s", path, lack, status, body)
			}
		}
		bea := only(tc.word)
		bea.People = agreement.These(activity.ID(s.bea))
		if status, body := get(s.globex.id("/users/server"), bea); status == 200 || !strings.Contains(body, tc.says) {
			t.Errorf("%s for bea alone, by their server: %d %s", path, status, body)
		}
		if status, body := get(s.bea, bea); status != 200 {
			t.Errorf("%s for bea alone, by her: %d %s", path, status, body)
		}
		for _, by := range []string{s.bea, s.globex.id("/users/server")} {
			if status, body := get(by, only(tc.word)); status != 200 {
				t.Errorf("%s with the word by %s: %d %s", path, by, status, body)
			}
		}
	}
	s.grants(s.globex, only(agreement.Directory, agreement.Profile), agreement.Everything())
	_, found := s.get(s.globex, s.bea, "/directory?q=ali")
	if !strings.Contains(found, `"totalItems":1`) || !strings.Contains(found, `"id":"`+string(s.alice.ID)+`"`) || strings.Contains(found, "Group") {
		t.Errorf("found %s", found)
	}
	if _, all := s.get(s.globex, s.bea, "/directory?q="); !strings.Contains(all, `"totalItems":0`) {
		t.Errorf("who asks for nobody gets %s", all)
	}
	s.do(s.Block(ctx, s.alice, s.knows(s.cora)))
	if _, found := s.get(s.globex, s.cora, "/directory?q=ali"); !strings.Contains(found, `"totalItems":0`) {
		t.Errorf("whom alice has blocked finds %s", found)
	}
	if _, doc := s.get(s.globex, s.bea, "/users/alice"); !strings.Contains(doc, `"name":"alice"`) {
		t.Errorf("with the word her profile is %s", doc)
	}
	s.grants(s.globex, allBut(agreement.Profile), agreement.Everything())
	if _, doc := s.get(s.globex, s.bea, "/users/alice"); strings.Contains(doc, `"name"`) || !strings.Contains(doc, "publicKey") {
		t.Errorf("without the word her profile is %s", doc)
	}
	s.joined(store.Membership, s.knows(s.cora), closed) // who is in it need not be let see it
	s.grants(s.globex, only(agreement.JoinGroup), agreement.Everything())
	if status, _ := s.get(s.globex, s.cora, "/groups/"+string(closed.Username)); status != 200 {
		t.Errorf("a member sees the group: %d", status)
	}
}

// Who has signed nothing takes part in what is not open only where an admin has said so.
func TestOurWordAloneOpensNoClosedOrSecretGroup(t *testing.T) {
	t.Parallel()
	s, ctx := newSite(t), t.Context()
	shut := map[string]store.Actor{}
	for _, access := range []activity.Access{activity.AccessClosed, activity.AccessSecret} {
		g, err := s.OpenGroup(ctx, s.alice, federation.GroupDraft{Name: string(access), Access: access, Companies: []string{"*"}})
		s.do(err)
		shut[string(access)] = g
	}
	agreed := store.Partner{Host: s.globex.host, Agreement: "https://" + s.globex.host + "/partnerships/1",
		Lets: only(agreement.JoinGroup).Raw(), Takes: agreement.Everything().Raw()}
	words := agreed
	words.Agreement = ""
	said := words
	said.Lets = only(agreement.JoinGroup, agreement.SeeClosed).Raw()
	for way, tc := range map[string]struct {
		partner store.Partner
		refused string
	}{"by our word": {words, policy.NotGranted}, "by our word for closed groups too": {said, ""}, "by an agreement": {agreed, ""}} {
		s.tx(func(tx *store.Tx) error { return tx.PutPartner(ctx, tc.partner) })
		for access, group := range shut {
			who := s.meets(s.alice, s.globex.person(strings.ReplaceAll(way+access, " ", "")))
			if err := s.Invite(ctx, s.alice, group, who); (err == nil) != (tc.refused == "") || err != nil && activity.FaultOf(err).Reason != tc.refused {
				t.Errorf("%s, into a %s group: %v", way, access, err)
			}
			path := "/follows/" + string(who.Username)
			s.takes(s.globex, map[string]any{"id": s.globex.id(path), "type": "Follow", "actor": string(who.ID), "object": string(group.ID)})
			if outcome := s.outcome(s.globex.id(path)); outcome != cmp.Or(tc.refused, store.Applied) {
				t.Errorf("%s, a wish to join a %s group is %s", way, access, outcome)
			}
		}
	}
	s.grants(s.globex, only(agreement.JoinGroup), agreement.Everything())
	s.takes(s.globex, map[string]any{"id": s.globex.id("/follows/open"), "type": "Follow", "actor": s.bea, "object": s.atlas.ID})
	if outcome := s.outcome(s.globex.id("/follows/open")); outcome != store.Applied {
		t.Errorf("an open group: %s", outcome)
	}
}

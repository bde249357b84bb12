package server_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
)

// A note that a partner's people may bring with a word, and not without it.
type brought struct {
	name   string
	word   agreement.Word
	author string
	more   map[string]any
}

func (s *site) brings() []brought {
	return []brought{
		{"a comment", agreement.Comment, s.cora, map[string]any{"inReplyTo": s.post.ID}},
		{"a message to one", agreement.Direct, s.cora, map[string]any{"to": s.alice.ID}},
		{"an event", agreement.Event, s.cora, map[string]any{"type": "Event", "name": "a party"}},
		{"a note of a program", agreement.Bot, s.program, nil},
	}
}

// served is the Create of a note that is there for whoever asks for it.
func (s *site) served(b brought, path string) (create map[string]any, note any) {
	create = s.says(b.author, b.more)(path)
	s.globex.serve(path+"/note", create["object"])
	return create, create["object"].(map[string]any)["id"]
}

// ways are those besides a whole Create in which a note can come. Each sends what it
// takes and gives the id of what has to bring the note.
func (s *site) ways() map[string]func(b brought, path string) string {
	by := func(b brought, path, verb string, object any) string {
		s.takes(s.globex, map[string]any{"id": s.globex.id(path), "type": verb, "actor": b.author, "object": object, "to": []any{activity.Public, s.alice.ID}})
		return s.globex.id(path)
	}
	undo := func(b brought, path string, note any) string {
		gone := map[string]any{"id": s.globex.id(path + "/delete"), "type": "Delete", "actor": b.author, "object": note}
		return by(b, path+"/undo", "Undo", gone)
	}
	return map[string]func(b brought, path string) string{
		"Create with its id only": func(b brought, path string) string {
			create, note := s.served(b, path)
			create["object"] = note
			s.takes(s.globex, create)
			return s.globex.id(path)
		},
		"a like of it": func(b brought, path string) string { _, note := s.served(b, path); return by(b, path, "Like", note) },
		"a boost of it": func(b brought, path string) string {
			_, note := s.served(b, path)
			return by(b, path, "Announce", note)
		},
		"Update of what was never": func(b brought, path string) string {
			create, _ := s.served(b, path)
			return by(b, path, "Update", create["object"])
		},
		"Update with its id only": func(b brought, path string) string { _, note := s.served(b, path); return by(b, path, "Update", note) },
		"Undo of a Delete that came first": func(b brought, path string) string {
			_, note := s.served(b, path)
			by(b, path+"/delete", "Delete", note)
			return undo(b, path, note)
		},
	}
}

// What an agreement does not grant does not come in by any way.
func TestTheWordsHoldHoweverANoteComes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for i, b := range s.brings() {
		for way, bring := range s.ways() {
			for granted, lets := range map[bool]agreement.Grant{false: allBut(b.word), true: agreement.Everything()} {
				s.grants(s.globex, lets, agreement.Everything())
				path, before := fmt.Sprintf("/ways/%d/%x/%t", i, way, granted), s.told(s.alice)
				outcome := s.outcome(bring(b, path))
				here, told := s.has(s.globex.id(path+"/note")), !slices.Equal(s.told(s.alice), before)
				if here != granted || told && !granted || (outcome == store.Applied) != granted && b.word != agreement.Direct {
					t.Errorf("%s by %s, granted: %t: here: %t, alice is told: %t, %s", b.name, way, granted, here, told, outcome)
				}
			}
		}
	}
}

// An Undo brings back what was here or is known to be gone, and nothing else.
func TestWhatWasNeverDeletedIsNotBroughtByAnUndo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, note := s.served(brought{author: s.cora, more: map[string]any{"to": s.alice.ID}}, "/notes/1")
	before := s.told(s.alice)
	s.takes(s.globex, map[string]any{"id": s.globex.id("/undo/1"), "type": "Undo", "actor": s.cora, "to": s.alice.ID,
		"object": map[string]any{"id": s.globex.id("/delete/1"), "type": "Delete", "actor": s.cora, "object": note}})
	if s.has(s.globex.id("/notes/1/note")) || !slices.Equal(s.told(s.alice), before) {
		t.Errorf("it came, alice is told of %v", s.told(s.alice))
	}
	if outcome := s.outcome(s.globex.id("/undo/1")); outcome != "nothing_to_undo" {
		t.Error(outcome)
	}
}

// A stranger names no more people by an Undo than by a Create.
func TestAnUndoNamesNoMorePeopleThanACreate(t *testing.T) {
	t.Parallel()
	acme, evil := found(t, "acme", true), newStranger(t, "evil")
	m := evil.person("mallory")
	var people []store.Actor
	var tags, to []any
	for i := range 15 {
		p := acme.person(fmt.Sprint("p", i))
		people, to = append(people, p), append(to, p.ID)
		tags = append(tags, map[string]any{"type": "Mention", "href": p.ID, "name": "@" + string(p.Username)})
	}
	note := evil.create(m, "/notes/1", "buy")["object"].(map[string]any)
	note["tag"], note["cc"] = tags, to
	evil.serve("/notes/1", note)
	gone := map[string]any{"id": evil.id("/delete/1"), "type": "Delete", "actor": m, "object": note["id"], "to": activity.Public}
	acme.takes(evil, gone, map[string]any{"id": evil.id("/undo/1"), "type": "Undo", "actor": m, "to": activity.Public, "object": gone})
	if outcome, n := acme.outcome(evil.id("/undo/1")), acme.mentions(people...); outcome != "stranger_mentions" || n > 0 {
		t.Errorf("%s, and %d people were told", outcome, n)
	}
}

// What is here already may not become by an edit what it could not come as.
func TestTheWordsHoldForAnEdit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	edit := func(path, way string, more map[string]any) {
		up := s.globex.changed(s.cora, path+"/note", "another word", "2030-01-01T00:00:00Z")
		up["id"] = s.globex.id(path + "/" + way)
		note := up["object"].(map[string]any)
		for k, v := range more {
			note[k] = v
		}
		s.globex.serve(path+"/note", note)
		if way == "id" {
			up["object"] = note["id"]
		}
		s.takes(s.globex, up)
	}
	party := map[string]any{"type": "Event", "name": "a party"}
	for _, way := range []string{"whole", "id"} {
		path := "/notes/" + way
		s.grants(s.globex, allBut(agreement.Event), agreement.Everything())
		s.takes(s.globex, s.says(s.cora, nil)(path))
		edit(path, way, party)
		if n := s.note(activity.ID(s.globex.id(path + "/note"))); n.Type != "Note" || s.outcome(s.globex.id(path+"/"+way)) != policy.NotGranted {
			t.Errorf("%s: it is an %s: %s", way, n.Type, s.outcome(s.globex.id(path+"/"+way)))
		}
		s.grants(s.globex, allBut(agreement.Direct), agreement.Everything())
		direct := s.says(s.cora, map[string]any{"to": s.alice.ID})("/dm" + path)
		s.grants(s.globex, agreement.Everything(), agreement.Everything())
		s.takes(s.globex, direct)
		s.grants(s.globex, allBut(agreement.Direct), agreement.Everything())
		edit("/dm"+path, way, map[string]any{"to": s.alice.ID})
		if n := s.note(activity.ID(s.globex.id("/dm" + path + "/note"))); activity.PlainText(string(n.Content)) != "a word" {
			t.Errorf("%s: a message that may not be sent any more says %q", way, n.Content)
		}
	}
}

// Files that nobody may send us are left out, however their note comes.
func TestFilesAreLeftOutHoweverTheirNoteComes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := brought{author: s.cora, more: map[string]any{"attachment": []any{map[string]any{"type": "Image", "mediaType": "image/png", "url": s.globex.id("/a.png")}}}}
	i := 0
	for way, bring := range s.ways() {
		for files, lets := range []agreement.Grant{allBut(agreement.UploadFile), agreement.Everything()} {
			s.grants(s.globex, lets, agreement.Everything())
			i++
			path := fmt.Sprint("/files/", i)
			bring(b, path)
			if n := s.note(activity.ID(s.globex.id(path + "/note"))); len(n.Files()) != files {
				t.Errorf("by %s it came with %d files instead of %d", way, len(n.Files()), files)
			}
		}
	}
}

// What somebody puts on their wall is a boost, which takes the word for one.
func TestAWallTakesTheWordForABoost(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	dora := s.globex.person("dora")
	doc := s.globex.actor("dora")
	doc["wall"] = dora + "/wall"
	s.globex.serve("/users/dora", doc)
	s.do(s.Errand().Ensure(t.Context(), activity.ID(dora)))
	amir := s.person("amir")
	s.joined(store.Follow, amir, s.knows(dora))
	for seen, lets := range []agreement.Grant{allBut(agreement.React), only(agreement.React)} {
		s.grants(s.globex, lets, agreement.Everything())
		s.takes(s.globex, map[string]any{"id": s.globex.id(fmt.Sprint("/wall/", seen)), "type": "Add", "actor": dora, "object": s.post.ID, "target": dora + "/wall", "to": activity.Public})
		if got := s.home(amir); len(got) != seen {
			t.Errorf("amir sees %q, and should see %d", got, seen)
		}
	}
	if outcome := s.outcome(s.globex.id("/wall/0")); outcome != policy.NotGranted {
		t.Error(outcome)
	}
}

// What people of a partner add to their own conversations is no faster than what they post.
func TestAConversationIsNoFasterThanItsAgreementSays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	slow := agreement.Everything()
	slow.PostsPerMinute = 1
	s.takes(s.globex, s.globex.create(s.cora, "/notes/first", "first"))
	s.grants(s.globex, slow, agreement.Everything())
	add := func(path string) error {
		create := s.globex.said(s.cora, path, "many")
		create["object"].(map[string]any)["inReplyTo"] = s.globex.id("/notes/first")
		raw, err := json.Marshal(map[string]any{"id": s.globex.id(path + "/add"), "type": "Add", "actor": s.cora, "object": create, "target": s.globex.id("/conversations/1"), "to": activity.Public})
		s.do(err)
		return s.Receive(t.Context(), store.Received{Raw: raw, Signer: s.cora})
	}
	s.do(add("/notes/1"))
	if err := add("/notes/2"); activity.KindOf(err) != activity.TooMany || s.has(s.globex.id("/notes/2")) {
		t.Errorf("the second in a minute: %v", err)
	}
	s.ahead.Add(int64(time.Minute))
	s.do(add("/notes/2"))
	if !s.has(s.globex.id("/notes/1")) || !s.has(s.globex.id("/notes/2")) {
		t.Error("what was in time is lost")
	}
}

// Who may neither name our people nor write to them alone does not do so by naming a group
// of theirs; who is in that group is called there.
func TestAGroupElsewhereIsNoWayAroundTheWords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	amir := s.person("amir")
	s.do(s.Errand().Ensure(t.Context(), activity.ID(s.ring)))
	s.joined(store.Membership, amir, s.knows(s.ring))
	s.grants(s.globex, only(agreement.HostGroup), agreement.Everything())
	relayed := func(create map[string]any) map[string]any {
		return map[string]any{"id": create["id"].(string) + "/announce", "type": "Announce", "actor": s.ring, "object": create, "to": s.ring + "/followers"}
	}
	as := func(create map[string]any) map[string]any { return create }
	for name, tc := range map[string]struct {
		audience map[string]any
		brings   func(map[string]any) map[string]any
		kept     bool
	}{
		"alone":            {map[string]any{"to": "WHO", "audience": s.ring}, as, false},
		"alone, by to":     {map[string]any{"to": []any{"WHO", s.ring}}, as, false},
		"alone, announced": {map[string]any{"to": "WHO", "audience": s.ring}, relayed, false},
		"named":            {map[string]any{"to": activity.Public, "cc": "WHO", "audience": s.ring}, as, true},
		"named, announced": {map[string]any{"to": activity.Public, "cc": "WHO", "audience": s.ring}, relayed, true},
	} {
		for who, isIn := range map[store.Key]bool{s.alice.Key: false, amir.Key: true} {
			person, err := s.db.ActorByKey(t.Context(), who)
			s.do(err)
			raw, err := json.Marshal(tc.audience)
			s.do(err)
			more := map[string]any{}
			s.do(json.Unmarshal([]byte(strings.ReplaceAll(string(raw), "WHO", string(person.ID))), &more))
			more["tag"] = map[string]any{"type": "Mention", "href": person.ID, "name": "@x"}
			path := fmt.Sprintf("/around/%s/%s", strings.NewReplacer(" ", "", ",", "-").Replace(name), who)
			before := len(s.told(person))
			s.takes(s.globex, tc.brings(s.says(s.cora, more)(path)))
			if told := len(s.told(person)) > before; told != isIn {
				t.Errorf("%s, %s is told: %v", name, person.Username, told)
			}
			if has := s.has(s.globex.id(path + "/note")); has != (isIn || tc.kept) {
				t.Errorf("%s, for %s, it is kept: %v", name, person.Username, has)
			}
		}
	}
}

// Nor where it is fetched.
func TestAGroupElsewhereIsNoWayAroundTheWordsOfWhatIsFetched(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.do(s.Errand().Ensure(t.Context(), activity.ID(s.ring)))
	for want, words := range [][]agreement.Word{{agreement.HostGroup}, {agreement.Direct}} {
		s.grants(s.globex, only(words...), agreement.Everything())
		path := fmt.Sprint("/fetched/", want)
		note := s.says(s.cora, map[string]any{"to": s.alice.ID, "audience": s.ring})(path)["object"].(map[string]any)
		s.globex.serve(path+"/note", note)
		s.takes(s.globex, map[string]any{"id": s.globex.id(path), "type": "Announce", "actor": s.cora, "object": note["id"]})
		if has := s.has(s.globex.id(path + "/note")); has != (want == 1) {
			t.Errorf("with %v it is kept: %v", words, has)
		}
	}
}

// Nor does a group of theirs that tells of an answer to what was not said in it.
func TestAGroupElsewhereIsNoWayAroundTheWordForAnAnswer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.do(s.Errand().Ensure(t.Context(), activity.ID(s.ring)))
	s.joined(store.Membership, s.person("amir"), s.knows(s.ring))
	for want, words := range [][]agreement.Word{{agreement.HostGroup}, {agreement.HostGroup, agreement.Comment}} {
		s.grants(s.globex, only(words...), agreement.Everything())
		path := fmt.Sprint("/answers/", want)
		create := s.says(s.cora, map[string]any{"to": activity.Public, "audience": s.ring, "inReplyTo": s.post.ID})(path)
		s.takes(s.globex, map[string]any{"id": s.globex.id(path + "/announce"), "type": "Announce", "actor": s.ring, "object": create, "to": s.ring + "/followers"})
		if has := s.has(s.globex.id(path + "/note")); has != (want == 1) {
			t.Errorf("with %v it is kept: %v", words, has)
		}
	}
}

// Nor do moderators of a group of ours decide there by way of a group of theirs.
func TestAGroupElsewhereIsNoWayAroundTheWordForModerators(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.do(s.Errand().Ensure(t.Context(), activity.ID(s.ring)))
	s.joined(store.Membership, s.person("amir"), s.knows(s.ring))
	for want, words := range [][]agreement.Word{{agreement.HostGroup}, {agreement.HostGroup, agreement.JoinGroup}} {
		s.grants(s.globex, only(words...), agreement.Everything())
		path := fmt.Sprint("/bans/", want)
		ban := s.moderates("Block", s.cora, s.atlas.ID)(path)
		s.takes(s.globex, map[string]any{"id": s.globex.id(path + "/announce"), "type": "Announce", "actor": s.ring, "object": ban, "to": s.ring + "/followers"})
		_, banned, err := activity.Optional(s.db.Edge(t.Context(), store.Ban, s.knows(s.cora).Key, s.atlas.Key))
		s.do(err)
		if banned != (want == 1) {
			t.Errorf("with %v cora is kept out: %v", words, banned)
		}
	}
}

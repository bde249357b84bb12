package server_test

import (
	"fmt"
	"slices"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
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
				if here != granted || told && !granted || (outcome == store.Applied) != granted {
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

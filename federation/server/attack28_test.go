package server_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// bomb is a note in the shape of the spam of February 2024: a link, and many people.
func (s *stranger) bomb(actor, path string, first activity.ID, others int) map[string]any {
	doc := s.create(actor, path, `<p><a href="https://spam.example/">spam.example</a></p>`)
	cc, tags := []any{actor + "/followers", first}, []any{map[string]any{"type": "Mention", "href": first, "name": "@alice"}}
	for i := range others {
		id := s.id(fmt.Sprint("/users/other", i))
		cc, tags = append(cc, id), append(tags, map[string]any{"type": "Mention", "href": id, "name": fmt.Sprint("@other", i)})
	}
	o := doc["object"].(map[string]any)
	o["cc"], o["tag"], doc["cc"] = cc, tags, cc
	return doc
}

func TestAttack28AStrangerCallsManyPeopleAtOnce(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	ctx, alice := t.Context(), acme.person("alice")
	evil := newStranger(t, "evil")
	mallory := evil.person("mallory")
	told := func() int {
		ns, err := acme.db.Notifications(ctx, alice.Key, store.Page{})
		return len(must(acme, ns, err))
	}
	evil.send(acme, evil.bomb(mallory, "/notes/1", alice.ID, limits.StrangerMentions))
	pump(t, acme)
	if n := told(); n != 0 {
		t.Errorf("alice was told %d times", n)
	}
	if _, err := acme.db.Note(ctx, activity.ID(evil.id("/notes/1"))); activity.KindOf(err) != activity.NotFound {
		t.Errorf("it was kept: %v", err)
	}
	evil.send(acme, evil.bomb(mallory, "/notes/2", alice.ID, limits.StrangerMentions-1)) // a first contact
	pump(t, acme)
	if n := told(); n != 1 {
		t.Errorf("a first contact was told %d times", n)
	}
	acme.do(acme.Follow(ctx, alice, actorOf(acme, alice, mallory)))
	evil.send(acme, map[string]any{"id": evil.id("/accept"), "type": "Accept", "actor": mallory,
		"object": map[string]any{"type": "Follow", "actor": alice.ID, "object": mallory}})
	evil.send(acme, evil.bomb(mallory, "/notes/3", alice.ID, limits.StrangerMentions))
	pump(t, acme)
	if n := told(); n != 2 {
		t.Errorf("somebody whom she follows reached her %d times", n)
	}
}

func TestAttack28ByDefaultOnlyPartnersReachAnybody(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice, evil := acme.person("alice"), newStranger(t, "evil")
	if status, body := evil.send(acme, evil.bomb(evil.person("mallory"), "/notes/1", alice.ID, 0)); status != 403 {
		t.Errorf("got %d %s", status, body)
	}
}

func TestAttack28TheRecordedSpamHasNoEffect(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("ENTENTE_FIXTURES")
	if folder == "" {
		t.Skip("ENTENTE_FIXTURES names no folder with the messages of other servers")
	}
	raw, err := os.ReadFile(filepath.Join(folder, "hostile", "note-spam-2024-mention-bomb.json"))
	if err != nil {
		t.Fatal(err)
	}
	acme := found(t, "acme", true)
	alice, evil := acme.person("alice"), newStranger(t, "evil")
	mallory := evil.person("mallory")
	var note map[string]any
	acme.do(json.Unmarshal(raw, &note))
	note["id"], note["attributedTo"], note["url"] = evil.id("/notes/1"), mallory, evil.id("/notes/1")
	tags, cc := note["tag"].([]any), note["cc"].([]any)
	tags[len(tags)-1].(map[string]any)["href"], cc[len(cc)-1] = alice.ID, alice.ID // the one of ours among them
	evil.send(acme, map[string]any{"id": evil.id("/creates/1"), "type": "Create", "actor": mallory, "object": note, "to": note["to"], "cc": cc})
	pump(t, acme)
	if ns, err := acme.db.Notifications(t.Context(), alice.Key, store.Page{}); err != nil || len(ns) != 0 {
		t.Errorf("alice was told %+v, %v", ns, err)
	}
	if _, err := acme.db.Note(t.Context(), activity.ID(evil.id("/notes/1"))); activity.KindOf(err) != activity.NotFound {
		t.Errorf("it was kept: %v", err)
	}
}

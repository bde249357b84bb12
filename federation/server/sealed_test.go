package server_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// sealed is a message that only some can open.
func (s *stranger) sealed(author, path string, to ...activity.ID) map[string]any {
	return map[string]any{"type": []string{"Object", "PrivateMessage"}, "id": s.id(path), "attributedTo": author, "to": to,
		"mediaType": "message/mls", "encoding": "base64", "content": "AAEC<b>", "conversation": s.id("/rooms/1"), "unknown": map[string]any{"to": "the server"}}
}

func (s *stranger) seals(c *company, author string, o map[string]any) {
	s.send(c, map[string]any{"id": fmt.Sprint(o["id"], "#create"), "type": "Create", "actor": author, "to": o["to"], "object": o})
	pump(c.t, c)
}

// waiting are the ids of the sealed messages that wait for somebody.
func (c *company) waiting(who store.Actor) (ids []string) {
	c.t.Helper()
	all, err := c.db.SealedFor(c.t.Context(), who.Key, store.Page{})
	for _, m := range must(c, all, err) {
		ids = append(ids, string(m.IRI))
	}
	return ids
}

func TestASealedMessageIsForThoseWhomItNames(t *testing.T) {
	t.Parallel()
	acme, globex := found(t, "acme", false), newStranger(t, "globex")
	alice, carol := acme.person("alice"), acme.person("carol")
	acme.isPartnerOf(globex)
	bea, dan := globex.person("bea"), globex.person("dan")
	message := globex.sealed(bea, "/sealed/1", alice.ID)
	for range 2 { // twice is once
		globex.seals(acme, bea, message)
	}
	kept, err := acme.db.SealedFor(t.Context(), alice.Key, store.Page{})
	if must(acme, kept, err); len(kept) != 1 || len(acme.waiting(carol)) != 0 {
		t.Fatalf("%d for alice, %q for carol", len(kept), acme.waiting(carol))
	}
	var is, was any
	acme.do(json.Unmarshal(kept[0].Raw, &is))
	sent, _ := json.Marshal(message)
	acme.do(json.Unmarshal(sent, &was))
	if !reflect.DeepEqual(is, was) {
		t.Errorf("it came as %s and is kept as %s", sent, kept[0].Raw)
	}
	if _, known, _ := activity.Optional(acme.db.Note(t.Context(), activity.ID(globex.id("/sealed/1")))); known {
		t.Error("it is a note")
	}

	forged := globex.sealed(dan, "/sealed/2", alice.ID)
	globex.seals(acme, bea, forged) // somebody else's name
	elsewhere := globex.sealed(bea, "", alice.ID)
	elsewhere["id"] = "https://initech.example/sealed/3"
	globex.seals(acme, bea, elsewhere)
	globex.seals(acme, bea, globex.sealed(bea, "/sealed/4", alice.ID, activity.Public))
	globex.seals(acme, bea, globex.sealed(bea, "/sealed/5", activity.ID(bea+"/followers")))
	globex.send(acme, map[string]any{"id": dan + "#away", "type": "Delete", "actor": dan, "object": globex.id("/sealed/1")})
	changed := globex.sealed(bea, "/sealed/1", alice.ID, carol.ID)
	globex.send(acme, map[string]any{"id": bea + "#wider", "type": "Update", "actor": bea, "to": changed["to"], "object": changed})
	globex.seals(acme, dan, globex.sealed(dan, "/sealed/1", carol.ID))
	if got := acme.waiting(alice); len(got) != 1 || !strings.HasSuffix(got[0], "/sealed/1") || len(acme.waiting(carol)) != 0 {
		t.Errorf("for alice %q, for carol %q", got, acme.waiting(carol))
	}

	globex.send(acme, map[string]any{"id": bea + "#away", "type": "Delete", "actor": bea, "object": globex.id("/sealed/1")})
	pump(t, acme)
	message["id"] = globex.id("/sealed/1")
	globex.send(acme, map[string]any{"id": bea + "#again", "type": "Create", "actor": bea, "to": message["to"], "object": message})
	pump(t, acme)
	if got := acme.waiting(alice); len(got) != 0 {
		t.Errorf("taken back, and still there: %q", got)
	}

	acme.do(acme.db.InTx(t.Context(), func(tx *store.Tx) error {
		for i := range limits.SealedMessages {
			m := store.Sealed{Key: store.Key(i + 1), IRI: activity.ID(globex.id(fmt.Sprint("/many/", i))), Author: acme.sees(store.Actor{Actor: activity.Actor{Username: "bea"}, Host: globex.host}).Key, Raw: []byte("{}")}
			if err := tx.PutSealed(t.Context(), m, []store.Key{alice.Key}); err != nil {
				return err
			}
		}
		return nil
	}))
	globex.seals(acme, bea, globex.sealed(bea, "/sealed/6", alice.ID))
	globex.seals(acme, dan, globex.sealed(dan, "/sealed/7", alice.ID))
	if got := strings.Join(acme.waiting(alice), " "); strings.Contains(got, "/sealed/6") || !strings.Contains(got, "/sealed/7") {
		t.Errorf("one too many: %t, of another author: %t", strings.Contains(got, "/sealed/6"), strings.Contains(got, "/sealed/7"))
	}
}

func TestASealedMessageGoesWhenAllHaveIt(t *testing.T) {
	t.Parallel()
	acme, globex := found(t, "acme", false), newStranger(t, "globex")
	alice, carol := acme.person("alice"), acme.person("carol")
	acme.isPartnerOf(globex)
	bea := globex.person("bea")
	globex.seals(acme, bea, globex.sealed(bea, "/sealed/1", alice.ID, carol.ID))
	kept, err := acme.db.SealedFor(t.Context(), alice.Key, store.Page{})
	key := must(acme, kept, err)[0].Key
	open := func(who store.Actor) error {
		return acme.db.InTx(t.Context(), func(tx *store.Tx) error { return tx.OpenSealed(t.Context(), who.Key, key) })
	}
	acme.do(open(alice))
	if err := open(alice); activity.KindOf(err) != activity.NotFound || len(acme.waiting(alice)) != 0 || len(acme.waiting(carol)) != 1 {
		t.Fatalf("alice has it twice: %v; %q for carol", err, acme.waiting(carol))
	}
	acme.do(open(carol))
	if _, err := acme.db.Sealed(t.Context(), activity.ID(globex.id("/sealed/1"))); activity.KindOf(err) != activity.NotFound || err == nil {
		t.Errorf("it is still there: %v", err)
	}
}

func TestNobodyIsSentSealedMessagesByWhomTheyBlock(t *testing.T) {
	t.Parallel()
	acme, globex := found(t, "acme", false), newStranger(t, "globex")
	alice := acme.person("alice")
	acme.isPartnerOf(globex)
	bea := globex.person("bea")
	globex.say(acme, globex.note(bea, "/notes/1", "", "to", alice.ID))
	pump(t, acme)
	acme.do(acme.Block(t.Context(), alice, acme.sees(store.Actor{Actor: activity.Actor{Username: "bea"}, Host: globex.host})))
	globex.seals(acme, bea, globex.sealed(bea, "/sealed/1", alice.ID))
	if got := acme.waiting(alice); len(got) != 0 {
		t.Errorf("it waits: %q", got)
	}
}

// Who is known to nobody here reaches no more people by messages that nobody can read than by
// others, and goes on talking to those.
func TestAttack28AStrangerSendsSealedMessagesToManyPeople(t *testing.T) {
	t.Parallel()
	acme, evil := found(t, "acme", true), newStranger(t, "evil")
	mallory, friend := evil.person("mallory"), acme.person("friend")
	var people []activity.ID
	var last store.Actor
	for i := range limits.FirstContacts + 1 {
		last = acme.person(fmt.Sprint("p", i))
		people = append(people, last.ID)
	}
	for i, tc := range []struct {
		to   []activity.ID
		gets int // of friend and last
	}{
		{people, 0}, {people[:limits.FirstContacts], 0}, {people[:1], 0}, {people[limits.FirstContacts:], 0},
		{append(people[limits.FirstContacts:], friend.ID), 1},
	} {
		if i == 4 {
			acme.joined(store.Follow, friend, acme.knows(mallory))
		}
		evil.seals(acme, mallory, evil.sealed(mallory, fmt.Sprint("/sealed/", i), tc.to...))
		if got := len(acme.waiting(last)) + len(acme.waiting(friend)); got != tc.gets {
			t.Errorf("number %d reaches %d", i, got)
		}
	}
	first, err := acme.db.ActorByHandle(t.Context(), "p0", "")
	if got := acme.waiting(must(acme, first, err)); len(got) != 2 {
		t.Errorf("who was met gets %q", got)
	}
}

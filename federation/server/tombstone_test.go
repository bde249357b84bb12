package server_test

import (
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
)

func TestATombstoneThatWasFetchedStopsALateCreate(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	globex.serve("/notes/1", map[string]any{"id": globex.id("/notes/1"), "type": "Tombstone", "formerType": "Note"})
	globex.send(acme, map[string]any{"id": bea + "#like", "type": "Like", "actor": bea, "object": globex.id("/notes/1")})
	pump(t, acme)
	globex.send(acme, globex.create(bea, "/notes/1", "late"))
	pump(t, acme)
	if acme.keeps(globex, "/notes/1") {
		t.Fatal("it came back")
	}
	globex.note(bea, "/notes/1", "") // its host has it again, and says so
	globex.send(acme, map[string]any{"id": bea + "#undo", "type": "Undo", "actor": bea,
		"object": map[string]any{"id": bea + "#delete", "type": "Delete", "actor": bea, "object": globex.id("/notes/1")}})
	pump(t, acme)
	if !acme.keeps(globex, "/notes/1") {
		t.Error("what its author has brought back is not there")
	}
}

func TestNobodyElseTakesBackThatAHostHasSaidThatSomethingIsGone(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	evil, mallory := outsider(t, acme)
	id := activity.ID(globex.id("/notes/1"))
	globex.serve("/notes/1", status(410))
	globex.send(acme, map[string]any{"id": bea + "#like", "type": "Like", "actor": bea, "object": id})
	pump(t, acme)
	undo := func(s *stranger, who string) {
		acme.takes(s, map[string]any{"id": who + "#undo", "type": "Undo", "actor": who,
			"object": map[string]any{"id": who + "#delete", "type": "Delete", "actor": who, "object": id}})
	}
	undo(evil, mallory)
	if gone, err := acme.db.Buried(t.Context(), id); err != nil || gone.IsZero() {
		t.Errorf("it is no longer gone: %v", err)
	}
	undo(globex, bea)
	if gone, err := acme.db.Buried(t.Context(), id); err != nil || !gone.IsZero() {
		t.Errorf("what its own host takes back is still gone: %v", err)
	}
}

func TestADeletedActorAndWhatItSaidAreGoneInBothOrders(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]bool{"the Create came first": false, "the Create comes late": true} {
		t.Run(name, func(t *testing.T) {
			acme, alice, globex, bea := guest(t)
			goodbye := map[string]any{"id": bea + "#gone", "type": "Delete", "actor": bea, "object": bea}
			docs := []map[string]any{globex.create(bea, "/notes/1", "hello"), goodbye}
			if late {
				docs[0], docs[1] = docs[1], docs[0]
			}
			for _, doc := range docs {
				globex.send(acme, doc)
				pump(t, acme)
			}
			if acme.keeps(globex, "/notes/1") {
				t.Error("what it said is still there")
			}
			if n, err := acme.db.CountTo(t.Context(), "follow", alice.Key); err != nil || n != 0 {
				t.Errorf("it still follows: %d, %v", n, err)
			}
			globex.send(acme, map[string]any{"id": bea + "#update", "type": "Update", "actor": bea, "object": globex.actor("bea")})
			pump(t, acme)
			if a, err := acme.db.Actor(t.Context(), activity.ID(bea)); err != nil || a.Usable() {
				t.Errorf("a late Update brought it back: %v", err)
			}
		})
	}
}

func TestAnActorWhoseHostSaysThatItIsGoneGoes(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	dan := globex.person("dan")
	post, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello"})
	acme.do(err)
	globex.send(acme, globex.create(dan, "/notes/dan", "hello"))
	globex.send(acme, map[string]any{"id": dan + "#like", "type": "Like", "actor": dan, "object": post.ID})
	pump(t, acme)
	globex.serve("/users/dan", map[string]any{"id": dan, "type": "Tombstone", "formerType": "Person"})
	globex.send(acme, map[string]any{"id": globex.id("/updates/dan"), "type": "Update", "actor": bea, "object": map[string]any{"id": dan, "type": "Person"}})
	pump(t, acme)
	if a, err := acme.db.Actor(t.Context(), activity.ID(dan)); err != nil || a.DeletedAt.IsZero() || acme.keeps(globex, "/notes/dan") {
		t.Errorf("dan is still there: %v", err)
	}
}

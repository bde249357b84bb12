package server_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

func TestAttack21AForgedStampLeavesAQuotePending(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	good, evil := newStranger(t, "good"), newStranger(t, "evil")
	victim, accomplice, mallory := good.person("victim"), good.person("accomplice"), evil.person("mallory")
	target, other := good.wrote(victim, "/notes/1"), good.wrote(victim, "/notes/2")
	quoting := func(name string) string { return evil.id("/notes/" + name) }
	boost := evil.id("/boosts/1")
	evil.serve("/boosts/1", map[string]any{"id": boost, "type": "Announce", "actor": mallory, "object": target, "to": activity.Public})
	note := good.stamp("/stamps/note", victim, quoting("note"), target)
	good.serve("/stamps/note", map[string]any{"id": note, "type": "Note", "attributedTo": victim, "interactingObject": quoting("note"), "interactionTarget": target})

	for name, tc := range map[string]struct {
		target string
		stamp  any
		want   string
	}{
		"honest":          {target, good.stamp("/stamps/honest", victim, quoting("honest"), target), store.QuoteAccepted},
		"none":            {target, nil, store.QuotePending},
		"elsewhere":       {target, evil.stamp("/stamps/elsewhere", victim, quoting("elsewhere"), target), store.QuotePending},
		"neighbour":       {target, good.stamp("/stamps/neighbour", accomplice, quoting("neighbour"), target), store.QuotePending},
		"other-target":    {target, good.stamp("/stamps/other-target", victim, quoting("other-target"), other), store.QuotePending},
		"other-note":      {target, good.stamp("/stamps/other-note", victim, quoting("honest"), target), store.QuotePending},
		"other-case":      {target, good.stamp("/stamps/other-case", victim, quoting("other-case")+"?", target), store.QuotePending},
		"note":            {target, note, store.QuotePending}, // of another type
		"missing":         {target, good.id("/stamps/missing"), store.QuotePending},
		"own-reblog":      {boost, nil, store.QuotePending},
		"own-reblog-self": {boost, evil.stamp("/stamps/own", mallory, quoting("own-reblog-self"), boost), store.QuotePending},
		"not-there-yet":   {good.id("/notes/future"), good.stamp("/stamps/early", accomplice, quoting("not-there-yet"), good.id("/notes/future")), store.QuotePending},
		"our-stamp":       {target, acme.House.StampID(1), store.QuotePending},
	} {
		t.Run(name, func(t *testing.T) {
			evil.send(acme, evil.quote(mallory, "/notes/"+name, tc.target, tc.stamp))
			pump(t, acme)
			if q := acme.quoteState(activity.ID(quoting(name))); q.State != tc.want {
				t.Errorf("it is %s", q.State)
			}
		})
	}
	t.Run("a stamp that came before what it is for", func(t *testing.T) {
		good.wrote(victim, "/notes/future")
		update := evil.quote(mallory, "/notes/not-there-yet", good.id("/notes/future"), good.id("/stamps/early"))
		update["type"], update["id"] = "Update", evil.id("/updates/1")
		evil.send(acme, update)
		pump(t, acme)
		if q := acme.quoteState(activity.ID(quoting("not-there-yet"))); q.State != store.QuotePending {
			t.Errorf("it is %s", q.State)
		}
	})
}

func TestAttack21NobodyGivesOrTakesLeaveForAnother(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	ctx, alice := t.Context(), acme.person("alice")
	good, evil := newStranger(t, "good"), newStranger(t, "evil")
	victim, accomplice, mallory := good.person("victim"), good.person("accomplice"), evil.person("mallory")
	target := good.wrote(victim, "/notes/1")
	found, err := acme.Search(ctx, alice, target, true)
	acme.do(err)
	quoting, err := acme.Post(ctx, alice, draftQuoting(found.Notes[0].Key))
	acme.do(err)
	pump(t, acme)
	request := map[string]any{"type": "QuoteRequest", "actor": alice.ID, "object": target, "instrument": quoting.ID}
	accept := func(s *stranger, actor, path, stamp string) {
		t.Helper()
		s.send(acme, map[string]any{"id": s.id(path), "type": "Accept", "actor": actor, "object": request, "result": stamp, "to": alice.ID})
		pump(t, acme)
	}
	state := func() string { return acme.quoteState(quoting.ID).State }
	accept(evil, mallory, "/accepts/1", evil.id("/stamps/1"))
	accept(good, accomplice, "/accepts/2", good.id("/stamps/2"))
	accept(good, victim, "/accepts/3", evil.id("/stamps/3")) // on another host
	if got := state(); got != store.QuotePending {
		t.Fatalf("it is %s", got)
	}
	accept(good, victim, "/accepts/4", good.id("/stamps/4"))
	if got := state(); got != store.QuoteAccepted || acme.note(quoting.ID).QuoteAuthorization.ID != activity.ID(good.id("/stamps/4")) {
		t.Fatalf("it is %s", got)
	}
	revoke := func(s *stranger, actor, path string) {
		t.Helper()
		s.send(acme, map[string]any{"id": s.id(path), "type": "Delete", "actor": actor, "object": good.id("/stamps/4"), "to": activity.Public})
		pump(t, acme)
	}
	revoke(evil, mallory, "/deletes/1")
	revoke(good, accomplice, "/deletes/2")
	if got := state(); got != store.QuoteAccepted {
		t.Fatalf("it is %s", got)
	}
	revoke(good, victim, "/deletes/3")
	accept(good, victim, "/accepts/5", good.id("/stamps/4")) // a late copy
	if got := state(); got != store.QuoteRevoked || acme.note(quoting.ID).QuoteAuthorization.ID != "" {
		t.Fatalf("it is %s", got)
	}
}

// Leave that one of ours has given is for one note, to quote one other, until it is taken back.
func TestAttack21LeaveOfOursIsForNothingElse(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	ctx, alice, evil := t.Context(), acme.person("alice"), newStranger(t, "evil")
	mallory := evil.person("mallory")
	one, err := acme.Post(ctx, alice, federation.Draft{Text: "one"})
	acme.do(err)
	two, err := acme.Post(ctx, alice, federation.Draft{Text: "two"})
	acme.do(err)
	ask := func(kind, name string) (stamp activity.ID) {
		t.Helper()
		evil.send(acme, map[string]any{"id": evil.id("/asks/" + name), "type": kind + "Request", "actor": mallory, "object": one.ID, "instrument": evil.id("/notes/" + name)})
		pump(t, acme)
		s, err := acme.db.StampFor(ctx, strings.ToLower(kind), activity.ID(evil.id("/notes/"+name)), one.Key)
		acme.do(err)
		return acme.StampID(s.Key)
	}
	bring := func(name, want string, quoted store.Note, stamp activity.ID, change map[string]any) {
		t.Helper()
		doc := evil.quote(mallory, "/notes/"+name, quoted.ID, stamp)
		maps.Copy(doc, change)
		doc["object"].(map[string]any)["updated"] = doc["updated"]
		evil.send(acme, doc)
		pump(t, acme)
		if q := acme.quoteState(activity.ID(evil.id("/notes/" + name))); q.State != want || q.IRI != quoted.ID {
			t.Errorf("%s is %s: %+v", name, q.State, q)
		}
	}
	honest := ask("Quote", "honest")
	bring("honest", store.QuoteAccepted, one, honest, nil)
	bring("another", store.QuotePending, one, honest, nil)
	bring("elsewhere", store.QuotePending, two, ask("Quote", "elsewhere"), nil)
	bring("liked", store.QuotePending, one, ask("Like", "liked"), nil)
	acme.do(acme.RevokeQuote(ctx, alice, acme.note(one.ID), acme.note(activity.ID(evil.id("/notes/honest")))))
	pump(t, acme)
	for i, quoted := range []store.Note{two, one} {
		bring("honest", store.QuotePending, quoted, honest, map[string]any{"type": "Update", "id": evil.id(fmt.Sprint("/updates/", i)), "updated": acme.now().Add(time.Duration(i+1) * time.Second)})
	}
}

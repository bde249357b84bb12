package server_test

import (
	"fmt"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// outside are the ways in which an allowed host can bring the words of one that is
// not allowed.
func outside(good *stranger, bea, note string) map[string]map[string]any {
	embedded := map[string]any{"id": note, "type": "Note", "attributedTo": activity.ID(note).Host(), "content": "banned words", "to": activity.Public}
	answer, quote := good.create(bea, "/notes/answer", "an answer"), good.create(bea, "/notes/quote", "a quote")
	answer["object"].(map[string]any)["inReplyTo"] = note
	quote["object"].(map[string]any)["quote"] = note
	old := good.create(bea, "/notes/old", "an older quote")
	old["object"].(map[string]any)["_misskey_quote"] = note
	link := good.create(bea, "/notes/link", "a quote by link")
	link["object"].(map[string]any)["tag"] = map[string]any{"type": "Link", "mediaType": "application/activity+json", "href": note, "name": "RE: x"}
	announce := func(name string, object any) map[string]any {
		return map[string]any{"id": good.id("/announces/" + name), "type": "Announce", "actor": bea, "to": activity.Public, "object": object}
	}
	return map[string]map[string]any{
		"a boost": announce("1", note), "a boost with the note inside": announce("2", embedded),
		"a relayed activity":           announce("3", map[string]any{"id": note + "#create", "type": "Create", "actor": activity.ID(note).Host(), "object": embedded}),
		"a relay in a relay":           announce("4", announce("5", embedded)),
		"an answer":                    answer,
		"a quote":                      quote,
		"a quote under an old name":    old,
		"a quote by an object link":    link,
		"a request to quote":           {"id": good.id("/requests/1"), "type": "QuoteRequest", "actor": bea, "object": note, "instrument": good.id("/notes/quote")},
		"a like":                       {"id": good.id("/likes/1"), "type": "Like", "actor": bea, "object": note},
		"an addition to a collection":  {"id": good.id("/adds/1"), "type": "Add", "actor": bea, "object": embedded, "target": bea + "/featured"},
		"a report that carries a note": {"id": good.id("/flags/1"), "type": "Flag", "actor": bea, "object": []any{embedded}},
	}
}

func TestAttack18AnAllowedHostBringsTheWordsOfOneThatIsNotAllowed(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice := acme.person("alice")
	good, banned := newStranger(t, "good"), newStranger(t, "banned")
	acme.isPartnerOf(good)
	bea, mallory := good.person("bea"), banned.person("mallory")
	note := banned.wrote(mallory, "/notes/1")
	acme.do(acme.Follow(t.Context(), alice, actorOf(acme, alice, bea)))
	for name, doc := range outside(good, bea, note) {
		t.Run(name, func(t *testing.T) {
			before := acme.rows()
			if status, body := good.send(acme, doc); status != 403 {
				t.Errorf("got %d %s", status, body)
			}
			pump(t, acme)
			if after := acme.rows(); after != before {
				t.Errorf("it left %s, before %s", after, before)
			}
		})
	}
	if banned.asked() != 0 {
		t.Errorf("the banned host was asked: %q", banned.got)
	}
}

// actorOf meets somebody elsewhere.
func actorOf(c *company, me store.Actor, id string) store.Actor {
	c.t.Helper()
	found, err := c.Search(c.t.Context(), me, id, true)
	c.do(err)
	if len(found.Actors) != 1 {
		c.t.Fatalf("%s is not found", id)
	}
	return found.Actors[0]
}

func TestAttack18WhoIsSuspendedDoesNotComeBackThroughOthers(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	ctx, alice := t.Context(), acme.person("alice")
	good, bad := newStranger(t, "good"), newStranger(t, "bad")
	bea, mallory := good.person("bea"), bad.person("mallory")
	for _, who := range []string{bea, mallory} {
		a := actorOf(acme, alice, who)
		acme.tx(func(tx *store.Tx) error {
			_, err := tx.PutEdge(ctx, store.Edge{Kind: store.Follow, Actor: alice.Key, Object: a.Key, Accepted: true})
			return err
		})
	}
	first := bad.create(mallory, "/notes/1", "bad words #tag")
	first["object"].(map[string]any)["tag"] = map[string]any{"type": "Hashtag", "name": "#tag"}
	bad.serve("/notes/1", first["object"])
	bad.send(acme, first)
	stamp := bad.stamp("/stamps/1", mallory, good.id("/notes/quote"), bad.id("/notes/1"))
	good.send(acme, good.quote(bea, "/notes/quote", bad.id("/notes/1"), stamp))
	good.send(acme, map[string]any{"id": good.id("/a/1"), "type": "Announce", "actor": bea, "object": bad.id("/notes/1"), "to": activity.Public})
	post, err := acme.Post(ctx, alice, federation.Draft{Text: "ours"})
	acme.do(err)
	good.serve("/notes/good", good.create(bea, "/notes/good", "good words")["object"])
	bad.send(acme, map[string]any{"id": bad.id("/a/2"), "type": "Announce", "actor": mallory, "object": good.id("/notes/good"), "to": activity.Public})
	pump(t, acme)
	bad1 := acme.note(activity.ID(bad.id("/notes/1")))
	if q := acme.quoteState(activity.ID(good.id("/notes/quote"))); q.State != store.QuoteAccepted {
		t.Fatalf("the quote is %s", q.State)
	}
	me := store.Reader{Actor: alice.Key}
	lists := func() map[string]int {
		shown := map[string]int{}
		add := func(name string, es []store.Entry, err error) {
			t.Helper()
			acme.do(err)
			for _, e := range es {
				if e.Note.AuthorKey == bad1.AuthorKey || e.Booster == bad1.AuthorKey {
					shown[name]++
				}
			}
		}
		page := store.Page{}
		home, err := acme.db.Home(ctx, alice.Key, page)
		add("home", home, err)
		for name, who := range map[string]store.Key{"the wall of who boosted": acme.note(activity.ID(good.id("/notes/quote"))).AuthorKey, "their own wall": bad1.AuthorKey} {
			es, err := acme.db.FilteredWall(ctx, who, store.WallFilter{}, me, page)
			add(name, es, err)
			es, err = acme.db.Wall(ctx, who, me, page)
			add(name, es, err)
		}
		for name, r := range map[string]store.Reader{"one of ours": me, "anybody": {}, "a partner": {Host: good.host}, "their own host": {Host: bad.host}} {
			es, err := acme.db.PublicWall(ctx, false, r, page)
			add("public, for "+name, es, err)
			es, err = acme.db.TagWall(ctx, "tag", r, page)
			add("hashtag, for "+name, es, err)
			ns, err := acme.db.VisibleNotes(ctx, []store.Key{bad1.Key}, r) // what is quoted, pinned, answered
			acme.do(err)
			shown["by key, for "+name] = len(ns)
		}
		return shown
	}
	before := lists()
	if len(before) < 12 {
		t.Fatalf("before, only %v", before)
	}
	acme.tx(func(tx *store.Tx) error { return tx.Suspend(ctx, bad1.AuthorKey, tx.Now) })
	for name, n := range lists() {
		if n != 0 {
			t.Errorf("%s shows %d", name, n)
		}
	}
	// Nothing new is taken from them, in whichever way it comes.
	bad.send(acme, bad.create(mallory, "/notes/2", "more bad words"))
	good.send(acme, map[string]any{"id": good.id("/a/3"), "type": "Announce", "actor": bea, "object": bad.wrote(mallory, "/notes/3"), "to": activity.Public})
	pump(t, acme)
	for i := 2; i < 4; i++ {
		if _, err := acme.db.Note(ctx, activity.ID(bad.id(fmt.Sprint("/notes/", i)))); activity.KindOf(err) != activity.NotFound {
			t.Errorf("note %d came in: %v", i, err)
		}
	}
	if _, err := acme.db.VisibleNote(ctx, post.Key, me); err != nil {
		t.Errorf("others are hidden too: %v", err)
	}
}

func TestAttack18WhoIsSuspendedDoesNotSpeakThroughAGroup(t *testing.T) {
	t.Parallel()
	acme, alice, globex, initech, post := club(t)
	club, bea := globex.id("/users/club"), globex.id("/users/bea")
	ivan, by := initech.prover("ivan")
	boris := initech.id("/users/boris")
	for _, who := range []string{bea, ivan, boris} {
		key := acme.meets(alice, who).Key
		acme.tx(func(tx *store.Tx) error { return tx.Suspend(t.Context(), key, tx.Now) })
	}
	own, proven := globex.create(bea, "/notes/8", "bad words"), initech.said(ivan, "/notes/9", "bad words")
	own["object"].(map[string]any)["audience"] = club
	proven["object"].(map[string]any)["audience"] = club
	like := map[string]any{"id": initech.id("/likes/1"), "type": "Like", "actor": boris, "object": post}
	initech.serve("/likes/1", like)
	acme.takes(globex, announce(globex, "own", own), announce(globex, "proven", initech.proven(proven, by)), announce(globex, "confirmed", like))
	if acme.has(globex.id("/notes/8")) || acme.has(initech.id("/notes/9")) {
		t.Errorf("of the group's own host %v, with a proof %v", acme.has(globex.id("/notes/8")), acme.has(initech.id("/notes/9")))
	}
	key := acme.note(activity.ID(post)).Key
	counts, err := acme.db.Counts(t.Context(), alice.Key, key)
	if acme.do(err); counts[key].Likes != 0 {
		t.Errorf("%d likes", counts[key].Likes)
	}
}

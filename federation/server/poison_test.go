package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// One partner does not spoil what another one does.

// two are an honest partner with bea and a lying one with mallory.
func two(t *testing.T) (acme *company, alice store.Actor, good *stranger, bea string, evil *stranger, mallory string) {
	t.Helper()
	acme, good = found(t, "acme", false), newStranger(t, "good")
	acme.isPartnerOf(good)
	evil, mallory = outsider(t, acme)
	return acme, acme.person("alice"), good, good.person("bea"), evil, mallory
}

func TestAHintThatSomethingIsGoneRemovesOnlyWhatIsGone(t *testing.T) {
	t.Parallel()
	acme, alice, good, bea, evil, m := two(t)
	private := func(path string) activity.ID { // its host does not show it to our instance: 404
		create := good.create(bea, path, "for alice only")
		create["to"], create["object"].(map[string]any)["to"] = alice.ID, alice.ID
		acme.takes(good, create)
		return activity.ID(good.id(path))
	}
	hints := map[string]func(id activity.ID) map[string]any{
		"/update": func(id activity.ID) map[string]any {
			return map[string]any{"type": "Update", "object": map[string]any{"id": id, "type": "Person"}}
		},
		"/announce": func(id activity.ID) map[string]any {
			return map[string]any{"type": "Announce", "object": map[string]any{"id": good.id("/x"), "type": "Delete", "actor": bea, "object": id}}
		},
	}
	for path, hint := range hints {
		id := private("/notes" + path)
		for try, gone := range []bool{false, true} {
			if gone {
				good.serve("/notes"+path, map[string]any{"id": id, "type": "Tombstone"})
			}
			doc := hint(id)
			doc["id"], doc["actor"] = evil.id(fmt.Sprint(path, try)), m
			evil.send(acme, doc)
			pump(t, acme)
			if _, ok, err := activity.Optional(acme.db.Note(t.Context(), id)); err != nil || ok == gone {
				t.Errorf("%s: gone %v and here %v, %v", path, gone, ok, err)
			}
		}
	}
}

func TestAGroupCannotUseUpTheIdsOfOthers(t *testing.T) {
	t.Parallel()
	acme, alice, globex, _ := guest(t)
	good := newStranger(t, "good")
	acme.isPartnerOf(good)
	bea := good.person("bea")
	globex.serve("/users/club", group(globex, "club"))
	globex.serve("/users/club/inbox", true)
	acme.joined(store.Membership, alice, acme.meets(alice, globex.id("/users/club")))
	acme.takes(good, good.create(bea, "/notes/1", "oops, confidential"))
	id, club := good.id("/notes/1"), globex.id("/users/club")
	like := map[string]any{"id": club + "#like", "type": "Like", "actor": club, "object": id}
	acme.takes(globex, announce(globex, "squat", map[string]any{"id": id + "#delete", "type": "Undo", "actor": club, "object": like}))
	acme.takes(good, map[string]any{"id": id + "#delete", "type": "Delete", "actor": bea, "object": id, "to": activity.Public})
	if _, err := acme.db.Note(t.Context(), activity.ID(id)); activity.KindOf(err) != activity.NotFound {
		t.Fatalf("it is still here: %v", err)
	}
}

func TestALikeUnderTheIdOfAFollowDoesNotStandInItsWay(t *testing.T) {
	t.Parallel()
	acme, alice, good, bea, evil, m := two(t)
	post, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello"})
	acme.do(err)
	follow := good.follow(bea, alice) // its id can be guessed, as Mastodon's can
	acme.takes(evil, map[string]any{"id": follow["id"], "type": "Like", "actor": m, "object": post.ID})
	acme.takes(good, follow)
	if n, err := acme.db.CountTo(t.Context(), store.Follow, alice.Key); err != nil || n != 1 {
		t.Fatalf("%d followers, %v", n, err)
	}
	acme.takes(good, map[string]any{"id": bea + "#undo", "type": "Undo", "actor": bea, "object": follow, "to": alice.ID})
	if n, err := acme.db.CountTo(t.Context(), store.Follow, alice.Key); err != nil || n != 0 {
		t.Fatalf("after the Undo %d followers, %v", n, err)
	}
}

func TestABoostUnderTheIdOfOurFollowDoesNotStandInTheWayOfItsAnswer(t *testing.T) {
	t.Parallel()
	acme, alice, good, bea, evil, m := two(t)
	post, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello"})
	acme.do(err)
	them := acme.meets(alice, bea)
	acme.do(acme.Follow(t.Context(), alice, them))
	pump(t, acme)
	e, err := acme.db.Edge(t.Context(), store.Follow, alice.Key, them.Key)
	acme.do(err)
	acme.takes(evil, map[string]any{"id": e.IRI, "type": "Announce", "actor": m, "object": post.ID})
	acme.takes(good, map[string]any{"id": bea + "#yes", "type": "Accept", "actor": bea, "object": e.IRI})
	if is, err := acme.db.HasEdge(t.Context(), store.Follow, alice.Key, them.Key); err != nil || !is {
		t.Fatalf("alice does not follow bea: %v", err)
	}
}

func TestAnAnswerAtTheEndOfALongUnknownThreadComesIn(t *testing.T) {
	t.Parallel()
	acme, alice, good, bea, _, _ := two(t)
	answer := func(i int) map[string]any {
		create := good.create(bea, fmt.Sprintf("/notes/%d", i), "hello")
		create["object"].(map[string]any)["inReplyTo"] = good.id(fmt.Sprintf("/notes/%d", i-1))
		return create
	}
	const length = 2 * limits.Fetches
	for i := range length {
		good.serve(fmt.Sprintf("/notes/%d", i), answer(i)["object"])
	}
	last := answer(length)
	o := last["object"].(map[string]any)
	o["cc"], o["tag"] = alice.ID, map[string]any{"type": "Mention", "href": alice.ID}
	acme.takes(good, last)
	acme.note(activity.ID(good.id(fmt.Sprintf("/notes/%d", length))))
	if got := acme.told(alice); len(got) != 1 || got[0] != "mention" {
		t.Errorf("alice was told %q", got)
	}
	if asked := good.asked(); asked > 2*limits.Fetches+1 { // once for the key, and the thread is filled later, in runs
		t.Errorf("we asked %d times", asked)
	}
}

func TestAPoisonedPostDoesNotStandInTheWayOfAnswersToIt(t *testing.T) {
	t.Parallel()
	acme, _, good, bea, evil, m := two(t)
	var noise strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&noise, "%x", i*7919)
	}
	for name, poison := range map[string]map[string]any{
		"date":      {"published": "0000-01-01T00:00:00Z"},
		"surrogate": {"context": json.RawMessage(`{"id":"x","a":"\ud800"}`)},
		"number":    {"context": json.RawMessage(`{"id":"x","a":1e999999}`)},
		"parent":    {"inReplyTo": "urn:" + noise.String()},
		"hashtag":   {"tag": map[string]any{"type": "Hashtag", "name": "#" + noise.String()}},
		"NUL":       {"content": "a\x00b", "name": "\x00"},
		"date9":     {"published": "9999-12-31T23:59:59Z", "updated": "9999-12-31T23:59:59Z"},
	} {
		t.Run(name, func(t *testing.T) {
			doc := evil.create(m, "/notes/"+name, "x")["object"].(map[string]any)
			for k, v := range poison {
				doc[k] = v
			}
			evil.serve("/notes/"+name, doc)
			answer := good.create(bea, "/answers/"+name, "an answer")
			answer["object"].(map[string]any)["inReplyTo"] = doc["id"]
			acme.takes(good, answer)
			acme.note(activity.ID(good.id("/answers/" + name)))
		})
	}
}

package server_test

import (
	"encoding/json"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/store"
)

// What a third party can do with words that are true.

func TestAttack03AProvenActivityWithoutAnIdIsNotBroughtAgainAndAgain(t *testing.T) {
	t.Parallel()
	acme, good, bea, by, evil, mallory := three(t)
	good.send(acme, good.said(bea, "/notes/1", "hello"))
	pump(t, acme)
	like := good.proven(map[string]any{"type": "Like", "actor": bea, "object": good.id("/notes/1"), "to": activity.Public}, by)
	body, err := json.Marshal(like)
	acme.do(err)
	note := acme.note(activity.ID(good.id("/notes/1")))
	for _, raw := range []string{string(body), string(body) + " "} {
		acme.answer(evil.signed(acme, "POST", "/inbox", mallory, []byte(raw)))
		pump(t, acme)
		if is, err := acme.db.HasEdge(t.Context(), store.Like, acme.knows(bea).Key, note.Key); err != nil || is {
			t.Errorf("a like that cannot be told from its repetition was taken, %v", err)
		}
	}
}

func TestAttack03AForwarderDoesNotUseUpTheIdOfWhatItBringsTooEarly(t *testing.T) {
	t.Parallel()
	acme, good, bea, by, evil, mallory := three(t)
	good.send(acme, good.said(bea, "/notes/1", "hello"))
	pump(t, acme)
	profile := good.actor("bea")
	profile["assertionMethod"], profile["name"] = []any{multikey(bea, by)}, "Beatrice"
	update := map[string]any{"id": good.id("/updates/1"), "type": "Update", "actor": bea, "object": profile, "to": activity.Public}
	unseen := map[string]any{"id": good.id("/likes/1"), "type": "Like", "actor": bea, "object": good.id("/notes/2"), "to": activity.Public}
	good.serve("/users/bea", status(404)) // it has a bad moment
	evil.forward(acme, mallory, good.proven(update, by))
	evil.forward(acme, mallory, good.proven(unseen, by))
	pump(t, acme)
	good.serve("/notes/2", good.said(bea, "/notes/2", "more")["object"])
	acme.takes(good, update, unseen)
	if a := acme.knows(bea); a.Name != "Beatrice" {
		t.Errorf("she is called %q", a.Name)
	}
	n, ok, err := activity.Optional(acme.db.Note(t.Context(), activity.ID(good.id("/notes/2"))))
	acme.do(err)
	if is, err := acme.db.HasEdge(t.Context(), store.Like, acme.knows(bea).Key, n.Key); err != nil || !ok || !is {
		t.Errorf("her like is lost: %v, %v, %v", ok, is, err)
	}
}

// GoToSocial gives a key an address of its own. When it is changed, that may be gone.
func TestAKeyThatIsGoneIsNotTheEndOfItsActorButOfTheKey(t *testing.T) {
	t.Parallel()
	acme, _, globex, _ := guest(t)
	id := globex.id("/users/gus")
	doc := func(path string) map[string]any {
		d := globex.actor("gus")
		d["publicKey"].(map[string]any)["id"] = id + path
		return d
	}
	stolen := globex.key
	globex.serve("/users/gus", doc("/main-key"))
	globex.serve("/users/gus/main-key", doc("/main-key"))
	sign := func(path, note string, by httpsign.Signer) int {
		body, err := json.Marshal(globex.create(id, note, "x"))
		acme.do(err)
		r := globex.signed(acme, "POST", "/inbox", id, body)
		by.KeyID = activity.ID(id + path)
		acme.do(httpsign.Sign(r, body, by, time.Now()))
		code, _ := acme.answer(r)
		pump(t, acme)
		return code
	}
	if code := sign("/main-key", "/notes/1", httpsign.Signer{Key: stolen}); code != 202 {
		t.Fatalf("got %d", code)
	}
	key, err := httpsign.NewKey()
	acme.do(err)
	globex.key = key
	globex.serve("/users/gus", doc("/key-2"))
	globex.serve("/users/gus/key-2", doc("/key-2"))
	globex.serve("/users/gus/main-key", status(410))
	other, err := httpsign.NewKey()
	acme.do(err)
	if code := sign("/main-key", "/notes/2", httpsign.Signer{Key: other}); code != 401 { // anybody's
		t.Errorf("got %d", code)
	}
	if a := acme.knows(id); !a.Usable() || !acme.has(globex.id("/notes/1")) {
		t.Errorf("he is gone since %v", a.DeletedAt)
	}
	if code := sign("/main-key", "/notes/3", httpsign.Signer{Key: stolen}); code != 401 {
		t.Errorf("the key that was withdrawn: %d", code)
	}
	if code := sign("/key-2", "/notes/4", httpsign.Signer{Key: key}); code != 202 {
		t.Errorf("the new key: %d", code)
	}
}

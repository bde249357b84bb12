package server_test

import (
	"encoding/json"
	"testing"
	"time"

	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/store"
)

func TestAFarewellThatCannotBeCheckedIsAskedForAtItsHostOnceAnHour(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	globex.say(acme, globex.note(bea, "/notes/1", ""))
	pump(t, acme)
	changed := globex.actor("bea")
	changed["name"] = "Beatrice"
	globex.serve("/users/bea", changed)
	before := globex.times("/users/bea")
	for range 3 {
		body, _ := json.Marshal(map[string]any{"id": bea + "#update", "type": "Update", "actor": bea, "object": map[string]any{"id": bea, "type": "Person", "name": "Mallory"}})
		r := globex.signed(acme, "POST", "/inbox", bea, body)
		r.Header.Set("Date", time.Now().Add(-time.Minute).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")) // signed otherwise
		if status, answer := acme.answer(r); status != 202 {
			t.Fatalf("%d %s", status, answer)
		}
		pump(t, acme)
	}
	if got := string(acme.knows(bea).Name); got != "Beatrice" {
		t.Errorf("bea is %q", got)
	}
	if n := globex.times("/users/bea") - before; n > 3 { // for the key, and for how she is, which pump does twice
		t.Errorf("her host was asked %d times", n)
	}
}

func TestAKeyThatWasWithdrawnWithoutAWordIsFoundOutInADay(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	globex.say(acme, globex.note(bea, "/notes/1", ""))
	pump(t, acme)
	key, err := httpsign.NewKey()
	acme.do(err)
	withdrawn := globex.actor("bea")
	withdrawn["publicKey"] = map[string]any{"id": bea + "#second-key", "owner": bea, "publicKeyPem": httpsign.EncodePublicKey(&key.PublicKey)}
	globex.serve("/users/bea", withdrawn)
	say := func(path string) int {
		status, _ := globex.send(acme, globex.create(bea, path, "hello"))
		pump(t, acme)
		return status
	}
	if status := say("/notes/2"); status != 202 {
		t.Fatalf("within the day: %d", status)
	}
	acme.tx(func(tx *store.Tx) error {
		a := acme.knows(bea)
		a.FetchedAt = tx.Now.Add(-limits.KeyTrusted - time.Minute)
		_, err := tx.PutActor(t.Context(), a)
		return err
	})
	if status := say("/notes/3"); status != 202 { // and now her host is asked
		t.Fatalf("after a day, once: %d", status)
	}
	if status := say("/notes/4"); status != 401 {
		t.Errorf("with a key that her host no longer lists: %d", status)
	}
}

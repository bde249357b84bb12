package store

import (
	"encoding/json"
	"strconv"
	"testing"
)

func TestADocumentThatHasChangedIsReadAgain(t *testing.T) {
	t.Parallel()
	p := newParsed()
	row := func(key int, name string) actorRow {
		return actorRow{Key: Key(key), Host: "acme.example", Doc: json.RawMessage(`{"id":"https://acme.example/` + strconv.Itoa(key) + `","name":"` + name + `"}`)}
	}
	for _, name := range []string{"Alice", "Alice", "Alice Martin", "Alice"} {
		if a := p.actor(row(1, name)); string(a.Name) != name || a.Key != 1 || a.Host != "acme.example" {
			t.Fatalf("%+v is not %s", a, name)
		}
	}
	renamed := row(1, "Alice")
	renamed.Host = "globex.example" // a column, of which the document says nothing
	if a := p.actor(renamed); a.Host != "globex.example" {
		t.Errorf("at %s", a.Host)
	}
	for key := range 2 * parsedMost {
		if a := p.actor(row(key, "somebody")); string(a.ID) != "https://acme.example/"+strconv.Itoa(key) || a.Key != Key(key) {
			t.Fatalf("%d is %+v", key, a)
		}
	}
	if len(p.all) > parsedMost {
		t.Errorf("%d are remembered", len(p.all))
	}
}

func BenchmarkActorOfARow(b *testing.B) {
	doc := json.RawMessage(`{"id":"https://acme.example/users/alice","type":"Person","preferredUsername":"alice","name":"Alice","inbox":"https://acme.example/users/alice/inbox","endpoints":{"sharedInbox":"https://acme.example/inbox"},"publicKey":{"id":"https://acme.example/users/alice#main-key","owner":"https://acme.example/users/alice","publicKeyPem":"-----BEGIN PUBLIC KEY-----"}}`)
	for name, read := range map[string]func(actorRow) Actor{"known": newParsed().actor, "anew": actorRow.actor} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				read(actorRow{Key: 1, Doc: doc})
			}
		})
	}
}

package activity_test

import (
	"encoding/json"
	"strings"
	"testing"

	"entente.example/entente/activity"
)

func TestAPreferredUsernameIsAWordThatCanBeMentioned(t *testing.T) {
	for name, taken := range map[string]bool{
		"alice": true, "Alice_2": true, "_": true, "jk.nipponalba.scot": true, "threadiverse-wg": true, "a": true, "acme.localhost": true,
		"alice\u202e": false, "a/b": false, "alice@acme.localhost": false, "al ice": false, "\u0430lice": false, "a\nb": false, "..": false, ".": false,
		"<b>": false, "-a": false, "a.": false, "al\u200bice": false, "ａlice": false, "a:b": false, "a%2fb": false, strings.Repeat("a", 129): false,
		"\u0438\u0432\u0430\u043d": true, "\u0418\u0432\u0430\u043d_2": true, "\u0627\u062d\u0645\u062f": true, "\u5c71\u7530\u305f\u308d\u30a6": true, "m\u00fcller": true, "\u092e\u094b\u0939\u0928": true, // Lemmy, NodeBB
		"\u0438\u0432\u0430\u043d.bob": false, "\u5c71\u7530bob": false, "bob\u306e": false, "\u0430\u0435\u043e": false, "mu\u0308ller": false, "al\u034fice": false, "\u3164": false, "\u1160\u1100": false,
		"ali\u0338ce": false, "\u0627\u202e\u062d": false, "\u200f\u0627": false, "\u0438\u0432/\u0430\u043d": false, "\u2160": false, "a\u0660b": false, "a\u00b2": false, "\u0438\u0432\u0430\u043d\ufe0f": false,
		"a.example:8443": true, "b.example:8443": false, // an instance is called by its host
	} {
		raw, err := json.Marshal(map[string]any{"id": "https://a.example:8443/users/1", "type": "Person", "preferredUsername": name, "inbox": "https://a.example:8443/inbox"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := activity.ReadActor(raw); (err == nil) != taken || err != nil && activity.KindOf(err) != activity.Invalid {
			t.Errorf("%q is taken: %v (%v)", name, err == nil, err)
		}
	}
}

// By FEP-2c59 a handle says the name too.
func TestAnActorWithoutANameHasThatOfItsHandle(t *testing.T) {
	for handle, want := range map[string]activity.Text{"bea@a.example": "bea", "acct:bea@a.example": "bea", "": "", "b/a@a.example": ""} {
		raw, err := json.Marshal(map[string]any{"id": "https://a.example/users/1", "type": "Person", "webfinger": handle, "inbox": "https://a.example/inbox"})
		if err != nil {
			t.Fatal(err)
		}
		if a, err := activity.ReadActor(raw); err == nil && a.Username != want || (err == nil) != (want != "") {
			t.Errorf("%q is called %q (%v)", handle, a.Username, err)
		}
	}
}

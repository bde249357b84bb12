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

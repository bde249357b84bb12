package federation

import (
	"encoding/json"
	"testing"
)

func TestWhatIsAnnouncedTellsNobodyWhomItWasHiddenTo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ said, want string }{
		"nothing hidden, proven: unchanged": {`{"@context":"x", "type":"Like","proof":{"a":1}}`, `{"@context":"x", "type":"Like","proof":{"a":1}}`},
		"nothing hidden, no proof":          {`{"@context":"x","type":"Like","n":1.50}`, `{"n":1.50,"type":"Like"}`},
		"at the top":                        {`{"type":"Like","bto":["a"],"proof":{}}`, `{"type":"Like"}`},
		"in the object, proven":             {`{"type":"Create","object":{"type":"Note","bcc":"a"},"proof":{}}`, `{"object":{"type":"Note"},"type":"Create"}`},
		"in an object within, and its proof": {`{"type":"Undo","object":{"type":"Like","proof":{},"object":{"bto":"a"}}}`,
			`{"object":{"object":{},"type":"Like"},"type":"Undo"}`},
		"in one of many objects": {`{"type":"Create","object":[{"type":"Note"},{"type":"Note","bto":"a","proof":{}},{"proof":{}}]}`,
			`{"object":[{"type":"Note"},{"type":"Note"},{"proof":{}}],"type":"Create"}`},
	} {
		if got := string(carried(json.RawMessage(c.said))); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

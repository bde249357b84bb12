package store

import (
	"encoding/json"
	"testing"
)

func TestANoteThatHasChangedIsReadAgain(t *testing.T) {
	t.Parallel()
	m := newRecalled()
	for _, text := range []string{"one", "one", "two", "one"} {
		row := noteRow{Key: 1, Visibility: "public", Doc: json.RawMessage(`{"content":"` + text + `"}`)}
		if n := m.note(row); string(n.Content) != text || n.Key != 1 || n.Visibility != "public" {
			t.Fatalf("%+v is not %s", n, text)
		}
	}
	row := noteRow{Key: 1, Visibility: "direct", Doc: json.RawMessage(`{"content":"one"}`)} // a column, of which the document says nothing
	if n := m.note(row); n.Visibility != "direct" {
		t.Errorf("it is %s", n.Visibility)
	}
}

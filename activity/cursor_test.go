package activity_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"entente.example/entente/activity"
)

// build makes of what a cursor passes what encoding/json would make of it.
func build(c *activity.Cursor, depth int) any {
	if depth > 100 {
		return string(c.Skip())
	}
	switch c.Next() {
	case '"':
		return c.Text()
	case '[':
		list := []any{}
		for range c.Entries() {
			list = append(list, build(c, depth+1))
		}
		return list
	case '{':
		object := map[string]any{}
		for name := range c.Properties() {
			object[name] = build(c, depth+1)
		}
		return object
	}
	var v any
	_ = json.Unmarshal(c.Skip(), &v)
	return v
}

func FuzzACursorSeesWhatOthersDecode(f *testing.F) {
	for _, seed := range []string{`{"a" : [1,true , null,"x\"\\",{"b":{}}],"c":[],"d":-1.5e3}`, ` [ ] `, `7`, `"a`, `{"a`, `[}`, `{1:2}`, `"\`, `]`, `[[[`, `{"a":1}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := build(activity.NewCursor(raw), 0) // ends, whatever it is
		var want any
		if json.Unmarshal(raw, &want) == nil && len(raw) < 100 && !reflect.DeepEqual(got, want) {
			t.Fatalf("%q is seen as %v, not %v", raw, got, want)
		}
		if json.Valid(raw) && !json.Valid(activity.NewCursor(raw).Skip()) {
			t.Fatalf("%q is skipped in part", raw)
		}
	})
}

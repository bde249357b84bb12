package activity

import (
	"encoding/json"
	"time"

	"entente.example/entente/activity/limits"
)

// Text is a string; a value of another type reads as "".
type Text string

// UnmarshalJSON never fails on well-formed JSON.
func (t *Text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil {
		s = ""
	}
	*t = Text(s)
	return nil
}

// Flag is a bool; "true" reads as true, any other type as false.
type Flag bool

// UnmarshalJSON never fails on well-formed JSON.
func (f *Flag) UnmarshalJSON(b []byte) error {
	*f = string(b) == "true" || string(b) == `"true"`
	return nil
}

// Time is a moment, zero when absent, unreadable or in a year that nobody posts
// in, some of which Postgres cannot keep.
type Time struct{ time.Time }

// timeLayouts are RFC 3339 and what is sent instead of it.
var timeLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02"}

// UnmarshalJSON never fails on well-formed JSON.
func (t *Time) UnmarshalJSON(b []byte) error {
	t.Time = time.Time{}
	var s string
	if json.Unmarshal(b, &s) != nil {
		return nil
	}
	for _, layout := range timeLayouts {
		if at, err := time.Parse(layout, s); err == nil {
			if at = at.UTC(); limits.EarliestYear <= at.Year() && at.Year() <= limits.LatestYear {
				t.Time = at
			}
			return nil
		}
	}
	return nil
}

// MarshalJSON writes RFC 3339 in UTC with milliseconds, null when zero.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(t.UTC().Format("2006-01-02T15:04:05.000Z"))
}

// At makes a Time.
func At(t time.Time) Time { return Time{t} }

// List reads one or many objects of one type; what cannot be one is left out,
// and so is what comes after limits.Tags entries.
type List[T any] []T

// UnmarshalJSON takes {..}, [{..}, ..] or null.
func (l *List[T]) UnmarshalJSON(b []byte) error {
	*l = nil
	tried := 0
	eachValue(b, func(v json.RawMessage) bool {
		var t T
		if (v[0] == '{' || v[0] == '"') && json.Unmarshal(v, &t) == nil { // a text: where a file is
			*l = append(*l, t)
		}
		tried++
		return tried < limits.Tags
	})
	return nil
}

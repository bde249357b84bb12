// Package entity holds the JSON shapes of the Mastodon client API, as
// https://docs.joinmastodon.org/entities documents them: one file for each, all
// required fields present, null where it says nullable. Lists are never null.
package entity

import "time"

// Time is a moment as clients read it: RFC 3339 in UTC with milliseconds.
type Time struct{ time.Time }

// At makes a Time.
func At(t time.Time) Time { return Time{t} }

// AtOrNull makes a nullable Time: nil when t is zero.
func AtOrNull(t time.Time) *Time {
	if t.IsZero() {
		return nil
	}
	return &Time{t}
}

// MarshalJSON writes "2026-11-23T10:00:00.000Z".
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(`"` + t.UTC().Format("2006-01-02T15:04:05.000Z") + `"`), nil
}

// orNull is a nullable text: nil when there is none.
func orNull[T ~string](s T) *string {
	if s == "" {
		return nil
	}
	text := string(s)
	return &text
}

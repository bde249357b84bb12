package federation

import (
	"encoding/json"
	"slices"

	"entente.example/entente/activity"
)

// reading is what an activity brings, read and sanitised once however often it is asked
// for. What comes out is for reading only.
type reading struct {
	by    activity.ID
	notes map[string]read
}

type read struct {
	note activity.Note
	err  error
}

// reader is a handler of an activity that brings something written.
type reader interface{ reading() *reading }

// note is activity.ReadNoteOf.
func (r *reading) note(by activity.ID, raw json.RawMessage) (activity.Note, error) {
	if known, ok := r.notes[string(raw)]; ok && r.by == by {
		return known.note, known.err
	}
	n, err := activity.ReadNoteOf(by, raw)
	n.AttributedTo = slices.Clip(n.AttributedTo)
	if r.notes == nil || r.by != by {
		r.by, r.notes = by, map[string]read{}
	}
	r.notes[string(raw)] = read{n, err}
	return n, err
}

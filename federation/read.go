package federation

import (
	"encoding/json"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// reading is what an activity brings, read and sanitised once however often it is asked
// for. What comes out is for reading only.
type reading struct {
	by      activity.ID
	notes   map[string]read
	raw     string // of which these are the objects
	objects activity.Refs
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

// each is everything that a Create brings.
func (r *reading) each(raw json.RawMessage) (activity.Refs, error) {
	if r.objects != nil && r.raw == string(raw) {
		return r.objects, nil
	}
	var many struct {
		Object activity.Refs `json:"object"`
	}
	if err := json.Unmarshal(raw, &many); err != nil {
		return nil, err
	}
	if n := len(many.Object); n == 0 || n > limits.Objects {
		return nil, activity.Refuse(activity.Invalid, "no_object", "a Create brings 1 to %d objects, not %d", limits.Objects, n)
	}
	r.raw, r.objects = string(raw), many.Object
	return many.Object, nil
}

package interop_test

import (
	"testing"

	"entente.example/entente/activity"
)

// A row of the table is what became of one document.
type row struct {
	document
	verb   string // of an activity
	effect string // "" for none
	reason string // why there is none
}

func TestRealInputHasItsEffect(t *testing.T) {
	all := corpus(t)
	shelf := newLibrary(all)
	rows := make([]row, len(all))
	stages := newStages(t)
	t.Run("each document", func(t *testing.T) {
		for i, d := range all {
			t.Run(d.path, func(t *testing.T) {
				t.Parallel()
				if d.kind != anActivity {
					rows[i] = looked(d)
					return
				}
				s := <-stages
				defer func() { stages <- s }()
				rows[i] = s.play(t, d, shelf)
			})
		}
	})
	for _, r := range rows {
		if r.kind == anActivity {
			t.Log(r.path, "|", r.verb, "|", r.effect, "|", r.reason)
		}
	}
}

// lanes is how many scenes are played at once.
const lanes = 3

func newStages(t *testing.T) chan *stage {
	t.Helper()
	k, a := newKeys(t), newAuthority(t)
	stages := make(chan *stage, lanes)
	for range lanes {
		stages <- newStage(t, k, a)
	}
	return stages
}

// looked reads what is not delivered as what it is.
func looked(d document) row {
	r := row{document: d, verb: activity.TypeOf(d.raw)}
	err := activity.CheckDocument(d.raw)
	switch {
	case err != nil:
	case d.kind == anActor:
		_, err = activity.ReadActor(d.raw)
	case d.kind == aNote:
		_, err = activity.ReadNote(d.raw)
	}
	if err != nil {
		r.reason = activity.FaultOf(err).Reason
	}
	return r
}

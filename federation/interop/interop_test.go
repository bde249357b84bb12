package interop_test

import (
	"fmt"
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

func TestRealInputHasItsEffectOrIsNamed(t *testing.T) {
	all := corpus(t)
	shelf := newLibrary(all)
	rows := make([]row, len(all))
	stages := newStages(t)
	t.Run("each", func(t *testing.T) {
		for i, d := range all {
			t.Run(d.path, func(t *testing.T) {
				t.Parallel()
				s := <-stages
				defer func() { stages <- s }()
				rows[i] = s.try(t, d, shelf)
			})
		}
	})
	t.Run("strangers", func(t *testing.T) { (<-stages).turnAway(t, all, shelf) })
	judge(t, rows)
	compare(t, rows)
}

// try does with a document what it is for.
func (s *stage) try(t *testing.T, d document, l library) row {
	switch {
	case d.hostile():
		return s.defend(t, d, l)
	case d.kind == anActivity:
		return s.play(t, d, l)
	}
	return looked(t, d)
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

// looked reads what is not delivered as what it is. Some is only an excerpt, or
// not an actor or a note that anybody could speak to: that is said.
func looked(t *testing.T, d document) row {
	t.Helper()
	err := activity.CheckDocument(d.raw)
	if err != nil {
		t.Error(err)
	}
	r := row{document: d, verb: activity.TypeOf(d.raw), effect: "JSON"}
	switch d.kind {
	case anActor:
		_, err = activity.ReadActor(d.raw)
		r.effect = "actor"
	case aNote:
		_, err = activity.ReadNote(d.raw)
		r.effect = "note"
	}
	if err != nil {
		r.effect, r.reason = "JSON", fmt.Sprintf("no %s: %s", d.kind, activity.FaultOf(err).Reason)
	}
	return r
}

// judge is what must be so whatever the table says.
func judge(t *testing.T, rows []row) {
	t.Helper()
	c := count(rows, row.isSendable)
	if share := c.share(); share < minShare {
		t.Errorf("%s of the activities have their effect; at least %.0f %% must", c, minShare)
	}
	for _, r := range rows {
		switch _, named := without[r.path]; {
		case r.isReal() && r.isListed() == (silent[r.verb] != "") && without[r.path] == "":
			t.Errorf("%s: a type has an effect, or silent says why it has none: %s", r.path, r.verb)
		case r.hostile() && r.effect != "":
			t.Errorf("%s has an effect: %s", r.path, r.effect)
		case r.kind == anActivity && !r.hostile() && r.effect == "" && !named:
			t.Errorf("%s, %s has no effect (%s), and without says not why", r.path, r.verb, r.reason)
		case r.effect != "" && named:
			t.Errorf("%s has an effect: take it out of without", r.path)
		}
	}
}

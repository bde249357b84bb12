package federation

import (
	"context"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// arrival is an activity that has come and may be applied: what it names is here.
type arrival struct {
	env     activity.Envelope
	h       Handler
	rec     store.Recorded
	touched []activity.ID
	refused error // nothing of it was written
}

// How many arrivals share a transaction, and how many such there are at once. One that
// touches more things than most has one for itself, since locks are not endless, and so
// has one that is traced.
const (
	together     = 64
	turnsAtOnce  = 2
	mostTouched  = 16
	mostForeseen = 64
)

// apply is the one transaction: record, verify, apply, promise. What comes at the same
// moment shares it; when anything in it fails after something was written, nothing has
// happened, and it is done in halves, down to the one that is to blame.
func (s *Service) apply(ctx context.Context, a *arrival) error {
	var err error
	a.touched = touched(&a.env, a.rec.IRI)
	if len(a.touched) > mostTouched || store.Trace(ctx) != "" {
		err = s.applyAll(ctx, []*arrival{a})
	} else {
		err = s.arrivals.Do(ctx, a)
	}
	if err != nil {
		return err
	}
	return a.refused
}

// applyAll applies them one after the other, as they have come. All locks are taken
// first and in one order, so that no two wait for each other.
func (s *Service) applyAll(ctx context.Context, as []*arrival) error {
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		var turns, about []activity.ID
		for _, a := range as {
			a.refused = nil
			turns, about = append(turns, a.touched...), append(about, a.about()...)
		}
		if err := tx.TakeTurns(ctx, turns...); err != nil {
			return err
		}
		if err := tx.Foresee(ctx, about...); err != nil {
			return err
		}
		if len(as) > 1 {
			tx.WriteTogether()
		}
		for _, a := range as {
			if !tx.Foresees() { // one before it has written something
				if err := tx.Foresee(ctx, a.about()...); err != nil {
					return err
				}
			}
			if err := s.applyOne(ctx, tx, a); err != nil {
				return err
			}
		}
		return nil
	})
}

// about are the ids that will be asked for.
func (a *arrival) about() []activity.ID {
	ids := append(slices.Clone(a.touched), a.env.Actor.ID)
	if r, ok := a.h.(reader); ok && a.env.Object.Raw != nil {
		if n, err := r.reading().note(a.env.Actor.ID, a.env.Object.Raw); err == nil {
			ids = append(append(append(ids, n.InReplyTo.First()), n.Audience.All()...), n.Mentions()...)
		}
	}
	ids = append(ids, a.env.Audience.All()...)
	return ids[:min(len(ids), mostForeseen)]
}

// applyOne applies one. What is refused before anything of it was written stops nobody
// else; Verify only reads.
func (s *Service) applyOne(ctx context.Context, tx *store.Tx, a *arrival) error {
	d, isNew, err := s.judge(ctx, tx, a)
	if err != nil && (activity.KindOf(err).Permanent() || activity.KindOf(err) == activity.TooMany) {
		a.refused = err
		if activity.KindOf(err) == activity.Gone {
			return s.putBack(ctx, tx, a.env)
		}
		return nil
	}
	if err != nil || d == nil {
		return err
	}
	if !isNew {
		return a.again(ctx, d)
	}
	rec := a.rec
	rec.Key, rec.Actor = d.Key, d.Actor.Key
	if isNew, err = tx.Record(ctx, rec); err != nil || !isNew {
		return err
	}
	if err := a.h.Apply(ctx, d); err != nil {
		return err
	}
	return d.relay(ctx)
}

const answers = "answer" // the kind of store.Pace

// again answers once more what was answered already, but only now and then: whoever
// has kept an activity with its proof can bring it as often as they like.
func (a *arrival) again(ctx context.Context, d *Deed) error {
	first, err := d.Recorded(ctx, a.rec.IRI)
	if err != nil || d.Tx.Now.Sub(first.Key.Time()) < limits.AnswerEvery {
		return err
	}
	if _, due, err := d.Begin(ctx, answers, first.Key, limits.AnswerEvery); err != nil || !due {
		return err
	}
	return a.h.(repeatable).Again(ctx, d)
}

// judge says whether an activity may have its effect; nil that it had it before.
func (s *Service) judge(ctx context.Context, tx *store.Tx, a *arrival) (d *Deed, isNew bool, err error) {
	actor, err := tx.Actor(ctx, a.env.Actor.ID)
	if err != nil {
		return nil, false, err
	}
	if err := mustBeUsable(actor); err != nil {
		return nil, false, err
	}
	iri := s.uniqueID(a.env, a.rec.Raw) // its own, also where it is recorded as a hint
	if gone, err := tx.TakenBack(ctx, iri, actor.ID); err != nil {
		return nil, false, err
	} else if gone {
		return nil, false, activity.Refuse(activity.Gone, "undone", "this was taken back before it arrived")
	}
	known, err := tx.IsRecorded(ctx, a.rec.IRI)
	if _, repeats := a.h.(repeatable); err != nil || known && !repeats {
		return nil, false, err
	}
	d = &Deed{Tx: tx, Service: s, Actor: actor, Head: a.h.Head(), IRI: iri, Raw: a.rec.Raw, Key: store.NewKey(tx.Now)}
	if r, ok := a.h.(reader); ok {
		d.read = r.reading()
	}
	if err := d.confine(ctx); err != nil {
		return d, false, err
	}
	return d, !known, d.verify(ctx, a.h)
}

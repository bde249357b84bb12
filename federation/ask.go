package federation

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

const asks = "ask" // the kind of store.Pace

// Farewell takes note that somebody may have changed or gone, on a word that could not
// be authenticated, as when their new key cannot be had for now. The word is only a
// hint: their own host is asked, later and again if it does not answer.
func (s *Service) Farewell(ctx context.Context, id activity.ID) error {
	who, known, err := activity.Optional(s.db.Actor(ctx, id))
	if err != nil || !known || who.Local || !who.Usable() {
		return err
	}
	return s.db.InTx(ctx, func(tx *store.Tx) error { return askAgain(ctx, tx, who) })
}

// Recheck promises to ask how the owner of a key is, if nobody has for a day: a key that
// was withdrawn without a word is good for so long, and for as long as its host does not
// answer.
func (s *Service) Recheck(ctx context.Context, tx *store.Tx, owner store.Actor) error {
	if owner.Local || tx.Now.Sub(owner.FetchedAt) < limits.KeyTrusted {
		return nil
	}
	return askAgain(ctx, tx, owner)
}

func askAgain(ctx context.Context, tx *store.Tx, who store.Actor) error {
	p, due, err := tx.Begin(ctx, asks, who.Key, limits.AskEvery)
	if err != nil || !due {
		return err
	}
	return tx.Enqueue(ctx, store.AskAgain{Actor: who.Key, Begun: p.Begun})
}

// AskAgain fetches the document of an actor: what it says counts from now on, its keys
// too, and one that is gone there is gone here. An error means that it has to be tried
// again.
func (s *Service) AskAgain(ctx context.Context, job store.AskAgain) error {
	p, err := s.db.Pace(ctx, asks, job.Actor)
	if err != nil || p.Begun != job.Begun {
		return err // a later one is under way
	}
	who, err := s.db.ActorByKey(ctx, job.Actor)
	if err != nil || !who.DeletedAt.IsZero() {
		return err
	}
	r, err := s.Errand().Reading(ctx, who.ID.Host(), store.Actor{})
	if err != nil {
		return err
	}
	return r.Refresh(ctx, who.ID)
}

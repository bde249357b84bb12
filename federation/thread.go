package federation

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/resolve"
	"entente.example/entente/store"
)

// fill promises to fetch what the thread of a new note lacks, if one of our
// people may care: see store.Concerns. A post that answers nothing is left alone:
// nobody can have answered it yet.
func (d *Deed) fill(ctx context.Context, n store.Note) error {
	if n.InReplyTo.First() == "" {
		return nil
	}
	if shut, err := d.inShut(ctx, n); err != nil || shut {
		return err
	}
	if concerns, err := d.Concerns(ctx, n); err != nil || !concerns {
		return err
	}
	return resolve.PromiseThread(ctx, d.Tx, n)
}

// Opened is told that one of our people looks at the thread of a note, and
// promises to fetch what it lacks. Threads that began here and nobody elsewhere
// could have answered without us are complete.
func (s *Service) Opened(ctx context.Context, n store.Note) error {
	if n.Local && n.ReplyTo == 0 && n.InReplyTo.First() == "" {
		return nil
	}
	if shut, err := s.inShut(ctx, n); err != nil || shut {
		return err
	}
	if p, err := s.db.Pace(ctx, resolve.Threads, n.ThreadKey); err != nil || !p.IsDue(s.now(), limits.ThreadEvery) {
		return err
	}
	return s.db.InTx(ctx, func(tx *store.Tx) error { return resolve.PromiseThread(ctx, tx, n) })
}

// inShut says whether a note is in a group for its members only: what its host has not
// passed on is not asked for elsewhere.
func (s *Service) inShut(ctx context.Context, n store.Note) (bool, error) {
	group, ok, err := activity.Optional(s.db.ActorByKey(ctx, n.GroupKey))
	return ok && group.Access().Shut(), err
}

package federation

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// dismissedAtOnce is how many people one transaction takes out of a group.
const dismissedAtOnce = 100

// Dismiss takes those out of a group of ours whose company it does not take any more, as
// the group, tells them, and promises the rest. They may be thousands: what they may read
// and hear ends without it.
func (s *Service) Dismiss(ctx context.Context, job store.Dismiss) error {
	group, known, err := activity.Optional(s.db.ActorByKey(ctx, job.Group))
	if err != nil || !known || !group.Local {
		return err
	}
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.TakeTurns(ctx, "dismiss:"+group.ID); err != nil { // the same job may run twice
			return err
		}
		edges, err := tx.Outsiders(ctx, group.Key, job.After, dismissedAtOnce)
		if err != nil {
			return err
		}
		for _, e := range edges {
			if err := s.dismissOne(ctx, tx, group, e); err != nil {
				return err
			}
		}
		if len(edges) < dismissedAtOnce {
			return s.renew(ctx, tx, group) // the successor may be among them
		}
		return tx.Enqueue(ctx, store.Dismiss{Group: group.Key, After: edges[len(edges)-1].Key})
	})
}

func (s *Service) dismissOne(ctx context.Context, tx *store.Tx, group store.Actor, e store.Edge) error {
	who, err := tx.ActorByKey(ctx, e.Actor)
	if err != nil {
		return err
	}
	switch e.Kind {
	case store.Membership:
		return s.judgeIn(ctx, tx, group, who, e, &Reject{})
	case store.Invitation:
		return s.uninvite(ctx, tx, group, who, e)
	}
	return tx.CutMember(ctx, who.Key, group.Key)
}

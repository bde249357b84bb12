package federation

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// Move says that an actor goes on as another one. It counts only
// if the other one says so too, in its own document, as it is now.
type Move struct{ activity.Envelope }

var _ = define[Move]("Move", itself)

// Refresh whom it moves to.
func (m *Move) Refresh() activity.IDs {
	if m.Object.ID != m.Actor.ID {
		return nil
	}
	return activity.IDs{m.Target.ID}
}

// Verify: an actor moves itself, to one that is known as it, and not all the time.
// Our own people do not move away: that is for their company to decide.
func (m *Move) Verify(ctx context.Context, d *Deed) error {
	if d.Local {
		return activity.Refuse(activity.Denied, "no_moving", "accounts of this company cannot be moved to another one; ask an administrator")
	}
	target, err := d.Tx.Actor(ctx, m.Target.ID)
	switch {
	case err != nil:
		return err
	case target.Key == d.Actor.Key || !target.Usable() || target.IsGroup() || d.Actor.IsGroup():
		return activity.Refuse(activity.Invalid, "bad_target", "a person moves to another one that there is")
	case target.Local || d.Now.Sub(target.FetchedAt) > limits.AskedWithin || !target.AlsoKnownAs.Has(d.Actor.ID):
		return activity.Refuse(activity.Denied, "not_known_as", "%.200s does not say that it is also known as who moves there", m.Target.ID)
	case target.MovedTo.ID != "":
		return activity.Refuse(activity.Denied, "moved_on", "%.200s has moved itself", m.Target.ID)
	}
	return d.mayMove(ctx, target)
}

// mayMove: not in circles, and not again within a week but to the same one.
func (d *Deed) mayMove(ctx context.Context, target store.Actor) error {
	if back, ok, err := activity.Optional(d.MoveOf(ctx, target.Key)); err != nil || ok && back.Target == d.Actor.Key {
		if err == nil {
			err = activity.Refuse(activity.Denied, "move_loop", "%.200s has moved to who moves there", target.ID)
		}
		return err
	}
	last, ok, err := activity.Optional(d.MoveOf(ctx, d.Actor.Key))
	if err == nil && ok && last.Target != target.Key && d.Now.Sub(last.At) < limits.MoveEvery {
		err = activity.Refuse(activity.Conflict, "moved_lately", "who has moved stays for a week")
	}
	return err
}

// Apply notes it, and promises that our people who follow will follow along: once,
// however often it is said.
func (m *Move) Apply(ctx context.Context, d *Deed) error {
	target, err := d.Tx.Actor(ctx, m.Target.ID)
	if err != nil {
		return err
	}
	if last, ok, err := activity.Optional(d.MoveOf(ctx, d.Actor.Key)); err != nil || ok && last.Target == target.Key {
		return err
	}
	if err := d.PutMove(ctx, d.Actor.Key, target.Key); err != nil {
		return err
	}
	return d.Enqueue(ctx, store.Refollow{Actor: d.Actor.Key, Target: target.Key})
}

// Refollow lets the next of our people who follow an actor that has moved follow
// its successor, and promises the rest.
func (s *Service) Refollow(ctx context.Context, job store.Refollow) error {
	m, ok, err := activity.Optional(s.db.MoveOf(ctx, job.Actor))
	if err != nil || !ok || m.Target != job.Target || m.Reached != job.After {
		return err // done, or moved again
	}
	target, err := s.db.ActorByKey(ctx, m.Target)
	if err != nil || !target.Usable() {
		return err
	}
	tied, err := s.db.TiedAt(ctx, store.Follow, m.Actor, s.origin(), m.Reached, limits.Refollows)
	if err != nil || len(tied) == 0 {
		return err
	}
	for _, t := range tied {
		if err := s.followAlong(ctx, t, target); err != nil {
			return err
		}
	}
	job.After = tied[len(tied)-1].Key
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		isOurs, err := tx.Reach(ctx, m, job.After)
		if err != nil || !isOurs || len(tied) < limits.Refollows {
			return err
		}
		return tx.Enqueue(ctx, job)
	})
}

// followAlong makes one of ours follow, as if they had asked to: whom policy or a
// block keeps from it stays where they are.
func (s *Service) followAlong(ctx context.Context, t store.Tied, target store.Actor) error {
	if _, has, err := activity.Optional(s.db.Edge(ctx, store.Follow, t.Actor, target.Key)); err != nil || has || !t.Accepted {
		return err
	}
	me, err := s.db.ActorByKey(ctx, t.Actor)
	if err != nil || !me.Usable() || !me.Local {
		return err
	}
	if err = s.Follow(ctx, me, target); err != nil && activity.KindOf(err).Permanent() {
		s.log.InfoContext(ctx, "a follower does not follow along", "follower", me.ID, "to", target.ID, "err", err)
		return nil
	}
	return err
}

package federation

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// Move says that an actor goes on as another one. It counts only if the one who does
// not say it says so too, in its own document, as it is now. The new one may say it
// where the old host is silent but for that document (FEP-7628, pulled).
type Move struct {
	activity.Envelope
	unanswered bool // of a group that is claimed: its host was asked now, and gives no answer
}

var _ = define[Move]("Move", itself, successor)

// isPulled says that the new one says it.
func (m *Move) isPulled() bool {
	return m.Target.ID == m.Actor.ID && m.Object.ID != m.Actor.ID
}

// Refresh whom it moves to and, where they say it, who moves.
func (m *Move) Refresh() activity.IDs {
	switch {
	case m.isPulled():
		return activity.IDs{m.Object.ID, m.Target.ID}
	case m.Object.ID != m.Actor.ID:
		return nil
	}
	return activity.IDs{m.Target.ID}
}

// Verify: a person moves to one that is known as it, and not all the time. Our own
// people do not move away: that is for their company to decide.
func (m *Move) Verify(ctx context.Context, d *Deed) error {
	who, err := d.Tx.Actor(ctx, m.Object.ID)
	if err != nil {
		return err
	}
	if who.IsGroup() {
		return m.verifyGroup(ctx, d, who)
	}
	if who.Local {
		return activity.Refuse(activity.Denied, "no_moving", "accounts of this company cannot be moved to another one; ask an administrator")
	}
	target, err := d.Tx.Actor(ctx, m.Target.ID)
	switch {
	case err != nil:
		return err
	case target.Key == who.Key || !target.Usable() || !who.Usable() || target.IsGroup() || who.IsGroup():
		return activity.Refuse(activity.Invalid, "bad_target", "a person moves to another one that there is")
	case target.Local || d.isStale(target) || !target.AlsoKnownAs.Has(who.ID):
		return activity.Refuse(activity.Denied, "not_known_as", "%.200s does not say that it is also known as who moves there", m.Target.ID)
	case m.isPulled() && (d.isStale(who) || who.MovedTo.ID != target.ID):
		return activity.Refuse(activity.Denied, "not_moved", "%.200s does not say that it has moved there", m.Object.ID)
	case target.MovedTo.ID != "":
		return activity.Refuse(activity.Denied, "moved_on", "%.200s has moved itself", m.Target.ID)
	}
	return d.mayMove(ctx, who, target)
}

// isStale: its host was not asked just now.
func (d *Deed) isStale(a store.Actor) bool { return d.Now.Sub(a.FetchedAt) > limits.AskedWithin }

// mayMove: not in circles, and not again within a week but to the same one; a group, which
// others may have claimed, only once.
func (d *Deed) mayMove(ctx context.Context, who, target store.Actor) error {
	if back, ok, err := activity.Optional(d.MoveOf(ctx, target.Key)); err != nil || ok && back.Target == who.Key {
		if err == nil {
			err = activity.Refuse(activity.Denied, "move_loop", "%.200s has moved to who moves there", target.ID)
		}
		return err
	}
	last, ok, err := activity.Optional(d.MoveOf(ctx, who.Key))
	switch {
	case err != nil || !ok || last.Target == target.Key:
	case who.IsGroup():
		err = movedOn(who)
	case d.Now.Sub(last.At) < limits.MoveEvery:
		err = activity.Refuse(activity.Conflict, "moved_lately", "who has moved stays for a week")
	}
	return err
}

// Apply notes it, and promises that our people who follow will follow along: once,
// however often it is said.
func (m *Move) Apply(ctx context.Context, d *Deed) error {
	who, err := d.Tx.Actor(ctx, m.Object.ID)
	if err != nil {
		return err
	}
	if who.IsGroup() {
		return m.applyGroup(ctx, d, who)
	}
	target, err := d.Tx.Actor(ctx, m.Target.ID)
	if err != nil {
		return err
	}
	if last, ok, err := activity.Optional(d.MoveOf(ctx, who.Key)); err != nil || ok && last.Target == target.Key {
		return err
	}
	if err := d.PutMove(ctx, who.Key, target.Key); err != nil {
		return err
	}
	return d.Enqueue(ctx, store.Refollow{Actor: who.Key, Target: target.Key})
}

// Refollow lets the next of our people who follow an actor that has moved follow
// its successor, or be in the group that one goes on as, and promises the rest.
func (s *Service) Refollow(ctx context.Context, job store.Refollow) error {
	m, ok, err := activity.Optional(s.db.MoveOf(ctx, job.Actor))
	if err != nil || !ok || m.Target != job.Target || m.Reached != job.After {
		return err // done, or moved again
	}
	target, err := s.db.ActorByKey(ctx, m.Target)
	if err != nil || !target.Usable() {
		return err
	}
	who, err := s.db.ActorByKey(ctx, m.Actor)
	if err != nil {
		return err
	}
	tied, err := s.db.TiedAt(ctx, who.Bond(), m.Actor, s.origin(), m.Reached, limits.Refollows)
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
	if _, has, err := activity.Optional(s.db.Edge(ctx, target.Bond(), t.Actor, target.Key)); err != nil || has || !t.Accepted {
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

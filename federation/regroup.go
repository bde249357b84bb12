package federation

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// A group goes on as another one, elsewhere: its people go there, what was posted in it is
// shown there, and whoever has its address finds the other.

// movedOn refuses what is done to a group that goes on as another.
func movedOn(group store.Actor) error {
	return activity.Refuse(activity.Conflict, "group_moved", "this group goes on as %.200s: go there", group.MovedTo.ID)
}

// verifyGroup: the group says so itself, and the other one says that it is known as this.
// Where our company has no agreement with the new host that is not asked: we stay behind.
func (m *Move) verifyGroup(ctx context.Context, d *Deed, who store.Actor) error {
	target, follows, err := m.heir(ctx, d)
	switch {
	case err != nil:
		return err
	case !follows:
		return nil
	case target.Key == who.Key || !target.Usable() || !who.Usable() || !target.IsGroup():
		return activity.Refuse(activity.Invalid, "bad_target", "a group moves to another one that there is")
	case !target.Local && d.isStale(target) || !target.AlsoKnownAs.Has(who.ID):
		return activity.Refuse(activity.Denied, "not_known_as", "%.200s does not say that it is also known as who moves there", m.Target.ID)
	case target.MovedTo.ID != "":
		return activity.Refuse(activity.Denied, "moved_on", "%.200s has moved itself", m.Target.ID)
	case m.isPulled():
		if err := d.mayClaim(ctx, m, who); err != nil {
			return err
		}
	}
	return d.mayMove(ctx, who, target)
}

// heir is the group that another one goes on as; follows is false where it is at a host
// that we have no agreement with.
func (m *Move) heir(ctx context.Context, d *Deed) (target store.Actor, follows bool, err error) {
	if !d.gate.IsOwn(m.Target.ID.Host()) {
		partners, err := d.gate.Sendable(ctx, []string{m.Target.ID.Host()})
		if err != nil || !partners[m.Target.ID.Host()] {
			return target, false, err
		}
	}
	target, err = d.Tx.Actor(ctx, m.Target.ID)
	return target, true, err
}

// applyGroup notes it, and promises that our people and what was posted go along.
func (m *Move) applyGroup(ctx context.Context, d *Deed, who store.Actor) error {
	target, follows, err := m.heir(ctx, d)
	if err != nil {
		return err
	}
	if _, moved, err := activity.Optional(d.MoveOf(ctx, who.Key)); err != nil || moved {
		if err == nil { // said again: what came meanwhile goes along too
			err = d.Enqueue(ctx, store.Regroup{Group: who.Key})
		}
		return err
	}
	if m.isPulled() && who.Local { // we were away: the group says now itself that it has moved
		return d.handOn(ctx, handover{who, target.ID}, nil)
	}
	who.MovedTo = activity.Ref{ID: m.Target.ID}
	if who, err = d.PutActor(ctx, who); err != nil {
		return err
	}
	d.Audit(ctx, store.Decision{Who: string(d.Actor.ID), What: "group.moved", About: string(who.ID), Details: map[string]string{"to": string(m.Target.ID)}})
	if !follows {
		return d.tellLeftOut(ctx, who)
	}
	if err := d.PutMove(ctx, who.Key, target.Key); err != nil {
		return err
	}
	if err := d.Enqueue(ctx, store.Refollow{Actor: who.Key, Target: target.Key}); err != nil {
		return err
	}
	return d.Enqueue(ctx, store.Regroup{Group: who.Key})
}

// tellLeftOut tells our people in a group that it goes on without them: they keep what
// they have.
func (d *Deed) tellLeftOut(ctx context.Context, group store.Actor) error {
	members, err := d.TiedAt(ctx, store.Membership, group.Key, d.origin(), 0, limits.Synchronised)
	for _, m := range members {
		if err == nil && m.Accepted {
			err = d.Notify(ctx, m.Actor, "group_left_out", group.Key, 0)
		}
	}
	return err
}

// Regroup shows the next posts of a group that has moved in the one that it goes on as,
// and promises the rest.
func (s *Service) Regroup(ctx context.Context, job store.Regroup) error {
	m, ok, err := activity.Optional(s.db.MoveOf(ctx, job.Group))
	if err != nil || !ok {
		return err
	}
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		was, err := tx.ActorByKey(ctx, m.Actor)
		if err != nil {
			return err
		}
		heir, err := tx.ActorByKey(ctx, m.Target)
		if err != nil {
			return err
		}
		g := store.Regrouped{From: was.Key, To: heir.Key, ID: was.ID, Followers: was.Followers.ID, HeirID: heir.ID, HeirFollowers: heir.Followers.ID, KeepsRoles: heir.Local}
		n, err := tx.Regroup(ctx, g, limits.Regrouped)
		if err != nil {
			return err
		}
		if n == limits.Regrouped {
			return tx.Enqueue(ctx, job)
		}
		return tx.RegroupRest(ctx, g)
	})
}

// expectsBanned says whether the actor was banned from what a group of ours goes on with, and
// then bans them from it.
func (d *Deed) expectsBanned(ctx context.Context, group store.Actor) (bool, error) {
	role, err := d.Expects(ctx, group.Key, d.Actor.ID)
	if err != nil || role != store.Ban {
		return false, err
	}
	if _, err := d.PutEdge(ctx, store.Edge{Kind: store.Ban, Actor: d.Actor.Key, Object: group.Key, Accepted: true}); err != nil {
		return true, err
	}
	return true, d.Came(ctx, group.Key, d.Actor.ID)
}

// comesAlong gives who was in the group that one of ours goes on with the role that they had.
func (d *Deed) comesAlong(ctx context.Context, group store.Actor) error {
	if !group.IsGroup() || len(group.AlsoKnownAs) == 0 {
		return nil
	}
	role, err := d.Expects(ctx, group.Key, d.Actor.ID)
	if err != nil || role == "" {
		return err
	}
	if role == store.Owner {
		if _, err := d.PutEdge(ctx, store.Edge{Kind: store.Owner, Actor: d.Actor.Key, Object: group.Key, Accepted: true}); err != nil {
			return err
		}
	}
	if role != store.Membership {
		if err := d.shelve(ctx, d.Tx, group, group, d.Actor, &Add{}); err != nil {
			return err
		}
	}
	return d.Came(ctx, group.Key, d.Actor.ID)
}

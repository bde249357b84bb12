package federation

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// What those who decide for a group of ours do in it. Owners moderate too, and decide
// what the group is and who moderates; a group always has one.

// decides refuses (Denied) who has not this role in a group of ours.
func (s *Service) decides(ctx context.Context, me, group store.Actor, role string) error {
	if !group.IsGroup() {
		return activity.ErrNotFound()
	}
	has, err := s.db.HasEdge(ctx, role, me.Key, group.Key)
	switch {
	case err == nil && has && group.MovedTo.ID != "":
		return movedOn(group)
	case err != nil || has && group.Local:
		return err
	case !group.Local:
		return activity.Refuse(activity.Denied, "group_elsewhere", "this group is looked after where it lives; go to its page there")
	}
	return refused(nil)
}

func refused(err error) error {
	if err == nil {
		err = activity.Refuse(activity.Denied, "not_a_moderator", "only those who look after this group can do that; ask one of them")
	}
	return err
}

// spares refuses (Conflict) what would put an owner out of a group.
func (d *Deed) spares(ctx context.Context, who, group store.Key) error {
	owns, err := d.HasEdge(ctx, store.Owner, who, group)
	if err == nil && owns {
		err = ownerStays()
	}
	return err
}

func ownerStays() error {
	return activity.Refuse(activity.Conflict, "owner_stays", "this group needs another owner first: hand it on before that")
}

// judge answers a wish to join, or ends a membership, as the group.
func (d *Deed) judge(ctx context.Context, group, who store.Actor, wish store.Edge, h Handler) error {
	return d.Service.judgeIn(ctx, d.Tx, group, who, wish, h)
}

func (s *Service) judgeIn(ctx context.Context, tx *store.Tx, group, who store.Actor, wish store.Edge, h Handler) (err error) {
	head := h.Head()
	if head.Object, err = embedded("Follow", wish.IRI, who.ID, group.ID); err != nil {
		return err
	}
	head.To = activity.IDs{who.ID}
	_, err = s.do(ctx, tx, group, h)
	return err
}

// LetIn lets somebody in who has asked, or with let false refuses them.
func (s *Service) LetIn(ctx context.Context, me, group, who store.Actor, let bool) error {
	var h Handler = &Reject{}
	if let {
		h = &Accept{}
	}
	return s.asGroup(ctx, me, group, store.Moderator, func(tx *store.Tx) error {
		wish, err := tx.Edge(ctx, store.Membership, who.Key, group.Key)
		if err != nil || wish.Accepted {
			return err
		}
		return s.judgeIn(ctx, tx, group, who, wish, h)
	})
}

// asGroup does something in one transaction if me has a role in the group.
func (s *Service) asGroup(ctx context.Context, me, group store.Actor, role string, do func(*store.Tx) error) error {
	if err := s.decides(ctx, me, group, role); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.TakeTurns(ctx, group.ID); err != nil {
			return err
		}
		return do(tx)
	})
}

// Remove takes a member out of a group; a moderator only an owner can.
func (s *Service) Remove(ctx context.Context, me, group, who store.Actor) error {
	return s.asGroup(ctx, me, group, store.Moderator, func(tx *store.Tx) error {
		if err := s.outranks(ctx, tx, me, group, who); err != nil {
			return err
		}
		e, err := tx.Edge(ctx, store.Membership, who.Key, group.Key)
		if err != nil {
			return err
		}
		return s.judgeIn(ctx, tx, group, who, e, &Reject{})
	})
}

// outranks: an owner stays, and a moderator is an owner's to decide about.
func (s *Service) outranks(ctx context.Context, tx *store.Tx, me, group, who store.Actor) error {
	roles, err := tx.Roles(ctx, group.Key, []store.Key{me.Key, who.Key})
	switch {
	case err != nil:
		return err
	case roles[who.Key] == store.Owner:
		return ownerStays()
	case roles[who.Key] == store.Moderator && roles[me.Key] != store.Owner:
		return refused(nil)
	}
	return nil
}

// Ban keeps somebody out of a group, whether they are in it or not.
func (s *Service) Ban(ctx context.Context, me, group, who store.Actor) error {
	return s.asGroup(ctx, me, group, store.Moderator, func(tx *store.Tx) error {
		if err := s.outranks(ctx, tx, me, group, who); err != nil {
			return err
		}
		e, was, err := activity.Optional(tx.Edge(ctx, store.Membership, who.Key, group.Key))
		if err != nil {
			return err
		}
		if was { // they are told of this, and of no more
			if err := s.judgeIn(ctx, tx, group, who, e, &Reject{}); err != nil {
				return err
			}
		}
		b := &Block{}
		b.Object, b.Target = activity.Ref{ID: who.ID}, activity.Ref{ID: group.ID}
		if b.Audience, err = moderating(ctx, tx, group); err != nil {
			return err
		}
		_, err = s.do(ctx, tx, me, b)
		return err
	})
}

// Unban lets somebody ask again.
func (s *Service) Unban(ctx context.Context, me, group, who store.Actor) error {
	return s.asGroup(ctx, me, group, store.Moderator, func(tx *store.Tx) error {
		if is, err := tx.HasEdge(ctx, store.Ban, who.Key, group.Key); err != nil || !is {
			return err
		}
		to, err := moderating(ctx, tx, group)
		if err != nil {
			return err
		}
		u, err := s.lift("Block", me, group, who.ID, to)
		if err != nil {
			return err
		}
		_, err = s.do(ctx, tx, me, u)
		return err
	})
}

// SetRole makes a member a moderator, an owner or a mere member again, by an owner.
// Who makes another one the owner moderates from then on.
func (s *Service) SetRole(ctx context.Context, me, group, who store.Actor, role string) error {
	if role != store.Owner && role != store.Moderator && role != store.Membership {
		return activity.Refuse(activity.Invalid, "bad_role", "a role is owner, moderator or member")
	}
	return s.asGroup(ctx, me, group, store.Owner, func(tx *store.Tx) error {
		roles, err := tx.Roles(ctx, group.Key, []store.Key{who.Key})
		switch was := roles[who.Key]; {
		case err != nil || was == role:
			return err
		case was == "":
			return activity.Refuse(activity.Invalid, "not_in_group", "only members of a group can look after it: invite them first")
		case was == store.Owner:
			return ownerStays()
		}
		if role == store.Owner {
			if err := handOn(ctx, tx, me, group, who); err != nil {
				return err
			}
		}
		if role == store.Membership {
			return s.shelve(ctx, tx, me, group, who, &Remove{})
		}
		return s.shelve(ctx, tx, me, group, who, &Add{})
	})
}

func handOn(ctx context.Context, tx *store.Tx, me, group, who store.Actor) error {
	if _, err := tx.PutEdge(ctx, store.Edge{Kind: store.Owner, Actor: who.Key, Object: group.Key, Accepted: true}); err != nil {
		return err
	}
	_, err := tx.CutEdge(ctx, store.Owner, me.Key, group.Key)
	return err
}

// shelve adds somebody to the moderators of a group, or removes them (FEP-1b12).
func (s *Service) shelve(ctx context.Context, tx *store.Tx, me, group, who store.Actor, h Handler) error {
	to, err := moderating(ctx, tx, group)
	if err != nil {
		return err
	}
	head := h.Head()
	head.Object, head.Target, head.Audience = activity.Ref{ID: who.ID}, activity.Ref{ID: group.AttributedTo.First()}, to
	_, err = s.do(ctx, tx, me, h)
	return err
}

// LooksAfter refuses (Denied) who does not moderate a group of ours.
func (s *Service) LooksAfter(ctx context.Context, me, group store.Actor) error {
	return s.decides(ctx, me, group, store.Moderator)
}

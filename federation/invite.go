package federation

import (
	"context"
	"encoding/json"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Invite asks somebody into a group (ActivityStreams vocabulary, as Smithereen and
// Mobilizon do): the group is the object, who is invited the target or in to. A group
// invites through its host; a member elsewhere asks the host to.
type Invite struct{ activity.Envelope }

var _ = define[Invite]("Invite", inviter)

// Needs the group, and who is invited to it.
func (i *Invite) Needs() activity.IDs { return activity.IDs{i.Object.ID, i.invitee()} }

func (i *Invite) invitee() activity.ID {
	if i.Target.ID != "" {
		return i.Target.ID
	}
	for _, id := range i.To {
		if id != i.Object.ID && !id.IsPublic() {
			return id
		}
	}
	return ""
}

// mayInvite: the group's own host; of a group of ours also a member whom it lets.
func mayInvite(ctx context.Context, d *Deed, _ Handler) (bool, error) {
	group, ok, err := activity.Optional(d.Tx.Actor(ctx, d.Head.Object.ID))
	switch {
	case err != nil || !ok || !group.IsGroup():
		return false, err
	case d.Actor.Key == group.Key:
		return true, nil
	case !group.Local:
		return d.Local || activity.SameOrigin(group.ID, d.Actor.ID), nil
	}
	return d.MayInvite(ctx, d.Actor.Key, group.Key)
}

// Verify: there are a group and somebody who may be asked in, by this one: who is known
// to nobody here invites no more people than they may write to.
func (i *Invite) Verify(ctx context.Context, d *Deed) error {
	group, who, err := i.ends(ctx, d)
	switch {
	case err != nil:
		return err
	case group.Local:
		if err := d.mayBeInvited(ctx, who, group); err != nil {
			return err
		}
		return d.mayMeet(ctx, d.Actor, who.Key)
	case !who.Local && !d.Local:
		return activity.Refuse(activity.Invalid, "not_for_us", "neither of the two lives here")
	}
	return d.mayMeet(ctx, group, who.Key)
}

func (i *Invite) ends(ctx context.Context, d *Deed) (group, who store.Actor, err error) {
	if group, err = d.Tx.Actor(ctx, i.Object.ID); err != nil {
		return group, who, err
	}
	if who, err = d.Tx.Actor(ctx, i.invitee()); err == nil && (!who.Usable() || who.Type != "Person" && who.Type != "Service") {
		err = activity.ErrNotFound()
	}
	if err != nil {
		return group, who, err
	}
	if blocked, err := d.Blocked(ctx, who.Key, group.Key); err != nil || blocked {
		return group, who, notInvited(err)
	}
	return group, who, nil
}

func notInvited(err error) error {
	if err == nil {
		err = activity.ErrNotFound()
	}
	return err
}

// Apply keeps the invitation, where the group and where the guest lives. What a member
// asks of a group of ours, the group says itself.
func (i *Invite) Apply(ctx context.Context, d *Deed) error {
	group, who, err := i.ends(ctx, d)
	switch {
	case err != nil:
		return err
	case group.Local && d.Actor.Key != group.Key:
		return d.invite(ctx, group, who)
	case !group.Local && d.Local:
		return nil // its host decides
	}
	if is, err := d.IsMember(ctx, who.Key, group.Key); err != nil || is {
		return err
	}
	isNew, err := d.PutEdge(ctx, store.Edge{Kind: store.Invitation, Actor: who.Key, Object: group.Key, Accepted: true, IRI: d.IRI})
	if err == nil && isNew {
		err = d.Notify(ctx, who.Key, "group_invite", group.Key, 0)
	}
	return err
}

// invite makes a group of ours invite somebody; who has asked already is let in.
func (d *Deed) invite(ctx context.Context, group, who store.Actor) error {
	wish, asked, err := activity.Optional(d.Edge(ctx, store.Membership, who.Key, group.Key))
	if err != nil {
		return err
	}
	if asked {
		return d.judge(ctx, group, who, wish, &Accept{})
	}
	if err := d.meets(ctx, who.Key); err != nil {
		return err
	}
	i := &Invite{}
	i.Object, i.Target, i.To = activity.Ref{ID: group.ID}, activity.Ref{ID: who.ID}, activity.IDs{who.ID}
	_, err = d.Do(ctx, group, i)
	return err
}

// mayBeInvited refuses (Denied) whom a group of ours cannot take.
func (d *Deed) mayBeInvited(ctx context.Context, who, group store.Actor) error {
	g, err := d.Group(ctx, group.Key)
	if err != nil {
		return err
	}
	if g.LevelOf(who) == "" {
		return activity.Refuse(activity.Denied, "company_not_in_group", "their company is not among those of this group; its owner can change that")
	}
	banned, err := d.HasEdge(ctx, store.Ban, who.Key, group.Key)
	if err == nil && banned {
		err = activity.Refuse(activity.Denied, "banned", "they are kept out of this group; a moderator can change that")
	}
	return err
}

// invitation is the one that an Accept or Reject answers: of the actor, to a group.
func (d *Deed) invitation(ctx context.Context) (store.Edge, bool, error) {
	e, ok, err := activity.Optional(d.EdgeByIRI(ctx, d.Head.Object.ID))
	if err != nil || ok {
		return e, ok && e.Kind == store.Invitation && e.Actor == d.Actor.Key, err
	}
	if d.Head.Object.Raw == nil || activity.TypeOf(d.Head.Object.Raw) != "Invite" {
		return e, false, nil
	}
	inner, err := activity.ReadEnvelope(d.Head.Object.Raw)
	if err != nil {
		return e, false, nil
	}
	group, ok, err := activity.Optional(d.Tx.Actor(ctx, inner.Object.ID))
	if err != nil || !ok {
		return e, false, err
	}
	return activity.Optional(d.Edge(ctx, store.Invitation, d.Actor.Key, group.Key))
}

// Invite asks who into a group, in the name of me: where the group lets me it sends an
// invitation, or its host is asked to. Refused: not_a_moderator, company_not_in_group, banned.
func (s *Service) Invite(ctx context.Context, me, group, who store.Actor) error {
	if !group.IsGroup() {
		return activity.ErrNotFound()
	}
	if is, err := s.db.IsMember(ctx, who.Key, group.Key); err != nil || is {
		return err
	}
	if group.Local {
		if may, err := s.db.MayInvite(ctx, me.Key, group.Key); err != nil || !may {
			return refused(err)
		}
	}
	i := &Invite{}
	i.Object, i.Target, i.To = activity.Ref{ID: group.ID}, activity.Ref{ID: who.ID}, activity.IDs{group.ID}
	_, err := s.submit(ctx, me, i)
	return err
}

// Uninvite takes an invitation back, by a moderator.
func (s *Service) Uninvite(ctx context.Context, me, group, who store.Actor) error {
	if err := s.decides(ctx, me, group, store.Moderator); err != nil {
		return err
	}
	e, ok, err := activity.Optional(s.db.Edge(ctx, store.Invitation, who.Key, group.Key))
	if err != nil || !ok {
		return err
	}
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.TakeTurns(ctx, group.ID, who.ID); err != nil {
			return err
		}
		return s.uninvite(ctx, tx, group, who, e)
	})
}

func (s *Service) uninvite(ctx context.Context, tx *store.Tx, group, who store.Actor, e store.Edge) (err error) {
	u := &Undo{}
	if u.Object, err = invitation(e, group, who); err != nil {
		return err
	}
	u.To = activity.IDs{who.ID}
	_, err = s.do(ctx, tx, group, u)
	return err
}

// Decline says no to an invitation of mine.
func (s *Service) Decline(ctx context.Context, me, group store.Actor) error {
	e, ok, err := activity.Optional(s.db.Edge(ctx, store.Invitation, me.Key, group.Key))
	if err != nil || !ok {
		return err
	}
	r := &Reject{}
	if r.Object, err = invitation(e, group, me); err != nil {
		return err
	}
	r.To = activity.IDs{group.ID}
	_, err = s.submit(ctx, me, r)
	return err
}

// invitation is the Invite that made an edge, as the object of its answer.
func invitation(e store.Edge, group, who store.Actor) (activity.Ref, error) {
	raw, err := json.Marshal(activity.Envelope{ID: e.IRI, Type: "Invite", Actor: activity.Ref{ID: group.ID}, Object: activity.Ref{ID: group.ID}, Target: activity.Ref{ID: who.ID}})
	return activity.Ref{ID: e.IRI, Raw: raw}, err
}

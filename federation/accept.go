package federation

import (
	"context"
	"encoding/json"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Accept grants what a Follow, Join or Invite asked for (ActivityPub §7.6).
type Accept struct{ activity.Envelope }

// Reject refuses what a Follow, Join or Invite asked for, or ends it later (ActivityPub §7.7).
type Reject struct{ activity.Envelope }

var (
	_ = define[Accept]("Accept", asked)
	_ = define[Reject]("Reject", asked)
)

// Verify has nothing to ask of who was asked.
func (a *Accept) Verify(context.Context, *Deed) error { return nil }

// Apply makes the follower a follower, the member a member. Only now: a wish
// alone opens nothing (CVE-2025-30741).
func (a *Accept) Apply(ctx context.Context, d *Deed) error {
	if group, s, is, err := d.succession(ctx); err != nil || is {
		return d.answered(ctx, group, s, err, false)
	}
	if h, is, err := d.handedOver(ctx); err != nil || is {
		return d.handOn(ctx, h, err)
	}
	if p, is, err := d.pleaded(ctx); err != nil || is {
		return d.granted(ctx, p, err)
	}
	if e, is, err := d.invitation(ctx); err != nil || is {
		return d.comesIn(ctx, e, err)
	}
	e, err := d.wished(ctx)
	if err != nil {
		return err
	}
	if err := comeTrue(ctx, d.Tx, e); err != nil {
		return err
	}
	return d.introducesGroup(ctx, e)
}

// comeTrue makes a wish a follow or a membership.
func comeTrue(ctx context.Context, tx *store.Tx, e store.Edge) error {
	if e.Kind == store.Membership {
		if _, err := tx.CutEdge(ctx, store.Invitation, e.Actor, e.Object); err != nil {
			return err
		}
	}
	if e.Accepted {
		return nil
	}
	if isNew, err := tx.Accept(ctx, e.Kind, e.Actor, e.Object); err != nil || !isNew {
		return err
	}
	return tx.CatchUp(ctx, e)
}

// Verify has nothing to ask of who was asked.
func (r *Reject) Verify(context.Context, *Deed) error { return nil }

// Apply removes the wish or what came of it.
func (r *Reject) Apply(ctx context.Context, d *Deed) error {
	if group, s, is, err := d.succession(ctx); err != nil || is {
		return d.answered(ctx, group, s, err, true)
	}
	if p, is, err := d.pleaded(ctx); err != nil || is {
		return d.refused(ctx, p, err)
	}
	if e, is, err := d.invitation(ctx); err != nil || is {
		if err == nil {
			_, err = d.CutEdge(ctx, e.Kind, e.Actor, e.Object)
		}
		return err
	}
	e, ok, err := activity.Optional(d.wished(ctx))
	if err != nil || !ok {
		return err
	}
	if _, err = d.CutEdge(ctx, e.Kind, e.Actor, e.Object); err != nil || e.Kind != store.Membership {
		return err
	}
	if e.Accepted {
		if err := d.Notify(ctx, e.Actor, "group_removed", e.Object, 0); err != nil {
			return err
		}
	}
	return d.left(ctx, e)
}

// comesIn makes a member of whom a group has invited and who says yes (Mobilizon).
func (d *Deed) comesIn(ctx context.Context, invitation store.Edge, err error) error {
	if err != nil {
		return err
	}
	group, err := d.ActorByKey(ctx, invitation.Object)
	if err == nil && group.Local { // it may take others by now than when it invited
		err = d.mayBeInvited(ctx, d.Actor, group)
	}
	if err != nil {
		return err
	}
	e := store.Edge{Kind: store.Membership, Actor: invitation.Actor, Object: invitation.Object, Accepted: true, IRI: d.IRI}
	if _, err := d.PutEdge(ctx, e); err != nil {
		return err
	}
	if _, err = d.CutEdge(ctx, invitation.Kind, e.Actor, e.Object); err != nil {
		return err
	}
	return d.introducesGroup(ctx, e)
}

func (r *Reject) takesBack() {}

// wished is the follow or membership that this answer is about: found by the id
// of the Follow, else by the two that it names. Its object is the answering
// actor, or it is NotFound.
func (d *Deed) wished(ctx context.Context) (store.Edge, error) {
	e, ok, err := activity.Optional(d.EdgeByIRI(ctx, d.Head.Object.ID))
	if err == nil && !ok {
		e, ok, err = activity.Optional(d.embeddedWish(ctx))
	}
	if err != nil {
		return e, err
	}
	if !ok || e.Object != d.Actor.Key || !slices.Contains(edgeKinds["Follow"], e.Kind) && e.Kind != attendance {
		return e, activity.Refuse(activity.NotFound, "nothing_to_answer", "there is no request of that kind")
	}
	return e, nil
}

func (d *Deed) embeddedWish(ctx context.Context) (store.Edge, error) {
	var inner struct {
		Actor  activity.Ref `json:"actor"`
		Object activity.Ref `json:"object"`
	}
	if d.Head.Object.Raw == nil || json.Unmarshal(d.Head.Object.Raw, &inner) != nil || inner.Object.ID != d.Actor.ID {
		return store.Edge{}, activity.ErrNotFound()
	}
	who, err := d.Tx.Actor(ctx, inner.Actor.ID)
	if err != nil {
		return store.Edge{}, err
	}
	return d.Edge(ctx, d.Actor.Bond(), who.Key, d.Actor.Key)
}

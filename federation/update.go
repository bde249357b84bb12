package federation

import (
	"context"
	"encoding/json"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Update replaces what the same author wrote, or an actor's profile
// (ActivityPub §7.3).
type Update struct{ activity.Envelope }

var _ = define[Update]("Update", writer, itself, neighbour)

// Refresh the object at its own host where only its id was sent, or where it is
// an actor that is not the one who speaks, or not all of it.
func (u *Update) Refresh() activity.IDs {
	_, err := u.profile()
	if u.ofActor() && err != nil || u.Object.Raw == nil && activity.SameOrigin(u.Object.ID, u.Actor.ID) {
		return activity.IDs{u.Object.ID}
	}
	return nil
}

// Verify: what we never saw is judged like a Create of it, and what is said anew of
// the rest takes the same words and calls nobody whom a Create could not call.
func (u *Update) Verify(ctx context.Context, d *Deed) error {
	if u.ofActor() {
		return nil
	}
	n, err := d.written(ctx)
	if err != nil {
		return err
	}
	known, ok, err := activity.Optional(d.Note(ctx, n.ID))
	if err != nil {
		return err
	}
	if !ok {
		return (&Create{Envelope: u.Envelope}).Verify(ctx, d)
	}
	if !d.Local || !n.Says(known.Note) { // a poll is counted on where who asked has left
		if err := d.mayChange(ctx, known); err != nil {
			return err
		}
	}
	n.Audience, n.InReplyTo, n.Topic = known.Audience, known.InReplyTo, known.Topic
	known.Note = n
	if err := d.mustBeGranted(ctx, known); err != nil {
		return err
	}
	return d.mayName(ctx, known)
}

// Apply takes the newer version; a note that we never saw comes into the world.
func (u *Update) Apply(ctx context.Context, d *Deed) error {
	if u.ofActor() {
		return u.applyActor(ctx, d)
	}
	n, err := d.written(ctx)
	if err != nil {
		return err
	}
	known, ok, err := activity.Optional(d.Note(ctx, n.ID))
	if err != nil {
		return err
	}
	if !ok {
		return (&Create{Envelope: u.Envelope}).Apply(ctx, d)
	}
	d.group = known.In()
	if err := d.waitsOn(ctx, known); err != nil {
		return err
	}
	u.date(&n, known.Note, d.Now)
	n.Audience, n.InReplyTo, n.Topic = known.Audience, known.InReplyTo, known.Topic // they never widen (CVE-2024-37903); for the topic see filing
	if known, err = d.polled(ctx, known, n); err != nil {
		return err
	}
	if taken, err := d.EditNote(ctx, known); err != nil || !taken {
		return err // not taken: a late, older version
	}
	if d.Local {
		if err := d.attach(ctx, known); err != nil {
			return err
		}
	}
	if known.IsPoll() && known.IsOver(d.Now) {
		if err := d.tellVoters(ctx, known); err != nil {
			return err
		}
	}
	return d.notifyNamed(ctx, known)
}

// date says when a change was made that does not: by the sender's clock, else by ours.
func (u *Update) date(n *activity.Note, before activity.Note, now time.Time) {
	if !n.Updated.IsZero() || n.Says(before) {
		return
	}
	if n.Updated = u.Published; n.Updated.IsZero() {
		n.Updated = activity.At(now)
	}
}

func (u *Update) ofActor() bool {
	return u.Object.ID == u.Actor.ID || activity.IsActorType(activity.TypeOf(u.Object.Raw))
}

// profile is the new one of who speaks.
func (u *Update) profile() (activity.Actor, error) {
	if u.Object.ID != u.Actor.ID {
		return activity.Actor{}, activity.Refuse(activity.Denied, "not_yours", "this is somebody else's profile")
	}
	return activity.ReadActor(u.Object.Raw)
}

func (u *Update) applyActor(ctx context.Context, d *Deed) error {
	a, err := u.profile()
	if err != nil || d.Local {
		return nil // fetched anew by Refresh
	}
	_, err = d.PutActor(ctx, store.Actor{Actor: a, Host: d.Actor.HandleHost(a.Username)})
	return err
}

// update makes the Update of a note or actor of ours.
func update(id activity.ID, document any, to activity.Audience) (*Update, error) {
	raw, err := json.Marshal(document)
	u := &Update{}
	u.Object, u.Audience = activity.Ref{ID: id, Raw: raw}, to
	return u, err
}

package federation

import (
	"context"
	"encoding/json"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// envelope is what a server knows of a message that only its readers can open (MLS in
// ActivityPub, SWICG draft, "Private messages"): it is handed to them as it came.
type envelope struct {
	ID           activity.ID   `json:"id"`
	AttributedTo activity.IDs  `json:"attributedTo"`
	MediaType    activity.Text `json:"mediaType"`
	To           activity.IDs  `json:"to"`
	Cc           activity.IDs  `json:"cc"`
}

// sealed reads the object of a Create as such a message; ok is false for what people
// can read.
func (d *Deed) sealed() (e envelope, ok bool) {
	raw := d.Head.Object.Raw
	if raw == nil || json.Unmarshal(raw, &e) != nil || e.MediaType != "message/mls" {
		return envelope{}, false
	}
	if e.AttributedTo.First() == "" {
		e.AttributedTo = activity.IDs{d.Actor.ID}
	}
	if len(e.To)+len(e.Cc) == 0 {
		e.To, e.Cc = d.Head.To, d.Head.Cc
	}
	return e, true
}

// readers are those of ours whom it names. There is no other way to be one: nobody
// gets it for being a follower or a member.
func (d *Deed) readers(ctx context.Context, e envelope) ([]store.Key, error) {
	return d.SealedReaders(ctx, d.Actor.Key, append(e.To, e.Cc...))
}

// sealedBy says whether a sealed message is the actor's, or nobody's yet.
func (d *Deed) sealedBy(ctx context.Context, e envelope) (bool, error) {
	if e.AttributedTo.First() != d.Actor.ID || len(e.AttributedTo) > 1 || !activity.SameOrigin(e.ID, d.Actor.ID) {
		return false, nil
	}
	known, ok, err := activity.Optional(d.Sealed(ctx, e.ID))
	if err != nil || ok {
		return ok && known.Author == d.Actor.Key, err
	}
	_, isNote, err := activity.Optional(d.Note(ctx, e.ID))
	return !isNote, err
}

// maySeal: it is for people by name, and those do not have too many of this author.
func (d *Deed) maySeal(ctx context.Context, e envelope) error {
	if to := (activity.Audience{To: e.To, Cc: e.Cc}); to.Has(activity.Public) {
		return activity.Refuse(activity.Invalid, "sealed_for_all", "a sealed message is for those whom it names, not for everybody")
	}
	if err := d.hasPermits(ctx, d.naming(agreement.Direct, append(e.To, e.Cc...))); err != nil {
		return err
	}
	readers, err := d.readers(ctx, e)
	if err != nil {
		return err
	}
	n, err := d.MostSealed(ctx, d.Actor.Key, readers)
	if err == nil && n >= limits.SealedMessages {
		err = activity.Refuse(activity.Denied, "many_messages", "%d messages of this author wait already", limits.SealedMessages)
	}
	return err
}

// seal keeps it for its readers, until they have it or it is old.
func (d *Deed) seal(ctx context.Context, e envelope) error {
	if gone, err := d.Buried(ctx, e.ID); err != nil || !gone.IsZero() {
		return err
	}
	readers, err := d.readers(ctx, e)
	if err != nil || len(readers) == 0 {
		return err
	}
	return d.PutSealed(ctx, store.Sealed{Key: store.NewKey(d.Now), IRI: e.ID, Author: d.Actor.Key, Raw: d.Head.Object.Raw}, readers)
}

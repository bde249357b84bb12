package federation

import (
	"cmp"
	"context"
	"encoding/json"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/resolve"
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
// gets it for being a follower or a member. They are as strange to its author as for any
// word, but for those who have met them by such a message lately.
func (d *Deed) readers(ctx context.Context, e envelope) (friends, strangers []store.Key, err error) {
	all, err := d.SealedReaders(ctx, d.Actor.Key, append(e.To, e.Cc...))
	if err != nil || d.Local || len(all) == 0 {
		return all, nil, err
	}
	return d.divide(ctx, d.bySeal(), all)
}

// bySeal is contact by sealed messages: nobody sees which of them answers another, so all
// of an author are one thing.
func (d *Deed) bySeal() contact {
	host := d.Actor.ID.Host()
	return contact{store.Contact{Thing: d.Actor.Key, Author: d.Actor.Key, Domain: resolve.Domain(host), Word: true}, host}
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
	friends, strangers, err := d.readers(ctx, e)
	if err != nil {
		return err
	}
	if within, err := d.withinBudget(ctx, d.bySeal(), len(strangers)); err != nil || !within && len(friends) == 0 {
		return cmp.Or(err, tooManyContacts())
	}
	n, err := d.MostSealed(ctx, d.Actor.Key, append(friends, strangers...))
	if err == nil && n >= limits.SealedMessages {
		err = activity.Refuse(activity.Denied, "many_messages", "%d messages of this author wait already", limits.SealedMessages)
	}
	return err
}

// seal keeps it for its readers, until they have it or it is old: for those alone who know
// its author, once that one has met enough of the others in a day.
func (d *Deed) seal(ctx context.Context, e envelope) error {
	if gone, err := d.Buried(ctx, e.ID); err != nil || !gone.IsZero() {
		return err
	}
	readers, strangers, err := d.readers(ctx, e)
	if err != nil {
		return err
	}
	if within, err := d.withinBudget(ctx, d.bySeal(), len(strangers)); err != nil {
		return err
	} else if within {
		readers = append(readers, strangers...)
		if err := d.Meet(ctx, d.bySeal().Contact, strangers); err != nil {
			return err
		}
	}
	if len(readers) == 0 {
		return nil
	}
	return d.PutSealed(ctx, store.Sealed{Key: store.NewKey(d.Now), IRI: e.ID, Author: d.Actor.Key, Raw: d.Head.Object.Raw}, readers)
}

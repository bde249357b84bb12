package federation

import (
	"context"
	"encoding/json"

	"entente.example/entente/activity"
)

// said is what somebody has written in a conversation whose owner has now added it
// (FEP-171b): the collection is on the owner's own host and names nobody else as its
// owner, and what was written answers something there. ok is false for all else that is
// added.
func (a *Add) said() (said *Announce, inner activity.Envelope, ok bool) {
	if a.Object.Raw == nil || activity.TypeOf(a.Object.Raw) != "Create" || !activity.SameOrigin(a.Target.ID, a.Actor.ID) {
		return nil, inner, false
	}
	var target struct {
		Owner activity.IDs `json:"attributedTo"`
	}
	if a.Target.Raw != nil && (json.Unmarshal(a.Target.Raw, &target) != nil || len(target.Owner) > 0 && target.Owner.First() != a.Actor.ID) {
		return nil, inner, false
	}
	inner, err := activity.ReadEnvelope(a.Object.Raw)
	if err != nil {
		return nil, inner, false
	}
	n, err := activity.ReadNoteOf(inner.Actor.ID, inner.Object.Raw)
	if err != nil || !activity.SameOrigin(n.InReplyTo.First(), a.Actor.ID) {
		return nil, inner, false
	}
	// Who writes and who adds are two hosts' people, as with what a group announces.
	return &Announce{Envelope: a.Envelope, told: a.told, proven: a.proven}, inner, true
}

// Relayed is what was written, of which the owner's word is no proof.
func (a *Add) Relayed() (json.RawMessage, bool) {
	said, _, ok := a.said()
	if !ok {
		return nil, false
	}
	return said.Relayed()
}

// Proven says that it carries its author's proof.
func (a *Add) Proven() { a.proven = true }

func ownsConversation(_ context.Context, _ *Deed, h Handler) (bool, error) {
	a, is := h.(*Add)
	if !is {
		return false, nil
	}
	_, _, owns := a.said()
	return owns, nil
}

// join takes in what was written: as its author's own word if that is proven, or as
// what their host says of it, which was asked. The owner's word adds nothing to it.
func (d *Deed) join(ctx context.Context, said *Announce, inner activity.Envelope) error {
	author, ok, err := activity.Optional(d.Tx.Actor(ctx, inner.Actor.ID))
	if err != nil || ok && author.Local {
		return err // ours is here
	}
	if !ok {
		return activity.Refuse(activity.NotFound, "unknown_author", "who wrote this cannot be found")
	}
	if said.believes(inner) {
		return d.nested(ctx, author, said.Object.Raw, nil)
	}
	n, err := d.Note(ctx, inner.Object.ID)
	if err == nil && n.AuthorKey != author.Key {
		err = notYours()
	}
	return err
}

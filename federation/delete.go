package federation

import (
	"context"
	"encoding/json"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Delete removes what the same author wrote, or the actor itself (ActivityPub
// §7.4). What we never saw is remembered, so that it does not come later.
type Delete struct{ activity.Envelope }

var _ = define[Delete]("Delete", granter, author, moderator)

// Verify has nothing to ask of who may delete it.
func (r *Delete) Verify(context.Context, *Deed) error { return nil }

// Apply removes it and leaves a tombstone.
func (r *Delete) Apply(ctx context.Context, d *Deed) error {
	id := r.Object.ID
	if id == d.Actor.ID {
		return d.farewell(ctx)
	}
	if quotes, ok, err := d.stampGone(ctx, id); err != nil {
		return err
	} else if ok {
		return d.revoke(ctx, id, quotes)
	}
	known, ok, err := activity.Optional(d.Note(ctx, id))
	if err != nil {
		return err
	}
	if !ok {
		return d.buryOther(ctx, id)
	}
	d.group = known.In()
	if _, err := d.waiting(ctx, known); err != nil {
		return err
	}
	if err := d.tellWhy(ctx, known); err != nil {
		return err
	}
	if goes, err := d.goesAltogether(ctx, known); err != nil {
		return err
	} else if !goes {
		return d.expel(ctx, known)
	}
	// In the author's name also where a moderator removed it: see store.Buried.
	if err := d.Bury(ctx, id, known.Note.Author()); err != nil {
		return err
	}
	return d.DeleteNote(ctx, known.Key)
}

func (r *Delete) takesBack() {}

// farewell deletes who says it. What comes with a card is said in its group alone: that
// they take back what they said there, see erase.
func (d *Deed) farewell(ctx context.Context) error {
	group, is, err := d.takenLeaveOf(ctx)
	if err != nil {
		return err
	}
	if !is {
		return d.DeleteActor(ctx, d.Actor.Key)
	}
	said, err := d.Unsay(ctx, d.Actor.Key, group.Key)
	if said { // a group passes on nothing of who has said nothing in it
		d.group = group.Key
	}
	return err
}

// takenLeaveOf is the group in which alone somebody deletes themselves.
func (d *Deed) takenLeaveOf(ctx context.Context) (group store.Actor, is bool, err error) {
	if d.Head.Card == nil || len(d.Head.Groups) != 1 {
		return group, false, nil
	}
	group, is, err = activity.Optional(d.Tx.Actor(ctx, d.Head.Groups[0]))
	return group, is && group.IsGroup(), err
}

// buryOther removes what is no note that we know: a sealed message, or what may come later.
func (d *Deed) buryOther(ctx context.Context, id activity.ID) error {
	message, ok, err := activity.Optional(d.Sealed(ctx, id))
	if err == nil && ok {
		err = d.DropSealed(ctx, message.Key)
	}
	if err != nil {
		return err
	}
	return d.Bury(ctx, id, d.Actor.ID)
}

// expel takes a note out of the group that has taken it in. Where that was for naming
// the group alone, it is again what it was before. An answer from outside leaves the thread.
func (d *Deed) expel(ctx context.Context, n store.Note) (err error) {
	if n.GroupKey == 0 {
		if d.group, err = d.Around(ctx, n); err != nil {
			return err
		}
		return d.Untie(ctx, n.Key)
	}
	if n.Local || !n.Visibility.Wide() {
		return d.Expel(ctx, n.Key)
	}
	author, err := d.ActorByKey(ctx, n.AuthorKey)
	if err != nil {
		return err
	}
	alone, err := d.Place(ctx, d.Tx, author, n.Note)
	switch {
	case err != nil:
		return err
	case alone.GroupKey == 0:
		return d.TakeOut(ctx, n.Key)
	}
	return d.Expel(ctx, n.Key)
}

// Delete removes something that I wrote, here and wherever it went.
func (s *Service) Delete(ctx context.Context, me store.Actor, n store.Note) error {
	raw, err := json.Marshal(Tombstone(n.ID))
	if err != nil {
		return err
	}
	r := &Delete{}
	r.Object, r.Audience = activity.Ref{ID: n.ID, Raw: raw}, n.Audience
	_, err = s.submit(ctx, me, r)
	return err
}

// Tombstone is what is left of something deleted (ActivityStreams vocabulary).
func Tombstone(id activity.ID) map[string]any {
	return map[string]any{"id": id, "type": "Tombstone"}
}

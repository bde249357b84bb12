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

var _ = define[Delete]("Delete")

// Verify: everyone deletes only their own; who decides for a group may remove what
// was posted in it.
func (r *Delete) Verify(ctx context.Context, d *Deed) error {
	id, err := object(d.Head)
	if err != nil {
		return err
	}
	if _, ok, err := d.stampGone(ctx, id); err != nil || ok {
		return err
	}
	known, ok, err := activity.Optional(d.Note(ctx, id))
	if err != nil {
		return err
	}
	switch {
	case ok && known.AuthorKey == d.Actor.Key:
		return nil
	case ok && d.mayModerate(ctx, known.In()):
		return nil
	case !ok && activity.SameOrigin(id, d.Actor.ID) && !d.Owns(id):
		if other, known, err := activity.Optional(d.Tx.Actor(ctx, id)); err != nil || !known || other.Key == d.Actor.Key {
			return err
		}
	case !ok && id == d.Actor.ID:
		return nil
	}
	return activity.Refuse(activity.Denied, "not_yours", "only its author can delete it")
}

// Apply removes it and leaves a tombstone.
func (r *Delete) Apply(ctx context.Context, d *Deed) error {
	id := r.Object.ID
	if id == d.Actor.ID {
		return d.DeleteActor(ctx, d.Actor.Key)
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
		return d.Bury(ctx, id, d.Actor.ID)
	}
	d.group = known.In()
	if known.Local && known.AuthorKey != d.Actor.Key {
		return d.Expel(ctx, known.Key) // a moderator decides for the group, not for us
	}
	// In the author's name also where a moderator removed it: see store.Buried.
	if err := d.Bury(ctx, id, known.Note.Author()); err != nil {
		return err
	}
	return d.DeleteNote(ctx, known.Key)
}

func (r *Delete) takesBack() {}

// mayModerate says whether the actor may decide for a group: it speaks through the
// group, is its moderator, or lives on the group's own host, which answers for
// whom it lets decide (interop §4.1).
func (d *Deed) mayModerate(ctx context.Context, group store.Key) bool {
	if group == 0 {
		return false
	}
	g, err := d.ActorByKey(ctx, group)
	return err == nil && (group == d.from || !g.Local && activity.SameOrigin(g.ID, d.Actor.ID) || d.isModerator(ctx, group))
}

func (d *Deed) isModerator(ctx context.Context, group store.Key) bool {
	is, err := d.HasEdge(ctx, store.Moderator, d.Actor.Key, group)
	return err == nil && is
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

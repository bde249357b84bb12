package federation

import (
	"context"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// waits holds a note back where a moderator of the group has the last word, and tells
// them. What brought it is kept, to be announced later with its author's proof.
func (d *Deed) waits(ctx context.Context, n store.Note, group store.Actor) (bool, error) {
	if !group.Local {
		return false, nil
	}
	g, err := d.Group(ctx, group.Key)
	if err != nil || !g.Reviewed {
		return false, err
	}
	if is, err := d.HasEdge(ctx, store.Moderator, n.AuthorKey, group.Key); err != nil || is {
		return false, err
	}
	d.group, d.unread = 0, true
	isNew, err := d.PutEdge(ctx, store.Edge{Kind: store.Unread, Actor: group.Key, Object: n.Key, IRI: d.IRI})
	if err == nil && isNew {
		err = d.tellModerators(ctx, group.Key, "group_post", n.Key)
	}
	return true, err
}

// waitsOn keeps a change of what still waits beside it.
func (d *Deed) waitsOn(ctx context.Context, n store.Note) error {
	e, err := d.waiting(ctx, n)
	if err != nil || !d.unread {
		return err
	}
	e.IRI, e.Key = d.IRI, 0
	_, err = d.PutEdge(ctx, e)
	return err
}

// waiting is what holds a note back, and notes whether anything does: then nobody has heard
// of it.
func (d *Deed) waiting(ctx context.Context, n store.Note) (e store.Edge, err error) {
	e, d.unread, err = activity.Optional(d.Edge(ctx, store.Unread, n.GroupKey, n.Key))
	return e, err
}

// Review takes a note that waits into a group, or with let false leaves it out: it
// stays its author's.
func (s *Service) Review(ctx context.Context, me, group store.Actor, note store.Key, let bool) error {
	return s.asGroup(ctx, me, group, store.Moderator, func(tx *store.Tx) error {
		e, err := tx.Edge(ctx, store.Unread, group.Key, note)
		if err != nil {
			return err
		}
		if _, err := tx.CutEdge(ctx, e.Kind, e.Actor, e.Object); err != nil || !let {
			return err
		}
		n, err := tx.NoteByKey(ctx, note)
		if err != nil {
			return err
		}
		brought := e.MadeBy()
		slices.Reverse(brought)
		for _, iri := range brought {
			d, err := s.again(ctx, tx, iri)
			if err == nil {
				err = d.letIn(ctx, n, group)
			}
			if err != nil {
				return err
			}
			d.group = group.Key
			if err := d.release(ctx, group); err != nil {
				return err
			}
		}
		return nil
	})
}

// release brings what has waited to whom it is for: to the members by the group, and of an
// open one to whom it names outside of it.
func (d *Deed) release(ctx context.Context, group store.Actor) error {
	if d.Local && !group.Access().Shut() {
		if err := d.Enqueue(ctx, store.Fan{Activity: d.Key, Sender: d.Actor.Key, Object: subject(d.sent())}); err != nil {
			return err
		}
	}
	return d.relay(ctx)
}

// again is an activity that is on record as it was when it came.
func (s *Service) again(ctx context.Context, tx *store.Tx, iri activity.ID) (*Deed, error) {
	rec, err := tx.Recorded(ctx, iri)
	if err != nil {
		return nil, err
	}
	h, _, err := parse(rec.Raw)
	if err != nil {
		return nil, err
	}
	actor, err := tx.ActorByKey(ctx, rec.Actor)
	return &Deed{Tx: tx, Service: s, Actor: actor, Head: h.Head(), IRI: iri, Raw: rec.Raw, Local: rec.Local, Key: rec.Key}, err
}

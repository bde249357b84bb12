package federation

import (
	"cmp"
	"context"
	"encoding/json"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// What those who look after a group of ours do about a post in it. The group tells its
// members of it (FEP-1b12), each in the moderator's name and with their proof.

// Pin puts a post on top of its group (Add to featured, as Lemmy).
func (s *Service) Pin(ctx context.Context, me store.Actor, n store.Note) error {
	return s.onPost(ctx, me, n, store.Feature, false, func(group store.Actor) (Handler, error) {
		a := &Add{}
		a.Target = activity.Ref{ID: group.Featured.ID}
		return a, nil
	})
}

// Unpin takes it down again.
func (s *Service) Unpin(ctx context.Context, me store.Actor, n store.Note) error {
	return s.onPost(ctx, me, n, store.Feature, true, func(group store.Actor) (Handler, error) {
		r := &Remove{}
		r.Target = activity.Ref{ID: group.Featured.ID}
		return r, nil
	})
}

// CloseThread keeps everybody but moderators from answering a post, and what answers it.
func (s *Service) CloseThread(ctx context.Context, me store.Actor, n store.Note) error {
	return s.onPost(ctx, me, n, store.Lock, false, func(store.Actor) (Handler, error) { return &Lock{}, nil })
}

// ReopenThread lifts what CloseThread did, by whichever moderator.
func (s *Service) ReopenThread(ctx context.Context, me store.Actor, n store.Note) error {
	return s.onPost(ctx, me, n, store.Lock, true, func(group store.Actor) (Handler, error) {
		u := &Undo{}
		lock := activity.Envelope{Type: "Lock", Actor: activity.Ref{ID: me.ID}, Object: activity.Ref{ID: n.ID}, Target: activity.Ref{ID: group.ID}}
		raw, err := json.Marshal(lock)
		u.Object.Raw = raw
		return u, err
	})
}

// onPost does one of these where the edge that it makes or cuts is not there, or there.
func (s *Service) onPost(ctx context.Context, me store.Actor, n store.Note, kind string, there bool, make func(group store.Actor) (Handler, error)) error {
	group, ok, err := activity.Optional(s.db.ActorByKey(ctx, n.In()))
	if err != nil || !ok {
		return cmp.Or(err, activity.ErrNotFound())
	}
	return s.asGroup(ctx, me, group, store.Moderator, func(tx *store.Tx) error {
		is, err := tx.HasEdge(ctx, kind, (&Deed{Actor: me}).holder(kind, n), n.Key)
		if err != nil || is != there {
			return err
		}
		h, err := make(group)
		if err != nil {
			return err
		}
		head := h.Head()
		if head.Object.Raw == nil {
			head.Object = activity.Ref{ID: n.ID}
		}
		head.To = activity.IDs{group.ID}
		_, err = s.do(ctx, tx, me, h)
		return err
	})
}

// holder is whose edge it is.
func (d *Deed) holder(kind string, n store.Note) store.Key {
	if kind == store.Lock {
		return d.locker(n)
	}
	return n.In()
}

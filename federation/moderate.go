package federation

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// What those who look after a group of ours do about a post in it. The group tells its
// members of it (FEP-1b12), each in the moderator's name and with their proof.

// Pin puts a post on top of its group (Add to featured, as Lemmy).
func (s *Service) Pin(ctx context.Context, me store.Actor, n store.Note) error {
	return s.turn(ctx, me, n, store.Feature, false, func(group store.Actor, _ activity.Audience) (Handler, error) {
		a := &Add{}
		a.Target = activity.Ref{ID: group.Featured.ID}
		return a, nil
	})
}

// Unpin takes it down again.
func (s *Service) Unpin(ctx context.Context, me store.Actor, n store.Note) error {
	return s.turn(ctx, me, n, store.Feature, true, func(group store.Actor, _ activity.Audience) (Handler, error) {
		r := &Remove{}
		r.Target = activity.Ref{ID: group.Featured.ID}
		return r, nil
	})
}

// CloseThread keeps everybody but moderators from answering a post, and what answers it.
func (s *Service) CloseThread(ctx context.Context, me store.Actor, n store.Note) error {
	return s.turn(ctx, me, n, store.Lock, false, func(store.Actor, activity.Audience) (Handler, error) { return &Lock{}, nil })
}

// ReopenThread lifts what CloseThread did, by whichever moderator.
func (s *Service) ReopenThread(ctx context.Context, me store.Actor, n store.Note) error {
	return s.turn(ctx, me, n, store.Lock, true, func(group store.Actor, to activity.Audience) (Handler, error) {
		return s.lift("Lock", me, group, n.ID, to)
	})
}

// lift takes back what some moderator of a group did there. As Lemmy does, it means all of
// that kind, and so has an id of its own and not that of one of them.
func (s *Service) lift(kind string, me, group store.Actor, object activity.ID, to activity.Audience) (*Undo, error) {
	did := activity.Envelope{ID: s.ActivityID(store.NewKey(s.now())), Type: kind, Actor: activity.Ref{ID: me.ID},
		Object: activity.Ref{ID: object}, Target: activity.Ref{ID: group.ID}, Audience: to}
	raw, err := json.Marshal(did)
	u := &Undo{}
	u.Object, u.Audience = activity.Ref{ID: did.ID, Raw: raw}, to
	return u, err
}

// moderating is to whom a moderator of a group of ours says what they do there: the group
// and, where everybody may read it, everybody. Lemmy and Mbin take it only so (interop §4.1).
func moderating(ctx context.Context, in groups, group store.Actor) (activity.Audience, error) {
	members, err := audienceOf(ctx, in, group)
	to := activity.Audience{To: activity.IDs{group.ID}, Groups: activity.IDs{group.ID}}
	if members.To.Has(activity.Public) {
		to.To, to.Cc = activity.IDs{activity.Public}, to.To
	}
	return to, err
}

// marks are what HTML would take for its own; a quotation mark stays, since not all who read
// a reason take it for HTML.
var marks = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// TakeDown takes a post out of a group for a reason, at most limits.Warning characters,
// which its author reads and who looks after the group can look up. One that another
// company's person wrote is gone with it, one of ours stays its author's.
func (s *Service) TakeDown(ctx context.Context, me store.Actor, n store.Note, reason string) error {
	reason = strings.TrimSpace(reason)
	if reason == "" || len([]rune(reason)) > limits.Warning {
		return activity.Refuse(activity.Invalid, "bad_removal_reason", "say why, in at most %d characters: the author will read it", limits.Warning)
	}
	return s.onPost(ctx, me, n, func(tx *store.Tx, group store.Actor) error {
		raw, err := json.Marshal(Tombstone(n.ID))
		if err != nil {
			return err
		}
		r := &Delete{}
		r.Object, r.Summary = activity.Ref{ID: n.ID, Raw: raw}, activity.Text(marks.Replace(reason))
		if r.Audience, err = moderating(ctx, tx, group); err != nil {
			return err
		}
		_, err = s.do(ctx, tx, me, r)
		return err
	})
}

// tellWhy keeps why a note goes, where that is a moderator's doing, and tells its author.
func (d *Deed) tellWhy(ctx context.Context, n store.Note) error {
	if n.AuthorKey == d.Actor.Key {
		return nil
	}
	group, err := d.over(ctx, n)
	if err != nil {
		return err
	}
	reason := shorten(activity.PlainText(string(d.Head.Summary)), limits.Warning)
	return d.PutRemoval(ctx, store.Removal{Group: group, Author: n.AuthorKey, Moderator: d.Actor.Key, IRI: n.ID, Reason: reason})
}

// onPost does something about a post that is in a group which me looks after, which must
// be one of ours.
func (s *Service) onPost(ctx context.Context, me store.Actor, n store.Note, do func(tx *store.Tx, group store.Actor) error) error {
	group, ok, err := activity.Optional(s.db.ActorByKey(ctx, n.In()))
	if err != nil || !ok {
		return cmp.Or(err, activity.ErrNotFound())
	}
	return s.asGroup(ctx, me, group, store.Moderator, func(tx *store.Tx) error { return do(tx, group) })
}

// turn does one of these where the edge that it makes or cuts is not there, or there.
func (s *Service) turn(ctx context.Context, me store.Actor, n store.Note, kind string, there bool, make func(store.Actor, activity.Audience) (Handler, error)) error {
	return s.onPost(ctx, me, n, func(tx *store.Tx, group store.Actor) error {
		is, err := tx.HasEdge(ctx, kind, (&Deed{Actor: me}).holder(kind, n), n.Key)
		if err != nil || is != there {
			return err
		}
		to, err := moderating(ctx, tx, group)
		if err != nil {
			return err
		}
		h, err := make(group, to)
		if err != nil {
			return err
		}
		head := h.Head()
		if head.Object.Raw == nil {
			head.Object = activity.Ref{ID: n.ID}
		}
		head.Audience = to
		_, err = s.do(ctx, tx, me, h)
		return err
	})
}

// holder is whose edge it is.
func (d *Deed) holder(kind string, n store.Note) store.Key {
	if kind == store.Lock {
		return d.locker(n, n.In())
	}
	return n.In()
}

package federation

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Depart takes one of ours who is locked out of every group that they are in, and away
// from whom they follow, here and at each partner; what they asked for is asked for no
// more. A group of theirs is handed to who looks after it with them, or has been in it for
// longest, of our people; where there is nobody it stays theirs. Nothing comes back by
// itself when they may act again. Somebody who is not locked stays. Who was locked for good
// is deleted then.
func (s *Service) Depart(ctx context.Context, job store.Depart) error {
	m, ok, err := activity.Optional(s.db.Member(ctx, job.Actor))
	if err != nil || !ok || !m.Locked() {
		return err // or was deleted meanwhile
	}
	me, err := s.db.ActorByKey(ctx, job.Actor)
	if err != nil {
		return err
	}
	ties, err := s.db.Ties(ctx, me.Key)
	if err != nil {
		return err
	}
	for _, key := range ties {
		err := s.depart(ctx, me, key)
		if err != nil && !activity.KindOf(err).Permanent() {
			return err
		}
		if err != nil { // one that cannot be cut keeps nobody in all others
			s.log.WarnContext(ctx, "who is locked out stays tied to somebody", "who", me.ID, "to", key, "err", err)
		}
	}
	if err := s.db.InTx(ctx, func(tx *store.Tx) error { return tx.CutFrozen(ctx, me.Key) }); err != nil {
		return err
	}
	if job.Erased {
		return s.erase(ctx, me)
	}
	return nil
}

// erase deletes one of ours with all that they have written, here, at each partner and
// where they were followed from. In groups elsewhere it is said first, by their card, to the
// companies there that have no agreement with ours.
func (s *Service) erase(ctx context.Context, me store.Actor) error {
	groups, err := s.db.SpokenIn(ctx, me.Key)
	if err != nil {
		return err
	}
	for _, group := range groups {
		r := &Delete{}
		r.Object, r.Audience = activity.Ref{ID: me.ID}, activity.Audience{To: activity.IDs{group}, Groups: activity.IDs{group}}
		if _, err := s.submit(ctx, me, r); err != nil {
			return err
		}
	}
	to := activity.NewAudience(activity.VisiblePublic, me.Followers.ID)
	inboxes, err := s.db.Inboxes(ctx, to)
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		r := &Delete{}
		r.Object, r.Audience = activity.Ref{ID: me.ID}, to
		if _, err := s.do(ctx, tx, me, r, inboxes...); err != nil {
			return err
		}
		return tx.EraseMember(ctx, me.Key)
	})
}

func (s *Service) depart(ctx context.Context, me store.Actor, from store.Key) error {
	whom, err := s.db.ActorByKey(ctx, from)
	if err != nil {
		return err
	}
	owns, err := s.db.HasEdge(ctx, store.Owner, me.Key, from)
	if err != nil {
		return err
	}
	switch {
	case owns && whom.Local:
		heir, ok, err := activity.Optional(s.db.Heir(ctx, from, me.Key))
		if err != nil || !ok {
			return err
		}
		if err := s.SetRole(ctx, me, whom, heir, store.Owner); err != nil {
			return err
		}
	case owns: // its host finds another one
		err := s.db.InTx(ctx, func(tx *store.Tx) error {
			_, err := tx.CutEdge(ctx, store.Owner, me.Key, from)
			return err
		})
		if err != nil {
			return err
		}
	}
	if err := s.Decline(ctx, me, whom); err != nil {
		return err
	}
	return s.Unfollow(ctx, me, whom)
}

// isUrgent: it takes somebody out of something.
func isUrgent(e activity.Envelope) bool {
	switch e.Type {
	case "Leave", "Remove", "Reject", "Block":
		return true
	case "Undo":
		verb := activity.TypeOf(e.Object.Raw)
		return verb == "Follow" || verb == "Join"
	default:
		return e.Type == "Delete" && e.Object.ID == e.Actor.ID
	}
}

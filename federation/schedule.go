package federation

import (
	"context"
	"encoding/json"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// When a post may be scheduled for: as in Mastodon, not for the next few minutes, which
// is a slip or a wrong clock; nor for a year that nobody plans yet.
const (
	MinAhead = 5 * time.Minute
	MaxAhead = 366 * 24 * time.Hour
)

func (s *Service) checkDue(due time.Time) error {
	switch ahead := due.Sub(s.now()); {
	case ahead < MinAhead:
		return activity.Refuse(activity.Invalid, "too_soon", "a post is scheduled for at least %d minutes from now; post it now, or later", int(MinAhead.Minutes()))
	case ahead > MaxAhead:
		return activity.Refuse(activity.Invalid, "too_late", "a post is scheduled for at most a year from now")
	}
	return nil
}

// Schedule keeps what me wrote until it is due, when it is published with the rights
// that me has then. Until then nobody else learns of it, and nothing is sent.
func (s *Service) Schedule(ctx context.Context, me store.Actor, draft Draft, due time.Time) (store.Draft, error) {
	if err := s.checkDue(due); err != nil {
		return store.Draft{}, err
	}
	if _, err := s.attachments(ctx, me, draft.Media); err != nil {
		return store.Draft{}, err
	}
	raw, err := json.Marshal(draft)
	if err != nil {
		return store.Draft{}, err
	}
	d := store.Draft{Key: store.NewKey(s.now()), Owner: me.Key, Draft: raw, Media: draft.Media, DueAt: due.UTC()}
	return d, s.db.InTx(ctx, func(tx *store.Tx) error {
		if err := once(ctx, me, draft, d.Key)(tx); err != nil {
			return err
		}
		return tx.PutDraft(ctx, d)
	})
}

// Reschedule moves a draft of me's to another time; NotFound where there is none.
func (s *Service) Reschedule(ctx context.Context, me store.Actor, key store.Key, due time.Time) error {
	if err := s.checkDue(due); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *store.Tx) error { return tx.MoveDraft(ctx, me.Key, key, due.UTC()) })
}

// Publish posts a draft that is due: once, since the draft goes away in the transaction
// that makes the post. A draft that is gone is done. One that may not be posted any more
// is refused, and stays among its author's drafts.
func (s *Service) Publish(ctx context.Context, job store.Publish) error {
	kept, there, err := activity.Optional(s.db.DraftByKey(ctx, job.Draft))
	if err != nil || !there {
		return err
	}
	if kept.DueAt.After(s.now()) { // it was moved meanwhile, or another clock is ahead
		return s.db.InTx(ctx, func(tx *store.Tx) error { return tx.ParkDraft(ctx, kept) })
	}
	me, err := s.author(ctx, kept.Owner)
	if err != nil {
		return err
	}
	var draft Draft
	if err := json.Unmarshal(kept.Draft, &draft); err != nil {
		return activity.Because(activity.Invalid, "unreadable_draft", err, "this draft cannot be read")
	}
	_, err = s.post(ctx, me, draft, func(tx *store.Tx) error {
		taken, err := tx.TakeDraft(ctx, kept.Key)
		if err == nil && !taken {
			err = activity.Refuse(activity.Conflict, drawn, "this is published, moved or deleted already")
		}
		return err
	})
	if activity.FaultOf(err).Reason == drawn {
		return nil
	}
	return err
}

// drawn is the reason that ends the transaction of whoever comes second.
const drawn = "no_draft"

// author is a member who may act at this moment, else Denied.
func (s *Service) author(ctx context.Context, key store.Key) (store.Actor, error) {
	me, err := s.db.ActorByKey(ctx, key)
	if err != nil {
		return me, err
	}
	m, err := s.db.Member(ctx, key)
	if err == nil && (m.Locked() || !me.Usable()) {
		err = activity.Refuse(activity.Denied, "suspended", "who wrote this may not act any more")
	}
	return me, err
}

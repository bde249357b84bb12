package federation

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Deliveries are the deliveries that a fan stands for: one for each distinct
// inbox, on hosts that we may send to. Calling it again gives the same.
func (s *Service) Deliveries(ctx context.Context, job store.Fan) ([]store.Deliver, error) {
	rec, err := s.db.RecordedByKey(ctx, job.Activity)
	if err != nil {
		return nil, err
	}
	env, err := activity.ReadEnvelope(rec.Raw)
	if err != nil {
		return nil, err
	}
	if job.Reminder > 0 {
		if wished, err := s.stillWished(ctx, job, rec.IRI); err != nil || !wished {
			return nil, err
		}
	}
	inboxes, err := s.inboxes(ctx, env)
	if err != nil {
		return nil, err
	}
	var all []store.Deliver
	seen := map[string]bool{}
	for _, inbox := range append(inboxes, job.Inboxes...) {
		if seen[inbox] {
			continue
		}
		seen[inbox] = true
		err := s.gate.Allow(ctx, sending, activity.ID(inbox).Host(), env.Type)
		switch {
		case err == nil:
			all = append(all, store.Deliver{Activity: job.Activity, Sender: job.Sender, Inbox: inbox, Before: job.Before})
		case !activity.KindOf(err).Permanent():
			return nil, err
		}
	}
	return all, nil
}

// inboxes are those of the audience; for what was public also one of each partner
// when it is deleted: they may have it though nobody there follows any more.
func (s *Service) inboxes(ctx context.Context, e activity.Envelope) ([]string, error) {
	inboxes, err := s.db.Inboxes(ctx, e.Audience)
	if err != nil || e.Type != "Delete" || !e.Audience.Has(activity.Public) || len(e.Groups) > 0 || s.gate.Open() {
		return inboxes, err
	}
	partners, err := s.db.PartnerInboxes(ctx)
	return append(inboxes, partners...), err
}

// Deliver brings one activity to one inbox. The error is the verdict: see
// remote.Client.Deliver; Denied with reason policy.NotAPartner when we may not
// send to that host (any more).
func (s *Service) Deliver(ctx context.Context, job store.Deliver) error {
	rec, err := s.db.RecordedByKey(ctx, job.Activity)
	if err != nil {
		return err
	}
	if err := s.gate.Allow(ctx, sending, activity.ID(job.Inbox).Host(), rec.Type); err != nil {
		return err
	}
	sender, err := s.db.ActorByKey(ctx, job.Sender)
	if err != nil {
		return err
	}
	by, err := s.Keys(ctx, sender)
	if err != nil {
		return err
	}
	if job.Before {
		by = by.OldFirst()
	}
	more, err := s.synchronisation(ctx, sender, rec.Raw, activity.ID(job.Inbox).Host())
	if err != nil {
		return err
	}
	return s.client.Deliver(ctx, job.Inbox, rec.Raw, by, more...)
}

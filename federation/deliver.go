package federation

import (
	"context"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
)

// Deliveries are the deliveries that a fan stands for: one for each distinct
// inbox, on hosts that we may send to. Calling it again gives the same.
func (s *Service) Deliveries(ctx context.Context, job store.Fan) ([]store.Deliver, error) {
	rec, err := s.db.RecordedByKey(ctx, job.Activity)
	if err != nil {
		return nil, err
	}
	if len(rec.Raw) == 0 { // what it was about is deleted meanwhile
		return nil, nil
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
	ds, err := s.deliveries(ctx, job, env, append(inboxes, job.Inboxes...))
	if err != nil || env.Type != "Announce" || env.Object.Raw != nil {
		return ds, err
	}
	return s.onceEach(ctx, job.Sender, ds)
}

// onceEach drops the boost, by which a group tells of a new post besides the activity
// itself (see relay), where the activity is enough: to a host that runs what we do.
func (s *Service) onceEach(ctx context.Context, sender store.Key, ds []store.Deliver) ([]store.Deliver, error) {
	group, err := s.db.ActorByKey(ctx, sender)
	if err != nil || !group.IsGroup() {
		return ds, err
	}
	hosts := make([]string, len(ds))
	for i, d := range ds {
		hosts[i] = d.Host()
	}
	same, err := s.db.Running(ctx, Software, hosts)
	return slices.DeleteFunc(ds, func(d store.Deliver) bool { return same[d.Host()] }), err
}

// deliveries are those to each of these inboxes once, if we may send there.
func (s *Service) deliveries(ctx context.Context, job store.Fan, env activity.Envelope, inboxes []string) ([]store.Deliver, error) {
	slices.Sort(inboxes)
	inboxes = slices.Compact(inboxes)
	hosts := make([]string, len(inboxes))
	for i, inbox := range inboxes {
		hosts[i] = activity.ID(inbox).Host()
	}
	may, err := s.gate.Sendable(ctx, hosts)
	if err == nil {
		err = s.confined(ctx, env, may)
	}
	if err != nil {
		return nil, err
	}
	var all []store.Deliver
	object := subject(env)
	for i, inbox := range inboxes {
		if may[hosts[i]] {
			all = append(all, store.Deliver{Activity: job.Activity, Sender: job.Sender, Inbox: inbox, Before: job.Before, Object: object, Urgent: isUrgent(env)})
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
// remote.Client.Deliver, which asks the gate; Denied with reason policy.NotAPartner
// when we may not send to that host (any more), "not_in_group" when nobody there is in
// the group that it is about (any more), policy.LargeFile when its agreement takes no
// such file; Later with policy.TooFast when it has taken as many posts as it takes in a
// minute. What was deleted meanwhile is not sent.
func (s *Service) Deliver(ctx context.Context, job store.Deliver) error {
	l, err := s.mail.letter(ctx, s, job)
	if err == nil && l.confined {
		err = s.mayHear(ctx, l, job.Host())
	}
	if err != nil || len(l.raw) == 0 { // of what is deleted there is nothing to bring
		return err
	}
	back, err := s.takesLetter(ctx, l, job.Host())
	if err != nil {
		return err
	}
	if err = s.client.Deliver(ctx, job.Inbox, l.raw, l.keys, s.synchronisation(l, job.Host())...); err != nil {
		back()
	} else {
		s.Alive(ctx, job.Host())
	}
	return err
}

// takesLetter refuses what goes beyond the limits of what a host takes. A post is counted
// against its pace; back says that it has not arrived.
func (s *Service) takesLetter(ctx context.Context, l letter, host string) (back func(), err error) {
	back = func() {}
	isPost := l.said.Type == "Create"
	if s.gate.IsOwn(host) || !isPost && l.largest == 0 {
		return back, nil
	}
	_, takes, err := s.gate.Grants(ctx, host)
	if err != nil {
		return back, err
	}
	if err := policy.FitsFile(host, takes, l.largest); err != nil {
		fault := activity.FaultOf(err)
		return back, activity.Refuse(activity.Denied, fault.Reason, "%s", fault.Say)
	}
	if !isPost || takes.PostsPerMinute == 0 {
		return back, nil
	}
	is, err := s.db.TakeSent(ctx, host, takes.PostsPerMinute, s.now())
	if err == nil && !is {
		err = activity.Refuse(activity.Later, policy.TooFast, "%s takes %d posts in a minute by the agreement with it: this one waits for its turn", host, takes.PostsPerMinute)
	}
	if err != nil {
		return back, err
	}
	return func() {
		if err := s.db.GiveBackSent(context.WithoutCancel(ctx), host, takes.PostsPerMinute); err != nil {
			s.log.WarnContext(ctx, "a post that has not arrived counts", "host", host, "err", err)
		}
	}, nil
}

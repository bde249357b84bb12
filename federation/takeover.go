package federation

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/policy"
	"entente.example/entente/federation/succession"
	"entente.example/entente/store"
)

// The successor of a group takes it over: from its host, which hands it over while it can,
// in three steps. The host offers the Move; the successor reads who is in the group, makes
// the group in which it goes on, and accepts; then the old group says that it has moved.

// HandOver hands a group of ours over to its successor, by an owner. Said again, it is
// offered again. Conflict: "no_successor".
func (s *Service) HandOver(ctx context.Context, me, group store.Actor) error {
	return s.asGroup(ctx, me, group, store.Owner, func(tx *store.Tx) error {
		is, known, err := activity.Optional(tx.Succession(ctx, group.Key))
		if err == nil && (!known || is.Accepted == nil) {
			err = activity.Refuse(activity.Conflict, "no_successor", "no company has accepted to go on with this group: name one first")
		}
		if err == nil {
			err = tx.HandOver(ctx, group.Key)
		}
		if err != nil {
			return err
		}
		tx.Audit(ctx, store.Decision{Who: string(me.ID), What: "group.handed_over", About: string(group.ID), Details: map[string]string{"successor": string(is.Successor)}})
		raw, err := json.Marshal(map[string]any{"type": "Move", "actor": group.ID, "object": group.ID, "target": is.Successor})
		if err != nil {
			return err
		}
		o := &Offer{}
		o.Object, o.To = activity.Ref{Raw: raw}, activity.IDs{is.Successor}
		_, err = s.do(ctx, tx, group, o)
		return err
	})
}

// mayTakeOver: we have accepted to go on with the group.
func (d *Deed) mayTakeOver(ctx context.Context) error {
	if d.Local {
		return nil
	}
	is, known, err := activity.Optional(d.Tx.Succession(ctx, d.Actor.Key))
	if err == nil && (!known || is.Successor != d.InstanceActor() || is.Accepted == nil) {
		err = activity.Refuse(activity.Denied, "not_named", "this instance has not accepted to go on with this group")
	}
	return err
}

// TakeOver goes on with a group that its host hands over, and says so to it.
func (s *Service) TakeOver(ctx context.Context, job store.TakeOver) error {
	was, err := s.db.ActorByKey(ctx, job.Group)
	if err != nil {
		return err
	}
	me, err := s.db.Actor(ctx, s.InstanceActor())
	if err != nil {
		return err
	}
	settings, people, err := s.fetchCopy(ctx, was.ID)
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.TakeTurns(ctx, was.ID); err != nil {
			return err
		}
		heir, err := s.inherit(ctx, tx, was, settings)
		if err != nil {
			return err
		}
		move, moved, err := activity.Optional(tx.MoveOf(ctx, was.Key))
		if err != nil || moved && move.Target != heir.Key {
			return err
		}
		if !moved { // else they are here, or have gone since
			err = s.expect(ctx, tx, was, heir, people)
		}
		if err != nil {
			return err
		}
		return s.acceptMove(ctx, tx, me, was, heir)
	})
}

// acceptMove tells the host of a group in which one it goes on.
func (s *Service) acceptMove(ctx context.Context, tx *store.Tx, me, was, heir store.Actor) error {
	raw, err := json.Marshal(map[string]any{"type": "Move", "actor": was.ID, "object": was.ID, "target": heir.ID})
	if err != nil {
		return err
	}
	a := &Accept{}
	a.Object, a.To = activity.Ref{Raw: raw}, activity.IDs{was.ID}
	_, err = s.do(ctx, tx, me, a)
	return err
}

// expect keeps who is to come, in place of the last copy for the day that the host is silent.
func (s *Service) expect(ctx context.Context, tx *store.Tx, was, heir store.Actor, people []store.Expected) error {
	if err := tx.Expect(ctx, was.Key, nil); err != nil {
		return err
	}
	return tx.Expect(ctx, heir.Key, people)
}

// refreshCopy reads who is in a group that we go on with when its host is silent.
func (s *Service) refreshCopy(ctx context.Context, group store.Actor) error {
	settings, people, err := s.fetchCopy(ctx, group.ID)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.TakeTurns(ctx, group.ID); err != nil {
			return err
		}
		is, err := tx.Succession(ctx, group.Key)
		if err != nil || is.Heir != 0 {
			return err
		}
		if err := tx.Expect(ctx, group.Key, people); err != nil {
			return err
		}
		return tx.Copied(ctx, group.Key, s.now(), raw)
	})
}

// fetchCopy reads from the host of a group who is in it, and what it lets them do.
func (s *Service) fetchCopy(ctx context.Context, group activity.ID) (settings succession.Settings, people []store.Expected, err error) {
	at := s.SuccessionID(group)
	for range limits.Pages {
		raw, err := s.Errand().Read(ctx, at)
		if err == nil && raw == nil {
			err = activity.Refuse(activity.Later, "no_copy", "the host of %.200s does not show who is in it", group)
		}
		if err != nil {
			return settings, nil, err
		}
		page, err := succession.ReadCopy(raw, at)
		if err != nil {
			return settings, nil, err
		}
		settings = page.Settings
		for _, p := range page.People {
			people = append(people, store.Expected{IRI: p.ID, Role: p.Role})
		}
		if at = page.Next; at == "" {
			return settings, people, nil
		}
	}
	return settings, nil, activity.Refuse(activity.TooLarge, "long_collection", "%.200s has more than %d pages", group, limits.Pages)
}

// inherit makes the group in which another one goes on, once.
func (s *Service) inherit(ctx context.Context, tx *store.Tx, was store.Actor, settings succession.Settings) (heir store.Actor, err error) {
	is, err := tx.Succession(ctx, was.Key)
	if err != nil {
		return heir, err
	}
	if is.Heir != 0 {
		return tx.ActorByKey(ctx, is.Heir)
	}
	name, err := freeName(ctx, tx, string(was.Username))
	if err != nil {
		return heir, err
	}
	id := s.GroupID(name)
	doc := activity.Actor{ID: id, Type: "Group", Username: activity.Text(name), Name: was.Name, Summary: was.Summary,
		AttributedTo: activity.IDs{id + "/moderators"}, AlsoKnownAs: append(activity.IDs{was.ID}, was.AlsoKnownAs...)}
	doc.PostingRestrictedToMods = settings.Posting == string(store.ModeratorsOnly)
	doc.SetAccess(was.Access())
	for _, t := range was.Streams {
		doc.Streams = append(doc.Streams, doc.NewTopic(t.Key(), t.Name))
	}
	if heir, err = s.newActor(ctx, tx, doc); err != nil {
		return heir, err
	}
	seats, err := s.inheritedSeats(ctx, was, settings.Companies)
	if err != nil {
		return heir, err
	}
	group := store.Group{Actor: heir.Key, Access: was.Access(), Posting: store.Circles(settings.Posting), Inviting: store.Circles(settings.Inviting), Reviewed: settings.Reviewed}
	group.Sits(seats)
	if err := tx.PutGroup(ctx, group); err != nil {
		return heir, err
	}
	tx.Audit(ctx, decided("group.inherited", was, heir, was.Access(), seats))
	return heir, tx.Inherit(ctx, was.Key, heir.Key)
}

// inheritedSeats are the companies of a group that goes on here: those that we have an
// agreement with, and that of its old host. One whose agreement is suspended keeps its seat:
// a host that was silent for long is.
func (s *Service) inheritedSeats(ctx context.Context, was store.Actor, companies []string) (seats []activity.Seat, err error) {
	for _, c := range append(companies, was.ID.Host()) {
		seat, err := s.seats(ctx, []string{c})
		switch activity.FaultOf(err).Reason {
		case policy.NotAPartner:
			continue
		case policy.Suspended:
			var one activity.Seat
			if one, err = activity.ReadSeat(c); err == nil {
				seat = []activity.Seat{one}
			}
		}
		if err != nil {
			return nil, err
		}
		for _, next := range seat {
			if !slices.ContainsFunc(seats, func(before activity.Seat) bool { return before.Host == next.Host }) {
				seats = append(seats, next)
			}
		}
	}
	return seats, nil
}

// freeName is a username that nobody has here: the one that is given, or that with a number.
func freeName(ctx context.Context, tx *store.Tx, name string) (string, error) {
	try := name
	for n := 2; ; n++ {
		err := nameFree(ctx, tx, try)
		if activity.KindOf(err) != activity.Conflict || n > limits.NamesTried {
			return try, err
		}
		suffix := fmt.Sprintf("_%d", n)
		try = name[:min(len(name), activity.MaxUsername-len(suffix))] + suffix
	}
}

// handover is a group of ours that is handed over, and to which.
type handover struct {
	group store.Actor
	to    activity.ID
}

// handedOver is what an Accept says of a group that is handed over, if it is that: said by
// its successor, of a group of ours that we have offered.
func (d *Deed) handedOver(ctx context.Context) (h handover, is bool, err error) {
	e, err := activity.ReadEnvelope(d.Head.Object.Raw)
	if err != nil || e.Type != "Move" || d.Head.Type != "Accept" {
		return h, false, nil
	}
	h.to = e.Target.ID
	if h.group, err = d.Tx.Actor(ctx, e.Object.ID); err != nil || d.Local {
		return h, true, err
	}
	s, known, err := activity.Optional(d.Tx.Succession(ctx, h.group.Key))
	if err == nil && (!known || !h.group.Local || s.HandedAt.IsZero() || s.Accepted == nil || s.Successor != d.Actor.ID || !activity.SameOrigin(h.to, d.Actor.ID)) {
		err = notYours()
	}
	return h, true, err
}

// Refresh the group in which one of ours goes on.
func (a *Accept) Refresh() activity.IDs {
	if e, err := activity.ReadEnvelope(a.Object.Raw); err == nil && e.Type == "Move" {
		return activity.IDs{e.Target.ID}
	}
	return nil
}

// handOn says that a group of ours goes on as another one: from then on it does.
func (d *Deed) handOn(ctx context.Context, h handover, err error) error {
	if err != nil || d.Local || h.group.MovedTo.ID == h.to {
		return err
	}
	to, err := audienceOf(ctx, d.Tx, h.group)
	if err != nil {
		return err
	}
	m := &Move{}
	m.Object, m.Target, m.Audience = activity.Ref{ID: h.group.ID}, activity.Ref{ID: h.to}, to
	m.Companies = activity.List[activity.Text]{activity.Text(h.to.Host())} // who has no agreement with it hears that they stay behind
	_, err = d.Do(ctx, h.group, m)
	return err
}

package federation

import (
	"context"
	"encoding/json"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// No byte about a closed or secret group goes to a host that has nobody in it, nor does
// any group of ours speak to a host whose people may not be in it (any more). Whom an
// activity is addressed to says where it could go; what is here is asked last, before
// its deliveries are made and again before each is sent, since somebody may have left in
// the meantime.

// mentioned are the ids in an activity that could be of a group or of a post in one.
func mentioned(e activity.Envelope) []activity.ID {
	ids, raw := []activity.ID{}, e.Object.Raw
	add := func(e activity.Envelope) {
		ids = append(append(ids, e.Audience.All()...), e.Actor.ID, e.Object.ID, e.Target.ID, e.Instrument.ID)
	}
	add(e)
	for range 3 { // Announce, Undo, Create: nothing is nested deeper
		var inner activity.Envelope
		var note struct {
			InReplyTo activity.IDs `json:"inReplyTo"`
		}
		if raw == nil || json.Unmarshal(raw, &inner) != nil {
			break
		}
		if json.Unmarshal(raw, &note) == nil {
			ids = append(ids, note.InReplyTo...)
		}
		add(inner)
		raw = inner.Object.Raw
	}
	return ids
}

// farewell is the last that a group says to somebody: that they are not in it, or not
// asked in any more. It says nothing of what is in the group.
func farewell(e activity.Envelope) bool {
	return e.Type == "Reject" || e.Type == "Undo" && activity.TypeOf(e.Object.Raw) == "Invite"
}

// confined drops from some hosts those that an activity may not go to.
func (s *Service) confined(ctx context.Context, e activity.Envelope, hosts map[string]bool) error {
	if farewell(e) {
		return nil
	}
	rooms, err := s.db.Rooms(ctx, e.Actor.ID, mentioned(e))
	if err != nil {
		return err
	}
	for _, room := range rooms {
		for host, may := range hosts {
			if may && room.Shut && !slices.Contains(room.Hosts, host) {
				hosts[host] = false
			}
		}
		if room.Local {
			if err := s.admitted(ctx, room, hosts); err != nil {
				return err
			}
		}
	}
	return nil
}

// admitted drops those whose people may not be in a group of ours: it does not take
// their company, or the agreement with it has not the words for it. What is for
// one where that is suspended waits.
func (s *Service) admitted(ctx context.Context, room store.Room, hosts map[string]bool) error {
	var guests []string
	for host, may := range hosts {
		if may && !s.gate.IsOwn(host) {
			guests = append(guests, host)
		}
	}
	taken, err := s.db.TakenAmong(ctx, room.Group, guests)
	if err != nil {
		return err
	}
	agreeing, err := s.gate.Agreeing(ctx, agreement.JoinGroup, agreement.HostGroup, guests)
	if err != nil {
		return err
	}
	for _, host := range guests {
		hosts[host] = agreeing[host] && slices.Contains(taken, host)
	}
	return nil
}

// mayHear refuses (Denied) a host that a letter may not go to, or not any more.
func (s *Service) mayHear(ctx context.Context, l letter, host string) error {
	hosts := map[string]bool{host: true}
	if err := s.confined(ctx, l.said, hosts); err != nil || hosts[host] {
		return err
	}
	return activity.Refuse(activity.Denied, "not_in_group", "nobody at %s is in the group that this is about", host)
}

// toward is whom something is told that is done to a note: its author and the group that
// it is in. In a group for members only its host passes it on, and so it does to whoever is
// known by a card.
func (s *Service) toward(ctx context.Context, n store.Note) (activity.Audience, error) {
	group, inGroup, err := activity.Optional(s.db.ActorByKey(ctx, n.GroupKey))
	byHost := group.Access().Shut()
	if err == nil && inGroup && !byHost {
		author, errAuthor := s.db.ActorByKey(ctx, n.AuthorKey)
		byHost, err = author.ByCard(), errAuthor
	}
	if err != nil || !byHost {
		return activity.Audience{To: activity.IDs{n.Note.Author()}, Groups: n.Groups}, err
	}
	return activity.Audience{To: activity.IDs{group.ID}, Groups: activity.IDs{group.ID}}, nil
}

// mustProve refuses (Denied) what a group for members only brings of a member of a third
// host without that member's proof: its host passes on, and does not speak for others.
// Nobody is asked instead, who would learn of the group by the question.
func (s *Service) mustProve(ctx context.Context, e *activity.Envelope) error {
	if e.Type != "Announce" {
		return nil
	}
	who := e.Object.ID
	if inner, err := activity.ReadEnvelope(e.Object.Raw); err == nil && inner.Actor.ID != "" {
		who = inner.Actor.ID // an id is given by whoever writes it
	}
	if activity.SameOrigin(who, e.Actor.ID) && activity.SameOrigin(e.Object.ID, e.Actor.ID) {
		return nil
	}
	group, ok, err := activity.Optional(s.db.Actor(ctx, e.Actor.ID))
	if err == nil && ok && group.Access().Shut() {
		err = activity.Refuse(activity.Denied, "not_proven", "in a group for members only, what somebody of another host did carries their proof")
	}
	return err
}

package federation

import (
	"context"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
)

// Reach is who would get a post.
type Reach struct {
	People    int           // whoever it is brought to or shown to by name, its author apart
	Here      int           // those of them who are ours
	Some      []store.Actor // the first of them: who is named, then who has joined or followed last
	Companies []string      // the hosts that it is brought to
	Unsigned  []string      // those of them that have signed no agreement with us
	Newest    store.Partner // the one of them that became a partner last; Host "": none is one
	LeftOut   []LeftOut     // those it would be for that do not get it
	Widest    string
	Through   string // the company whose group it is in, which brings it to others that we do not know; "": none
}

// LeftOut is a company that a post does not go to, and why.
type LeftOut struct{ Host, Reason, Say string }

// What Reach.Widest may be: who may read it besides those to whom it is brought.
const (
	WidestEverybody = "everybody"
	WidestGroup     = "group"     // whoever joins, or may look into, the group
	WidestFollowers = "followers" // whoever follows the author by then
	WidestPeople    = "people"    // nobody
)

// mostNamed is how many people Reach names.
const mostNamed = 40

// Audience says who would get what me is about to post. It is refused as the post would
// be. Whom Deliveries brings an activity to is found out by the same functions.
func (s *Service) Audience(ctx context.Context, me store.Actor, draft Draft) (Reach, error) {
	n, err := s.composer.Note(ctx, me, draft)
	if err == nil {
		n.Attachment, err = s.attachments(ctx, me, draft.Media)
	}
	if err != nil {
		return Reach{}, err
	}
	c, err := create(n)
	if err == nil {
		err = s.maySend(ctx, c)
	}
	if err == nil {
		err = s.unlocked(ctx, me, n)
	}
	if err != nil {
		return Reach{}, err
	}
	aim, r, err := s.aim(ctx, me, n)
	if err != nil {
		return r, err
	}
	var largest int64
	if files := ownFiles(s.House, n); len(files) > 0 {
		largest, err = s.db.LargestFile(ctx, 0, files...)
	}
	if err == nil {
		err = s.count(ctx, aim, largest, &r)
	}
	return r, err
}

// aim is for whom the activities are that bring a note: its own, that of its group, and
// the question to whom it quotes.
func (s *Service) aim(ctx context.Context, me store.Actor, n activity.Note) (aim store.Aim, r Reach, err error) {
	aim = store.Aim{Author: me.Key, IDs: n.Audience.All()}
	switch n.Audience.Visibility(me.Followers.ID) {
	case activity.VisibleDirect:
		r.Widest = WidestPeople
	case activity.VisibleFollowers:
		r.Widest = WidestFollowers
	default:
		r.Widest = WidestEverybody
	}
	if n.Quote.ID != "" {
		target, err := s.db.Note(ctx, n.Quote.ID)
		if err != nil {
			return aim, r, err
		}
		if !target.Local || r.Widest == WidestEverybody {
			aim.IDs = append(aim.IDs, target.Note.Author())
		}
	}
	if len(n.Groups) == 0 {
		return aim, r, nil
	}
	group, err := s.db.Actor(ctx, n.Groups[0])
	if err == nil {
		err = s.mayPostIn(ctx, s.db, me.Key, group, n)
	}
	if err != nil {
		return aim, r, err
	}
	r.Widest = WidestGroup
	if !group.Local {
		r.Through, aim.Group = group.ID.Host(), group.Key
		return aim, r, nil
	}
	told, err := audienceOf(ctx, s.db, group)
	if told.Has(activity.Public) {
		r.Widest = WidestEverybody
	}
	aim.IDs = append(aim.IDs, told.All()...)
	return aim, r, err
}

// leaveOut takes those deliveries out that take no file of so many bytes, and notes why.
func (s *Service) leaveOut(ctx context.Context, ds []store.Deliver, largest int64, r *Reach) (sent []store.Deliver, err error) {
	out := map[string]bool{}
	for _, d := range ds {
		if !out[d.Host()] {
			if err := s.gate.TakesFile(ctx, d.Host(), largest); activity.KindOf(err) == activity.TooLarge {
				out[d.Host()] = true
				r.LeftOut = append(r.LeftOut, LeftOut{d.Host(), policy.LargeFile, activity.FaultOf(err).Say})
			} else if err != nil {
				return nil, err
			} else {
				sent = append(sent, d)
			}
		}
	}
	return sent, nil
}

// count finds out who is aimed at, with files of which the largest has so many bytes.
func (s *Service) count(ctx context.Context, aim store.Aim, largest int64, r *Reach) error {
	at, err := s.db.Reached(ctx, aim)
	if err != nil {
		return err
	}
	inboxes := make([]string, 0, len(at))
	for inbox := range at {
		if inbox != "" {
			inboxes = append(inboxes, inbox)
		}
	}
	ds, err := s.deliveries(ctx, store.Fan{}, activity.Envelope{}, inboxes)
	if err != nil {
		return err
	}
	if ds, err = s.leaveOut(ctx, ds, largest, r); err != nil {
		return err
	}
	r.Here = at[""]
	r.People = r.Here
	for _, d := range ds {
		r.People += at[d.Inbox]
		r.Companies = append(r.Companies, d.Host())
	}
	slices.Sort(r.Companies)
	r.Companies = slices.Compact(r.Companies)
	if r.Newest, _, err = activity.Optional(s.db.NewestPartner(ctx, r.Companies)); err != nil {
		return err
	}
	if r.Unsigned, err = s.db.Unsigned(ctx, r.Companies); err != nil {
		return err
	}
	r.Some, err = s.db.ReachedFirst(ctx, aim, mostNamed)
	r.Some = slices.DeleteFunc(r.Some, func(a store.Actor) bool {
		return !a.Local && !slices.Contains(r.Companies, activity.ID(a.SharedInbox()).Host())
	})
	return err
}

package federation

import (
	"context"
	"fmt"
	"regexp"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/remote"
	"entente.example/entente/store"
)

// Followers synchronisation (FEP-8fcf): with what an actor tells its followers goes
// what those of the receiving host add up to. Where the two sides differ, an
// Undo, an Accept or a Reject was lost, and the receiver asks for the list: a follower who
// was let go never stays one because a message did not arrive. Of a group, open, closed or
// secret, they are its members.

// SynchronisationHeader is the name of the header.
const SynchronisationHeader = "Collection-Synchronization"

const (
	synchronisations = "synchronise" // the kind of store.Pace

)

// tie is the kind of edge by which people hang on an actor that are synchronised,
// "" for none.
func tie(a store.Actor) string {
	if a.Followers.ID == "" {
		return ""
	}
	return a.Bond()
}

// synchronised are the digests of the people behind a sender by host, if the activity is
// for its followers.
func (s *Service) synchronised(ctx context.Context, sender store.Actor, to activity.Audience) (map[string]store.Digest, error) {
	kind := tie(sender)
	if kind == "" || !to.Has(sender.Followers.ID) {
		return nil, nil
	}
	return s.db.Digests(ctx, kind, sender.Key)
}

// synchronisation is the header that goes with a letter to host, if it is for the
// sender's followers.
func (s *Service) synchronisation(l letter, host string) []remote.Header {
	d := l.behind[host]
	if l.behind == nil || d.People > limits.Synchronised {
		return nil
	}
	value := fmt.Sprintf(`collectionId="%s", url="%s", digest="%s"`, l.sender.Followers.ID, s.SynchronisationID(l.sender.ID), d)
	return []remote.Header{{Name: SynchronisationHeader, Value: value}}
}

var parameter = regexp.MustCompile(`(\w+)="([^"]*)"`)

// Compare reads the header that came with an activity of an actor, whose signature
// covers it, and promises to find out more where it says something else than we
// know. What is not about the actor's own followers, on its own host, says nothing.
func (s *Service) Compare(ctx context.Context, tx *store.Tx, actor store.Actor, header string) error {
	kind := tie(actor)
	if header == "" || len(header) > limits.SynchronisationHeader || kind == "" {
		return nil
	}
	said := map[string]string{}
	for _, p := range parameter.FindAllStringSubmatch(header, -1) {
		said[p[1]] = p[2]
	}
	url := activity.ID(said["url"])
	if activity.ID(said["collectionId"]) != actor.Followers.ID || !activity.SameOrigin(url, actor.ID) || !activity.SameOrigin(actor.Followers.ID, actor.ID) {
		return nil
	}
	ours, err := tx.Digest(ctx, kind, actor.Key, s.origin())
	if err != nil || ours.String() == said["digest"] {
		return err
	}
	p, due, err := tx.Begin(ctx, synchronisations, actor.Key, limits.SynchroniseEvery)
	if err != nil || !due {
		return err
	}
	return tx.Enqueue(ctx, store.Synchronise{Actor: actor.Key, Begun: p.Begun, URL: url, Digest: said["digest"]})
}

// origin is the host of the ids of our people.
func (s *Service) origin() string { return activity.ID(s.URL).Host() }

// Synchronise fetches who of ours an actor's host says follow it, and heals what
// differs, provided that the list adds up to what the header said: our follows that it
// lacks end, those that wait here and are on it are granted, what it has and we do not is
// taken back there.
func (s *Service) Synchronise(ctx context.Context, job store.Synchronise) error {
	p, err := s.db.Pace(ctx, synchronisations, job.Actor)
	if err != nil || p.Begun != job.Begun || p.Step > 0 {
		return err
	}
	actor, err := s.db.ActorByKey(ctx, job.Actor)
	if err != nil {
		return err
	}
	kind := tie(actor)
	// Before the list: who is accepted meanwhile must not be missed on it.
	mine, err := s.db.TiedAt(ctx, kind, actor.Key, s.origin(), 0, limits.Synchronised)
	if err != nil {
		return err
	}
	listed, err := s.Errand().Roster(ctx, job.URL)
	if err != nil && !activity.KindOf(err).Permanent() {
		return err
	}
	if sum := store.DigestOf(listed); err != nil || sum.String() != job.Digest {
		s.log.InfoContext(ctx, "a list of followers is not what its digest says", "actor", actor.ID, "people", sum.People, "err", err)
	} else if err := s.heal(ctx, actor, mine, listed); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		_, err := tx.Advance(ctx, p, 1)
		return err
	})
}

func (s *Service) heal(ctx context.Context, actor store.Actor, mine []store.Tied, listed []activity.ID) error {
	there, here := map[activity.ID]bool{}, map[activity.ID]bool{}
	for _, id := range listed {
		there[id] = true
	}
	healed := 0
	for _, t := range mine {
		here[t.IRI] = true
		if t.Accepted == there[t.IRI] || healed == limits.Healed {
			continue
		}
		healed++
		if err := s.db.InTx(ctx, func(tx *store.Tx) error { return s.healTie(ctx, tx, actor, t) }); err != nil {
			return err
		}
	}
	for _, id := range listed {
		if here[id] || !s.Owns(id) || healed == limits.Healed {
			continue
		}
		healed++
		if err := s.disown(ctx, id, actor); err != nil {
			return err
		}
	}
	return nil
}

// healTie ends what the other side does not know of, with what somebody was in a group
// besides; and grants what it has granted, when its answer was lost.
func (s *Service) healTie(ctx context.Context, tx *store.Tx, actor store.Actor, t store.Tied) error {
	e := store.Edge{Kind: tie(actor), Actor: t.Actor, Object: actor.Key}
	if !t.Accepted {
		s.log.InfoContext(ctx, "a follow is granted, as its target says", "follower", t.IRI, "actor", actor.ID)
		return comeTrue(ctx, tx, e)
	}
	s.log.InfoContext(ctx, "a follow ends that its target does not know", "follower", t.IRI, "actor", actor.ID)
	was, err := tx.CutTie(ctx, t.Key)
	if err != nil || !was || e.Kind != store.Membership {
		return err
	}
	return tx.CutMember(ctx, e.Actor, e.Object)
}

// disown takes back a follow that its target has and we do not. Its id was never
// kept, or is forgotten: the two that it names are enough.
func (s *Service) disown(ctx context.Context, follower activity.ID, actor store.Actor) error {
	me, ok, err := activity.Optional(s.db.Actor(ctx, follower))
	if err != nil || !ok || !me.Local || !me.Usable() {
		return err
	}
	if _, ok, err := activity.Optional(s.db.Edge(ctx, tie(actor), me.Key, actor.Key)); err != nil || ok {
		return err // meanwhile there is one
	}
	u := &Undo{}
	if u.Object, err = embedded("Follow", s.ActivityID(store.NewKey(s.now())), me.ID, actor.ID); err != nil {
		return err
	}
	u.To = activity.IDs{actor.ID}
	if _, err := s.submit(ctx, me, u); err != nil {
		return err
	}
	s.log.InfoContext(ctx, "a follow is taken back that we do not know", "follower", me.ID, "actor", actor.ID)
	return nil
}

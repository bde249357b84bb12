package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store/gather"
)

// gathered are the questions that each request asks. Those of one moment are put in one
// statement, which begins when all of them have been asked: nothing is remembered, so the
// answer is never older than the question.
type gathered struct {
	partners *gather.Gathering[*partnersAsked]
	stopped  *gather.Gathering[*asked[string, bool]]
	owners   *gather.Gathering[*asked[activity.ID, []Actor]]
	actors   *gather.Gathering[*asked[activity.ID, *actorRow]]
	secrets  *gather.Gathering[*asked[Key, []Secret]]
	recorded *gather.Gathering[*asked[Key, *Recorded]]
	kept     *gather.Gathering[*keptActor]

	behind     *gather.Gathering[*asked[fanOf, bool]]
	deliveries *gather.Gathering[*underWay]
	spread     *gather.Gathering[Key]
}

const (
	askedTogether = 64
	askedAtOnce   = 2
	putTogether   = 16 // of up to a hundred deliveries each
)

func newGathered(s *Store) gathered {
	return gathered{
		gather.New(askedTogether, askedAtOnce, s.answerPartners),
		gatherAsked(s.query.stopped),
		gatherAsked(s.owners),
		gatherAsked(s.actorRows),
		gatherAsked(s.secretsOf),
		gatherAsked(s.recordedByKeys),
		gather.New(askedTogether, 1, s.keepActors),
		gatherAsked(s.query.behind),
		gather.New(putTogether, askedAtOnce, s.putDeliveries),
		gather.New(askedTogether, askedAtOnce, s.query.spread),
	}
}

// asked is a question about what has an id, and the answer.
type asked[ID comparable, T any] struct {
	id     ID
	answer T
}

func gatherAsked[ID comparable, T any](find func(context.Context, []ID) (map[ID]T, error)) *gather.Gathering[*asked[ID, T]] {
	return gather.New(askedTogether, askedAtOnce, func(ctx context.Context, all []*asked[ID, T]) error {
		found, err := find(ctx, each(all, func(a *asked[ID, T]) ID { return a.id }))
		for _, a := range all {
			a.answer = found[a.id]
		}
		return err
	})
}

// askWith asks together with others.
func askWith[ID comparable, T any](ctx context.Context, all *gather.Gathering[*asked[ID, T]], id ID) (T, error) {
	mine := &asked[ID, T]{id: id}
	if err := all.Do(ctx, mine); err != nil {
		var none T
		return none, err
	}
	return mine.answer, nil
}

type partnersAsked struct {
	hosts  []string
	answer map[string]*Partner // only to be read: others have asked for the same ones
}

// PartnersNamed are those of these hosts that are partners, now or not.
func (s *Store) PartnersNamed(ctx context.Context, hosts []string) (map[string]*Partner, error) {
	asked := &partnersAsked{hosts: hosts, answer: map[string]*Partner{}}
	if err := s.gathered.partners.Do(ctx, asked); err != nil {
		return nil, err
	}
	return asked.answer, nil
}

// Partner is that of a transaction.
func (s *Store) Partner(ctx context.Context, host string) (Partner, error) {
	named, err := s.PartnersNamed(ctx, []string{host})
	if err != nil {
		return Partner{}, err
	}
	return found(named[host])
}

// Stopped is that of a transaction.
func (s *Store) Stopped(ctx context.Context, host string) (bool, error) {
	return askWith(ctx, s.gathered.stopped, host)
}

// StoppedAmong are those of these hosts that Stopped says it of.
func (s *Store) StoppedAmong(ctx context.Context, hosts []string) (map[string]bool, error) {
	return s.query.stopped(ctx, hosts)
}

// PartnersAmong are those of these hosts that are partners at that time: true where
// something may pass, false while they are suspended.
func (s *Store) PartnersAmong(ctx context.Context, hosts []string, at time.Time) (map[string]bool, error) {
	named, err := s.PartnersNamed(ctx, hosts)
	if err != nil {
		return nil, err
	}
	among := map[string]bool{}
	for host, p := range named {
		if p.IsAt(at) {
			among[host] = !p.Suspended
		}
	}
	return among, nil
}

// IsPartner says whether something may pass to or from a host at that time.
func (s *Store) IsPartner(ctx context.Context, host string, at time.Time) (bool, error) {
	among, err := s.PartnersAmong(ctx, []string{host}, at)
	return among[host], err
}

func (q query) answerPartners(ctx context.Context, all []*partnersAsked) error {
	hosts := map[string]bool{}
	for _, asked := range all {
		for _, host := range asked.hosts {
			hosts[host] = true
		}
	}
	found, err := q.partners(ctx, slices.Collect(maps.Keys(hosts)))
	if err != nil {
		return err
	}
	for _, asked := range all {
		for _, host := range asked.hosts {
			if p := found[host]; p != nil {
				asked.answer[host] = p
			}
		}
	}
	return nil
}

// ActorByKeyID is the one that lists a key with this id, or NotFound. Where several
// of one host do, it is the one whose document the id is part of.
func (s *Store) ActorByKeyID(ctx context.Context, id activity.ID) (Actor, error) {
	owners, err := askWith(ctx, s.gathered.owners, id)
	if err != nil {
		return Actor{}, err
	}
	return ownerOf(id, owners)
}

// Actor is that of a transaction.
func (s *Store) Actor(ctx context.Context, iri activity.ID) (Actor, error) {
	row, err := askWith(ctx, s.gathered.actors, iri)
	if err == nil && row == nil {
		err = activity.ErrNotFound()
	}
	if err != nil {
		return Actor{}, err
	}
	return row.actor(), nil // read for each who asks: nobody shares a document
}

// Secrets is that of a transaction.
func (s *Store) Secrets(ctx context.Context, actor Key) ([]Secret, error) {
	return askWith(ctx, s.gathered.secrets, actor)
}

// RecordedByKey is that of a transaction. Its text is for reading only.
func (s *Store) RecordedByKey(ctx context.Context, key Key) (Recorded, error) {
	r, err := askWith(ctx, s.gathered.recorded, key)
	if err != nil {
		return Recorded{}, err
	}
	return found(r)
}

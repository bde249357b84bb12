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
	owners   *gather.Gathering[*ownerAsked]
}

const (
	askedTogether = 64
	askedAtOnce   = 2
)

func newGathered(q query) gathered {
	return gathered{
		gather.New(askedTogether, askedAtOnce, q.answerPartners),
		gather.New(askedTogether, askedAtOnce, q.answerOwners),
	}
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

type ownerAsked struct {
	id     activity.ID
	answer []Actor
}

// ActorByKeyID is the one that lists a key with this id, or NotFound. Where several
// of one host do, it is the one whose document the id is part of.
func (s *Store) ActorByKeyID(ctx context.Context, id activity.ID) (Actor, error) {
	asked := &ownerAsked{id: id}
	if err := s.gathered.owners.Do(ctx, asked); err != nil {
		return Actor{}, err
	}
	return ownerOf(id, asked.answer)
}

func (q query) answerOwners(ctx context.Context, all []*ownerAsked) error {
	ids := each(all, func(asked *ownerAsked) activity.ID { return asked.id })
	owners, err := q.owners(ctx, ids)
	for _, asked := range all {
		asked.answer = owners[asked.id]
	}
	return err
}

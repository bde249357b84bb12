package federation

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/resolve"
	"entente.example/entente/store"
)

// helpful handlers name what it is nice to know; see needy.
type helpful interface{ Helpful() activity.IDs }

// Receive takes in what a partner sent: once, whole, or not at all. nil means
// that it is dealt with, refusals and unknown types included: they are recorded
// with their reason, unless a third party brought them. An error means that it has
// to be tried again.
func (s *Service) Receive(ctx context.Context, job store.Received) error {
	env, err := activity.ReadEnvelope(job.Raw)
	if err != nil {
		return err
	}
	r, raw := s.ErrandAfter(job.Asked).For(activity.ID(job.Signer).Host()), job.Raw
	err = s.Admits(ctx, activity.ID(job.Signer), env, raw) // it may have changed since the inbox
	if err == nil {
		raw, err = s.believe(ctx, r, job, env)
	}
	if activity.ID(job.Signer) == env.Actor.ID {
		return s.receive(ctx, r, env, job.Raw, err, true)
	}
	if err != nil && activity.KindOf(err).Permanent() {
		s.log.InfoContext(ctx, "a forwarded activity is not believed", "type", env.Type, "id", env.ID, "actor", env.Actor.ID, "by", job.Signer, "err", err)
		return nil
	}
	if err != nil {
		return err
	}
	if env, err = activity.ReadEnvelope(raw); err != nil {
		return err
	}
	return s.receive(ctx, r, env, raw, nil, false)
}

// receive takes in what its actor has said, or records why not: err, if it was
// refused already. direct says that the actor itself has sent it.
func (s *Service) receive(ctx context.Context, r *resolve.Errand, env activity.Envelope, raw json.RawMessage, err error, direct bool) error {
	h := handlerOf(env)
	rec := store.Recorded{IRI: s.uniqueID(env, raw), Type: env.Type, Outcome: store.Applied, About: thing(env), Raw: raw}
	if h != nil && !direct && !dated(env) {
		h.Head().Object.Raw = nil  // fetched by its id
		rec.IRI = hashed(env, raw) // it is no more than a hint: the word itself may still come
	}
	if err == nil && h == nil {
		rec.Outcome = store.Unknown
	} else if err == nil {
		if err = s.prepare(ctx, r, h); err == nil {
			err = s.apply(ctx, &arrival{env: env, h: h, rec: rec})
		}
	}
	if err != nil && !activity.KindOf(err).Permanent() {
		return err
	}
	if err != nil {
		rec.Outcome = activity.FaultOf(err).Reason
		if activity.KindOf(err) == activity.Gone {
			rec.Raw = nil // what is deleted is not kept as a late copy
		}
		s.log.InfoContext(ctx, "activity without effect", "type", env.Type, "id", env.ID, "actor", env.Actor.ID, "err", err)
	}
	if rec.Outcome == store.Applied || !direct {
		return nil
	}
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		if a, ok, err := activity.Optional(tx.Actor(ctx, env.Actor.ID)); err != nil {
			return err
		} else if ok {
			rec.Actor = a.Key
		}
		_, err := tx.Record(ctx, rec)
		return err
	})
}

// prepare fetches what the activity names and we do not know, before any
// transaction.
func (s *Service) prepare(ctx context.Context, r *resolve.Errand, h Handler) error {
	if a, ok := h.(relaying); ok {
		if err := s.relayed(ctx, r, a); err != nil {
			return err
		}
	}
	if is, err := s.weigh(ctx, r, h); err != nil || is {
		return err
	}
	if a, ok := h.(refreshing); ok {
		for _, id := range a.Refresh() {
			if err := r.Refresh(ctx, id); err != nil {
				return err
			}
		}
	}
	if a, ok := h.(asking); ok {
		for _, id := range a.Asks() {
			raw, err := r.Ask(ctx, id)
			if err != nil {
				return err
			}
			a.Told(raw)
		}
	}
	if a, ok := h.(needy); ok {
		for _, id := range a.Needs() {
			if err := r.Ensure(ctx, id); err != nil {
				return err
			}
		}
	}
	if a, ok := h.(helpful); ok {
		for _, id := range a.Helpful() {
			if err := r.TryEnsure(ctx, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// relayed tells a handler whether what it brings carries its actor's proof. Here too,
// one that is wrong refuses all of it.
func (s *Service) relayed(ctx context.Context, r *resolve.Errand, h relaying) error {
	raw, ok := h.Relayed()
	if !ok {
		return s.mustProve(ctx, h.Head())
	}
	env, err := activity.ReadEnvelope(raw)
	if err != nil {
		return err
	}
	a, announces := h.(*Announce)
	if announces {
		if a.byCard, err = s.introduced(ctx, r, a.Actor.ID, env); err != nil {
			return err
		}
	}
	proven, err := r.Proven(ctx, raw, env.Actor.ID)
	switch {
	case err != nil:
		return err
	case proven && dated(env) && hasID(env):
		h.Proven()
		return nil
	case announces && a.byCard:
		return activity.Refuse(activity.Denied, "not_proven", "what somebody says who is known by a card carries their proof, an id, and when it was changed")
	}
	return s.mustProve(ctx, h.Head())
}

// mustBeUsable refuses what comes from who is suspended or deleted here, whether
// they send it or a group brings it.
func mustBeUsable(actor store.Actor) error {
	if actor.Usable() {
		return nil
	}
	return activity.Refuse(activity.Denied, "gone_actor", "who did this is suspended or deleted here")
}

// uniqueID is the id that an activity is recorded under: its own, if it is on its
// actor's host; else one of ours making, so that nobody can use up the ids of
// others beforehand.
func (s *Service) uniqueID(env activity.Envelope, raw []byte) activity.ID {
	if hasID(env) && !s.Owns(env.ID) {
		return env.ID
	}
	return hashed(env, raw)
}

func hashed(env activity.Envelope, raw []byte) activity.ID {
	return activity.ID(fmt.Sprintf("%s#sha256-%x", env.Actor.ID, sha256.Sum256(raw)))
}

// touched are the ids of all that an activity is about: it, its object, what that
// is about or answers. Activities about one thing take turns, see store.Tx.TakeTurns:
// a Delete beside its Create, an answer beside its question.
func touched(e *activity.Envelope, iri activity.ID) []activity.ID {
	ids := []activity.ID{iri, e.Object.ID}
	raw := e.Object.Raw
	for range 3 { // Announce, Undo, Create: nothing is nested deeper
		var inner struct {
			Object    activity.Ref `json:"object"`
			InReplyTo activity.IDs `json:"inReplyTo"`
		}
		if raw == nil || json.Unmarshal(raw, &inner) != nil {
			break
		}
		ids = append(append(ids, inner.Object.ID), inner.InReplyTo...)
		raw = inner.Object.Raw
	}
	return ids[:min(len(ids), limits.Touched)]
}

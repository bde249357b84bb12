package federation

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// RotateKeys gives an actor of ours new keys under new ids, and tells its followers
// and all partners by an Update that is signed with the old ones.
//
// No delivery is lost by it, whatever others make of a key that they do not know:
//
//   - Mastodon, Entente and most others look for a new key id where it leads to, the
//     actor's document, and find the key there. Under an old id they would first have
//     to find that the key has changed.
//   - Misskey and Lemmy take the key of the actor that they know. They learn the new one
//     from the Update, or when they ask for the actor again after a day; until then
//     each delivery that they refuse is signed once more with the old key (remote's
//     knock).
//   - A proof from before stays good, since the old Ed25519 key stays in
//     assertionMethod: who was away gets everything.
//
// After limits.KeyKept, which is how long a delivery is tried, the old
// keys are removed: see Retire.
func (s *Service) RotateKeys(ctx context.Context, actor store.Actor) error {
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		a, err := ours(ctx, tx, actor)
		if err != nil {
			return err
		}
		secrets, err := s.newKeys(&a, "-"+store.NewKey(tx.Now).String(), store.RSA, store.Ed25519)
		if err != nil {
			return err
		}
		// First the Update, while its proof is made with the old key.
		if err := s.tellAll(ctx, tx, a, true); err != nil {
			return err
		}
		if err := tx.RetireSecrets(ctx, a.Key); err != nil {
			return err
		}
		if _, err := keepKeys(ctx, tx, a, secrets); err != nil {
			return err
		}
		tx.Audit(ctx, store.Decision{What: "keys.rotated", About: string(a.ID)})
		return retireLater(ctx, tx, a.Key)
	})
}

// tellAll sends the new document of an actor to its followers and to all partners:
// also who follows nobody may have its key.
func (s *Service) tellAll(ctx context.Context, tx *store.Tx, a store.Actor, before bool) error {
	to := activity.Audience{To: activity.IDs{activity.Public}}
	if a.Followers.ID != "" {
		to.Cc = activity.IDs{a.Followers.ID}
	}
	doc, err := withCompanies(ctx, tx, a)
	if err != nil {
		return err
	}
	doc.Context = nil // it has that of the Update
	u, err := update(a.ID, doc, to)
	if err != nil {
		return err
	}
	d, err := s.perform(ctx, tx, a, u)
	if err != nil {
		return err
	}
	inboxes, err := tx.PartnerInboxes(ctx)
	if err != nil {
		return err
	}
	return tx.Enqueue(ctx, store.Fan{Activity: d.Key, Sender: a.Key, Inboxes: inboxes, Before: before, Object: subject(d.sent())})
}

// retireLater parks the removal of the keys that were retired just now.
func retireLater(ctx context.Context, tx *store.Tx, actor store.Key) error {
	job := store.Retire{Actor: actor}
	payload, err := json.Marshal(job)
	if err != nil {
		return err
	}
	return tx.Park(ctx, store.Parked{Job: fmt.Sprintf("%s-%s-%d", job.Kind(), actor, tx.Now.UnixMicro()), Kind: job.Kind(), Payload: string(payload),
		DueAt: tx.Now.Add(limits.KeyKept + time.Minute), Reason: "removes the keys from before a rotation"})
}

// Retire removes the keys of one of our actors that were retired longer ago than
// limits.KeyKept: their private halves are forgotten, the public ones
// taken out of the actor's document, and everyone is told. Without any it does
// nothing.
func (s *Service) Retire(ctx context.Context, job store.Retire) error {
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		a, err := tx.ActorByKey(ctx, job.Actor)
		if err == nil {
			err = tx.TakeTurns(ctx, a.ID)
		}
		if err == nil {
			a, err = tx.ActorByKey(ctx, job.Actor)
		}
		if err != nil {
			return err
		}
		dropped, err := tx.DropSecrets(ctx, a.Key, s.now().Add(-limits.KeyKept))
		if err != nil || len(dropped) == 0 {
			return err
		}
		var left activity.List[activity.Multikey]
		for _, k := range a.AssertionMethod {
			if !dropped.Has(k.ID) {
				left = append(left, k)
			}
		}
		a.AssertionMethod = left
		tx.Audit(ctx, store.Decision{What: "keys.retired", About: string(a.ID)})
		if a, err = tx.PutActor(ctx, a); err != nil || !a.DeletedAt.IsZero() {
			return err
		}
		return s.tellAll(ctx, tx, a, false)
	})
}

package federation

import (
	"context"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// LoseKeys gives an actor of ours new keys in the place of keys that somebody else has, or
// nobody any more. Nothing is said with the old ones, which are forgotten at once: others
// believe the new ones because the actor's document shows them, and partners by agreement
// when their admins have compared six words (package partnership). What the instance has
// signed of agreements is signed anew.
func (s *Service) LoseKeys(ctx context.Context, actor store.Actor) error {
	err := s.db.InTx(ctx, func(tx *store.Tx) error {
		a, err := ours(ctx, tx, actor)
		if err != nil {
			return err
		}
		if err := tx.RetireSecrets(ctx, a.Key); err != nil {
			return err
		}
		if _, err := tx.DropSecrets(ctx, a.Key, tx.Now.Add(time.Second)); err != nil {
			return err
		}
		a.AssertionMethod = nil
		secrets, err := s.newKeys(&a, "-"+store.NewKey(tx.Now).String(), store.RSA, store.Ed25519)
		if err != nil {
			return err
		}
		if a, err = keepKeys(ctx, tx, a, secrets); err != nil {
			return err
		}
		tx.Audit(ctx, store.Decision{What: "keys.lost", About: string(a.ID)})
		return s.tellAll(ctx, tx, a, false)
	})
	if err != nil || actor.ID != s.InstanceActor() {
		return err
	}
	return s.desk.SignAnew(ctx)
}

// ours is one of our actors as it is once nobody else changes its keys.
func ours(ctx context.Context, tx *store.Tx, actor store.Actor) (store.Actor, error) {
	if err := tx.TakeTurns(ctx, actor.ID); err != nil {
		return actor, err
	}
	a, err := tx.ActorByKey(ctx, actor.Key)
	if err == nil && (!a.Local || !a.DeletedAt.IsZero()) {
		err = activity.Refuse(activity.Invalid, "not_ours", "only the keys of our own actors can be changed")
	}
	return a, err
}

package resolve

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/proof"
	"entente.example/entente/store"
)

// Proven says whether a document carries a valid proof by this actor (FEP-8b32).
// A proof that is there and does not hold is an Unauthenticated fault,
// "proof_wrong": made with another's key, over other content, expired. The key
// is one that the actor's own document lists, as for requests.
//
// A proof by what is no address, as did:key, is by nobody whom we could know,
// and as good as none. Later and TooMany mean that the key's host could not be asked now,
// "budget_spent" that what came before has cost too much to ask it at all.
func (r *Errand) Proven(ctx context.Context, raw json.RawMessage, actor activity.ID) (bool, error) {
	p, carries, err := proof.Read(raw)
	if err != nil {
		return false, wrongProof(err)
	}
	if !carries || p.KeyID.Host() == "" {
		return false, nil
	}
	if !activity.SameOrigin(p.KeyID, actor) {
		return false, wrongProof(errors.New("the key is on another host"))
	}
	for _, fresh := range []bool{false, true} { // the key may have changed
		owner, key, errKey := r.Key(ctx, p.KeyID, fresh)
		if errKey != nil {
			return false, noKey(errKey)
		}
		if err = holds(p, actor, owner, key, r.now()); err == nil {
			return true, nil
		}
	}
	return false, wrongProof(err)
}

// noKey is why there is no key for a proof: for now, or for good. That nobody may ask for
// it any more says nothing of the proof.
func noKey(err error) error {
	switch {
	case isSpent(err):
		return errors.Unwrap(err)
	case activity.KindOf(err).Permanent():
		return wrongProof(err)
	}
	return err
}

// holds says whether a proof is by a key of this actor.
func holds(p proof.Proof, actor activity.ID, owner store.Actor, key crypto.PublicKey, now time.Time) error {
	ed, isEd := key.(ed25519.PublicKey)
	switch {
	case !isEd:
		return errors.New("the key is not of Ed25519")
	case owner.ID != actor:
		return errors.New("the key is somebody else's")
	}
	return p.Verify(ed, now)
}

func wrongProof(err error) error {
	return activity.Because(activity.Unauthenticated, "proof_wrong", err, "the proof of this activity is not by its actor, or not of what it says")
}

// Origin is what is found now under an id on its own host, and says that it is that.
// Later means that it may be had another time, every other error that it cannot.
func (r *Errand) Origin(ctx context.Context, id activity.ID) (json.RawMessage, error) {
	raw, err := r.get(ctx, id)
	if err != nil {
		return nil, err
	}
	var doc activity.Ref
	if err := doc.UnmarshalJSON(raw); err != nil {
		return nil, err
	}
	if doc.ID != id {
		return nil, activity.Refuse(activity.Denied, "foreign_id", "what is found there is something else")
	}
	return raw, nil
}

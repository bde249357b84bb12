package resolve

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/store"
)

// How often the same key may make us ask its server (Fedify CVE-2026-34148).
const (
	keyRetry   = time.Minute     // after a fetch that failed
	keyRefresh = 5 * time.Minute // after a signature that did not fit
)

// Key is the public key with this id and the actor that it belongs to. The owner
// is whoever's own document lists the key; what a key says of its owner proves
// nothing (interop §1.2.7). fresh asks the owner's server even for a known one.
// A key that cannot be had is an Unauthenticated fault.
func (r *Errand) Key(ctx context.Context, id activity.ID, fresh bool) (store.Actor, *rsa.PublicKey, error) {
	if !fresh {
		owner, ok, err := activity.Optional(r.db.ActorByKeyID(ctx, id))
		if err != nil {
			return owner, nil, err
		}
		if ok {
			return listed(owner, id)
		}
	}
	wait, purpose := keyRetry, "key "
	if fresh {
		wait, purpose = keyRefresh, "fresh key "
	}
	if r.Owns(id) || !r.recent.first(purpose+string(id), wait) {
		return store.Actor{}, nil, unknownKey(nil)
	}
	owner, err := r.fetchOwner(ctx, id)
	if err != nil {
		return owner, nil, err
	}
	if !fresh {
		r.recent.forget(purpose + string(id))
	}
	return listed(owner, id)
}

// fetchOwner finds the actor behind a key id: the document itself, or the one
// that it names as owner.
func (r *Errand) fetchOwner(ctx context.Context, id activity.ID) (store.Actor, error) {
	raw, err := r.get(ctx, id)
	if err == nil && !activity.IsActorType(activity.TypeOf(raw)) {
		var key struct {
			Owner      activity.Ref `json:"owner"`
			Controller activity.Ref `json:"controller"`
		}
		_ = json.Unmarshal(raw, &key)
		owner := key.Owner.ID
		if owner == "" {
			owner = key.Controller.ID
		}
		if !activity.SameOrigin(owner, id) {
			return store.Actor{}, unknownKey(nil)
		}
		raw, err = r.get(ctx, owner)
	}
	if err != nil {
		return store.Actor{}, r.lostKey(ctx, id, err)
	}
	a, err := activity.ReadActor(raw)
	if err != nil {
		return store.Actor{}, unknownKey(err)
	}
	return r.keepActor(ctx, a, "")
}

// lostKey is what a key that cannot be fetched means: 410 on a known actor means
// that the actor is gone (interop §1.4).
func (r *Errand) lostKey(ctx context.Context, id activity.ID, err error) error {
	if activity.KindOf(err) != activity.Gone {
		return unknownKey(err)
	}
	gone := r.db.InTx(ctx, func(tx *store.Tx) error {
		a, ok, err := activity.Optional(tx.ActorByKeyID(ctx, id))
		if err != nil || !ok || a.Local {
			return err
		}
		return tx.DeleteActor(ctx, a.Key)
	})
	if gone != nil {
		return gone
	}
	return unknownKey(err)
}

// listed is the key that an actor's own document lists under this id.
func listed(owner store.Actor, id activity.ID) (store.Actor, *rsa.PublicKey, error) {
	for _, k := range owner.PublicKey {
		if k.ID == id {
			key, err := httpsign.ParsePublicKey(k.PEM)
			return owner, key, err
		}
	}
	return owner, nil, unknownKey(nil)
}

func unknownKey(err error) error {
	return activity.Because(activity.Unauthenticated, "unknown_key", err, "the key of this signature cannot be had, or its actor does not list it")
}

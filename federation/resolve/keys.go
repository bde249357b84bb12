package resolve

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
)

// Key is the public key with this id and the actor that it belongs to. The owner
// is whoever's own document lists the key; what a key says of its owner proves
// nothing (interop §1.2.7). fresh asks the owner's server even for a known one,
// unless that was done lately. Requests that need the same key share one fetch.
// A key that cannot be had is an Unauthenticated fault; one that may be had a little
// later is Later, or TooMany where too many keys of its host were asked for lately.
func (r *Errand) Key(ctx context.Context, id activity.ID, fresh bool) (store.Actor, crypto.PublicKey, error) {
	owner, known, err := activity.Optional(r.db.ActorByKeyID(ctx, id))
	if err == nil && !known {
		owner, err = r.share(ctx, "key ", id, r.findKey)
	} else if err == nil && fresh {
		owner, err = r.share(ctx, "fresh key ", id, r.refreshKey)
	}
	if err == nil && owner.ByCard() {
		owner = r.met(ctx, owner, id)
	}
	if err != nil {
		return owner, nil, err
	}
	return listed(owner, id)
}

// met is who was known by a card until now, as their own host shows them to a partner.
func (r *Errand) met(ctx context.Context, who store.Actor, key activity.ID) store.Actor {
	if r.gate.Allow(ctx, policy.Fetch, who.ID.Host(), "") != nil {
		return who
	}
	if found, err := r.share(ctx, "fresh key ", key, r.refreshKey); err == nil {
		return found
	}
	return who
}

// share does one fetch for all who need it now. It goes on when the first of
// them hangs up, since the others wait for it too. Who shared one that had no budget or
// no seat for it does it over, by their own.
func (r *Errand) share(ctx context.Context, what string, id activity.ID, fetch func(context.Context, activity.ID) (store.Actor, error)) (store.Actor, error) {
	v, err, _ := r.asking.Do(what+string(id), func() (any, error) { return fetch(context.WithoutCancel(ctx), id) })
	if isSpent(err) && r.left > 0 || activity.FaultOf(err).Reason == AskedLately {
		return fetch(ctx, id)
	}
	owner, _ := v.(store.Actor)
	return owner, err
}

// findKey asks for a key that is not known. One that is found gives its seat
// back, so that the first morning of a large company is not taken for an attack.
func (r *Errand) findKey(ctx context.Context, id activity.ID) (store.Actor, error) {
	owner, known, err := activity.Optional(r.db.ActorByKeyID(ctx, id))
	if err != nil || known { // another fetch has just ended
		return owner, err
	}
	missing, away := "key "+string(id), "key away "+string(id)
	if r.Owns(id) || r.recent.has(missing) {
		return owner, unknownKey(nil)
	}
	if r.recent.has(away) {
		return owner, notNow(nil)
	}
	leave, free := r.seat("key of ", id.Host())
	if !free {
		return owner, askedLately()
	}
	owner, err = r.fetchOwner(ctx, id)
	if err == nil {
		_, _, err = listed(owner, id)
	}
	switch {
	case err == nil:
		leave()
	case isSpent(err): // of the key nothing is known yet
	case activity.KindOf(err) == activity.Later:
		r.recent.note(away, limits.KeyRetry)
	case activity.KindOf(err) != activity.Internal: // that would be our own trouble
		r.recent.note(missing, limits.KeyRetry)
	}
	return owner, err
}

// refreshKey asks again for a key that is known: its owner, whose document says which
// keys count. A key with an address of its own may be gone from there because it was
// changed, and nothing is to be had there of the new one. Where that was done lately,
// the owner is as we know them: perhaps another request has just asked.
func (r *Errand) refreshKey(ctx context.Context, id activity.ID) (store.Actor, error) {
	asked := "fresh key " + string(id)
	owner, err := r.db.ActorByKeyID(ctx, id)
	if err != nil || r.Owns(id) || r.recent.has(asked) {
		return owner, err
	}
	if _, free := r.seat("fresh key of ", id.Host()); !free {
		return owner, askedLately()
	}
	r.recent.note(asked, limits.KeyRefresh)
	return r.fetchOwner(ctx, owner.ID)
}

// seat takes one of the seats of a host, if one is free and whoever makes us ask has not
// had all of theirs. leave gives it back.
func (r *Errand) seat(what, host string) (leave func(), free bool) {
	own, free := r.place(what+host+" for "+r.asker, limits.KeySeatsEach)
	if !free {
		return nil, false
	}
	all, free := r.place(what+host, limits.KeySeats)
	if !free {
		r.recent.forget(own)
		return nil, false
	}
	return func() { r.recent.forget(own); r.recent.forget(all) }, true
}

// place takes one of so many places for a while.
func (r *Errand) place(of string, many int) (string, bool) {
	for n := range many {
		if place := fmt.Sprintf("%s, %d", of, n); r.recent.first(place, limits.KeySeatTime) {
			return place, true
		}
	}
	return "", false
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

// lostKey is what a key that cannot be fetched means: 410 on the document of a known
// actor means that the actor is gone (interop §1.4), on that of a key nothing.
func (r *Errand) lostKey(ctx context.Context, id activity.ID, err error) error {
	if kind := activity.KindOf(err); kind == activity.Later {
		return notNow(err)
	} else if kind != activity.Gone {
		return unknownKey(err)
	}
	gone := r.db.InTx(ctx, func(tx *store.Tx) error {
		a, ok, err := activity.Optional(tx.Actor(ctx, id.WithoutFragment()))
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

// listed is the key that an actor's own document lists under this id, in publicKey
// (RSA) or in assertionMethod (Ed25519, FEP-521a).
func listed(owner store.Actor, id activity.ID) (store.Actor, crypto.PublicKey, error) {
	for _, k := range owner.PublicKey {
		if k.ID == id {
			key, err := httpsign.ParsePublicKey(k.PEM)
			return owner, key, err
		}
	}
	for _, k := range owner.AssertionMethod {
		if k.ID == id {
			key, err := httpsign.ParseMultikey(k.Value)
			return owner, key, err
		}
	}
	return owner, nil, unknownKey(nil)
}

// The reasons why a key is not known that its host might have: another try is worth it.
const (
	AskedLately = "asked_lately" // too many were asked for: TooMany
	KeyNotNow   = "key_not_now"  // its host cannot be asked: Later
)

func askedLately() error {
	return activity.After(limits.KeyRetry, activity.Refuse(activity.TooMany, AskedLately, "too many keys of this host were asked for lately; send this again in a minute"))
}

func notNow(err error) error {
	return activity.After(limits.KeyRetry, activity.Because(activity.Later, KeyNotNow, err, "the host of this key does not answer; send this again in a minute"))
}

// isSpent says that a key is not known because there was no budget to ask for it.
func isSpent(err error) bool {
	cause := errors.Unwrap(err)
	return cause != nil && activity.FaultOf(cause).Reason == "budget_spent"
}

func unknownKey(err error) error {
	return activity.Because(activity.Unauthenticated, "unknown_key", err, "the key of this signature cannot be had, or its actor does not list it")
}

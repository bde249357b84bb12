package resolve

import (
	"context"
	"crypto"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/remote"
	"entente.example/entente/store"
)

// Issuer is the key of an instance actor with which it has signed a card. It is asked for
// at its own host, which need be no partner: that one document, which is for everybody,
// and nothing else there. It is remembered; after KeyTrusted, or for a key that is not
// known, it is asked again. A key is believed that comes without one that was known only
// after KeyKept, for so long a host shows the old one beside it: else "issuer_changed".
// Other errors are those of Key.
func (r *Errand) Issuer(ctx context.Context, key activity.ID) (crypto.PublicKey, error) {
	id := key.WithoutFragment()
	known, ok, err := activity.Optional(r.db.Actor(ctx, id))
	if err != nil {
		return nil, err
	}
	_, public, unlisted := listed(known, key)
	if ok && unlisted == nil && r.now().Sub(known.FetchedAt) < limits.KeyTrusted {
		return public, nil
	}
	fresh, err := r.share(ctx, "issuer ", key, r.askIssuer)
	if err == nil {
		_, public, err = listed(fresh, key)
	} else if unlisted == nil && !activity.KindOf(err).Permanent() {
		err = nil // it was known, and its host cannot be asked now
	}
	return public, err
}

// askIssuer asks for an instance actor because of a key.
func (r *Errand) askIssuer(ctx context.Context, key activity.ID) (store.Actor, error) {
	id, missing, away := key.WithoutFragment(), "issues no "+string(key), "issues away "+string(key)
	known, ok, err := activity.Optional(r.db.Actor(ctx, id))
	switch {
	case err != nil:
		return known, err
	case r.recent.has(missing):
		return known, unknownKey(nil)
	case r.recent.has(away):
		return known, notNow(nil)
	}
	leave, free := r.seat("key of ", id.Host())
	if !free {
		return known, askedLately()
	}
	a, err := r.readIssuer(ctx, id)
	if err == nil {
		_, _, err = listed(store.Actor{Actor: a}, key)
	}
	switch {
	case err == nil:
		leave()
	case activity.KindOf(err) == activity.Later:
		r.recent.note(away, limits.KeyRetry)
	case !isSpent(err):
		r.recent.note(missing, limits.KeyRetry)
	}
	if err != nil {
		return known, err
	}
	if ok && !shares(known.Actor, a) && r.now().Sub(known.FetchedAt) < limits.KeyKept {
		r.recent.note(missing, limits.KeyRetry)
		return known, activity.Refuse(activity.Denied, "issuer_changed", "%s has other keys than it had, and none of those: it shows the old ones for %s beside the new", id, limits.KeyKept)
	}
	return r.keepActor(ctx, a, id.Host())
}

// readIssuer fetches it, by the gate for that alone.
func (r *Errand) readIssuer(ctx context.Context, id activity.ID) (activity.Actor, error) {
	if err := r.may(ctx, id.Host()); err != nil {
		return activity.Actor{}, err
	}
	by, err := r.instanceKeys(ctx)
	if err != nil {
		return activity.Actor{}, err
	}
	doc, err := r.client.Through(r.gate.Issuing(id.Host())).Fetch(remote.Within(ctx, &r.left), id, by)
	if err != nil {
		if activity.KindOf(err) == activity.Later {
			return activity.Actor{}, notNow(err)
		}
		return activity.Actor{}, unknownKey(err)
	}
	a, err := activity.ReadActor(doc.Raw)
	if err != nil || a.ID != id || a.Type != "Application" {
		err = unknownKey(err)
	}
	a.Webfinger, a.URL = "", nil // it has no other name here
	return a, err
}

// Answers says whether a host shows its instance actor now, which is a sign of life.
func (r *Errand) Answers(ctx context.Context, instance activity.ID) bool {
	if _, err := r.readIssuer(ctx, instance); err != nil {
		return false
	}
	r.Alive(ctx, instance.Host())
	return true
}

// shares says whether two versions of an actor have a key in common.
func shares(a, b activity.Actor) bool {
	return slices.ContainsFunc(a.AssertionMethod, func(k activity.Multikey) bool {
		return slices.ContainsFunc(b.AssertionMethod, func(l activity.Multikey) bool { return l.Value == k.Value })
	})
}

// Package resolve finds out what we do not know: it fetches actors, notes and
// keys, with a budget, and keeps them. Nothing here happens inside a transaction
// of an activity: what must be fetched is fetched before.
package resolve

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"log/slog"
	"time"

	"golang.org/x/sync/singleflight"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/names"
	"entente.example/entente/federation/policy"
	"entente.example/entente/federation/remote"
	"entente.example/entente/store"
)

// Finder finds things for one instance.
type Finder struct {
	names.House
	db     *store.Store
	gate   *policy.Gate
	client *remote.Client
	log    *slog.Logger
	now    func() time.Time
	recent *recent            // keys that were asked for lately
	looked *recent            // words that directories were asked for lately
	signs  signs              // of life
	asking singleflight.Group // keys that are being asked for now
}

// New makes a Finder; every argument is needed.
func New(house names.House, db *store.Store, gate *policy.Gate, client *remote.Client, log *slog.Logger, now func() time.Time) *Finder {
	return &Finder{House: house, db: db, gate: gate, client: client, log: log, now: now, recent: newRecent(now), looked: newRecent(now)}
}

// Now is the time by the clock of this instance.
func (f *Finder) Now() time.Time { return f.now() }

// Keys are the private keys of one of our actors: those in use, and those from
// before the last rotation while they are kept.
func (f *Finder) Keys(ctx context.Context, actor store.Actor) (remote.Keys, error) {
	secrets, err := f.db.Secrets(ctx, actor.Key)
	if err != nil {
		return remote.Keys{}, err
	}
	var now, before remote.Keys
	for _, s := range secrets { // those in use first, then the last retired
		if !s.RetiredAt.IsZero() && f.now().Sub(s.RetiredAt.Time) > limits.KeyKept {
			break
		}
		key, err := httpsign.ParsePrivateKey(s.PEM)
		if err != nil {
			return remote.Keys{}, err
		}
		keys := &now
		if !s.RetiredAt.IsZero() {
			keys = &before
		}
		by := &keys.RSA
		if s.Kind == store.Ed25519 {
			by = &keys.Ed25519
		}
		if by.Key == nil {
			*by = httpsign.Signer{KeyID: s.KeyID, Key: key}
		}
	}
	if before.RSA.Key != nil {
		now.Before = &before
	}
	return now, nil
}

// instanceKeys sign every fetch: the instance's actor can be read by everyone, so no
// two servers wait for each other.
func (f *Finder) instanceKeys(ctx context.Context) (remote.Keys, error) {
	actor, err := f.db.Actor(ctx, f.InstanceActor())
	if err != nil {
		return remote.Keys{}, err
	}
	return f.Keys(ctx, actor)
}

// Reading is the same errand to a host for what people read. It goes in the name of me, or
// where that is nobody, of one whom the host takes, if the agreement names people: it does
// not show these things to our instance then. What an inbox has to know is fetched by the
// instance, so that no two servers wait for each other.
func (r *Errand) Reading(ctx context.Context, host string, me store.Actor) (*Errand, error) {
	_, takes, err := r.gate.Grants(ctx, host)
	if err != nil {
		return nil, err
	}
	named, all := takes.People.Named()
	if all || r.gate.IsOwn(host) {
		return r, nil
	}
	if me.ID != "" {
		named = []activity.ID{me.ID}
	}
	for _, id := range named {
		who, known, err := activity.Optional(r.db.Actor(ctx, id))
		if err != nil {
			return nil, err
		}
		if known && who.Local && who.Usable() && takes.People.Includes(id) {
			r.by, err = r.Keys(ctx, who)
			return r, err
		}
	}
	return r, nil
}

// Heard takes note of how a host signs its requests, after one that was good: it is
// answered in the same dialect.
func (f *Finder) Heard(ctx context.Context, sig httpsign.Signature, key crypto.PublicKey) {
	f.Alive(ctx, sig.KeyID.Host())
	if sig.Dialect() != httpsign.RFC9421 {
		return
	}
	dialect := remote.Message
	if _, isEd := key.(ed25519.PublicKey); isEd {
		dialect = remote.MessageEd
	}
	f.client.Dialects().Heard(ctx, sig.KeyID.Host(), dialect)
}

// Package resolve finds out what we do not know: it fetches actors, notes and
// keys, with a budget, and keeps them. Nothing here happens inside a transaction
// of an activity: what must be fetched is fetched before.
package resolve

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/singleflight"

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
	asking singleflight.Group // keys that are being asked for now
}

// New makes a Finder; every argument is needed.
func New(house names.House, db *store.Store, gate *policy.Gate, client *remote.Client, log *slog.Logger, now func() time.Time) *Finder {
	return &Finder{House: house, db: db, gate: gate, client: client, log: log, now: now, recent: newRecent(now)}
}

// Now is the time by the clock of this instance.
func (f *Finder) Now() time.Time { return f.now() }

// Signer signs as one of our actors.
func (f *Finder) Signer(ctx context.Context, actor store.Actor) (httpsign.Signer, error) {
	pem, err := f.db.Secret(ctx, actor.Key)
	if err != nil {
		return httpsign.Signer{}, err
	}
	key, err := httpsign.ParsePrivateKey(pem)
	return httpsign.Signer{KeyID: actor.ID + "#main-key", Key: key}, err
}

// instanceSigner signs every fetch: its actor can be read by everyone, so no two
// servers wait for each other.
func (f *Finder) instanceSigner(ctx context.Context) (httpsign.Signer, error) {
	actor, err := f.db.Actor(ctx, f.InstanceActor())
	if err != nil {
		return httpsign.Signer{}, err
	}
	return f.Signer(ctx, actor)
}

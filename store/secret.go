package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
)

// The kinds of keys that each of our actors has one of in use.
const (
	RSA     = "rsa"
	Ed25519 = "ed25519"
)

// Secret is the private half of a key of one of our actors.
type Secret struct {
	bun.BaseModel `bun:"table:keys,alias:s"`

	KeyID     activity.ID `bun:"key_id,pk"` // of the public half
	Actor     Key
	Kind      string
	PEM       string `bun:"pem"` // PKCS#8
	Since     time.Time
	RetiredAt bun.NullTime // set: another one is in use since then
}

// PutSecret keeps a key, and reports whether it is the one in use now: of each
// kind there is one, and the first stays until it is retired.
func (tx *Tx) PutSecret(ctx context.Context, s Secret) (bool, error) {
	s.Since = tx.Now
	return changed(tx.db.NewInsert().Model(&s).On("CONFLICT DO NOTHING").Exec(ctx))
}

// RetireSecrets takes the keys of one of our actors out of use. They stay until
// DropSecrets.
func (tx *Tx) RetireSecrets(ctx context.Context, actor Key) error {
	_, err := tx.db.NewRaw("UPDATE keys SET retired_at = ? WHERE actor = ? AND retired_at IS NULL", tx.Now, actor).Exec(ctx)
	return err
}

// DropSecrets forgets the keys of one of our actors that were retired at that time
// or before, and gives their ids.
func (tx *Tx) DropSecrets(ctx context.Context, actor Key, before time.Time) (activity.IDs, error) {
	var ids []activity.ID
	err := tx.db.NewRaw("DELETE FROM keys WHERE actor = ? AND retired_at <= ? RETURNING key_id", actor, before).Scan(ctx, &ids)
	return ids, err
}

// Secrets are the keys of one of our actors: those in use, then the retired ones,
// the last retired first.
func (q query) Secrets(ctx context.Context, actor Key) ([]Secret, error) {
	of, err := q.secretsOf(ctx, []Key{actor})
	return of[actor], err
}

func (q query) secretsOf(ctx context.Context, actors []Key) (map[Key][]Secret, error) {
	var all []Secret
	err := q.list(ctx, &all, `SELECT s.key_id, s.actor, s.kind, s.pem, s.since, s.retired_at FROM keys AS s
		WHERE s.actor = ANY ($1::bigint[]) ORDER BY s.retired_at DESC NULLS FIRST, s.kind`, numbers(actors))
	of := map[Key][]Secret{}
	for _, s := range all {
		of[s.Actor] = append(of[s.Actor], s)
	}
	return of, err
}

// Secret is the key of one kind that one of our actors has in use, or NotFound.
func (q query) Secret(ctx context.Context, actor Key, kind string) (Secret, error) {
	var found []Secret
	err := q.list(ctx, &found, "SELECT s.key_id, s.actor, s.kind, s.pem, s.since, s.retired_at FROM keys AS s WHERE s.actor = $1 AND s.kind = $2 AND s.retired_at IS NULL", int64(actor), kind)
	return first(found, err)
}

// Keyless are up to limit actors of ours that have no key of this kind in use.
func (q query) Keyless(ctx context.Context, kind string, limit int64) ([]Actor, error) {
	return q.actors(ctx, "a.key", limit, `a.local AND a.deleted_at IS NULL AND NOT EXISTS (
		SELECT FROM keys AS s WHERE s.actor = a.key AND s.kind = ? AND s.retired_at IS NULL)`, kind)
}

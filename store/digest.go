package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"math/big"

	"entente.example/entente/activity"
)

// Digest is what the people of one host add up to who are tied to an actor by
// accepted edges of one kind: the XOR of the SHA-256 of their ids (FEP-8fcf).
type Digest struct {
	Sum    [sha256.Size]byte
	People int
}

// String is the sum in hexadecimal.
func (d Digest) String() string { return hex.EncodeToString(d.Sum[:]) }

// DigestOf adds up ids, each of which is there once.
func DigestOf(ids []activity.ID) Digest {
	d := Digest{People: len(ids)}
	for _, id := range ids {
		for i, b := range sha256.Sum256([]byte(id)) {
			d.Sum[i] ^= b
		}
	}
	return d
}

// Digest is that of the people on origin (activity.ID.Host of their ids) who are
// tied to object. It is kept by the database with each edge, and costs one row.
func (q query) Digest(ctx context.Context, kind string, object Key, origin string) (d Digest, err error) {
	var bits string
	err = q.bound().row(ctx, "SELECT digest::text, people FROM digests WHERE kind = $1 AND object = $2 AND origin = $3", []any{kind, int64(object), origin}, &bits, &d.People)
	if errors.Is(err, sql.ErrNoRows) {
		return Digest{}, nil
	}
	return d.with(bits), err
}

// Digests are those of the people of every host who are tied to object.
func (q query) Digests(ctx context.Context, kind string, object Key) (map[string]Digest, error) {
	all := map[string]Digest{}
	err := q.bound().each(ctx, "SELECT origin, digest::text, people FROM digests WHERE kind = $1 AND object = $2", []any{kind, int64(object)}, func(scan func(...any) error) error {
		var origin, bits string
		var d Digest
		if err := scan(&origin, &bits, &d.People); err != nil {
			return err
		}
		all[origin] = d.with(bits)
		return nil
	})
	return all, err
}

// with takes the sum as Postgres writes it: 256 times 0 or 1.
func (d Digest) with(bits string) Digest {
	if sum, ok := new(big.Int).SetString(bits, 2); ok {
		sum.FillBytes(d.Sum[:])
	}
	return d
}

// Tied is somebody with the edge that ties them to something.
type Tied struct {
	Key      Key // of the edge
	Actor    Key
	IRI      activity.ID `bun:"iri"`
	Accepted bool
}

// TiedAt are those on origin who are tied to object, or have asked to be, oldest
// first, with edges behind after.
func (q query) TiedAt(ctx context.Context, kind string, object Key, origin string, after Key, limit int) ([]Tied, error) {
	var ts []Tied
	err := q.db.NewRaw(`SELECT e.key, e.actor, a.iri, e.accepted FROM edges AS e JOIN actors AS a ON a.key = e.actor
		WHERE e.object = ? AND e.kind = ? AND e.key > ? AND a.origin = ? ORDER BY e.key LIMIT ?`, object, kind, after, origin, limit).Scan(ctx, &ts)
	return ts, err
}

// CutTie removes an accepted edge that is still the one with this key, and reports
// whether it was there.
func (tx *Tx) CutTie(ctx context.Context, edge Key) (bool, error) {
	return changed(tx.db.NewRaw("DELETE FROM edges WHERE key = ? AND accepted", edge).Exec(ctx))
}

// ForgetDigests removes those that nobody adds to any more. Who does so meanwhile
// begins a new one.
func (tx *Tx) ForgetDigests(ctx context.Context) (int, error) {
	return count(tx.db.NewRaw("DELETE FROM digests WHERE people = 0").Exec(ctx))
}

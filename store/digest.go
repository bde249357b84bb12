package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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
func (q query) Digest(ctx context.Context, kind string, object Key, origin string) (Digest, error) {
	var row struct {
		Digest string // 256 times 0 or 1
		People int
	}
	err := q.db.NewRaw("SELECT digest::text, people FROM digests WHERE kind = ? AND object = ? AND origin = ?", kind, object, origin).Scan(ctx, &row)
	if _, err = one(row, err); err != nil {
		if activity.KindOf(err) == activity.NotFound {
			err = nil
		}
		return Digest{}, err
	}
	d := Digest{People: row.People}
	if sum, ok := new(big.Int).SetString(row.Digest, 2); ok {
		sum.FillBytes(d.Sum[:])
	}
	return d, nil
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

package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
)

// Sealed is a message that only its readers can open. We never look into it.
type Sealed struct {
	bun.BaseModel `bun:"table:sealed,alias:s"`

	Key       Key         `bun:",pk"`
	IRI       activity.ID `bun:"iri"`
	Author    Key
	Raw       json.RawMessage `bun:"type:text"` // the object, as it was sent
	CreatedAt time.Time
}

// SealedReaders are those of these people who are ours and have not blocked the
// author, nor been blocked.
func (q query) SealedReaders(ctx context.Context, author Key, iris []activity.ID) ([]Key, error) {
	var keys []Key
	if len(iris) == 0 {
		return nil, nil
	}
	err := q.db.NewRaw(`SELECT a.key FROM actors AS a WHERE a.iri IN (?0) AND a.local AND a.type = 'Person' AND a.deleted_at IS NULL AND a.suspended_at IS NULL
		AND NOT EXISTS (SELECT FROM edges AS b WHERE b.kind = 'block' AND (b.actor = a.key AND b.object = ?1 OR b.actor = ?1 AND b.object = a.key))
		ORDER BY a.key`, bun.List(iris), author).Scan(ctx, &keys)
	return keys, err
}

// MostSealed is how many messages of the author wait for the reader, of these, for whom
// most do.
func (q query) MostSealed(ctx context.Context, author Key, readers []Key) (int, error) {
	var n int
	if len(readers) == 0 {
		return 0, nil
	}
	err := q.db.NewRaw(`SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM sealed_for WHERE author = ? AND reader IN (?) GROUP BY reader) AS c`,
		author, bun.List(readers)).Scan(ctx, &n)
	return n, err
}

// PutSealed keeps a message for its readers; twice is once.
func (tx *Tx) PutSealed(ctx context.Context, s Sealed, readers []Key) error {
	s.CreatedAt = tx.Now
	isNew, err := changed(tx.db.NewRaw("INSERT INTO sealed (key, iri, author, raw, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (iri) DO NOTHING",
		s.Key, s.IRI, s.Author, string(s.Raw), s.CreatedAt).Exec(ctx))
	if err != nil || !isNew {
		return err
	}
	_, err = tx.db.NewRaw("INSERT INTO sealed_for (reader, message, author) SELECT reader, ?, ? FROM unnest(ARRAY[?]::bigint[]) AS reader", s.Key, s.Author, bun.List(readers)).Exec(ctx)
	return err
}

// Sealed is the message with this id, or NotFound.
func (q query) Sealed(ctx context.Context, iri activity.ID) (s Sealed, err error) {
	err = q.db.NewSelect().Model(&s).Where("s.iri = ?", iri).Scan(ctx)
	return one(s, err)
}

// SealedFor are the messages that wait for a reader.
func (q query) SealedFor(ctx context.Context, reader Key, p Page) ([]Sealed, error) {
	var ss []Sealed
	err := paged(q.db.NewSelect().Model(&ss).Join("JOIN sealed_for AS f ON f.message = s.key").Where("f.reader = ?", reader), "f.message", p).Scan(ctx)
	return newestFirst(ss, p), err
}

// DropSealed removes a message for everybody (its author took it back).
func (tx *Tx) DropSealed(ctx context.Context, key Key) error {
	_, err := tx.db.NewRaw("DELETE FROM sealed WHERE key = ?", key).Exec(ctx)
	return err
}

// OpenSealed notes that a reader has what it needs of a message, which goes when all
// readers have; NotFound where none waits for this reader.
func (tx *Tx) OpenSealed(ctx context.Context, reader, key Key) error {
	was, err := changed(tx.db.NewRaw("DELETE FROM sealed_for WHERE reader = ? AND message = ?", reader, key).Exec(ctx))
	if err != nil {
		return err
	}
	if !was {
		return activity.ErrNotFound()
	}
	_, err = tx.db.NewRaw("DELETE FROM sealed AS s WHERE s.key = ? AND NOT EXISTS (SELECT FROM sealed_for AS f WHERE f.message = s.key)", key).Exec(ctx)
	return err
}

// ForgetSealed removes what nobody has fetched since before then.
func (tx *Tx) ForgetSealed(ctx context.Context, before time.Time) (int, error) {
	return count(tx.db.NewRaw("DELETE FROM sealed WHERE created_at < ?", before).Exec(ctx))
}

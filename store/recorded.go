package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
)

// Outcomes of a recorded activity that are not the reason of a refusal.
const (
	Applied = "applied"
	Unknown = "unknown" // kept, and without effect: a type that we do not know
)

// Recorded is an activity that we took in or made, kept as it was sent.
type Recorded struct {
	bun.BaseModel `bun:"table:activities,alias:ac"`

	Key       Key         `bun:",pk"`
	IRI       activity.ID `bun:"iri"`
	Type      string
	Actor     Key `bun:",nullzero"`
	Local     bool
	Outcome   string
	Raw       json.RawMessage `bun:"type:text"`
	CreatedAt time.Time
}

// Record keeps an activity once and reports whether it was new: the second
// delivery of the same one is not.
func (tx *Tx) Record(ctx context.Context, r Recorded) (bool, error) {
	r.CreatedAt = tx.Now
	if r.Key == 0 {
		r.Key = NewKey(tx.Now)
	}
	res, err := tx.db.NewRaw(`INSERT INTO activities (key, iri, type, actor, local, outcome, raw, created_at)
		VALUES (?, ?, ?, nullif(?, 0), ?, ?, ?, ?) ON CONFLICT (iri) DO NOTHING`,
		r.Key, r.IRI, r.Type, r.Actor, r.Local, r.Outcome, string(r.Raw), r.CreatedAt).Exec(ctx)
	return changed(res, err)
}

// Recorded is the activity with this IRI, or NotFound.
func (q query) Recorded(ctx context.Context, iri activity.ID) (Recorded, error) {
	return q.recorded(ctx, "ac.iri = ?", iri)
}

// RecordedByKey is the activity with this key, or NotFound.
func (q query) RecordedByKey(ctx context.Context, key Key) (Recorded, error) {
	return q.recorded(ctx, "ac.key = ?", key)
}

func (q query) recorded(ctx context.Context, where string, arg any) (Recorded, error) {
	var r Recorded
	err := q.db.NewSelect().Model(&r).Where(where, arg).Scan(ctx)
	return one(r, err)
}

// Bury remembers that actor said that iri is gone; iri itself, that its host did. It
// never comes back: see Buried.
func (tx *Tx) Bury(ctx context.Context, iri, actor activity.ID) error {
	_, err := tx.db.NewRaw("INSERT INTO tombstones (iri, actor, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", iri, actor, tx.Now).Exec(ctx)
	return err
}

// Unbury takes it back (Undo of a Delete), also what its host alone had said.
func (tx *Tx) Unbury(ctx context.Context, iri, actor activity.ID) (bool, error) {
	return changed(tx.db.NewRaw("DELETE FROM tombstones WHERE iri = ?0 AND actor IN (?1, ?0)", iri, actor).Exec(ctx))
}

// Buried says since when iri is gone on the word of somebody of its own host;
// zero: it is not.
func (q query) Buried(ctx context.Context, iri activity.ID) (time.Time, error) {
	var t struct {
		Actor activity.ID
		At    time.Time
	}
	err := q.db.NewRaw("SELECT actor, at FROM tombstones WHERE iri = ?", iri).Scan(ctx, &t)
	if _, err = one(t, err); activity.KindOf(err) == activity.NotFound && err != nil {
		return time.Time{}, nil
	}
	if !activity.SameOrigin(t.Actor, iri) {
		return time.Time{}, err
	}
	return t.At, err
}

// WasOpen says whether something that is gone could be read by everybody: of the
// rest nobody learns that it ever was.
func (q query) WasOpen(ctx context.Context, iri activity.ID) (bool, error) {
	var open bool
	err := q.db.NewRaw("SELECT EXISTS (SELECT FROM tombstones WHERE iri = ? AND open)", iri).Scan(ctx, &open)
	return open, err
}

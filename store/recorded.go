package store

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// Outcomes of a recorded activity that are not the reason of a refusal.
const (
	Applied = "applied"
	Unknown = "unknown" // kept, and without effect: a type that we do not know
)

// Recorded is an activity that we took in or made, kept as it was sent: what others have
// sent for limits.RawLife, and until what it is about is deleted. Then the row stays, to
// know it again, and Raw is empty.
type Recorded struct {
	bun.BaseModel `bun:"table:activities,alias:ac"`

	Key       Key         `bun:",pk"`
	IRI       activity.ID `bun:"iri"`
	Type      string
	Actor     Key `bun:",nullzero"`
	Note      Key `bun:",nullzero"` // the post of ours that it brings to others, 0: none
	Local     bool
	Outcome   string
	About     activity.ID     // the thing, however it is wrapped
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
	putOff := tx.putOff(r)
	if tx.seen != nil {
		tx.seen.recorded[r.IRI] = true
	}
	if putOff {
		return true, nil
	}
	return changed(tx.bound().exec(ctx, `INSERT INTO activities (key, iri, type, actor, local, outcome, raw, created_at, note, about)
		VALUES ($1, $2, $3, nullif($4::bigint, 0), $5, $6, $7, $8, nullif($9::bigint, 0), $10) ON CONFLICT (iri) DO NOTHING`,
		int64(r.Key), string(r.IRI), r.Type, int64(r.Actor), r.Local, r.Outcome, string(r.Raw), r.CreatedAt, int64(r.Note), string(r.About)))
}

// IsRecorded says whether there is an activity with this IRI.
func (tx *Tx) IsRecorded(ctx context.Context, iri activity.ID) (is bool, err error) {
	if tx.seen != nil {
		if is, asked := tx.seen.recorded[iri]; asked {
			return is, nil
		}
	}
	err = tx.bound().row(ctx, "SELECT EXISTS (SELECT FROM activities WHERE iri = $1)", []any{string(iri)}, &is)
	return is, err
}

// Recorded is the activity with this IRI, or NotFound.
func (q query) Recorded(ctx context.Context, iri activity.ID) (Recorded, error) {
	rs, err := q.recorded(ctx, "ac.iri = $1", string(iri))
	if err == nil && len(rs) == 0 {
		err = activity.ErrNotFound()
	}
	if err != nil {
		return Recorded{}, err
	}
	return rs[0], nil
}

// RecordedByKey is the activity with this key, or NotFound.
func (q query) RecordedByKey(ctx context.Context, key Key) (Recorded, error) {
	rs, err := q.recordedByKeys(ctx, []Key{key})
	if err != nil {
		return Recorded{}, err
	}
	return found(rs[key])
}

func (q query) recordedByKeys(ctx context.Context, keys []Key) (map[Key]*Recorded, error) {
	rs, err := q.recorded(ctx, "ac.key = ANY ($1::bigint[])", numbers(keys))
	found := map[Key]*Recorded{}
	for i, r := range rs {
		found[r.Key] = &rs[i]
	}
	return found, err
}

func (q query) recorded(ctx context.Context, where string, arg any) (rs []Recorded, err error) {
	err = q.list(ctx, &rs, `SELECT ac.key, ac.iri, ac.type, ac.actor, ac.note, ac.local, ac.outcome, ac.about, ac.raw, ac.created_at
		FROM activities AS ac WHERE `+where, arg)
	return rs, err
}

// Saying is the activity of a type by which an actor of ours has said things: of each
// the first about it, or the latest. What has none, or none with its text, is left out.
func (q query) Saying(ctx context.Context, actor Key, kind string, latest bool, about []activity.ID) (map[activity.ID]json.RawMessage, error) {
	order := "key"
	if latest {
		order = "key DESC"
	}
	found := map[activity.ID]json.RawMessage{}
	err := q.bound().each(ctx, `SELECT w.iri, s.raw FROM unnest($1::text[]) AS w (iri) CROSS JOIN LATERAL (SELECT raw FROM activities
		WHERE about = w.iri AND about <> '' AND raw <> '' AND local AND actor = $2 AND type = $3 ORDER BY `+order+` LIMIT 1) AS s`,
		[]any{texts(about), int64(actor), kind}, func(scan func(...any) error) error {
			var iri activity.ID
			var raw string
			err := scan(&iri, &raw)
			found[iri] = json.RawMessage(raw)
			return err
		})
	return found, err
}

// forgetSaid takes away the text of what was said about the notes (alias n) that are
// chosen, but for what says that they are gone.
const forgetSaid = "UPDATE activities AS a SET raw = '' FROM notes AS n WHERE a.about = n.iri AND a.about <> '' AND a.raw <> '' AND a.type NOT IN ('Delete', 'Flag') AND "

// ForgetText takes away the text of one activity, which came too late.
func (tx *Tx) ForgetText(ctx context.Context, key Key) error {
	_, err := tx.db.NewRaw("UPDATE activities SET raw = '' WHERE key = ?", key).Exec(ctx)
	return err
}

// ForgetRaw takes away the text of what others have sent before then, some at a time.
func (tx *Tx) ForgetRaw(ctx context.Context, before time.Time) (int, error) {
	return count(tx.db.NewRaw(`UPDATE activities SET raw = '' WHERE key IN (SELECT key FROM activities
		WHERE NOT local AND raw <> '' AND key < ? ORDER BY key LIMIT ?) AND NOT local AND raw <> ''`, NewKey(before), limits.ForgottenAtOnce).Exec(ctx))
}

// Bury remembers that actor said that iri is gone; iri itself, that its host did. It
// never comes back: see Buried and TakenBack.
func (tx *Tx) Bury(ctx context.Context, iri, actor activity.ID) error {
	return tx.BuryUnless(ctx, iri, actor, "")
}

// BuryUnless is Bury by a guess: arrived says that it was wrong, see Exhume. What is
// known to be gone stays so.
func (tx *Tx) BuryUnless(ctx context.Context, iri, actor, arrived activity.ID) error {
	_, err := tx.db.NewRaw(`INSERT INTO tombstones AS t (iri, actor, at, unless) VALUES (?, ?, ?, ?)
		ON CONFLICT (iri, actor) DO UPDATE SET unless = '' WHERE t.unless <> '' AND EXCLUDED.unless = ''`, iri, actor, tx.Now, arrived).Exec(ctx)
	return err
}

// Exhume takes back what the same actor has buried by the guess that arrived would
// never come, and says what that was.
func (tx *Tx) Exhume(ctx context.Context, arrived, actor activity.ID) ([]activity.ID, error) {
	var iris []activity.ID
	err := tx.db.NewRaw("DELETE FROM tombstones WHERE unless = ? AND unless <> '' AND actor = ? RETURNING iri", arrived, actor).Scan(ctx, &iris)
	return iris, err
}

// Unbury takes back what actor has said (Undo of a Delete), and, on their own host,
// what it alone had said.
func (tx *Tx) Unbury(ctx context.Context, iri, actor activity.ID) (bool, error) {
	return changed(tx.db.NewRaw("DELETE FROM tombstones WHERE iri = ?0 AND (actor = ?1 OR actor = ?0 AND ?2)", iri, actor, activity.SameOrigin(iri, actor)).Exec(ctx))
}

// Buried says since when iri is gone on the word of somebody of its own host;
// zero: it is not.
func (q query) Buried(ctx context.Context, iri activity.ID) (time.Time, error) {
	found, err := q.buried(ctx, []string{string(iri)})
	return found[iri].since(), err
}

// TakenBack says whether an activity of actor's is gone on their own word, or that of
// its host: another of that host takes nothing back for them.
func (q query) TakenBack(ctx context.Context, iri, actor activity.ID) (bool, error) {
	found, err := q.buried(ctx, []string{string(iri)})
	return found[iri].by(actor), err
}

// AnyTakenBack says whether one of these activities was taken back by who did it. Its
// answer takes the same time either way.
func (q query) AnyTakenBack(ctx context.Context, done []activity.Envelope) (is bool, err error) {
	iris, actors := each(done, func(e activity.Envelope) string { return string(e.ID) }), each(done, func(e activity.Envelope) string { return string(e.Actor.ID) })
	err = q.bound().row(ctx, "SELECT EXISTS (SELECT FROM unnest($1::text[], $2::text[]) AS w (iri, actor) JOIN tombstones AS t ON t.iri = w.iri AND t.actor = w.actor)", []any{iris, actors}, &is)
	return is, err
}

func (q query) buried(ctx context.Context, iris []string) (map[activity.ID]tombstones, error) {
	found := map[activity.ID]tombstones{}
	err := q.bound().each(ctx, "SELECT iri, actor, at FROM tombstones WHERE iri = ANY ($1)", []any{iris}, func(scan func(...any) error) error {
		var t tombstone
		err := scan(&t.IRI, &t.Actor, &t.At)
		found[t.IRI] = append(found[t.IRI], t)
		return err
	})
	return found, err
}

// tombstone is the word of somebody that something is gone.
type tombstone struct {
	IRI, Actor activity.ID
	At         time.Time
}

// tombstones are all words about one thing.
type tombstones []tombstone

// since is zero where there are only words of strangers.
func (ts tombstones) since() time.Time {
	for _, t := range ts {
		if activity.SameOrigin(t.Actor, t.IRI) {
			return t.At
		}
	}
	return time.Time{}
}

// by says whether one of them is actor's, or that of the thing's host.
func (ts tombstones) by(actor activity.ID) bool {
	return slices.ContainsFunc(ts, func(t tombstone) bool { return t.Actor == actor || t.Actor == t.IRI })
}

// WasOpen says whether something that is gone could be read by everybody: of the
// rest nobody learns that it ever was.
func (q query) WasOpen(ctx context.Context, iri activity.ID) (bool, error) {
	var open bool
	err := q.db.NewRaw("SELECT EXISTS (SELECT FROM tombstones WHERE iri = ? AND open)", iri).Scan(ctx, &open)
	return open, err
}

package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// The states of a quote. Only an accepted one is shown as a quote.
const (
	QuotePending  = "pending"  // nobody has given leave, or we could not see it
	QuoteAccepted = "accepted" // by who is quoted
	QuoteRejected = "rejected"
	QuoteRevoked  = "revoked" // accepted once
)

// Quote is what is known of one note quoting another (FEP-044f).
type Quote struct {
	bun.BaseModel `bun:"table:quotes,alias:qu"`

	Note   Key         `bun:",pk"`
	IRI    activity.ID `bun:"iri"`       // of the quoted note
	Target Key         `bun:",nullzero"` // the quoted note; 0: not known here
	State  string
	Stamp  activity.ID
}

// keepQuote notes what a note quotes. What was decided counts as long as the note
// quotes the same by the same leave; else it must be looked at again.
func (tx *Tx) keepQuote(ctx context.Context, n Note) error {
	if n.Quote.ID == "" {
		_, err := tx.db.NewRaw("DELETE FROM quotes WHERE note = ?", n.Key).Exec(ctx)
		return err
	}
	var state string
	err := tx.db.NewRaw(`INSERT INTO quotes AS q (note, iri, state, stamp) VALUES (?0, ?1, ?3, ?2)
		ON CONFLICT (note) DO UPDATE SET iri = EXCLUDED.iri, stamp = CASE WHEN q.iri = ?1 AND ?2 = '' THEN q.stamp ELSE ?2 END,
			target = CASE WHEN q.iri = ?1 THEN q.target END,
			state = CASE WHEN q.iri = ?1 AND ?2 IN ('', q.stamp) THEN q.state ELSE ?3 END
		RETURNING state`, n.Key, n.Quote.ID, n.QuoteAuthorization.ID, QuotePending).Scan(ctx, &state)
	if err != nil || n.Local || state != QuotePending {
		return err
	}
	return tx.Enqueue(ctx, JudgeQuote{Note: n.Key})
}

// SettleQuote decides about a quote as it is now.
func (tx *Tx) SettleQuote(ctx context.Context, q Quote) error {
	_, err := tx.db.NewUpdate().Model(&q).Column("target", "state", "stamp").WherePK().Where("iri = ?", q.IRI).Exec(ctx)
	return err
}

// Quote is what a note quotes, or NotFound.
func (q query) Quote(ctx context.Context, note Key) (Quote, error) {
	found := Quote{Note: note}
	err := q.bound().row(ctx, "SELECT iri, coalesce(target, 0), state, stamp FROM quotes WHERE note = $1", []any{int64(note)},
		&found.IRI, &found.Target, &found.State, &found.Stamp)
	return one(found, err)
}

// Quotes are what these notes quote, by the quoting note.
func (q query) Quotes(ctx context.Context, notes ...Key) (map[Key]Quote, error) {
	var found []Quote
	if len(notes) == 0 {
		return nil, nil
	}
	err := q.list(ctx, &found, "SELECT qu.note, qu.iri, qu.target, qu.state, qu.stamp FROM quotes AS qu WHERE qu.note = ANY ($1::bigint[])", numbers(notes))
	return keyed(found, func(f Quote) Key { return f.Note }), err
}

// QuotesByStamp are those that this leave was given to.
func (q query) QuotesByStamp(ctx context.Context, stamp activity.ID) ([]Quote, error) {
	var found []Quote
	if stamp == "" {
		return nil, nil
	}
	err := q.db.NewSelect().Model(&found).Where("qu.stamp = ?", stamp).Limit(limits.StampQuotes).Scan(ctx)
	return found, err
}

// QuotesOf are the notes that quote this one with leave and that the reader may
// see, newest first.
func (s *Store) QuotesOf(ctx context.Context, target Key, r Reader, p Page) ([]Entry, error) {
	b := &binder{}
	q := s.db.NewSelect().TableExpr("quotes AS qu").Join("JOIN notes AS n ON n.key = qu.note").ColumnExpr(unboosted).
		Where("qu.target = ? AND qu.state = ?", b.bind(int64(target)), QuoteAccepted)
	return s.entries(ctx, visible(pagedAs(q, "n.key", p, b), r, b), b, p)
}

// Stamp is the leave that one of our people gave: object may be done to target.
type Stamp struct {
	bun.BaseModel `bun:"table:stamps,alias:st"`

	Key       Key    `bun:",pk"`
	Kind      string // quote, like, reply, announce
	Author    Key
	Object    activity.ID
	Target    Key
	RevokedAt bun.NullTime
	CreatedAt time.Time
}

// PutStamp gives leave, once: the result is the stamp that counts, which may be
// an earlier one, taken back or not.
func (tx *Tx) PutStamp(ctx context.Context, s Stamp) (Stamp, error) {
	s.CreatedAt = tx.Now
	if s.Key == 0 {
		s.Key = NewKey(tx.Now)
	}
	err := tx.db.NewInsert().Model(&s).On("CONFLICT (kind, object, target) DO UPDATE").Set("author = st.author").
		Returning("key, revoked_at").Scan(ctx)
	return s, err
}

// Stamp is the one with this key, or NotFound; one that was taken back is one.
func (q query) Stamp(ctx context.Context, key Key) (Stamp, error) {
	var s Stamp
	err := q.db.NewSelect().Model(&s).Where("st.key = ?", key).Scan(ctx)
	return one(s, err)
}

// StampFor is the leave for object to be done to target, or NotFound.
func (q query) StampFor(ctx context.Context, kind string, object activity.ID, target Key) (Stamp, error) {
	var s Stamp
	err := q.db.NewSelect().Model(&s).Where("st.kind = ? AND st.object = ? AND st.target = ?", kind, object, target).Scan(ctx)
	return one(s, err)
}

// RevokeStamp takes leave back for good.
func (tx *Tx) RevokeStamp(ctx context.Context, key Key) error {
	_, err := tx.db.NewRaw("UPDATE stamps SET revoked_at = coalesce(revoked_at, ?) WHERE key = ?", tx.Now, key).Exec(ctx)
	return err
}

// Detach says whether an answer is left out below what it answers.
func (tx *Tx) Detach(ctx context.Context, note Key, detached bool) error {
	_, err := tx.db.NewRaw("UPDATE notes SET detached = ? WHERE key = ?", detached, note).Exec(ctx)
	return err
}

// attached leaves out answers that the author of what they answer does not want
// there, but for who wrote them.
const attached = "(NOT n.detached OR n.author = ?)"

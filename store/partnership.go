package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
)

// Partnership is an agreement with another instance as this side knows it.
type Partnership struct {
	bun.BaseModel `bun:"table:partnerships,alias:ps"`

	ID          activity.ID `bun:",pk"`
	Host        string      // of the other side
	Other       activity.ID // its instance actor
	Knowledge   json.RawMessage
	Seen        uint32
	State       string // when it was looked at last
	IsOver      bool
	Final       string    // the gravest way in which a side has ended it: an agreement.Mode, ""
	Key         string    // of the other side: Multikeys, with spaces between them
	ConfirmedAt time.Time `bun:",nullzero"` // the words were compared
	HeardAt     time.Time `bun:",nullzero"` // the last message of the other side
	ToldAt      time.Time `bun:",nullzero"` // a digest of ours was promised
	MadeAt      time.Time
}

// PutPartnership keeps what is known of an agreement now.
func (tx *Tx) PutPartnership(ctx context.Context, p Partnership) error {
	if p.MadeAt.IsZero() {
		p.MadeAt = tx.Now
	}
	_, err := tx.db.NewInsert().Model(&p).On("CONFLICT (id) DO UPDATE").
		Set("knowledge = EXCLUDED.knowledge, seen = EXCLUDED.seen, state = EXCLUDED.state, is_over = EXCLUDED.is_over, final = EXCLUDED.final, key = EXCLUDED.key").
		Set("confirmed_at = EXCLUDED.confirmed_at, heard_at = EXCLUDED.heard_at").Exec(ctx)
	return err
}

// Partnership is the agreement of this id, or NotFound.
func (q query) Partnership(ctx context.Context, id activity.ID) (Partnership, error) {
	var p Partnership
	err := q.db.NewSelect().Model(&p).Where("ps.id = ?", id).Scan(ctx)
	return one(p, err)
}

// Ended is the gravest way in which a side has ended the last agreement with a host that
// both had signed, or "".
func (q query) Ended(ctx context.Context, host string) (final string, err error) {
	err = q.bound().row(ctx, `SELECT coalesce((SELECT final FROM partnerships WHERE host = $1
		AND state NOT IN ('draft', 'proposed', 'declined', 'withdrawn', 'lapsed') ORDER BY made_at DESC, id LIMIT 1), '')`, []any{host}, &final)
	return final, err
}

// stopped are those of these hosts that may do nothing here, whatever strangers may: who
// is suspended or whose day is over, and where our word has not let it in again, whose last agreement that both
// had signed is winding down or was revoked.
func (q query) stopped(ctx context.Context, hosts []string) (map[string]bool, error) {
	stopped := map[string]bool{}
	err := q.bound().each(ctx, `SELECT h, coalesce(pa.suspended OR coalesce(pa.until_at <= now(), false), ps.state IN ('suspended', 'winding_down', 'revoked') OR ps.final = 'revoked')
		FROM unnest($1::text[]) AS h LEFT JOIN partners AS pa ON pa.host = h
		LEFT JOIN LATERAL (SELECT s.state, s.final FROM partnerships AS s WHERE s.host = h
			AND s.state NOT IN ('draft', 'proposed', 'declined', 'withdrawn', 'lapsed') ORDER BY s.made_at DESC, s.id LIMIT 1) AS ps ON true
		WHERE pa.suspended OR pa.until_at <= now() OR ps.state IS NOT NULL`, []any{hosts}, func(scan func(...any) error) error {
		var host string
		var is bool
		err := scan(&host, &is)
		stopped[host] = is
		return err
	})
	return stopped, err
}

// Stopped is whether a host may do nothing here, whatever strangers may.
func (tx *Tx) Stopped(ctx context.Context, host string) (bool, error) {
	all, err := tx.stopped(ctx, []string{host})
	return all[host], err
}

// Partnerships are the agreements with a host ("": with any), the last made first.
func (q query) Partnerships(ctx context.Context, host string) ([]Partnership, error) {
	var all []Partnership
	sel := q.db.NewSelect().Model(&all).OrderExpr("ps.made_at DESC, ps.id")
	if host != "" {
		sel = sel.Where("ps.host = ?", host)
	}
	err := sel.Scan(ctx)
	return all, err
}

// OpenOffers are the hosts of the agreements with those that are no partners: what
// strangers have offered and nobody has answered.
func (q query) OpenOffers(ctx context.Context) (hosts []string, err error) {
	err = q.db.NewRaw("SELECT ps.host FROM partnerships AS ps WHERE NOT ps.is_over AND NOT EXISTS (SELECT FROM partners AS pa WHERE pa.host = ps.host)").Scan(ctx, &hosts)
	return hosts, err
}

// Told notes that the other side is told how things stand.
func (tx *Tx) Told(ctx context.Context, host string, at time.Time) error {
	_, err := tx.db.NewRaw("UPDATE partnerships SET told_at = ? WHERE host = ?", at, host).Exec(ctx)
	return err
}

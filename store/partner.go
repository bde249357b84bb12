package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity/limits"
)

// Partner is a host that we federate with.
type Partner struct {
	bun.BaseModel `bun:"table:partners,alias:pa"`

	Host      string `bun:",pk"` // exact, as CleanHost gives it
	Note      string
	AllowedAt time.Time

	Software string `bun:",scanonly"` // what it says that it runs, "" where that is not known
	Version  string `bun:",scanonly"`
}

// Knock is a host that was refused.
type Knock struct {
	bun.BaseModel `bun:"table:knocks,alias:k"`

	Host    string `bun:",pk"`
	Tried   string // what they tried last
	Times   int
	FirstAt time.Time
	LastAt  time.Time
}

// AllowPartner lets a host in, or changes the note on it; its knocks are forgotten.
func (tx *Tx) AllowPartner(ctx context.Context, host, note string) error {
	if _, err := tx.db.NewRaw("DELETE FROM knocks WHERE host = ?", host).Exec(ctx); err != nil {
		return err
	}
	_, err := tx.db.NewRaw(`INSERT INTO partners (host, note, allowed_at) VALUES (?, ?, ?)
		ON CONFLICT (host) DO UPDATE SET note = EXCLUDED.note`, host, note, tx.Now).Exec(ctx)
	return err
}

// RemovePartner shuts a host out at once and reports whether it was a partner.
// What waits to be delivered to it is dropped.
func (tx *Tx) RemovePartner(ctx context.Context, host string) (bool, error) {
	was, err := changed(tx.db.NewRaw("DELETE FROM partners WHERE host = ?", host).Exec(ctx))
	if err == nil {
		_, err = tx.DropParked(ctx, host)
	}
	return was, err
}

// IsPartner says whether a host is one.
func (q query) IsPartner(ctx context.Context, host string) (bool, error) {
	var is bool
	err := q.bound().row(ctx, "SELECT EXISTS (SELECT FROM partners WHERE host = $1)", []any{host}, &is)
	return is, err
}

// PartnersAmong are those of these hosts that are partners.
func (q query) PartnersAmong(ctx context.Context, hosts []string) (map[string]bool, error) {
	are := map[string]bool{}
	err := q.bound().each(ctx, "SELECT host FROM partners WHERE host = ANY($1)", []any{hosts}, func(scan func(...any) error) error {
		var host string
		if err := scan(&host); err != nil {
			return err
		}
		are[host] = true
		return nil
	})
	return are, err
}

// Partners are all of them, by host.
func (q query) Partners(ctx context.Context) ([]Partner, error) {
	var ps []Partner
	err := q.db.NewSelect().Model(&ps).ColumnExpr("pa.*").
		ColumnExpr("coalesce(h.software, '') AS software, coalesce(h.version, '') AS version").
		Join("LEFT JOIN hosts AS h ON h.host = pa.host").OrderExpr("pa.host").Scan(ctx)
	return ps, err
}

// Knock notes that a host was refused and what it tried.
func (tx *Tx) Knock(ctx context.Context, host, tried string) error {
	_, err := tx.db.NewRaw(`INSERT INTO knocks (host, tried, first_at, last_at) VALUES (?0, ?1, ?2, ?2)
		ON CONFLICT (host) DO UPDATE SET tried = EXCLUDED.tried, times = knocks.times + 1, last_at = EXCLUDED.last_at`,
		host, tried[:min(len(tried), limits.Reason)], tx.Now).Exec(ctx)
	if err != nil {
		return err
	}
	_, err = tx.db.NewRaw(`DELETE FROM knocks WHERE (SELECT count(*) FROM knocks) > ?0
		AND host IN (SELECT host FROM knocks ORDER BY last_at LIMIT 1)`, limits.Knocks).Exec(ctx)
	return err
}

// Knocks are the hosts that were refused, the latest first.
func (q query) Knocks(ctx context.Context, limit int) ([]Knock, error) {
	var ks []Knock
	err := q.db.NewSelect().Model(&ks).OrderExpr("last_at DESC").Limit(int64(limit)).Scan(ctx)
	return ks, err
}

// CountKnocks is how many hosts are remembered.
func (q query) CountKnocks(ctx context.Context) (int, error) {
	var n int
	err := q.db.NewRaw("SELECT count(*) FROM knocks").Scan(ctx, &n)
	return n, err
}

// ForgetKnocks removes those of hosts that have not come since that time.
func (tx *Tx) ForgetKnocks(ctx context.Context, before time.Time) (int, error) {
	return count(tx.db.NewRaw("DELETE FROM knocks WHERE last_at < ?", before).Exec(ctx))
}

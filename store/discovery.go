package store

import (
	"context"
	"time"

	"entente.example/entente/activity"
)

// KnowsHost says whether we know anybody whose id is on host.
func (q query) KnowsHost(ctx context.Context, host string) (bool, error) {
	var knows bool
	err := q.db.NewRaw("SELECT EXISTS (SELECT FROM actors WHERE origin = ? AND NOT local)", host).Scan(ctx, &knows)
	return knows, err
}

// Discover notes that we look at a host of a domain for the first time. It is
// false, and nothing is noted, when that was done with most others of the domain
// in the last while.
func (tx *Tx) Discover(ctx context.Context, domain, host string, most int, while time.Duration) (bool, error) {
	if err := tx.TakeTurns(ctx, activity.ID("domain:"+domain)); err != nil {
		return false, err
	}
	lately := tx.Now.Add(-while)
	return changed(tx.db.NewRaw(`INSERT INTO discoveries (domain, host, at) SELECT ?0, ?1, ?2
		WHERE EXISTS (SELECT FROM discoveries WHERE domain = ?0 AND host = ?1 AND at >= ?4)
			OR (SELECT count(*) FROM discoveries WHERE domain = ?0 AND at >= ?4) < ?3
		ON CONFLICT (domain, host) DO UPDATE SET at = CASE WHEN discoveries.at < ?4 THEN EXCLUDED.at ELSE discoveries.at END`,
		domain, host, tx.Now, most, lately).Exec(ctx))
}

// ForgetDiscoveries removes those before that time, whatever their domain: most names
// that a stranger makes up are never seen again.
func (tx *Tx) ForgetDiscoveries(ctx context.Context, before time.Time) (int, error) {
	return count(tx.db.NewRaw("DELETE FROM discoveries WHERE at < ?", before).Exec(ctx))
}

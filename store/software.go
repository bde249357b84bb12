package store

import (
	"context"
	"time"

	"entente.example/entente/activity"
)

// AskPartner picks a partner that was not asked for that long which software it runs,
// and notes that it is asked now; "" when there is none, or another process asks it.
func (s *Store) AskPartner(ctx context.Context, now time.Time, every time.Duration) (host string, err error) {
	err = s.db.NewRaw(`INSERT INTO hosts AS h (host, asked_at)
		SELECT pa.host, ?1::timestamptz FROM partners AS pa LEFT JOIN hosts AS was ON was.host = pa.host
		WHERE was.asked_at IS NULL OR was.asked_at < ?0 ORDER BY was.asked_at NULLS FIRST LIMIT 1
		ON CONFLICT (host) DO UPDATE SET asked_at = EXCLUDED.asked_at WHERE h.asked_at IS NULL OR h.asked_at < ?0
		RETURNING host`, now.Add(-every), now).Scan(ctx, &host)
	host, _, err = activity.Optional(one(host, err))
	return host, err
}

// SetSoftware keeps what a host says that it runs; "" is that it does not say.
func (s *Store) SetSoftware(ctx context.Context, host, name, version string, now time.Time) error {
	_, err := s.db.NewRaw(`INSERT INTO hosts (host, software, version, asked_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (host) DO UPDATE SET software = EXCLUDED.software, version = EXCLUDED.version, asked_at = EXCLUDED.asked_at, seen_at = now()`,
		host, name, version, now).Exec(ctx)
	return err
}

// Running are those of these hosts that say that they run a software.
func (q query) Running(ctx context.Context, software string, hosts []string) (map[string]bool, error) {
	running := map[string]bool{}
	err := q.bound().each(ctx, "SELECT host FROM hosts WHERE host = ANY ($1) AND software = $2", []any{hosts, software}, func(scan func(...any) error) error {
		var host string
		err := scan(&host)
		running[host] = true
		return err
	})
	return running, err
}

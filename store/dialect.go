package store

import (
	"context"
	"time"

	"entente.example/entente/activity"
)

// Dialect is how requests to a host are signed, and until when that is
// remembered; "" for a host of which nothing is known, or nothing any more.
func (s *Store) Dialect(ctx context.Context, host string) (dialect string, until time.Time, _ error) {
	var row struct {
		Dialect string
		Until   time.Time
	}
	err := s.bound().row(ctx, "SELECT dialect, dialect_until FROM hosts WHERE host = $1 AND dialect <> '' AND dialect_until > now()", []any{host}, &row.Dialect, &row.Until)
	row, _, err = activity.Optional(one(row, err))
	return row.Dialect, row.Until, err
}

// SetDialect remembers a host's dialect for a while. It is one statement, so
// that no fetch holds up the transaction of something else.
func (s *Store) SetDialect(ctx context.Context, host, dialect string, until time.Time) error {
	_, err := s.db.NewRaw(`INSERT INTO hosts (host, dialect, dialect_until) VALUES (?, ?, ?)
		ON CONFLICT (host) DO UPDATE SET dialect = EXCLUDED.dialect, dialect_until = EXCLUDED.dialect_until, seen_at = EXCLUDED.seen_at`, host, dialect, until).Exec(ctx)
	return err
}

package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/uptrace/bun"
)

// Snapshot is the database as it was at one moment, for as long as somebody reads it.
// Postgres keeps until then whatever has changed since, so nobody may take hours.
type Snapshot struct {
	query
	At time.Time
}

// Snapshot calls fn with the database as it is now. Nothing can be written in it.
func (s *Store) Snapshot(ctx context.Context, fn func(*Snapshot) error) error {
	only := &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	return s.bun.RunInTx(ctx, only, func(ctx context.Context, tx bun.Tx) error {
		snap := &Snapshot{query: query{tx, s.recalled}}
		if err := snap.bound().row(ctx, "SELECT now()", nil, &snap.At); err != nil {
			return err
		}
		snap.At = snap.At.UTC()
		return fn(snap)
	})
}

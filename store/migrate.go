package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun/migrate"
)

// ErrNewer says that the database was migrated by a newer program than this.
type ErrNewer struct{ Name string }

func (e ErrNewer) Error() string {
	return fmt.Sprintf("the database was migrated by a newer Entente (step %s is unknown here): start that version or a later one", e.Name)
}

// Migrate brings the schema up to date and returns the names of the steps it
// took. Several processes may call it at once: a lock lets one work. A database
// that is newer than the program is left alone: ErrNewer.
func (s *Store) Migrate(ctx context.Context) ([]string, error) {
	conn, err := s.bun.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close() // also ends the session, and with it the lock
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock(7305)"); err != nil {
		return nil, err
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock(7305)") //nolint:errcheck // closing does it too
	m, err := s.migrator()
	if err != nil {
		return nil, err
	}
	if err := m.Init(ctx); err != nil {
		return nil, err
	}
	if err := s.newer(ctx, m); err != nil {
		return nil, err
	}
	group, err := m.Migrate(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	return each(group.Migrations, func(m migrate.Migration) string { return m.Name + "_" + m.Comment }), nil
}

// Pending lists the steps that the database still lacks.
func (s *Store) Pending(ctx context.Context) ([]string, error) {
	m, err := s.migrator()
	if err != nil {
		return nil, err
	}
	all, err := m.MigrationsWithStatus(ctx)
	if err != nil {
		return nil, err
	}
	return each(all.Unapplied(), func(m migrate.Migration) string { return m.Name + "_" + m.Comment }), s.newer(ctx, m)
}

func (s *Store) migrator() (*migrate.Migrator, error) {
	steps := migrate.NewMigrations()
	if err := steps.Discover(Migrations); err != nil {
		return nil, err
	}
	return migrate.NewMigrator(s.bun, steps, migrate.WithMarkAppliedOnSuccess(true)), nil
}

func (s *Store) newer(ctx context.Context, m *migrate.Migrator) error {
	missing, err := m.MissingMigrations(ctx)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return ErrNewer{missing[0].Name}
	}
	return nil
}

package store

import (
	"context"

	"entente.example/entente/activity"
)

// PutKeyPackage notes that an actor has a key package (MLS); twice is once.
func (tx *Tx) PutKeyPackage(ctx context.Context, owner Key, iri activity.ID) error {
	_, err := tx.db.NewRaw("INSERT INTO key_packages (owner, iri, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", owner, iri, tx.Now).Exec(ctx)
	return err
}

// DropKeyPackage forgets it.
func (tx *Tx) DropKeyPackage(ctx context.Context, owner Key, iri activity.ID) error {
	_, err := tx.db.NewRaw("DELETE FROM key_packages WHERE owner = ? AND iri = ?", owner, iri).Exec(ctx)
	return err
}

// KeyPackages are those of an actor, oldest first.
func (q query) KeyPackages(ctx context.Context, owner Key) ([]activity.ID, error) {
	var iris []activity.ID
	err := q.db.NewRaw("SELECT iri FROM key_packages WHERE owner = ? ORDER BY created_at, iri", owner).Scan(ctx, &iris)
	return iris, err
}

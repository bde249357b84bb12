package store

import (
	"context"

	"github.com/uptrace/bun"
)

// SetFeatured makes these notes all that an actor features, the first one on top:
// but for what was added since a key.
func (tx *Tx) SetFeatured(ctx context.Context, actor Key, notes []Key, since Key) error {
	if _, err := tx.db.NewRaw("DELETE FROM edges WHERE kind = ? AND actor = ? AND key < ? AND object NOT IN (?)",
		Feature, actor, since, bun.List(append([]Key{0}, notes...))).Exec(ctx); err != nil {
		return err
	}
	for i := len(notes) - 1; i >= 0; i-- {
		if _, err := tx.PutEdge(ctx, Edge{Kind: Feature, Actor: actor, Object: notes[i], Accepted: true}); err != nil {
			return err
		}
	}
	return nil
}

package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// Move is that an actor goes on as another one, as both have said.
type Move struct {
	bun.BaseModel `bun:"table:moves,alias:mv"`

	Actor   Key `bun:",pk"`
	Target  Key
	At      time.Time
	Reached Key // the edge of the last follower who was seen to
}

// MoveOf is the last move of an actor, or NotFound.
func (q query) MoveOf(ctx context.Context, actor Key) (Move, error) {
	var m Move
	err := q.db.NewSelect().Model(&m).Where("mv.actor = ?", actor).Scan(ctx)
	return one(m, err)
}

// PutMove notes that an actor moves now, in place of an earlier move.
func (tx *Tx) PutMove(ctx context.Context, actor, target Key) error {
	m := Move{Actor: actor, Target: target, At: tx.Now}
	_, err := tx.db.NewInsert().Model(&m).On("CONFLICT (actor) DO UPDATE").
		Set("target = EXCLUDED.target, at = EXCLUDED.at, reached = 0").Exec(ctx)
	return err
}

// Reach notes that the followers of a moved actor were seen to up to an edge, and
// reports whether that was still to be done.
func (tx *Tx) Reach(ctx context.Context, m Move, edge Key) (bool, error) {
	return changed(tx.db.NewRaw("UPDATE moves SET reached = ? WHERE actor = ? AND target = ? AND reached = ?", edge, m.Actor, m.Target, m.Reached).Exec(ctx))
}

// Successors are whom these actors have moved to, by the key of the one who moved.
func (q query) Successors(ctx context.Context, actors ...Key) (map[Key]Actor, error) {
	moved, err := column[Key](ctx, q, "SELECT actor AS key, target AS value FROM moves WHERE actor = ANY ($1::bigint[])", actors)
	if err != nil || len(moved) == 0 {
		return nil, err
	}
	var targets []Key
	for _, target := range moved {
		targets = append(targets, target)
	}
	found, err := q.ActorsByKey(ctx, targets...)
	successors := map[Key]Actor{}
	for actor, target := range moved {
		if a, ok := found[target]; ok && a.Usable() {
			successors[actor] = a
		}
	}
	return successors, err
}

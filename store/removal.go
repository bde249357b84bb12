package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
)

// Removal is that a moderator took a post out of a group.
type Removal struct {
	bun.BaseModel `bun:"table:removals,alias:rm"`

	Key       Key `bun:",pk"`
	Group     Key `bun:"group_key"`
	Author    Key
	Moderator Key
	IRI       activity.ID `bun:"iri"` // of the post, which may be gone
	Reason    string      // plain text; "": none was given
	CreatedAt time.Time
}

// PutRemoval writes one and tells the author, in the name of the group, if that is one of
// ours.
func (tx *Tx) PutRemoval(ctx context.Context, r Removal) error {
	r.Key, r.CreatedAt = NewKey(tx.Now), tx.Now
	if _, err := tx.db.NewInsert().Model(&r).Exec(ctx); err != nil {
		return err
	}
	_, err := tx.notify(ctx, Notification{Member: r.Author, Kind: "moderation_warning", Actor: r.Group, Removal: r.Key})
	return err
}

// Removals are those of a group, the latest first.
func (q query) Removals(ctx context.Context, group Key, p Page) ([]Removal, error) {
	var rs []Removal
	err := paged(q.db.NewSelect().Model(&rs).Where("rm.group_key = ?", group), "rm.key", p).Scan(ctx)
	return newestFirst(rs, p), err
}

// RemovalsByKey are those of these that are there.
func (q query) RemovalsByKey(ctx context.Context, keys ...Key) (map[Key]Removal, error) {
	found := map[Key]Removal{}
	if len(keys) == 0 {
		return found, nil
	}
	var rs []Removal
	err := q.db.NewSelect().Model(&rs).Where("rm.key IN (?)", bun.List(keys)).Scan(ctx)
	for _, r := range rs {
		found[r.Key] = r
	}
	return found, err
}

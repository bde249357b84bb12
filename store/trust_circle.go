package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
)

// TrustCircle is a list of organisations that this instance subscribes to.
type TrustCircle struct {
	bun.BaseModel `bun:"table:circles,alias:ci"`

	URL          string `bun:"url,pk"`
	Name         string
	Signer       activity.ID // the actor whose key it is
	Key          string      // Multikey: the only one whose proof counts
	SubscribedAt time.Time
}

// PutTrustCircle subscribes to a list, or pins another key for it.
func (tx *Tx) PutTrustCircle(ctx context.Context, c TrustCircle) error {
	c.SubscribedAt = tx.Now
	_, err := tx.db.NewInsert().Model(&c).On("CONFLICT (url) DO UPDATE").
		Set("name = EXCLUDED.name, signer = EXCLUDED.signer, key = EXCLUDED.key, subscribed_at = EXCLUDED.subscribed_at").Exec(ctx)
	return err
}

// RemoveTrustCircle ends a subscription.
func (tx *Tx) RemoveTrustCircle(ctx context.Context, url string) error {
	_, err := tx.db.NewRaw("DELETE FROM circles WHERE url = ?", url).Exec(ctx)
	return err
}

// TrustCircles are all lists, by name.
func (q query) TrustCircles(ctx context.Context) ([]TrustCircle, error) {
	var all []TrustCircle
	err := q.db.NewSelect().Model(&all).OrderExpr("lower(ci.name), ci.url").Scan(ctx)
	return all, err
}

package mastodon

import (
	"context"

	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/store"
)

// deliveries are how far a status of one's own has come, by company. Of anybody else's
// there is none to be found.
func (a *API) deliveries(ctx context.Context, me store.Viewer, in statusPath) ([]entity.Delivery, error) {
	n, err := a.own(ctx, me, in.ID)
	if err != nil {
		return nil, err
	}
	receipts, err := a.engine.Receipts(ctx, n.Key)
	ds := make([]entity.Delivery, len(receipts))
	for i, r := range receipts {
		ds[i] = entity.NewDelivery(r)
	}
	return ds, err
}

package mastodon

import (
	"context"

	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/store"
)

// audience is who would get a status, which is given as it would be to post it; it is
// refused as that would be.
func (a *API) audience(ctx context.Context, me store.Viewer, in newStatus) (entity.Audience, error) {
	draft, err := a.draft(ctx, me, in)
	if err != nil {
		return entity.Audience{}, err
	}
	r, err := a.engine.Audience(ctx, me.Actor, draft)
	return entity.NewAudience(r, a.engine.Handle), err
}

package mastodon

import (
	"context"

	"entente.example/entente/api"
	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/store"
)

// reblog boosts a note and gives the boost, with the note in it.
func (a *API) reblog(ctx context.Context, me store.Viewer, in statusPath) (entity.Status, error) {
	e, err := a.entry(ctx, me, in.ID)
	if err != nil {
		return entity.Status{}, err
	}
	boost, err := a.engine.Boost(ctx, me.Actor, e.Note)
	if err != nil {
		return entity.Status{}, err
	}
	return a.status(ctx, me, store.Entry{Key: boost.Key, Note: e.Note, Booster: me.Actor.Key})
}

func (a *API) unreblog(ctx context.Context, me store.Viewer, in statusPath) (entity.Status, error) {
	return a.upon(ctx, me, in, a.engine.Unboost)
}

func (a *API) rebloggedBy(ctx context.Context, me store.Viewer, in statusPage) (api.List[entity.Account], error) {
	return a.whoDid(ctx, me, store.Boost, in)
}

package mastodon

import (
	"context"

	"entente.example/entente/api"
	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/store"
)

// takeDown takes a post out of a group, for a reason that its author reads.
func (a *API) takeDown(ctx context.Context, me store.Viewer, in struct {
	waitingPost
	Reason string `param:"reason"`
}) (entity.Group, error) {
	return a.toPost(ctx, me, in.waitingPost, func(ctx context.Context, me store.Actor, n store.Note) error {
		return a.engine.TakeDown(ctx, me, n, in.Reason)
	})
}

// removals are what was taken out of a group, for who looks after it.
func (a *API) removals(ctx context.Context, me store.Viewer, in accountPage) (api.List[entity.Removal], error) {
	group, err := a.lookedAfter(ctx, me, in.ID)
	if err != nil {
		return api.List[entity.Removal]{}, err
	}
	found, err := a.db.Removals(ctx, group.Key, in.Rows())
	if err != nil {
		return api.List[entity.Removal]{}, err
	}
	var people []store.Key
	for _, r := range found {
		people = append(people, r.Author, r.Moderator)
	}
	accounts, err := a.accountsByKey(ctx, me, people)
	shown := []entity.Removal{}
	for _, r := range found {
		shown = append(shown, entity.NewRemoval(r, accounts))
	}
	return api.Paged(shown, found, func(r store.Removal) store.Key { return r.Key }, in.Page), err
}

// warningsByKey are what the viewer is told of removals of what they wrote.
func (a *API) warningsByKey(ctx context.Context, me store.Viewer, keys []store.Key) (map[store.Key]*entity.Warning, error) {
	removals, err := a.db.RemovalsByKey(ctx, keys...)
	if err != nil || len(removals) == 0 {
		return nil, err
	}
	author, err := a.account(ctx, me.Actor)
	found := map[store.Key]*entity.Warning{}
	for key, r := range removals {
		shown := entity.NewWarning(r, author)
		found[key] = &shown
	}
	return found, err
}

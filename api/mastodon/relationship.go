package mastodon

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/api"
	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/store"
)

type relationshipsOf struct {
	IDs []store.Key `param:"id"`
}

func (a *API) relationships(ctx context.Context, me store.Viewer, in relationshipsOf) ([]entity.Relationship, error) {
	if len(in.IDs) > store.PageMax {
		return nil, activity.Refuse(activity.Invalid, "too_many_ids", "ask for at most %d accounts at once", store.PageMax)
	}
	edges, err := a.db.EdgesBetween(ctx, me.Actor.Key, in.IDs...)
	shown := make([]entity.Relationship, len(in.IDs))
	for i, id := range in.IDs {
		shown[i] = entity.NewRelationship(me.Actor.Key, id, edges)
	}
	return shown, err
}

// towards does something to the account in the path and gives the relationship
// that came of it. Nobody does that to themselves.
func (a *API) towards(ctx context.Context, me store.Viewer, in accountPath, do func(ctx context.Context, me, target store.Actor) error) (entity.Relationship, error) {
	target, err := a.actor(ctx, me, in.ID)
	if err != nil {
		return entity.Relationship{}, err
	}
	if target.Key == me.Actor.Key {
		return entity.Relationship{}, activity.Refuse(activity.Invalid, "yourself", "this is your own account; choose another one")
	}
	if err := do(ctx, me.Actor, target); err != nil {
		return entity.Relationship{}, err
	}
	edges, err := a.db.EdgesBetween(ctx, me.Actor.Key, target.Key)
	return entity.NewRelationship(me.Actor.Key, target.Key, edges), err
}

func (a *API) follow(ctx context.Context, me store.Viewer, in accountPath) (entity.Relationship, error) {
	return a.towards(ctx, me, in, a.engine.Follow)
}

func (a *API) unfollow(ctx context.Context, me store.Viewer, in accountPath) (entity.Relationship, error) {
	return a.towards(ctx, me, in, func(ctx context.Context, me, target store.Actor) error {
		if target.IsGroup() {
			return a.leaveGroup(ctx, me, target)
		}
		return a.engine.Unfollow(ctx, me, target)
	})
}

func (a *API) block(ctx context.Context, me store.Viewer, in accountPath) (entity.Relationship, error) {
	return a.towards(ctx, me, in, a.engine.Block)
}

func (a *API) unblock(ctx context.Context, me store.Viewer, in accountPath) (entity.Relationship, error) {
	return a.towards(ctx, me, in, a.engine.Unblock)
}

func (a *API) blocks(ctx context.Context, me store.Viewer, in api.Page) (api.List[entity.Account], error) {
	edges, err := a.db.EdgesFrom(ctx, store.Block, me.Actor.Key, in.Rows())
	if err != nil {
		return api.List[entity.Account]{}, err
	}
	return a.ends(ctx, edges, edgeObject, in)
}

func (a *API) followRequests(ctx context.Context, me store.Viewer, in api.Page) (api.List[entity.Account], error) {
	edges, err := a.db.Requests(ctx, store.Follow, me.Actor.Key, in.Rows())
	if err != nil {
		return api.List[entity.Account]{}, err
	}
	return a.ends(ctx, edges, edgeActor, in)
}

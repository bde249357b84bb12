package mastodon

import (
	"context"

	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/store"
)

type reactionPath struct {
	statusPath
	Emoji string `path:"emoji"`
}

// react puts an emoji of mine beside a status, as Pleroma's clients ask for it.
func (a *API) react(ctx context.Context, me store.Viewer, in reactionPath) (entity.Status, error) {
	return a.upon(ctx, me, in.statusPath, func(ctx context.Context, me store.Actor, n store.Note) error {
		return a.engine.React(ctx, me, n, in.Emoji)
	})
}

func (a *API) unreact(ctx context.Context, me store.Viewer, in reactionPath) (entity.Status, error) {
	return a.upon(ctx, me, in.statusPath, func(ctx context.Context, me store.Actor, n store.Note) error {
		return a.engine.Unreact(ctx, me, n, in.Emoji)
	})
}

// reactions are the emoji beside a status.
func (a *API) reactions(ctx context.Context, me store.Viewer, in statusPath) ([]entity.Reaction, error) {
	e, isInside, err := a.inside(ctx, me, in.ID)
	if err != nil || !isInside {
		return []entity.Reaction{}, err
	}
	found, err := a.db.Reactions(ctx, me.Actor.Key, e.Note.Key)
	return entity.NewReactions(found[e.Note.Key]), err
}

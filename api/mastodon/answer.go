package mastodon

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/store"
)

// markAnswer says that a post answers the question that its thread began with, or that it
// does not any more.
func (a *API) markAnswer(is bool) func(ctx context.Context, me store.Actor, n store.Note) error {
	return func(ctx context.Context, me store.Actor, n store.Note) error {
		return a.engine.MarkAnswer(ctx, me, n, is)
	}
}

// answer is what is marked as the answer to a post; NotFound where nothing is that the
// viewer may see.
func (a *API) answer(ctx context.Context, me store.Viewer, in statusPath) (entity.Status, error) {
	e, isInside, err := a.inside(ctx, me, in.ID)
	if err == nil && !isInside {
		err = activity.ErrNotFound()
	}
	if err != nil {
		return entity.Status{}, err
	}
	key, err := a.db.AnswerTo(ctx, e.Note.Key)
	if err != nil {
		return entity.Status{}, err
	}
	return a.note(ctx, me, key)
}

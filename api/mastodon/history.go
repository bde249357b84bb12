package mastodon

import (
	"context"

	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/store"
)

// history is all that a status has said, oldest first, the present one last.
func (a *API) history(ctx context.Context, me store.Viewer, in statusPath) ([]entity.StatusEdit, error) {
	e, err := a.entry(ctx, me, in.ID)
	if err != nil {
		return nil, err
	}
	author, err := a.db.ActorByKey(ctx, e.Note.AuthorKey)
	if err != nil {
		return nil, err
	}
	by, err := a.account(ctx, author)
	if err != nil {
		return nil, err
	}
	versions, err := a.db.Versions(ctx, e.Note)
	edits := make([]entity.StatusEdit, len(versions))
	for i, v := range versions {
		edits[i] = entity.NewStatusEdit(e.Note, v, by)
	}
	return edits, err
}

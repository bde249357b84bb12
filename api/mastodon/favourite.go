package mastodon

import (
	"context"

	"entente.example/entente/api"
	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/store"
)

// upon does something to the note behind an id and shows the note as it is then.
func (a *API) upon(ctx context.Context, me store.Viewer, in statusPath, do func(context.Context, store.Actor, store.Note) error) (entity.Status, error) {
	e, err := a.entry(ctx, me, in.ID)
	if err != nil {
		return entity.Status{}, err
	}
	if err := do(ctx, me.Actor, e.Note); err != nil {
		return entity.Status{}, err
	}
	return a.note(ctx, me, e.Note.Key)
}

func (a *API) favourite(ctx context.Context, me store.Viewer, in statusPath) (entity.Status, error) {
	return a.upon(ctx, me, in, a.engine.Like)
}

func (a *API) unfavourite(ctx context.Context, me store.Viewer, in statusPath) (entity.Status, error) {
	return a.upon(ctx, me, in, a.engine.Unlike)
}

func (a *API) favouritedBy(ctx context.Context, me store.Viewer, in statusPage) (api.List[entity.Account], error) {
	return a.whoDid(ctx, me, store.Like, in)
}

// favourites are the notes that me likes, the latest like first.
func (a *API) favourites(ctx context.Context, me store.Viewer, in api.Page) (api.List[entity.Status], error) {
	likes, err := a.db.EdgesFrom(ctx, store.Like, me.Actor.Key, in.Rows())
	if err != nil {
		return api.List[entity.Status]{}, err
	}
	shown, err := a.objects(ctx, me, likes)
	return api.Paged(shown, likes, edgeKey, in), err
}

// objects shows the notes that edges point at, as far as the viewer may see them.
func (a *API) objects(ctx context.Context, me store.Viewer, edges []store.Edge) ([]entity.Status, error) {
	keys := make([]store.Key, len(edges))
	for i, e := range edges {
		keys[i] = e.Object
	}
	notes, err := a.db.VisibleNotes(ctx, keys, me.Reader())
	if err != nil {
		return nil, err
	}
	var entries []store.Entry
	for _, key := range keys {
		if n, ok := notes[key]; ok {
			entries = append(entries, store.Entry{Key: key, Note: n})
		}
	}
	return a.statuses(ctx, me, entries)
}

type statusPage struct {
	statusPath
	api.Page
}

// whoDid shows who liked or boosted a note.
func (a *API) whoDid(ctx context.Context, me store.Viewer, kind string, in statusPage) (api.List[entity.Account], error) {
	e, isInside, err := a.inside(ctx, me, in.ID)
	if err != nil || !isInside {
		return api.Unpaged([]entity.Account{}), err
	}
	edges, err := a.db.EdgesTo(ctx, kind, e.Note.Key, in.Rows())
	if err != nil {
		return api.List[entity.Account]{}, err
	}
	return a.ends(ctx, edges, edgeActor, in.Page)
}

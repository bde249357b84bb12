package mastodon

import (
	"context"

	"entente.example/entente/api"
	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/store"
)

// timeline shows what a read of entries gave.
func (a *API) timeline(ctx context.Context, me store.Viewer, p api.Page, entries []store.Entry, err error) (api.List[entity.Status], error) {
	if err != nil {
		return api.List[entity.Status]{}, err
	}
	shown, err := a.statuses(ctx, me, entries)
	return api.Paged(shown, entries, func(e store.Entry) store.Key { return e.Key }, p), err
}

func (a *API) home(ctx context.Context, me store.Viewer, in api.Page) (api.List[entity.Status], error) {
	entries, err := a.db.Home(ctx, me.Actor.Key, in.Rows())
	return a.timeline(ctx, me, in, entries, err)
}

type publicPage struct {
	api.Page
	Local bool `param:"local"`
}

func (a *API) public(ctx context.Context, me store.Viewer, in publicPage) (api.List[entity.Status], error) {
	entries, err := a.db.PublicWall(ctx, in.Local, me.Reader(), in.Rows())
	return a.timeline(ctx, me, in.Page, entries, err)
}

type wallPage struct {
	accountPage
	NoReplies bool `param:"exclude_replies"`
	NoBoosts  bool `param:"exclude_reblogs"`
	OnlyMedia bool `param:"only_media"`
	Pinned    bool `param:"pinned"`
}

// wall is what an account posted and boosted; of a group, what is posted in it.
func (a *API) wall(ctx context.Context, me store.Viewer, in wallPage) (api.List[entity.Status], error) {
	actor, err := a.actor(ctx, me, in.ID)
	if err != nil {
		return api.List[entity.Status]{}, err
	}
	if in.Pinned {
		return a.pinned(ctx, me, in)
	}
	if actor.IsGroup() {
		return a.groupTimeline(ctx, me, groupPage{accountPage: in.accountPage})
	}
	filter := store.WallFilter{NoReplies: in.NoReplies, NoBoosts: in.NoBoosts, OnlyMedia: in.OnlyMedia}
	entries, err := a.db.FilteredWall(ctx, in.ID, filter, me.Reader(), in.Rows())
	return a.timeline(ctx, me, in.Page, entries, err)
}

func (a *API) pinned(ctx context.Context, me store.Viewer, in wallPage) (api.List[entity.Status], error) {
	pins, err := a.db.EdgesFrom(ctx, store.Feature, in.ID, in.Rows())
	if err != nil {
		return api.List[entity.Status]{}, err
	}
	shown, err := a.objects(ctx, me, pins)
	return api.Paged(shown, pins, edgeKey, in.Page), err
}

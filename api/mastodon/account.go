package mastodon

import (
	"context"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/api"
	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/store"
)

// accounts shows actors, with the same few queries for all of them.
func (a *API) accounts(ctx context.Context, actors []store.Actor) ([]entity.Account, error) {
	keys := make([]store.Key, len(actors))
	for i, actor := range actors {
		keys[i] = actor.Key
	}
	moved, err := a.db.Successors(ctx, keys...)
	if err != nil {
		return nil, err
	}
	for _, to := range moved {
		keys = append(keys, to.Key)
	}
	counts, err := a.db.ActorCounts(ctx, keys...)
	shown := make([]entity.Account, len(actors))
	for i, actor := range actors {
		shown[i] = entity.NewAccount(actor, counts[actor.Key], a.blankURL())
		if to, ok := moved[actor.Key]; ok {
			successor := entity.NewAccount(to, counts[to.Key], a.blankURL())
			shown[i].Moved = &successor
		}
	}
	return shown, err
}

func (a *API) account(ctx context.Context, actor store.Actor) (entity.Account, error) {
	shown, err := a.accounts(ctx, []store.Actor{actor})
	if err != nil {
		return entity.Account{}, err
	}
	return shown[0], nil
}

// ends shows the actors at one end of edges, as a page of them.
func (a *API) ends(ctx context.Context, edges []store.Edge, end func(store.Edge) store.Key, p api.Page) (api.List[entity.Account], error) {
	keys := make([]store.Key, len(edges))
	for i, e := range edges {
		keys[i] = end(e)
	}
	found, err := a.db.ActorsByKey(ctx, keys...)
	if err != nil {
		return api.List[entity.Account]{}, err
	}
	var actors []store.Actor
	for _, key := range keys {
		if actor, ok := found[key]; ok && actor.Usable() {
			actors = append(actors, actor)
		}
	}
	shown, err := a.accounts(ctx, actors)
	return api.Paged(shown, edges, edgeKey, p), err
}

func edgeKey(e store.Edge) store.Key    { return e.Key }
func edgeActor(e store.Edge) store.Key  { return e.Actor }
func edgeObject(e store.Edge) store.Key { return e.Object }

type accountPath struct {
	ID store.Key `path:"id"`
}

type accountPage struct {
	accountPath
	api.Page
}

// actor is somebody whom the viewer may know of, or NotFound.
func (a *API) actor(ctx context.Context, me store.Viewer, key store.Key) (store.Actor, error) {
	actor, err := a.db.ActorByKey(ctx, key)
	if err == nil {
		err = a.mayKnow(ctx, me, actor)
	}
	return actor, err
}

// mayKnow answers NotFound for who is gone or suspended, and for a group that the
// viewer may not know of.
func (a *API) mayKnow(ctx context.Context, me store.Viewer, actor store.Actor) error {
	if !actor.Usable() {
		return activity.ErrNotFound()
	}
	knows, err := a.db.Knows(ctx, me.Reader(), actor.Key)
	if err == nil && !knows {
		err = activity.ErrNotFound()
	}
	return err
}

func (a *API) getAccount(ctx context.Context, me store.Viewer, in accountPath) (entity.Account, error) {
	actor, err := a.actor(ctx, me, in.ID)
	if err == nil {
		err = a.engine.Visited(ctx, actor)
	}
	if err != nil {
		return entity.Account{}, err
	}
	return a.account(ctx, actor)
}

// lookup finds an account by its handle, among those that are known already.
func (a *API) lookup(ctx context.Context, me store.Viewer, in struct {
	Acct string `param:"acct"`
}) (entity.Account, error) {
	user, host, isFull := strings.Cut(strings.TrimPrefix(in.Acct, "@"), "@")
	if isFull {
		clean, err := activity.CleanHost(host)
		if err != nil {
			return entity.Account{}, activity.ErrNotFound()
		}
		host = clean
	}
	if host == a.house.Host {
		host = ""
	}
	actor, err := a.db.ActorByHandle(ctx, user, host)
	if err == nil {
		err = a.mayKnow(ctx, me, actor)
	}
	if err != nil {
		return entity.Account{}, err
	}
	return a.account(ctx, actor)
}

func (a *API) credentials(ctx context.Context, me store.Viewer, _ api.None) (entity.CredentialAccount, error) {
	shown, err := a.account(ctx, me.Actor)
	if err != nil {
		return entity.CredentialAccount{}, err
	}
	asking, err := a.db.Requests(ctx, store.Follow, me.Actor.Key, store.Page{Limit: store.PageMax})
	return entity.NewCredentialAccount(shown, me, len(asking)), err
}

func (a *API) preferences(_ context.Context, me store.Viewer, _ api.None) (entity.Preferences, error) {
	return entity.NewPreferences(me.Member.Locale), nil
}

func (a *API) application(ctx context.Context, v store.Viewer, _ api.None) (entity.Application, error) {
	app, err := a.db.AppByKey(ctx, v.App)
	return entity.NewApplication(app), err
}

// bond is the kind of edge that ties people to an actor.
func bond(to store.Actor) string {
	if to.IsGroup() {
		return store.Membership
	}
	return store.Follow
}

func (a *API) followers(ctx context.Context, me store.Viewer, in accountPage) (api.List[entity.Account], error) {
	actor, err := a.actor(ctx, me, in.ID)
	if err != nil {
		return api.List[entity.Account]{}, err
	}
	edges, err := a.peopleOf(ctx, me, actor, in)
	if err != nil {
		return api.List[entity.Account]{}, err
	}
	return a.ends(ctx, edges, edgeActor, in.Page)
}

// peopleOf are the edges of an actor's followers, or of the members of a group; those
// of a closed one are for its members to see.
func (a *API) peopleOf(ctx context.Context, me store.Viewer, actor store.Actor, in accountPage) ([]store.Edge, error) {
	enters, err := a.db.Enters(ctx, me.Reader(), actor)
	if err != nil || !enters {
		return nil, err
	}
	return a.db.EdgesTo(ctx, bond(actor), actor.Key, in.Rows())
}

func (a *API) following(ctx context.Context, me store.Viewer, in accountPage) (api.List[entity.Account], error) {
	if _, err := a.actor(ctx, me, in.ID); err != nil {
		return api.List[entity.Account]{}, err
	}
	edges, err := a.db.EdgesFrom(ctx, store.Follow, in.ID, in.Rows())
	if err != nil {
		return api.List[entity.Account]{}, err
	}
	return a.ends(ctx, edges, edgeObject, in.Page)
}

package mastodon

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/api"
	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// group is a group that the viewer may know of, else NotFound.
func (a *API) group(ctx context.Context, me store.Viewer, id store.Key) (store.Actor, error) {
	group, err := a.actor(ctx, me, id)
	if err == nil && !group.IsGroup() {
		err = activity.ErrNotFound()
	}
	return group, err
}

// showGroups shows groups to a viewer, with the same four queries for all.
func (a *API) showGroups(ctx context.Context, me store.Viewer, groups []store.Actor) ([]entity.Group, error) {
	keys := make([]store.Key, len(groups))
	for i, g := range groups {
		keys[i] = g.Key
	}
	accounts, err := a.accounts(ctx, groups)
	if err != nil {
		return nil, err
	}
	hosted, err := a.db.Groups(ctx, keys)
	if err != nil {
		return nil, err
	}
	edges, err := a.db.EdgesBetween(ctx, me.Actor.Key, keys...)
	if err != nil {
		return nil, err
	}
	shown, inside := make([]entity.Group, len(groups)), []store.Key{}
	for i, g := range groups {
		shown[i] = entity.NewGroup(g, accounts[i], hosted[g.Key], a.house.LevelIn(g), edges)
		if g.Access().Shut() && shown[i].Relationship.Member {
			inside = append(inside, g.Key)
		}
	}
	members, err := a.db.MemberCounts(ctx, inside)
	for i, g := range shown {
		shown[i].MembersCount = max(g.MembersCount, members[g.ID])
	}
	return shown, err
}

func (a *API) showGroup(ctx context.Context, me store.Viewer, group store.Actor) (entity.Group, error) {
	shown, err := a.showGroups(ctx, me, []store.Actor{group})
	if err != nil {
		return entity.Group{}, err
	}
	return shown[0], nil
}

// groups are mine, and then the others that live here and I may know of.
func (a *API) groups(ctx context.Context, me store.Viewer, _ api.None) ([]entity.Group, error) {
	mine, err := a.db.GroupsOf(ctx, me.Actor.Key)
	if err != nil {
		return nil, err
	}
	here, err := a.db.GroupsHere(ctx, me.Reader())
	if err != nil {
		return nil, err
	}
	isMine := map[store.Key]bool{}
	for _, g := range mine {
		isMine[g.Key] = true
	}
	all := mine
	for _, g := range here {
		if !isMine[g.Key] {
			all = append(all, g)
		}
	}
	return a.showGroups(ctx, me, all)
}

type newGroup struct {
	Username  string   `param:"username"`
	Name      string   `param:"display_name"`
	Note      string   `param:"note"`
	Companies []string `param:"companies"` // "globex.example", or with what its people may do: "globex.example=comment"
	Access    string   `param:"access"`    // "open" when it is left out
	Posting   string   `param:"posting"`   // "all"
	Inviting  string   `param:"inviting"`  // "moderators"
	Reviewed  bool     `param:"reviewed"`
}

func (a *API) openGroup(ctx context.Context, me store.Viewer, in newGroup) (entity.Group, error) {
	group, err := a.engine.OpenGroup(ctx, me.Actor, federation.GroupDraft{Username: in.Username, Name: in.Name, Summary: in.Note, Companies: in.Companies, Access: activity.Access(in.Access),
		Posting: store.Circles(in.Posting), Inviting: store.Circles(in.Inviting), Reviewed: in.Reviewed})
	if err != nil {
		return entity.Group{}, err
	}
	return a.showGroup(ctx, me, group)
}

func (a *API) getGroup(ctx context.Context, me store.Viewer, in accountPath) (entity.Group, error) {
	group, err := a.group(ctx, me, in.ID)
	if err != nil {
		return entity.Group{}, err
	}
	return a.showGroup(ctx, me, group)
}

func (a *API) members(ctx context.Context, me store.Viewer, in accountPage) (api.List[entity.Account], error) {
	group, err := a.group(ctx, me, in.ID)
	if err != nil {
		return api.List[entity.Account]{}, err
	}
	edges, err := a.peopleOf(ctx, me, group, in)
	if err != nil {
		return api.List[entity.Account]{}, err
	}
	return a.ends(ctx, edges, edgeActor, in.Page)
}

func (a *API) join(ctx context.Context, me store.Viewer, in accountPath) (entity.Group, error) {
	return a.within(ctx, me, in, a.engine.Join)
}

func (a *API) leave(ctx context.Context, me store.Viewer, in accountPath) (entity.Group, error) {
	return a.within(ctx, me, in, a.leaveGroup)
}

// within does something to a group and shows the group as it is then.
func (a *API) within(ctx context.Context, me store.Viewer, in accountPath, do func(ctx context.Context, me, group store.Actor) error) (entity.Group, error) {
	group, err := a.group(ctx, me, in.ID)
	if err != nil {
		return entity.Group{}, err
	}
	if err := do(ctx, me.Actor, group); err != nil {
		return entity.Group{}, err
	}
	if group, err = a.db.ActorByKey(ctx, group.Key); err != nil {
		return entity.Group{}, err
	}
	return a.showGroup(ctx, me, group)
}

// leaveGroup ends a membership, or a wish for one; without either there is
// nothing to do.
func (a *API) leaveGroup(ctx context.Context, me, group store.Actor) error {
	_, err := a.db.Edge(ctx, store.Membership, me.Key, group.Key)
	if err != nil && activity.KindOf(err) == activity.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return a.engine.Leave(ctx, me, group)
}

package mastodon

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/api"
	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// What those who look after a group do in it: our own part of the API, which no other
// software has. Every answer is the group as it is then, or the people of a list.

type groupSettings struct {
	accountPath
	Name      string   `param:"display_name"`
	Note      string   `param:"note"`
	Companies []string `param:"companies"` // "" alone: only our own
	Access    string   `param:"access"`
	Posting   string   `param:"posting"`
	Inviting  string   `param:"inviting"`
	Reviewed  string   `param:"reviewed"` // "true" or "false"
}

// settings is what was sent; what is left out stays.
func (in groupSettings) settings() federation.Settings {
	var to federation.Settings
	given(&to.Name, in.Name)
	given(&to.Summary, in.Note)
	given(&to.Access, activity.Access(in.Access))
	given(&to.Posting, store.Circles(in.Posting))
	given(&to.Inviting, store.Circles(in.Inviting))
	if in.Reviewed != "" {
		reviewed := in.Reviewed == "true" || in.Reviewed == "1"
		to.Reviewed = &reviewed
	}
	if len(in.Companies) > 0 {
		companies := []string{}
		for _, c := range in.Companies {
			if c != "" {
				companies = append(companies, c)
			}
		}
		to.Companies = &companies
	}
	return to
}

func given[T ~string](to **T, sent T) {
	if sent != "" {
		*to = &sent
	}
}

func (a *API) changeGroup(ctx context.Context, me store.Viewer, in groupSettings) (entity.Group, error) {
	return a.within(ctx, me, in.accountPath, func(ctx context.Context, me, group store.Actor) error {
		_, err := a.engine.ChangeGroup(ctx, me, group, in.settings())
		return err
	})
}

// successor is a company that goes on with a group when its host does not.
type successor struct {
	accountPath
	Host    string `param:"host"`
	Silence int    `param:"silence"` // days after which it may claim the group; 0: the usual number
}

func (a *API) nameSuccessor(ctx context.Context, me store.Viewer, in successor) (entity.Group, error) {
	if in.Host == "" {
		return entity.Group{}, activity.Refuse(activity.Invalid, "no_host", "name the company that goes on with the group (host)")
	}
	return a.within(ctx, me, in.accountPath, func(ctx context.Context, me, group store.Actor) error {
		return a.engine.NameSuccessor(ctx, me, group, in.Host, in.Silence)
	})
}

func (a *API) nameNoSuccessor(ctx context.Context, me store.Viewer, in accountPath) (entity.Group, error) {
	return a.within(ctx, me, in, func(ctx context.Context, me, group store.Actor) error {
		return a.engine.NameSuccessor(ctx, me, group, "", 0)
	})
}

func (a *API) handOver(ctx context.Context, me store.Viewer, in accountPath) (entity.Group, error) {
	return a.within(ctx, me, in, a.engine.HandOver)
}

// inGroup is somebody in a group.
type inGroup struct {
	accountPath
	Account store.Key `path:"account"`
	Role    string    `param:"role"`
}

// toward does something to somebody in a group and shows the group as it is then.
func (a *API) toward(do func(ctx context.Context, me, group, who store.Actor) error) func(context.Context, store.Viewer, inGroup) (entity.Group, error) {
	return a.towardWith(func(ctx context.Context, me, group, who store.Actor, _ inGroup) error { return do(ctx, me, group, who) })
}

func (a *API) towardWith(do func(ctx context.Context, me, group, who store.Actor, in inGroup) error) func(context.Context, store.Viewer, inGroup) (entity.Group, error) {
	return func(ctx context.Context, me store.Viewer, in inGroup) (entity.Group, error) {
		return a.within(ctx, me, in.accountPath, func(ctx context.Context, who, group store.Actor) error {
			other, err := a.actor(ctx, me, in.Account)
			if err != nil {
				return err
			}
			return do(ctx, who, group, other, in)
		})
	}
}

func (a *API) letIn(let bool) func(context.Context, store.Viewer, inGroup) (entity.Group, error) {
	return a.toward(func(ctx context.Context, me, group, who store.Actor) error {
		return a.engine.LetIn(ctx, me, group, who, let)
	})
}

func (a *API) setRole(ctx context.Context, me, group, who store.Actor, in inGroup) error {
	return a.engine.SetRole(ctx, me, group, who, in.Role)
}

// roleList are the members of a group with what they are in it.
func (a *API) roleList(ctx context.Context, me store.Viewer, in accountPage) (api.List[entity.Member], error) {
	people, err := a.members(ctx, me, in)
	if err != nil {
		return api.List[entity.Member]{}, err
	}
	keys := make([]store.Key, len(people.Items))
	for i, p := range people.Items {
		keys[i] = p.ID
	}
	roles, err := a.db.Roles(ctx, in.ID, keys)
	return api.Each(people, func(p entity.Account) entity.Member { return entity.Member{Account: p, Role: roles[p.ID]} }), err
}

// lookedAfter is a group that me looks after.
func (a *API) lookedAfter(ctx context.Context, me store.Viewer, id store.Key) (store.Actor, error) {
	group, err := a.group(ctx, me, id)
	if err == nil {
		err = a.engine.LooksAfter(ctx, me.Actor, group)
	}
	return group, err
}

// kept are the people of a list that only moderators read.
func (a *API) kept(list func(ctx context.Context, group store.Key, p store.Page) ([]store.Edge, error)) func(context.Context, store.Viewer, accountPage) (api.List[entity.Account], error) {
	return func(ctx context.Context, me store.Viewer, in accountPage) (api.List[entity.Account], error) {
		group, err := a.lookedAfter(ctx, me, in.ID)
		if err != nil {
			return api.List[entity.Account]{}, err
		}
		edges, err := list(ctx, group.Key, in.Rows())
		if err != nil {
			return api.List[entity.Account]{}, err
		}
		return a.ends(ctx, edges, edgeActor, in.Page)
	}
}

func (a *API) wishes(ctx context.Context, group store.Key, p store.Page) ([]store.Edge, error) {
	return a.db.Requests(ctx, store.Membership, group, p)
}

func (a *API) invited(ctx context.Context, group store.Key, p store.Page) ([]store.Edge, error) {
	return a.db.EdgesTo(ctx, store.Invitation, group, p)
}

func (a *API) banned(ctx context.Context, group store.Key, p store.Page) ([]store.Edge, error) {
	return a.db.EdgesTo(ctx, store.Ban, group, p)
}

// invitations are the groups that I am invited to.
func (a *API) invitations(ctx context.Context, me store.Viewer, in api.Page) ([]entity.Group, error) {
	edges, err := a.db.EdgesFrom(ctx, store.Invitation, me.Actor.Key, in.Rows())
	if err != nil {
		return nil, err
	}
	var groups []store.Actor
	for _, e := range edges {
		if group, ok, err := activity.Optional(a.actor(ctx, me, e.Object)); err != nil {
			return nil, err
		} else if ok {
			groups = append(groups, group)
		}
	}
	return a.showGroups(ctx, me, groups)
}

func (a *API) decline(ctx context.Context, me store.Viewer, in accountPath) (api.None, error) {
	group, err := a.group(ctx, me, in.ID)
	if err == nil {
		err = a.engine.Decline(ctx, me.Actor, group)
	}
	return api.None{}, err
}

// waiting are the posts that wait for the word of a moderator.
func (a *API) waiting(ctx context.Context, me store.Viewer, in accountPage) (api.List[entity.Status], error) {
	group, err := a.lookedAfter(ctx, me, in.ID)
	if err != nil {
		return api.List[entity.Status]{}, err
	}
	edges, notes, err := a.db.Waiting(ctx, group.Key, in.Rows())
	var entries []store.Entry
	for i, e := range edges {
		entries = append(entries, store.Entry{Key: e.Key, Note: notes[i]})
	}
	return a.timeline(ctx, me, in.Page, entries, err)
}

type waitingPost struct {
	accountPath
	Status store.Key `path:"status"`
}

func (a *API) review(let bool) func(context.Context, store.Viewer, waitingPost) (entity.Group, error) {
	return func(ctx context.Context, me store.Viewer, in waitingPost) (entity.Group, error) {
		return a.within(ctx, me, in.accountPath, func(ctx context.Context, me, group store.Actor) error {
			return a.engine.Review(ctx, me, group, in.Status, let)
		})
	}
}

// onPost does something about a post that is in a group.
func (a *API) onPost(do func(ctx context.Context, me store.Actor, n store.Note) error) func(context.Context, store.Viewer, waitingPost) (entity.Group, error) {
	return func(ctx context.Context, me store.Viewer, in waitingPost) (entity.Group, error) {
		return a.toPost(ctx, me, in, do)
	}
}

func (a *API) toPost(ctx context.Context, me store.Viewer, in waitingPost, do func(ctx context.Context, me store.Actor, n store.Note) error) (entity.Group, error) {
	return a.within(ctx, me, in.accountPath, func(ctx context.Context, who, group store.Actor) error {
		n, err := a.db.VisibleNote(ctx, in.Status, me.Reader())
		if err == nil && n.In() != group.Key {
			err = activity.ErrNotFound()
		}
		if err != nil {
			return err
		}
		return do(ctx, who, n)
	})
}

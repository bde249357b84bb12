package store

import (
	"cmp"
	"context"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
)

// Group is what only the host of a group knows of it.
type Group struct {
	bun.BaseModel `bun:"table:groups,alias:g"`

	Actor     Key `bun:",pk"`
	Access    activity.Access
	Companies []string `bun:",array"` // hosts whose people may join, "*" for every partner
	Levels    []string `bun:",array"` // what they may do, in the same order: see Seats
	Posting   Circles  // who may begin something in it; answer may every member
	Inviting  Circles
	Reviewed  bool // what a member posts waits for the word of a moderator
	CreatedAt time.Time
}

// Circles are the people of a group who may do something.
type Circles string

// The circles.
const (
	AllMembers     Circles = "all"
	ModeratorsOnly Circles = "moderators"
)

// groupColumns are all of them, by name: see noteColumns.
const groupColumns = "g.actor, g.access, g.companies, g.levels, g.posting, g.inviting, g.reviewed, g.created_at"

// columns are where groupColumns are read to.
func (g *Group) columns() []any {
	return []any{&g.Actor, &g.Access, &g.Companies, &g.Levels, &g.Posting, &g.Inviting, &g.Reviewed, &g.CreatedAt}
}

// PutGroup adds a group of ours; its actor is there already.
func (tx *Tx) PutGroup(ctx context.Context, g Group) error {
	if g.Levels == nil {
		g.Levels = []string{}
	}
	g.CreatedAt, g.Posting, g.Inviting = tx.Now, cmp.Or(g.Posting, AllMembers), cmp.Or(g.Inviting, ModeratorsOnly)
	_, err := tx.db.NewInsert().Model(&g).Exec(ctx)
	return err
}

// ChangeGroup writes what may be changed of a group of ours.
func (tx *Tx) ChangeGroup(ctx context.Context, g Group) error {
	_, err := tx.db.NewUpdate().Model(&g).Column("access", "companies", "levels", "posting", "inviting", "reviewed").WherePK().Exec(ctx)
	return err
}

// CutMember takes somebody out of a group, with whatever they were in it.
func (tx *Tx) CutMember(ctx context.Context, who, group Key) error {
	tx.unmake()
	_, err := tx.bound().exec(ctx, "DELETE FROM edges WHERE actor = $1 AND object = $2 AND kind IN ('member', 'member frozen', 'moderator', 'owner', 'invite')", int64(who), int64(group))
	if err != nil {
		return err
	}
	if err := tx.ForgetCompanies(ctx, group); err != nil {
		return err
	}
	return tx.keepOwner(ctx, group)
}

// ForgetCompanies forgets which companies a group elsewhere has, where none of ours is in it:
// when they change we are not told.
func (tx *Tx) ForgetCompanies(ctx context.Context, group Key) error {
	was, err := changed(tx.bound().exec(ctx, `UPDATE actors SET doc = doc - 'companies' WHERE key = $1 AND NOT local AND doc -> 'companies' IS NOT NULL
		AND NOT EXISTS (SELECT FROM edges AS e JOIN members AS m ON m.actor = e.actor WHERE e.kind = 'member' AND e.object = $1 AND e.accepted)`, int64(group)))
	if was {
		tx.forget()
	}
	return err
}

// keepOwner gives a group of ours whose last owner is gone another one: whoever has
// moderated it longest, else has been in it longest.
func (tx *Tx) keepOwner(ctx context.Context, group Key) error {
	var heir Key
	err := tx.bound().row(ctx, `SELECT coalesce((SELECT e.actor FROM edges AS e JOIN groups AS g ON g.actor = e.object
		WHERE e.object = $1 AND e.kind IN ('moderator', 'member') AND e.accepted AND NOT EXISTS (SELECT FROM edges AS o WHERE o.object = $1 AND o.kind = 'owner')
			AND NOT EXISTS (SELECT FROM farewells AS f JOIN actors AS a ON f.host IN (a.origin, a.host) AND NOT a.local WHERE a.key = e.actor AND f.before IS NOT NULL)
		ORDER BY e.kind <> 'moderator', e.key LIMIT 1), 0)`, []any{int64(group)}, &heir)
	if err != nil || heir == 0 {
		return err
	}
	for _, kind := range []string{Moderator, Owner} {
		if _, err := tx.PutEdge(ctx, Edge{Kind: kind, Actor: heir, Object: group, Accepted: true}); err != nil {
			return err
		}
	}
	return nil
}

// ownedBy are the groups that somebody owns.
func (q query) ownedBy(ctx context.Context, who Key) ([]Key, error) {
	var groups []Key
	err := q.db.NewRaw("SELECT object FROM edges WHERE actor = ? AND kind = 'owner'", who).Scan(ctx, &groups)
	return groups, err
}

// Group is what we know as the host of this group, or NotFound.
func (q query) Group(ctx context.Context, actor Key) (Group, error) {
	var gs []Group
	err := q.list(ctx, &gs, "SELECT "+groupColumns+" FROM groups AS g WHERE g.actor = $1", int64(actor))
	return first(gs, err)
}

// GroupsOf are the groups that somebody is a member of, by name. One that goes on as another
// is shown as that one alone, where they have come along.
func (q query) GroupsOf(ctx context.Context, actor Key) ([]Actor, error) {
	var at []actorVersion
	err := q.list(ctx, &at, actorVersions+`WHERE a.type = 'Group' AND a.deleted_at IS NULL AND a.key = ANY (ARRAY(
		SELECT e.object FROM edges AS e WHERE e.actor = $1 AND e.kind = 'member' AND e.accepted
			AND NOT EXISTS (SELECT FROM moves AS mv JOIN edges AS n ON n.kind = 'member' AND n.actor = $1 AND n.object = mv.target WHERE mv.actor = e.object)))
		ORDER BY lower(a.username)`, int64(actor))
	if err != nil {
		return nil, err
	}
	return q.inOrder(ctx, at)
}

// GroupsHere are the groups that live here and the reader may know, by name.
func (q query) GroupsHere(ctx context.Context, r Reader) ([]Actor, error) {
	b, at := &binder{}, []actorVersion{}
	here := q.db.NewSelect().TableExpr("actors AS a").ColumnExpr("a.key, a.xmin::text::bigint AS version").OrderExpr("lower(a.username)").
		Where("a.local AND a.type = 'Group' AND a.deleted_at IS NULL AND NOT EXISTS (SELECT FROM moves AS mv WHERE mv.actor = a.key)")
	if err := q.list(ctx, &at, built(knownGroup(here, r, b)), b.args...); err != nil {
		return nil, err
	}
	return q.inOrder(ctx, at)
}

// Enters says whether a reader may see who is in a group, and how many: its members
// may, and of an open one everybody who knows it.
func (q query) Enters(ctx context.Context, r Reader, group Actor) (bool, error) {
	if !group.Access().Shut() {
		return true, nil
	}
	if r.Groupless {
		return false, nil
	}
	var is bool
	b := &binder{}
	in := q.tied(r, group.Key, b).Where("f.kind = 'member' AND f.accepted")
	err := q.bound().row(ctx, built(q.db.NewSelect().ColumnExpr("EXISTS (?)", in)), b.args, &is)
	return is, err
}

// IsMember says whether an actor is an accepted member of a group.
func (q query) IsMember(ctx context.Context, actor, group Key) (bool, error) {
	e, err := q.Edge(ctx, Membership, actor, group)
	if activity.KindOf(err) == activity.NotFound && err != nil {
		return false, nil
	}
	return e.Accepted, err
}

// Roles are what these people are in a group: Owner, else Moderator, else Membership. Each
// edge is asked for by its key: the planner would look at those of all members.
func (q query) Roles(ctx context.Context, group Key, people []Key) (map[Key]string, error) {
	roles := map[Key]string{}
	if len(people) == 0 {
		return roles, nil
	}
	err := q.bound().each(ctx, `SELECT w.actor, k.kind FROM unnest($2::bigint[]) AS w (actor), unnest('{member,moderator,owner}'::text[]) WITH ORDINALITY AS k (kind, n)
		WHERE (SELECT e.accepted FROM edges AS e WHERE e.kind = k.kind AND e.actor = w.actor AND e.object = $1) ORDER BY k.n`, []any{int64(group), numbers(people)}, func(scan func(...any) error) error {
		var who Key
		var kind string
		err := scan(&who, &kind)
		roles[who] = kind
		return err
	})
	return roles, err
}

// Waiting are the notes that wait for the word of a moderator of a group, with the
// edges that say so, newest first.
func (q query) Waiting(ctx context.Context, group Key, p Page) ([]Edge, []Note, error) {
	edges, err := q.edges(ctx, "e.kind = ? AND e.actor = ?", p, Unread, group)
	if err != nil || len(edges) == 0 {
		return nil, nil, err
	}
	found, err := q.boundNotes(ctx, "WHERE n.key = ANY ($1::bigint[])", numbers(each(edges, func(e Edge) Key { return e.Object })))
	byKey := keyed(found, func(n Note) Key { return n.Key })
	return edges, each(edges, func(e Edge) Note { return byKey[e.Object] }), err
}

// HasMemberHere says whether one of our people is in a group.
func (q query) HasMemberHere(ctx context.Context, group Key) (bool, error) {
	var has bool
	err := q.bound().row(ctx, "SELECT EXISTS (SELECT FROM edges AS e JOIN members AS m ON m.actor = e.actor WHERE e.kind = 'member' AND e.object = $1 AND e.accepted)", []any{int64(group)}, &has)
	return has, err
}

// MayInvite says whether a member of a group of ours may ask others in.
func (q query) MayInvite(ctx context.Context, who, group Key) (bool, error) {
	g, err := q.Group(ctx, group)
	if err != nil {
		return false, err
	}
	if g.Inviting == AllMembers {
		return q.IsMember(ctx, who, group)
	}
	return q.HasEdge(ctx, Moderator, who, group)
}

// Heir is who of our people looks after a group next, when its owner goes: a moderator,
// or who has been in it for longest; NotFound: nobody.
func (q query) Heir(ctx context.Context, group, owner Key) (Actor, error) {
	var heir Key
	err := q.db.NewRaw(`SELECT coalesce((SELECT e.actor FROM edges AS e JOIN members AS m ON m.actor = e.actor AND m.locked_at IS NULL
		WHERE e.object = ? AND e.kind IN ('moderator', 'member') AND e.accepted AND e.actor <> ? ORDER BY e.kind <> 'moderator', e.key LIMIT 1), 0)`, group, owner).Scan(ctx, &heir)
	if err != nil {
		return Actor{}, err
	}
	return q.ActorByKey(ctx, heir)
}

package store

import (
	"context"
	"slices"
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
	CreatedAt time.Time
}

// groupColumns are all of them, by name: see noteColumns.
const groupColumns = "g.actor, g.access, g.companies, g.created_at"

// Takes says whether people of a company may take part, known by one of these
// hosts: that in their handles, or that of their ids.
func (g Group) Takes(hosts ...string) bool {
	return slices.Contains(g.Companies, "*") || slices.ContainsFunc(hosts, func(h string) bool { return slices.Contains(g.Companies, h) })
}

// TakesActor is Takes for somebody.
func (g Group) TakesActor(a Actor) bool { return g.Takes(a.Host, a.ID.Host()) }

// PutGroup adds a group of ours; its actor is there already.
func (tx *Tx) PutGroup(ctx context.Context, g Group) error {
	g.CreatedAt = tx.Now
	_, err := tx.db.NewInsert().Model(&g).Exec(ctx)
	return err
}

// Group is what we know as the host of this group, or NotFound.
func (q query) Group(ctx context.Context, actor Key) (Group, error) {
	var g Group
	err := q.db.NewSelect().Model(&g).Where("g.actor = ?", actor).Scan(ctx)
	return one(g, err)
}

// GroupsOf are the groups that somebody is a member of, by name.
func (q query) GroupsOf(ctx context.Context, actor Key) ([]Actor, error) {
	return q.actors(ctx, "lower(a.username)", 0, `a.type = 'Group' AND a.deleted_at IS NULL AND a.key IN (
		SELECT object FROM edges WHERE actor = ? AND kind = ? AND accepted)`, actor, Membership)
}

// GroupsHere are the groups that live here and the reader may know, by name.
func (q query) GroupsHere(ctx context.Context, r Reader) ([]Actor, error) {
	var rows []actorRow
	err := knownGroup(q.db.NewSelect().Model(&rows), r).Where("a.local AND a.type = 'Group' AND a.deleted_at IS NULL").OrderExpr("lower(a.username)").Scan(ctx)
	return each(rows, actorRow.actor), err
}

// Enters says whether a reader may see who is in a group, and how many: its members
// may, and of an open one everybody who knows it.
func (q query) Enters(ctx context.Context, r Reader, group Actor) (bool, error) {
	if !group.Access().Shut() {
		return true, nil
	}
	var is bool
	err := q.db.NewRaw(`SELECT EXISTS (SELECT FROM edges AS f JOIN actors AS h ON h.key = f.actor WHERE f.kind = 'member' AND f.object = ?0 AND f.accepted
		AND (f.actor = ?1 OR ?1 = 0 AND h.origin = ?2 AND NOT h.local))`, group.Key, r.Actor, r.Host).Scan(ctx, &is)
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

// LocalMembers counts our own people in a group.
func (q query) LocalMembers(ctx context.Context, group Key) (int, error) {
	var n int
	err := q.db.NewRaw("SELECT count(*) FROM edges AS e JOIN members AS m ON m.actor = e.actor WHERE e.kind = 'member' AND e.object = ? AND e.accepted", group).Scan(ctx, &n)
	return n, err
}

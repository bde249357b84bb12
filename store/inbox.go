package store

import (
	"context"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
)

// Aim is for whom something is.
type Aim struct {
	IDs    []activity.ID // actors, and followers collections of ours: who follows, or the members of a group
	Author Key           // does not count, nor does who has blocked them or is blocked
	Group  Key           // one that lives elsewhere, whose members here will see it; 0: none
}

// aimed says of an actor (alias a) that it has one of the ids $1, or is tied to one; $3 is
// a group. It is an array, since written as a join or with OR it reads all actors.
const aimed = `a.deleted_at IS NULL AND a.suspended_at IS NULL AND a.key = ANY (ARRAY(
	SELECT n.key FROM actors AS n WHERE n.iri = ANY ($1)
	UNION ALL SELECT e.actor FROM actors AS f JOIN edges AS e ON e.object = f.key
		WHERE f.local AND f.followers <> '' AND f.followers = ANY ($1) AND e.kind IN ('follow', 'member') AND e.accepted
	UNION ALL SELECT e.actor FROM edges AS e JOIN members AS m ON m.actor = e.actor WHERE e.object = $3 AND e.kind = 'member' AND e.accepted))`

// counts is whether an actor is one of the people whom the author $2 reaches.
const counts = `a.type NOT IN ('Group', 'Application') AND a.key <> $2 AND a.key NOT IN (
	SELECT b.object FROM edges AS b WHERE b.kind = 'block' AND b.actor = $2 UNION ALL SELECT b.actor FROM edges AS b WHERE b.kind = 'block' AND b.object = $2)`

// ReachedFirst are at most n of the people who are reached: those with an id of their
// own, then who has joined or followed last.
func (q query) ReachedFirst(ctx context.Context, aim Aim, n int) ([]Actor, error) {
	return q.boundActors(ctx, `JOIN (SELECT key, max(at) AS at FROM (
			SELECT a.key, 'infinity'::timestamptz AS at FROM actors AS a WHERE a.iri = ANY ($1) AND a.deleted_at IS NULL AND a.suspended_at IS NULL AND `+counts+`
			UNION ALL SELECT late.* FROM (SELECT f.key, false AS abroad FROM actors AS f WHERE f.local AND f.followers <> '' AND f.followers = ANY ($1) UNION ALL SELECT $3, true) AS of
				CROSS JOIN unnest(ARRAY['follow', 'member']) AS kind CROSS JOIN LATERAL (
					SELECT a.key, e.created_at FROM edges AS e JOIN actors AS a ON a.key = e.actor
					WHERE e.object = of.key AND e.kind = kind.kind AND e.accepted AND (a.local OR NOT of.abroad) AND a.deleted_at IS NULL AND a.suspended_at IS NULL AND `+counts+`
					ORDER BY e.key DESC LIMIT $4) AS late) AS one GROUP BY key) AS r ON r.key = a.key ORDER BY r.at DESC, a.key LIMIT $4`,
		texts(aim.IDs), int64(aim.Author), int64(aim.Group), n)
}

// Inboxes is where an activity for this audience must be delivered: each inbox
// once, shared ones first. Followers collections of ours stand for those who
// follow, or for the members of a group.
func (q query) Inboxes(ctx context.Context, a activity.Audience) ([]string, error) {
	at, err := q.Reached(ctx, Aim{IDs: a.All()})
	delete(at, "")
	return slices.Collect(maps.Keys(at)), err
}

// PartnerInboxes is one inbox of each partner that we have met, a shared one where
// there is one.
func (q query) PartnerInboxes(ctx context.Context) ([]string, error) {
	var in []string
	err := q.db.NewRaw(`SELECT DISTINCT ON (a.origin) a.shared_inbox FROM actors AS a JOIN partners AS p ON p.host = a.origin
		WHERE NOT a.local AND a.deleted_at IS NULL AND a.suspended_at IS NULL AND a.shared_inbox <> ''
		ORDER BY a.origin, a.shared_inbox = a.inbox, a.key`).Scan(ctx, &in)
	return in, err
}

// Reaches says whether something that by did, with this audience, was for the
// reader: for everybody, for them by name, or for the followers of one of ours
// among whom they are; a partner's server asks for each of its people. It is one
// query whatever the answer.
func (q query) Reaches(ctx context.Context, by Key, a activity.Audience, r Reader) (bool, error) {
	who := "a.key = ?1"
	if r.Actor == 0 {
		who = "NOT a.local AND a.origin = ?2"
	}
	ties := []string{Follow, Membership}
	if r.Groupless {
		ties = ties[:1]
	}
	var reaches bool
	err := q.db.NewRaw(`SELECT (?4 AND NOT EXISTS (SELECT FROM edges AS b WHERE b.kind = 'block' AND (b.actor = ?3 AND b.object = ?1 OR b.actor = ?1 AND b.object = ?3)))
		OR EXISTS (SELECT FROM actors AS a WHERE `+who+` AND (a.iri IN (?0) OR a.key IN (
			SELECT e.actor FROM edges AS e JOIN actors AS f ON f.key = e.object
			WHERE e.kind IN (?5) AND e.accepted AND f.local AND f.followers <> '' AND f.followers IN (?0)))
			AND NOT EXISTS (SELECT FROM edges AS b WHERE b.kind = 'block' AND (b.actor = ?3 AND b.object = a.key OR b.actor = a.key AND b.object = ?3)))`,
		bun.List(append(a.All(), "")), r.Actor, r.Host, by, a.Has(activity.Public), bun.List(ties)).Scan(ctx, &reaches)
	return reaches, err
}

// KnowsGroups says whether none of these ids is of a group of ours, or of its members,
// that the reader may not know.
func (q query) KnowsGroups(ctx context.Context, ids []activity.ID, r Reader) (bool, error) {
	groups := func() *bun.SelectQuery {
		return q.db.NewSelect().TableExpr("actors AS a").Where("a.local AND a.type = 'Group' AND (a.iri IN (?0) OR a.followers <> '' AND a.followers IN (?0))", bun.List(append(ids, "")))
	}
	all, err := groups().Count(ctx)
	if err != nil {
		return false, err
	}
	known, err := knownGroup(groups(), r, nil).Count(ctx)
	return known == all, err
}

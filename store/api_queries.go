package store

import (
	"context"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
)

// The reads behind pages of many things: each answers for the whole page at
// once, so that a page costs the same few queries whatever is on it.

// ActorCounts are what is shown beside an actor, to everybody: how many are in a closed
// or secret group, and what they write, is not.
type ActorCounts struct {
	Actor     Key
	Notes     int // public ones outside groups; of a group: what was posted in it
	LastNote  Key // the newest of them, 0: none
	Followers int // of a group: its members
	Following int
	Unsigned  bool // of another company, which has signed no agreement with us
	Suspended bool // of another company, with which the agreement is suspended
}

const actorCounts = `SELECT a.key AS actor, w.notes + coalesce(g.notes, 0) AS notes, greatest(w.last, g.last) AS last_note,
		coalesce((SELECT sum(d.people) FROM digests AS d WHERE d.object = a.key AND d.kind = CASE WHEN a.type <> 'Group' THEN 'follow' WHEN a.access = 'open' THEN 'member' END), 0)::bigint AS followers,
		(SELECT count(*) FROM edges AS e WHERE e.actor = a.key AND e.kind = 'follow' AND e.accepted) AS following,
		NOT a.local AND NOT EXISTS (SELECT FROM partners AS p WHERE p.host = a.origin AND p.agreement <> '') AS unsigned,
		NOT a.local AND EXISTS (SELECT FROM partners AS p WHERE p.host = a.origin AND p.suspended) AS suspended
		FROM actors AS a
		CROSS JOIN LATERAL (SELECT count(*) AS notes, coalesce(max(n.key), 0) AS last FROM notes AS n
			WHERE n.author = a.key AND n.group_key IS NULL AND n.visibility IN ('public', 'unlisted')) AS w
		LEFT JOIN LATERAL (SELECT count(*) AS notes, max(n.key) AS last FROM notes AS n
			WHERE n.group_key = a.key AND n.admitted) AS g ON a.access = 'open'
		WHERE a.key = ANY ($1::bigint[])`

// ActorCounts are those of these actors, by key.
func (q query) ActorCounts(ctx context.Context, actors ...Key) (map[Key]ActorCounts, error) {
	if len(actors) == 0 {
		return nil, nil
	}
	var rows []ActorCounts
	err := q.list(ctx, &rows, actorCounts, numbers(actors))
	return keyed(rows, func(c ActorCounts) Key { return c.Actor }), err
}

// ActorsByIRI are those with these IRIs, in no order, by IRI.
func (q query) ActorsByIRI(ctx context.Context, iris []activity.ID) (map[activity.ID]Actor, error) {
	if len(iris) == 0 {
		return nil, nil
	}
	as, err := q.actors(ctx, "a.key", 0, "a.iri IN (?)", bun.List(iris))
	return keyed(as, func(a Actor) activity.ID { return a.ID }), err
}

const (
	groupsByKey = "SELECT " + groupColumns + " FROM groups AS g WHERE g.actor = ANY ($1::bigint[])"
	authors     = "SELECT key, author AS value FROM notes WHERE key = ANY ($1::bigint[])"
	edgeIRIs    = "SELECT key, iri AS value FROM edges WHERE key = ANY ($1::bigint[])"
)

// Groups are what we know as the host of these groups, by key.
func (q query) Groups(ctx context.Context, actors []Key) (map[Key]Group, error) {
	if len(actors) == 0 {
		return nil, nil
	}
	var gs []Group
	err := q.list(ctx, &gs, groupsByKey, numbers(actors))
	return keyed(gs, func(g Group) Key { return g.Actor }), err
}

// MemberCounts are how many are in these groups, by key.
func (q query) MemberCounts(ctx context.Context, groups []Key) (map[Key]int, error) {
	return column[int](ctx, q, "SELECT object AS key, sum(people)::bigint AS value FROM digests WHERE kind = 'member' AND object = ANY ($1::bigint[]) GROUP BY object", groups)
}

// column is one value of each of these rows, by key.
func column[V any](ctx context.Context, q query, sql string, keys []Key) (map[Key]V, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	var rows []struct {
		Key   Key
		Value V
	}
	err := q.list(ctx, &rows, sql, numbers(keys))
	found := make(map[Key]V, len(rows))
	for _, r := range rows {
		found[r.Key] = r.Value
	}
	return found, err
}

func keyed[K comparable, V any](vs []V, key func(V) K) map[K]V {
	found := make(map[K]V, len(vs))
	for _, v := range vs {
		found[key(v)] = v
	}
	return found
}

// EdgesBetween are the edges between an actor and others, of every kind and in
// both directions, asked for or accepted.
func (q query) EdgesBetween(ctx context.Context, me Key, others ...Key) ([]Edge, error) {
	var es []Edge
	if len(others) == 0 {
		return es, nil
	}
	err := q.db.NewSelect().Model(&es).
		Where("e.actor = ?0 AND e.object IN (?1) OR e.object = ?0 AND e.actor IN (?1)", me, bun.List(others)).Scan(ctx)
	return es, err
}

// WallFilter leaves things out of a wall.
type WallFilter struct {
	NoReplies bool // answers to others; answers to oneself are a longer post
	NoBoosts  bool
	OnlyMedia bool // boosts and notes without a file
}

// FilteredWall is Wall without what the filter leaves out.
func (s *Store) FilteredWall(ctx context.Context, author Key, f WallFilter, r Reader, p Page) ([]Entry, error) {
	both := `(SELECT key, key AS note, 0 AS booster FROM notes WHERE author = ?0
		UNION ALL SELECT key, object, actor FROM edges WHERE actor = ?0 AND kind = 'boost')`
	b := &binder{}
	q := s.db.NewSelect().TableExpr(both+" AS t", b.bind(int64(author))).Join("JOIN notes AS n ON n.key = t.note").ColumnExpr("t.key, t.booster").Where(byUsable)
	if f.NoBoosts || f.OnlyMedia {
		q = q.Where("t.booster = 0")
	}
	if f.OnlyMedia {
		q = q.Where("jsonb_exists(n.doc, 'attachment')")
	}
	if f.NoReplies {
		q = q.Where("(t.booster <> 0 OR n.reply_iri = '' OR EXISTS (SELECT FROM notes AS p WHERE p.key = n.reply_to AND p.author = n.author))")
	}
	return s.entries(ctx, visible(pagedAs(q, "t.key", p, b), r, b), b, p)
}

// NotificationFilter picks among notifications: only these kinds (nil: all), and
// none of those.
type NotificationFilter struct{ Kinds, Without []string }

// FilteredNotifications are a member's that the filter lets through, newest first.
func (q query) FilteredNotifications(ctx context.Context, member Key, f NotificationFilter, p Page) ([]Notification, error) {
	var ns []Notification
	s := paged(q.db.NewSelect().Model(&ns).Where("nt.member = ?", member), "nt.key", p)
	if len(f.Kinds) > 0 {
		s = s.Where("nt.kind IN (?)", bun.List(f.Kinds))
	}
	if len(f.Without) > 0 {
		s = s.Where("nt.kind NOT IN (?)", bun.List(f.Without))
	}
	err := s.Scan(ctx)
	return newestFirst(ns, p), err
}

// Notification is one of a member's, or NotFound.
func (q query) Notification(ctx context.Context, member, key Key) (Notification, error) {
	var n Notification
	err := q.db.NewSelect().Model(&n).Where("nt.member = ? AND nt.key = ?", member, key).Scan(ctx)
	return one(n, err)
}

// DismissNotification removes one of a member's; key 0 removes all.
func (tx *Tx) DismissNotification(ctx context.Context, member, key Key) error {
	_, err := tx.db.NewRaw("DELETE FROM notifications WHERE member = ?0 AND (?1 = 0 OR key = ?1)", member, key).Exec(ctx)
	return err
}

package store

import "context"

// reachedWays are the followers and memberships that an aim stands for: of each collection
// of ours, and of a group that lives elsewhere.
const reachedWays = `SELECT DISTINCT d.kind, d.object, f.origin FROM actors AS f JOIN digests AS d ON d.object = f.key AND d.kind IN ('follow', 'member') AND d.people > 0
		WHERE f.local AND f.followers <> '' AND f.followers = ANY ($1)
	UNION ALL SELECT DISTINCT d.kind, d.object, a.origin FROM digests AS d JOIN actors AS a ON a.key = $2 AND a.local AND d.origin = a.origin
		WHERE d.object = $3 AND d.kind = 'member' AND d.people > 0`

// way is one of them, and the origin of our own ids.
type way struct {
	kind   string
	object Key
	origin string
}

// Reached is where something must be delivered, and how many people are behind each
// inbox: each inbox once, shared ones first; "" is here. Where it is for those who follow
// one, or are in one group, they are counted by the digests of their hosts; who follows
// two counts once, so several are counted by looking at everybody.
func (q query) Reached(ctx context.Context, aim Aim) (map[string]int, error) {
	var ways []way
	err := q.bound().each(ctx, reachedWays, []any{texts(aim.IDs), int64(aim.Author), int64(aim.Group)}, func(scan func(...any) error) error {
		var w way
		err := scan(&w.kind, (*int64)(&w.object), &w.origin)
		ways = append(ways, w)
		return err
	})
	at := map[string]int{}
	read := func(scan func(...any) error) error {
		var inbox string
		var people int
		err := scan(&inbox, &people)
		at[inbox] = people
		return err
	}
	switch {
	case err != nil:
		return nil, err
	case len(ways) > 1:
		err = q.bound().each(ctx, `SELECT CASE WHEN a.local THEN '' ELSE `+home+` END COLLATE "C", count(*) FILTER (WHERE `+counts+`)
			FROM actors AS a WHERE `+aimed+` GROUP BY 1`, []any{texts(aim.IDs), int64(aim.Author), int64(aim.Group)}, read)
	default:
		ways = append(ways, way{})
		w := ways[0]
		err = q.bound().each(ctx, reachedByHost, []any{texts(aim.IDs), int64(aim.Author), w.kind, int64(w.object), w.origin, w.object == aim.Group}, read)
	}
	return at, err
}

// home is where somebody elsewhere (alias a) is reached.
const home = "(CASE WHEN a.shared_inbox <> '' THEN a.shared_inbox ELSE a.inbox END)"

// reachedByHost counts those who are tied to one by digests: $3 is how, $4 to whom, $5 the
// origin of our ids, and $6 that only ours count. A host whose people are reached at one
// inbox counts as a whole, but for those who are suspended, and for groups and servers,
// which are reached and are no people; another one person by person.
const reachedByHost = `WITH tied AS MATERIALIZED (
		SELECT d.origin, d.people, d.origin = $5 AS ours, low.home AS low, high.home AS high FROM digests AS d
		LEFT JOIN LATERAL (SELECT ` + home + ` COLLATE "C" AS home FROM actors AS a WHERE a.origin = d.origin AND ` + abroad + ` ORDER BY ` + home + ` COLLATE "C" LIMIT 1) AS low ON true
		LEFT JOIN LATERAL (SELECT ` + home + ` COLLATE "C" AS home FROM actors AS a WHERE a.origin = d.origin AND ` + abroad + ` ORDER BY ` + home + ` COLLATE "C" DESC LIMIT 1) AS high ON true
		WHERE d.kind = $3 AND d.object = $4 AND d.people > 0 AND (d.origin = $5 OR NOT $6)),
	whole AS MATERIALIZED (SELECT origin, people, CASE WHEN ours THEN '' ELSE low END COLLATE "C" AS home FROM tied WHERE ours OR low = high),
	odd AS MATERIALIZED (SELECT w.home AS counted, CASE WHEN a.local THEN '' ELSE ` + home + ` END COLLATE "C" AS home, a.suspended_at IS NULL AS usable
		FROM whole AS w JOIN actors AS a ON a.origin = w.origin AND ` + isOdd + ` AND a.deleted_at IS NULL WHERE ` + isTied + `),
	apart AS (SELECT $2 AS key UNION SELECT b.object FROM edges AS b WHERE b.kind = 'block' AND b.actor = $2 UNION SELECT b.actor FROM edges AS b WHERE b.kind = 'block' AND b.object = $2)
	SELECT home, sum(people)::bigint FROM (
		SELECT home, people AS actors, people FROM whole
		UNION ALL SELECT counted, -1, -1 FROM odd
		UNION ALL SELECT home, 1, 0 FROM odd WHERE usable
		UNION ALL SELECT ` + home + ` COLLATE "C", 1, (a.type NOT IN ('Group', 'Application'))::int FROM tied AS t JOIN actors AS a ON a.origin = t.origin AND NOT a.local
			WHERE NOT t.ours AND (t.low = t.high) IS NOT TRUE AND a.deleted_at IS NULL AND a.suspended_at IS NULL AND ` + isTied + `
		UNION ALL SELECT CASE WHEN a.local THEN '' ELSE ` + home + ` END COLLATE "C", 0, -1 FROM apart JOIN actors AS a ON a.key = apart.key
			WHERE a.deleted_at IS NULL AND a.suspended_at IS NULL AND a.type NOT IN ('Group', 'Application') AND (a.local OR NOT $6) AND ` + isTied + `
		UNION ALL SELECT CASE WHEN a.local THEN '' ELSE ` + home + ` END COLLATE "C", 1, (a.type NOT IN ('Group', 'Application') AND NOT EXISTS (SELECT FROM apart WHERE apart.key = a.key))::int
			FROM actors AS a WHERE a.iri = ANY ($1) AND a.deleted_at IS NULL AND a.suspended_at IS NULL AND NOT ((a.local OR NOT $6) AND ` + isTied + `)) AS r
	GROUP BY home HAVING sum(actors) > 0`

// What actors_homes and actors_odd are of, and who is tied to $4: asked of each, since a
// join would begin with all who are.
const (
	abroad = "NOT a.local AND a.deleted_at IS NULL AND a.type NOT IN ('Group', 'Application')"
	isOdd  = "(a.suspended_at IS NOT NULL OR NOT a.local AND a.type IN ('Group', 'Application'))"
	isTied = "(SELECT e.accepted FROM edges AS e WHERE e.kind = $3 AND e.actor = a.key AND e.object = $4) IS TRUE"
)

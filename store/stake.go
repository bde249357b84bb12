package store

import (
	"context"
	"time"
)

// Stake is what people of both companies do together with a host: what is touched when
// a partnership stops.
type Stake struct {
	Ours      []StakeGroup `json:"our_groups"`   // groups here with people of theirs in
	Theirs    []StakeGroup `json:"their_groups"` // groups there with people of ours in
	Elsewhere []StakeGroup `json:"other_groups"` // groups at a third company in which people of both take part
	Followers int          `json:"followers"`    // follows of ours by their people
	Following int          `json:"following"`    // follows of theirs by our people
	Threads   int          `json:"threads"`      // lately, in which people of both have written
	Directs   int          `json:"directs"`      // lately, of messages between people of both
	Waiting   int          `json:"waiting"`      // deliveries to the host
}

// StakeGroup is a group with people of both.
type StakeGroup struct {
	Name   string `json:"name"`   // its handle
	Ours   int    `json:"ours"`   // people of ours in it
	Theirs int    `json:"theirs"` // people of theirs in it, as far as we know
}

// Stake counts what there is with a host; what people say to each other since that time.
func (q query) Stake(ctx context.Context, host string, since time.Time) (s Stake, err error) {
	if s.Ours, err = q.stakeGroups(ctx, host, stakeOurs); err != nil {
		return s, err
	}
	if s.Theirs, err = q.stakeGroups(ctx, host, stakeTheirs); err != nil {
		return s, err
	}
	if s.Elsewhere, err = q.stakeGroups(ctx, host, stakeElsewhere); err != nil {
		return s, err
	}
	err = q.bound().row(ctx, stakeCounts, []any{host, since.UnixMilli() << 16}, &s.Followers, &s.Following, &s.Threads, &s.Directs, &s.Waiting)
	return s, err
}

// they are the people and groups of a host.
const they = "WITH they AS MATERIALIZED (SELECT key FROM actors WHERE origin = $1 AND NOT local AND deleted_at IS NULL)"

// The groups of either side: each with how many of ours and of theirs are in it. Of a group
// at a third company those of theirs are known who have written there.
const (
	stakeOurs = stakeMembers + ` SELECT g.username || '@' || g.host, (` + stakeOfOurs + `), t.people FROM theirs AS t
		JOIN actors AS g ON g.key = t.object AND g.local AND g.deleted_at IS NULL ORDER BY lower(g.username)`
	stakeTheirs = stakeMembers + ` SELECT name, ours, theirs FROM (
			SELECT g.username || '@' || g.host AS name, (` + stakeOfOurs + `) AS ours, coalesce(t.people, 0) AS theirs
			FROM they JOIN actors AS g ON g.key = they.key AND g.type = 'Group' LEFT JOIN theirs AS t ON t.object = g.key) AS found
		WHERE ours > 0 ORDER BY lower(name)`
	stakeElsewhere = they + `, theirs AS (
		SELECT n.group_key AS object, count(DISTINCT n.author) AS people FROM they JOIN notes AS n ON n.author = they.key AND n.group_key IS NOT NULL GROUP BY n.group_key)
		SELECT name, ours, people FROM (SELECT g.username || '@' || g.host AS name, (` + stakeOfOurs + `) AS ours, t.people
			FROM theirs AS t JOIN actors AS g ON g.key = t.object AND NOT g.local AND g.origin <> $1 AND g.deleted_at IS NULL) AS found
		WHERE ours > 0 ORDER BY lower(name)`
	stakeMembers = they + `, theirs AS (
		SELECT e.object, count(*) AS people FROM they JOIN edges AS e ON e.actor = they.key AND e.kind = 'member' AND e.accepted GROUP BY e.object)`
	stakeOfOurs = "SELECT count(*) FROM edges AS e JOIN members AS m ON m.actor = e.actor WHERE e.object = g.key AND e.kind = 'member' AND e.accepted"
)

// stakeCounts goes from their people, by index, to what these follow and have written,
// and reads of direct messages only the latest.
const stakeCounts = they + `,
	wrote AS (SELECT DISTINCT n.thread FROM they AS t JOIN notes AS n ON n.author = t.key AND n.key >= $2 WHERE n.visibility <> 'direct'),
	told AS (
		SELECT n.thread, n.author, unnest(n.addressed) AS reader FROM notes AS n WHERE n.visibility = 'direct' AND n.key >= $2)
SELECT
	(SELECT count(*) FROM they AS t JOIN edges AS e ON e.actor = t.key AND e.kind = 'follow' AND e.accepted JOIN members AS m ON m.actor = e.object),
	(SELECT count(*) FROM they AS t JOIN edges AS e ON e.object = t.key AND e.kind = 'follow' AND e.accepted JOIN members AS m ON m.actor = e.actor),
	(SELECT count(*) FROM wrote AS w WHERE EXISTS (SELECT FROM notes AS n WHERE n.thread = w.thread AND n.key >= $2 AND n.local)),
	(SELECT count(DISTINCT d.thread) FROM told AS d WHERE d.author IN (SELECT key FROM they) AND d.reader IN (SELECT actor FROM members)
		OR d.author IN (SELECT actor FROM members) AND d.reader IN (SELECT key FROM they)),
	(SELECT count(*) FROM parked WHERE host = $1 AND dead_at IS NULL)`

func (q query) stakeGroups(ctx context.Context, host, text string) ([]StakeGroup, error) {
	groups := []StakeGroup{}
	err := q.bound().each(ctx, text, []any{host}, func(scan func(...any) error) error {
		var g StakeGroup
		err := scan(&g.Name, &g.Ours, &g.Theirs)
		groups = append(groups, g)
		return err
	})
	return groups, err
}

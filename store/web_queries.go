package store

import (
	"context"
	"strings"
)

// MemberByLogin is the one with this e-mail address or username, or NotFound. It
// is one query for either, so that its time tells nothing.
func (q query) MemberByLogin(ctx context.Context, login string) (Member, error) {
	return q.member(ctx, `m.actor = (SELECT coalesce(
		(SELECT actor FROM members WHERE lower(email) = ?0),
		(SELECT key FROM actors WHERE local AND lower(username) = ?0)))`, strings.ToLower(strings.TrimSpace(login)))
}

// Company is a host with how many of its people take part in something.
type Company struct {
	Host     string
	People   int
	Unsigned bool // another company, which has signed no agreement with us
}

// Companies are those whose people are in a group, the largest part first, each known by its
// handles. The people are not looked at, which are many, but the digests of each origin; one
// by one are counted only those of an origin with handles of several hosts.
func (q query) Companies(ctx context.Context, group Key) ([]Company, error) {
	var cs []Company
	err := q.list(ctx, &cs, `SELECT c.host, sum(c.people)::bigint AS people, bool_and(c.unsigned) AS unsigned FROM (
			SELECT coalesce(o.host, i.host, d.origin) AS host, coalesce(o.people, d.people) AS people,
				o.host IS NOT NULL AND NOT EXISTS (SELECT FROM partners AS p WHERE p.host = d.origin AND p.agreement <> '') AS unsigned
			FROM digests AS d LEFT JOIN instance AS i ON true
			CROSS JOIN LATERAL (SELECT min(a.host) AS first, max(a.host) AS last FROM actors AS a WHERE a.origin = d.origin AND NOT a.local) AS h
			LEFT JOIN LATERAL (
				SELECT h.first AS host, d.people WHERE h.first = h.last
				UNION ALL SELECT a.host, count(*) FROM edges AS e JOIN actors AS a ON a.key = e.actor
				WHERE h.first <> h.last AND e.kind = 'member' AND e.object = $1 AND e.accepted AND a.origin = d.origin AND NOT a.local GROUP BY a.host
			) AS o ON true
			WHERE d.kind = 'member' AND d.object = $1 AND d.people > 0) AS c
		GROUP BY c.host ORDER BY people DESC, c.host`, int64(group))
	return cs, err
}

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

// Companies are those whose people are in a group, the largest part first. The people are
// not looked at, which are many, but the digests of each host; it is known by the handle
// of somebody who lives there.
func (q query) Companies(ctx context.Context, group Key) ([]Company, error) {
	var cs []Company
	err := q.list(ctx, &cs, `SELECT c.host, sum(c.people)::bigint AS people, bool_and(c.unsigned) AS unsigned FROM (
			SELECT coalesce(a.host, i.host, d.origin) AS host, d.people,
				a.host IS NOT NULL AND NOT EXISTS (SELECT FROM partners AS p WHERE p.host = d.origin AND p.agreement <> '') AS unsigned
			FROM digests AS d LEFT JOIN instance AS i ON true
			LEFT JOIN LATERAL (SELECT a.host FROM actors AS a WHERE a.origin = d.origin AND NOT a.local LIMIT 1) AS a ON true
			WHERE d.kind = 'member' AND d.object = $1 AND d.people > 0) AS c
		GROUP BY c.host ORDER BY people DESC, c.host`, int64(group))
	return cs, err
}

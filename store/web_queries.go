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

// Companies are those whose people are in a group, the largest part first.
func (q query) Companies(ctx context.Context, group Key) ([]Company, error) {
	var cs []Company
	err := q.db.NewRaw(`SELECT a.host, count(*) AS people,
		NOT bool_or(a.local OR EXISTS (SELECT FROM partners AS p WHERE p.host = a.origin AND p.agreement <> '')) AS unsigned FROM edges AS e JOIN actors AS a ON a.key = e.actor
		WHERE e.kind = ? AND e.object = ? AND e.accepted AND a.deleted_at IS NULL
		GROUP BY a.host ORDER BY people DESC, a.host`, Membership, group).Scan(ctx, &cs)
	return cs, err
}

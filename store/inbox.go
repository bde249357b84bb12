package store

import (
	"context"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
)

// Inboxes is where an activity for this audience must be delivered: each inbox
// once, shared ones first. Followers collections of ours stand for those who
// follow, or for the members of a group.
func (q query) Inboxes(ctx context.Context, a activity.Audience) ([]string, error) {
	all := a.All()
	if len(all) == 0 {
		return nil, nil
	}
	var in []string
	err := q.db.NewRaw(`
		SELECT DISTINCT CASE WHEN a.shared_inbox <> '' THEN a.shared_inbox ELSE a.inbox END
		FROM actors AS a
		WHERE NOT a.local AND a.deleted_at IS NULL AND a.suspended_at IS NULL AND (a.iri IN (?0) OR a.key IN (
			SELECT e.actor FROM edges AS e JOIN actors AS f ON f.key = e.object
			WHERE e.kind IN ('follow', 'member') AND e.accepted AND f.local AND f.followers <> '' AND f.followers IN (?0)))`,
		bun.List(all)).Scan(ctx, &in)
	return in, err
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
	var reaches bool
	err := q.db.NewRaw(`SELECT (?4 AND NOT EXISTS (SELECT FROM edges AS b WHERE b.kind = 'block' AND (b.actor = ?3 AND b.object = ?1 OR b.actor = ?1 AND b.object = ?3)))
		OR EXISTS (SELECT FROM actors AS a WHERE `+who+` AND (a.iri IN (?0) OR a.key IN (
			SELECT e.actor FROM edges AS e JOIN actors AS f ON f.key = e.object
			WHERE e.kind IN ('follow', 'member') AND e.accepted AND f.local AND f.followers <> '' AND f.followers IN (?0)))
			AND NOT EXISTS (SELECT FROM edges AS b WHERE b.kind = 'block' AND (b.actor = ?3 AND b.object = a.key OR b.actor = a.key AND b.object = ?3)))`,
		bun.List(append(a.All(), "")), r.Actor, r.Host, by, a.Has(activity.Public)).Scan(ctx, &reaches)
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
	known, err := knownGroup(groups(), r).Count(ctx)
	return known == all, err
}

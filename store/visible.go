package store

import (
	"github.com/uptrace/bun"
)

// Reader is who wants to read: one of our people (Actor), the server of a
// partner on behalf of its people (Host, that of their ids), or, with neither, anybody at all.
type Reader struct {
	Actor Key
	Host  string
}

// visible is the one predicate that decides who may read a note (alias n).
// Every list and every single read of notes goes through it, at read time.
func visible(q *bun.SelectQuery, r Reader) *bun.SelectQuery {
	switch {
	case r.Actor != 0:
		return q.Where(visibleToActor, r.Actor)
	case r.Host != "":
		return q.Where(visibleToHost, r.Host)
	default:
		return q.Where(visibleToAnyone)
	}
}

const visibleToAnyone = `n.visibility IN ('public', 'unlisted') AND (n.group_key IS NULL
	OR n.admitted AND EXISTS (SELECT FROM groups AS g WHERE g.actor = n.group_key AND g.access = 'open' AND '*' = ANY (g.companies)))`

const visibleToActor = `(n.author = ?0 OR ?0 = ANY (n.addressed)
	OR n.group_key IS NULL AND (n.visibility IN ('public', 'unlisted')
		OR n.visibility = 'private' AND EXISTS (SELECT FROM edges AS f WHERE f.kind = 'follow' AND f.actor = ?0 AND f.object = n.author AND f.accepted))
	OR n.group_key IS NOT NULL AND n.admitted AND (n.visibility IN ('public', 'unlisted')
		OR EXISTS (SELECT FROM edges AS f WHERE f.kind = 'member' AND f.actor = ?0 AND f.object = n.group_key AND f.accepted)))
	AND NOT EXISTS (SELECT FROM edges AS b WHERE b.kind = 'block' AND (b.actor = n.author AND b.object = ?0 OR b.actor = ?0 AND b.object = n.author))
	AND NOT EXISTS (SELECT FROM actors AS s WHERE s.key = n.author AND s.suspended_at IS NOT NULL)`

// A partner's server may read what one of its people may: what is addressed to
// one of them, what an author shows to followers there, what is posted in a
// group that its company takes part in.
const visibleToHost = `(EXISTS (SELECT FROM actors AS h WHERE h.origin = ?0 AND NOT h.local AND (h.key = n.author OR h.key = ANY (n.addressed)))
	OR n.group_key IS NULL AND (n.visibility IN ('public', 'unlisted')
		OR n.visibility = 'private' AND EXISTS (SELECT FROM edges AS f JOIN actors AS h ON h.key = f.actor
			WHERE f.kind = 'follow' AND f.object = n.author AND f.accepted AND h.origin = ?0 AND NOT h.local))
	OR n.group_key IS NOT NULL AND n.admitted AND (
		n.visibility IN ('public', 'unlisted') AND NOT EXISTS (SELECT FROM groups AS g WHERE g.actor = n.group_key AND NOT g.companies && ARRAY[?0, '*']
			AND NOT EXISTS (SELECT FROM actors AS h WHERE h.origin = ?0 AND NOT h.local AND h.host = ANY (g.companies)))
		OR EXISTS (SELECT FROM edges AS f JOIN actors AS h ON h.key = f.actor
			WHERE f.kind = 'member' AND f.object = n.group_key AND f.accepted AND h.origin = ?0 AND NOT h.local)))`

package store

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
)

// Reader is who wants to read: one of our people (Actor), somebody of a partner
// (Actor, and Host, that of their id), the server of a partner on behalf of its
// people (Host), or, with neither, anybody at all.
type Reader struct {
	Actor Key
	Host  string

	Groupless bool // of a partner that may not be in groups of ours any more, if it ever was
}

// Reader is an actor as a reader: everybody is judged as the very one they are,
// but for a partner's instance actor, which fetches for all of its people.
func (a Actor) Reader() Reader {
	switch {
	case a.Local:
		return Reader{Actor: a.Key}
	case a.Type == "Application":
		return Reader{Host: a.ID.Host()}
	default:
		return Reader{Actor: a.Key, Host: a.ID.Host()}
	}
}

// IsProgram says that nobody types what it does.
func (a Actor) IsProgram() bool { return a.Type == "Service" || a.Type == "Application" }

// Speaks is for whom an actor does what it does: for itself, or ("") for its server, as
// a server's own actor and a group do.
func (a Actor) Speaks() activity.ID {
	if a.Type == "Application" || a.IsGroup() {
		return ""
	}
	return a.ID
}

// visible is the one predicate that decides who may read a note (alias n).
// Every list and every single read of notes goes through it, at read time.
func visible(q *bun.SelectQuery, r Reader, b *binder) *bun.SelectQuery {
	if r.Groupless {
		q = q.Where("(n.group_key IS NULL OR " + inOpen + ")")
	}
	switch {
	case r.Actor != 0 && r.Host != "":
		return q.Where(visibleToGuest, b.bind(int64(r.Actor)))
	case r.Actor != 0:
		return q.Where(visibleToActor, b.bind(int64(r.Actor)))
	case r.Host != "":
		return q.Where(visibleToHost, b.bind(r.Host))
	default:
		return q.Where(visibleToAnyone)
	}
}

// unsuspended: what somebody wrote who is suspended is hidden from everybody,
// however it comes back (CVE-2026-23961).
const unsuspended = `
	AND NOT EXISTS (SELECT FROM actors AS s WHERE s.key = n.author AND s.suspended_at IS NOT NULL)`

// byUsable is the same for who boosted an entry (alias t).
const byUsable = "NOT EXISTS (SELECT FROM actors AS bo WHERE bo.key = t.booster AND bo.suspended_at IS NOT NULL)"

const visibleToAnyone = `n.visibility IN ('public', 'unlisted') AND (n.group_key IS NULL
	OR n.admitted AND EXISTS (SELECT FROM groups AS g WHERE g.actor = n.group_key AND g.access = 'open' AND '*' = ANY (g.companies)))` + unsuspended

// What is posted in a closed or secret group is for its members, whoever is named in it.
const visibleToActor = `(n.author = ?0 OR ` + named + ` OR ` + waits + ` OR
	n.group_key IS NULL AND (n.visibility IN ('public', 'unlisted') OR ` + follows + `)
	OR n.group_key IS NOT NULL AND n.admitted AND (n.visibility IN ('public', 'unlisted') AND ` + inOpen + ` OR ` + takesPart + `))
	AND ` + atPeace

// Somebody of a partner reads what one of us would in their place, and of a
// group what its host lets their company see: nothing once it does not take it any more,
// though they may be members until they are dismissed. A group reads what is posted in it.
const visibleToGuest = `(n.author = ?0 OR n.group_key = ?0 OR ` + named + ` OR
	n.group_key IS NULL AND (n.visibility IN ('public', 'unlisted') OR ` + follows + `)
	OR n.group_key IS NOT NULL AND n.admitted AND NOT EXISTS (SELECT FROM groups AS g WHERE g.actor = n.group_key AND NOT ` + takesGuest + `)
		AND (` + takesPart + ` OR n.visibility IN ('public', 'unlisted') AND ` + inOpen + `
			AND NOT EXISTS (SELECT FROM edges AS b WHERE b.kind = 'ban' AND b.actor = ?0 AND b.object = n.group_key)))
	AND ` + atPeace

// What follows, takesPart and atPeace say of the actor ?0 and the note n. The first two
// are null where there is no edge: for EXISTS the planner reads all edges of the actor.
const (
	named     = `(?0 = ANY (n.addressed) AND (n.group_key IS NULL OR ` + inOpen + `))`
	follows   = `n.visibility = 'private' AND (SELECT f.accepted FROM edges AS f WHERE f.kind = 'follow' AND f.actor = ?0 AND f.object = n.author)`
	takesPart = `(SELECT f.accepted FROM edges AS f WHERE f.kind = 'member' AND f.actor = ?0 AND f.object = n.group_key)`
	atPeace   = `NOT EXISTS (SELECT FROM edges AS b WHERE b.kind = 'block' AND (b.actor = n.author AND b.object = ?0 OR b.actor = ?0 AND b.object = n.author))` + unsuspended
)

// outsideIs, a reader and outsideEnd: the reader is not in the shut group of the note n. Who
// has left one reads what they wrote in it, and nothing of what has become of that.
const (
	outsideIs = `(n.group_key IS NOT NULL AND NOT coalesce(` + inOpen + `, false)
	AND NOT coalesce((SELECT f.accepted FROM edges AS f WHERE f.kind = 'member' AND f.object = n.group_key AND f.actor = `
	outsideEnd = `), false))`
)

// waits: the note n waits for a moderator, who ?0 is.
const waits = `n.group_key IS NOT NULL AND NOT n.admitted AND EXISTS (SELECT FROM edges AS w JOIN edges AS m ON m.kind = 'moderator' AND m.object = w.actor
	WHERE w.kind = 'unread' AND w.actor = n.group_key AND w.object = n.key AND m.actor = ?0)`

// inOpen: the group of the note n is open, here or elsewhere.
const inOpen = `(SELECT o.access = 'open' FROM actors AS o WHERE o.key = n.group_key)`

// Whom a group (alias g) takes, or would if it were asked: the company of the actor ?0,
// the host ?0.
const (
	takesGuest = `(g.companies && ARRAY['*', (SELECT h.origin FROM actors AS h WHERE h.key = ?0), (SELECT h.host FROM actors AS h WHERE h.key = ?0)])`
	takesHost  = `((g.companies && ARRAY['*', ?0]
		OR EXISTS (SELECT FROM actors AS h WHERE h.origin = ?0 AND NOT h.local AND h.host = ANY (g.companies))))`
)

// A partner's server may read what one of its people may: what is addressed to
// one of them, what an author shows to followers there, what is posted in a
// group that its company takes part in.
const visibleToHost = `(EXISTS (SELECT FROM actors AS h WHERE ` + oneOfThem + ` AND (h.key = n.author OR h.key = n.group_key
		OR h.key = ANY (n.addressed) AND (n.group_key IS NULL OR ` + inOpen + `)))
	OR n.group_key IS NULL AND (n.visibility IN ('public', 'unlisted')
		OR n.visibility = 'private' AND EXISTS (SELECT FROM edges AS f JOIN actors AS h ON h.key = f.actor
			WHERE f.kind = 'follow' AND f.object = n.author AND f.accepted AND ` + oneOfThem + `))
	OR n.group_key IS NOT NULL AND n.admitted AND NOT EXISTS (SELECT FROM groups AS g WHERE g.actor = n.group_key AND NOT ` + takesHost + `) AND (
		n.visibility IN ('public', 'unlisted') AND ` + inOpen + `
		OR EXISTS (SELECT FROM edges AS f JOIN actors AS h ON h.key = f.actor
			WHERE f.kind = 'member' AND f.object = n.group_key AND f.accepted AND ` + oneOfThem + `)))` + unsuspended

// A company takes out of a group what some of its people may read there: all of it
// where it is the host. The group is ?0.
const visibleToOurs = `n.group_key = ?0 AND n.admitted AND (EXISTS (SELECT FROM groups AS g WHERE g.actor = ?0)
	OR n.visibility IN ('public', 'unlisted') AND ` + inOpen + `
	OR EXISTS (SELECT FROM edges AS f JOIN members AS m ON m.actor = f.actor WHERE f.kind = 'member' AND f.object = ?0 AND f.accepted))` + unsuspended

// oneOfThem is somebody (alias h) of the host ?0 who is welcome to the author of n.
const oneOfThem = `h.origin = ?0 AND NOT h.local AND h.suspended_at IS NULL AND h.deleted_at IS NULL
	AND NOT EXISTS (SELECT FROM edges AS b WHERE b.kind = 'block' AND (b.actor = n.author AND b.object = h.key OR b.actor = h.key AND b.object = n.author))`

// known is the one predicate that decides who may know that an actor (alias a)
// exists: a person whom neither has blocked, a group that takes their company and is
// not secret, or that they are in or invited to.
func known(q *bun.SelectQuery, r Reader) *bun.SelectQuery {
	if r.Actor != 0 {
		q = q.Where(`NOT EXISTS (SELECT FROM edges AS b WHERE b.kind = 'block' AND (b.actor = a.key AND b.object = ?0 OR b.actor = ?0 AND b.object = a.key))`, r.Actor)
	}
	return knownGroup(q, r, nil)
}

func knownGroup(q *bun.SelectQuery, r Reader, b *binder) *bun.SelectQuery {
	if r.Groupless {
		q = q.Where("(a.type <> 'Group' OR a.access <> 'secret')")
	}
	switch {
	case r.Actor != 0 && r.Host != "":
		return q.Where(knownToGuest, b.bind(int64(r.Actor)))
	case r.Actor != 0:
		return q.Where(knownToActor, b.bind(int64(r.Actor)))
	case r.Host != "":
		return q.Where(knownToHost, b.bind(r.Host))
	default:
		return q.Where(knownToAnyone)
	}
}

const knownToAnyone = `(a.type <> 'Group' OR EXISTS (SELECT FROM groups AS g WHERE g.actor = a.key AND g.access <> 'secret' AND '*' = ANY (g.companies)))`

// A company's groups may be known to its people, and so may those of others that they
// have met, but for secret ones that they are not in, nor in what goes on as them.
const knownToActor = `(a.type <> 'Group' OR a.access <> 'secret' OR EXISTS (SELECT FROM edges AS f WHERE f.kind IN ('member', 'invite') AND f.actor = ?0 AND f.object = a.key)
	OR EXISTS (SELECT FROM moves AS mv JOIN edges AS f ON f.kind = 'member' AND f.actor = ?0 AND f.object = mv.actor AND f.accepted WHERE mv.target = a.key))`

const knownToGuest = `(a.type <> 'Group' OR EXISTS (SELECT FROM edges AS f WHERE ` + belongs + ` AND f.actor = ?0)
		AND NOT EXISTS (SELECT FROM groups AS g WHERE g.actor = a.key AND NOT ` + takesGuest + `)
	OR EXISTS (SELECT FROM expected AS x JOIN actors AS h ON h.iri = x.iri WHERE x.group_key = a.key AND h.key = ?0 AND x.role <> 'ban')
	OR EXISTS (SELECT FROM groups AS g WHERE g.actor = a.key AND g.access <> 'secret' AND ` + takesGuest + `)
		AND NOT EXISTS (SELECT FROM edges AS b WHERE b.kind = 'ban' AND b.actor = ?0 AND b.object = a.key))`

const knownToHost = `(a.type <> 'Group' OR EXISTS (SELECT FROM groups AS g WHERE g.actor = a.key AND g.access <> 'secret' AND ` + takesHost + `)
	OR EXISTS (SELECT FROM edges AS f JOIN actors AS h ON h.key = f.actor
		WHERE ` + belongs + ` AND h.origin = ?0 AND NOT h.local) AND NOT EXISTS (SELECT FROM groups AS g WHERE g.actor = a.key AND NOT ` + takesHost + `)
	OR EXISTS (SELECT FROM expected AS x WHERE x.group_key = a.key AND x.host = ?0 AND x.role <> 'ban'))`

// ActorsFor is ActorsByKey for the eyes of one of ours: a secret group that they are not in
// (any more) is Nameless.
func (q query) ActorsFor(ctx context.Context, me Key, keys ...Key) (map[Key]Actor, error) {
	found, err := q.ActorsByKey(ctx, keys...)
	var secret, known []Key
	for key, a := range found {
		if a.Access() == activity.AccessSecret {
			secret = append(secret, key)
		}
	}
	if err != nil || len(secret) == 0 {
		return found, err
	}
	among := q.db.NewSelect().Model((*actorRow)(nil)).Column("key").Where("a.key IN (?)", bun.List(secret))
	if err := knownGroup(among, Reader{Actor: me}, nil).Scan(ctx, &known); err != nil {
		return nil, err
	}
	for _, key := range secret {
		if !slices.Contains(known, key) {
			found[key] = found[key].Nameless()
		}
	}
	return found, nil
}

// Nameless is a secret group as who has left it may remember it: by its address, which never
// changes. Others are as they are.
func (a Actor) Nameless() Actor {
	if a.Access() == activity.AccessSecret {
		a.Name, a.Summary, a.Icon, a.Image, a.Streams = "", "", nil, nil, nil
	}
	return a
}

// belongs: the edge f joins somebody to the group a, as a member or by an invitation.
const belongs = `f.kind IN ('member', 'invite') AND f.object = a.key AND f.accepted`

// seated: the company of h, who the edge f ties to a group, has not been taken off it.
const seated = `(h.local OR NOT EXISTS (SELECT FROM groups AS g WHERE g.actor = f.object AND NOT g.companies && ARRAY['*', h.origin, h.host]))`

// Belongs says whether a reader, or somebody of the server that reads, is in a group,
// invited to it, or expected in it.
func (q query) Belongs(ctx context.Context, group Key, r Reader) (belongs bool, err error) {
	if r.Groupless {
		return false, nil
	}
	b := &binder{}
	in := q.tied(r, group, b).Where("f.kind IN ('member', 'invite') AND (f.accepted OR f.kind = 'invite')")
	expected := q.db.NewSelect().TableExpr("expected AS x").Where("x.group_key = $1 AND x.role <> 'ban'")
	if r.Actor != 0 {
		expected = expected.Where("x.iri = (SELECT iri FROM actors WHERE key = $2)")
	} else {
		expected = expected.Where("x.host = $2")
	}
	err = q.bound().row(ctx, built(q.db.NewSelect().ColumnExpr("EXISTS (?) OR EXISTS (?)", in, expected)), b.args, &belongs)
	return belongs, err
}

// tied are the edges f that tie a reader ($2), or somebody of the server that reads, to a
// group ($1). They are two questions: a plan for both reads all members.
func (q query) tied(r Reader, group Key, b *binder) *bun.SelectQuery {
	s := q.db.NewSelect().TableExpr("edges AS f").Join("JOIN actors AS h ON h.key = f.actor").Where("f.object = ?", b.bind(int64(group))).Where(seated)
	if r.Actor != 0 {
		return s.Where("f.actor = ?", b.bind(int64(r.Actor)))
	}
	return s.Where("h.origin = ? AND NOT h.local", b.bind(r.Host))
}

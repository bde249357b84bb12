package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// The kinds of edges. A kind that needs more than a small detail has earned a
// table of its own.
const (
	Follow     = "follow"    // actor follows actor
	Membership = "member"    // actor is in group
	Like       = "like"      // actor likes note
	Boost      = "boost"     // actor announces note
	Block      = "block"     // actor blocks actor
	Feature    = "feature"   // actor pins note to its profile
	Moderator  = "moderator" // actor moderates group
	Ban        = "ban"       // actor is kept out of group
	Owner      = "owner"     // actor owns group; and moderates it
	Invitation = "invite"    // actor is invited to group, until they have answered
	Unread     = "unread"    // group has not yet taken note in: by the activities that brought it
	Answer     = "answer"    // actor, a note, is answered by note
	Lock       = "lock"      // actor, who wrote note or is its group, has it answered by nobody
)

// Edge is who did what to which. Object is a note or an actor.
type Edge struct {
	bun.BaseModel `bun:"table:edges,alias:e"`

	Key       Key
	Kind      string          `bun:",pk"`
	Actor     Key             `bun:",pk"`
	Object    Key             `bun:",pk"`
	Accepted  bool            // false: asked for, not yet granted
	IRI       activity.ID     `bun:"iri"`    // the activity that made it: the latest
	Earlier   []string        `bun:",array"` // those before it that would have made it too, and are not taken back
	Detail    json.RawMessage `bun:"type:jsonb,nullzero"`
	CreatedAt time.Time
}

// StandsFor says whether this activity made it, alone or among others.
func (e Edge) StandsFor(iri activity.ID) bool {
	return iri != "" && (e.IRI == iri || slices.Contains(e.Earlier, string(iri)))
}

// MadeBy are the activities that it stands for, the latest first; "" where none is known.
func (e Edge) MadeBy() activity.IDs {
	ids := activity.IDs{e.IRI}
	for _, id := range e.Earlier {
		ids = append(ids, activity.ID(id))
	}
	return ids
}

// orAgain is how an edge that is there is written once more: see PutEdge.
const orAgain = ` ON CONFLICT (kind, actor, object) DO UPDATE SET accepted = e.accepted OR EXCLUDED.accepted,
	iri = CASE WHEN EXCLUDED.iri = '' THEN e.iri ELSE EXCLUDED.iri END,
	earlier = CASE WHEN EXCLUDED.iri IN ('', e.iri) OR e.iri = '' THEN e.earlier ELSE (array_prepend(e.iri, array_remove(e.earlier, EXCLUDED.iri)))`

// PutEdge writes an edge and reports whether it is new. One that is there
// keeps its key, and remembers limits.Repeats activities that made it before; it may
// turn accepted, never back.
func (tx *Tx) PutEdge(ctx context.Context, e Edge) (bool, error) {
	if e.Key == 0 {
		e.Key = NewKey(tx.Now)
	}
	e.CreatedAt = tx.Now
	tx.unmake()
	var isNew bool
	err := tx.bound().row(ctx, "INSERT INTO edges AS e (key, kind, actor, object, accepted, iri, detail, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"+
		orAgain+"[:$9] END RETURNING xmax = 0", []any{int64(e.Key), e.Kind, int64(e.Actor), int64(e.Object), e.Accepted, string(e.IRI),
		sql.NullString{String: string(e.Detail), Valid: len(e.Detail) > 0}, e.CreatedAt, limits.Repeats}, &isNew)
	if err == nil && isNew && e.IRI != "" && tx.seen != nil {
		tx.seen.edges[e.IRI] = e
	}
	return isNew, err
}

// Welcome writes the accepted follow of somebody elsewhere, as PutEdge does: with others, and
// later, where that is possible.
func (tx *Tx) Welcome(ctx context.Context, e Edge) error {
	if !tx.together || tx.seen == nil || e.IRI == "" || len(e.Detail) > 0 {
		_, err := tx.PutEdge(ctx, e)
		return err
	}
	same := func(o Edge) bool { return o.Kind == e.Kind && o.Actor == e.Actor && o.Object == e.Object }
	if slices.ContainsFunc(tx.later.edges, same) {
		if err := tx.settle(ctx); err != nil {
			return err
		}
	}
	e.Key, e.CreatedAt = NewKey(tx.Now), tx.Now
	tx.later.edges = append(tx.later.edges, e)
	tx.seen.edges[e.IRI] = e
	return nil
}

func (tx *Tx) welcomeTogether(ctx context.Context, es []Edge) error {
	if len(es) == 0 {
		return nil
	}
	_, err := tx.bound().exec(ctx, `INSERT INTO edges AS e (key, kind, actor, object, accepted, iri, created_at)
		SELECT key, kind, actor, object, true, iri, $6 FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::text[]) AS n (key, kind, actor, object, iri)`+
		orAgain+"[:$7] END", numbers(each(es, func(e Edge) Key { return e.Key })), each(es, func(e Edge) string { return e.Kind }),
		numbers(each(es, func(e Edge) Key { return e.Actor })), numbers(each(es, func(e Edge) Key { return e.Object })),
		each(es, func(e Edge) string { return string(e.IRI) }), tx.Now, limits.Repeats)
	return err
}

// unmake forgets the edges that this transaction has made: one may be another from now on.
func (tx *Tx) unmake() {
	if tx.seen != nil {
		clear(tx.seen.edges)
	}
}

// CutEdge removes an edge and reports whether it was there, also one that was frozen.
func (tx *Tx) CutEdge(ctx context.Context, kind string, actor, object Key) (bool, error) {
	return changed(tx.db.NewRaw("DELETE FROM edges WHERE kind IN (?, ?) AND actor = ? AND object = ?", kind, Frozen(kind), actor, object).Exec(ctx))
}

// CutEdgeByKey removes the edge with this key, with what it put on timelines.
func (tx *Tx) CutEdgeByKey(ctx context.Context, key Key) error {
	_, err := tx.db.NewRaw(`DELETE FROM timeline AS t USING edges AS e
		WHERE e.key = ?0 AND e.kind = 'boost' AND t.note = e.object AND t.key = e.key`, key).Exec(ctx)
	if err != nil {
		return err
	}
	_, err = tx.db.NewRaw("DELETE FROM edges WHERE key = ?", key).Exec(ctx)
	return err
}

// Withdraw takes one of the activities that an edge stands for out of it, and with the
// last of them cuts it.
func (tx *Tx) Withdraw(ctx context.Context, e Edge, iri activity.ID) error {
	others := texts(slices.DeleteFunc(e.MadeBy(), func(id activity.ID) bool { return id == iri }))
	if len(others) == 0 {
		return tx.CutEdgeByKey(ctx, e.Key)
	}
	tx.unmake()
	_, err := tx.bound().exec(ctx, "UPDATE edges SET iri = $1, earlier = $2 WHERE key = $3", others[0], others[1:], int64(e.Key))
	return err
}

// Accept turns a requested edge into an accepted one and reports whether it was
// not one before.
func (tx *Tx) Accept(ctx context.Context, kind string, actor, object Key) (bool, error) {
	tx.unmake()
	return changed(tx.bound().exec(ctx, "UPDATE edges SET accepted = true WHERE kind = $1 AND actor = $2 AND object = $3 AND NOT accepted", kind, int64(actor), int64(object)))
}

// ApproveEdge keeps the leave that was given to what made an edge.
func (tx *Tx) ApproveEdge(ctx context.Context, key Key, stamp activity.ID) error {
	_, err := tx.db.NewRaw("UPDATE edges SET detail = coalesce(detail, '{}') || jsonb_build_object('approvedBy', ?0::text) WHERE key = ?1", stamp, key).Exec(ctx)
	return err
}

// Edge is the one between two, or NotFound.
func (q query) Edge(ctx context.Context, kind string, actor, object Key) (Edge, error) {
	var es []Edge
	err := q.list(ctx, &es, "SELECT "+edgeColumns+" FROM edges AS e WHERE e.kind = $1 AND e.actor = $2 AND e.object = $3", kind, int64(actor), int64(object))
	return first(es, err)
}

// edgeColumns are all of them, by name: see noteColumns.
const edgeColumns = "e.key, e.kind, e.actor, e.object, e.accepted, e.iri, e.earlier, e.detail, e.created_at"

// HasEdge says whether there is an accepted edge between two.
func (q query) HasEdge(ctx context.Context, kind string, actor, object Key) (bool, error) {
	var has bool
	err := q.bound().row(ctx, "SELECT EXISTS (SELECT FROM edges WHERE kind = $1 AND actor = $2 AND object = $3 AND accepted)", []any{kind, int64(actor), int64(object)}, &has)
	return has, err
}

// EdgesToward are those of these kinds from one actor to another, by kind.
func (q query) EdgesToward(ctx context.Context, actor, object Key, kinds ...string) (map[string]Edge, error) {
	var es []Edge
	err := q.list(ctx, &es, "SELECT "+edgeColumns+" FROM edges AS e WHERE e.kind = ANY ($1) AND e.actor = $2 AND e.object = $3", kinds, int64(actor), int64(object))
	return keyed(es, func(e Edge) string { return e.Kind }), err
}

// Blocked says whether either of two has blocked the other.
func (q query) Blocked(ctx context.Context, a, b Key) (is bool, err error) {
	err = q.aside().row(ctx, `SELECT EXISTS (SELECT FROM edges WHERE kind = 'block' AND accepted
		AND (actor, object) IN (($1, $2), ($2, $1)))`, []any{int64(a), int64(b)}, &is)
	return is, err
}

// IsLocked says whether a note, or what it answers, however far up, is locked.
func (q query) IsLocked(ctx context.Context, note Key) (is bool, err error) {
	err = q.bound().row(ctx, `WITH RECURSIVE up AS (SELECT key, reply_to FROM notes WHERE key = $1 UNION SELECT n.key, n.reply_to FROM notes AS n JOIN up ON n.key = up.reply_to)
		SELECT EXISTS (SELECT FROM edges AS e JOIN up ON e.object = up.key WHERE e.kind = 'lock')`, []any{int64(note)}, &is)
	return is, err
}

// EdgeByIRI is the one that this activity made, alone or among others, or NotFound.
func (q query) EdgeByIRI(ctx context.Context, iri activity.ID) (Edge, error) {
	if iri == "" {
		return Edge{}, activity.ErrNotFound()
	}
	var es []Edge
	err := q.list(ctx, &es, `SELECT `+edgeColumns+` FROM edges AS e
		WHERE e.iri = $1 AND e.iri <> '' OR e.earlier @> ARRAY[$1::text] AND e.earlier <> '{}' LIMIT 1`, string(iri))
	return first(es, err)
}

// EdgeByKey is the one with this key, or NotFound.
func (q query) EdgeByKey(ctx context.Context, key Key) (Edge, error) {
	var e Edge
	err := q.db.NewSelect().Model(&e).Where("e.key = ?", key).Scan(ctx)
	return one(e, err)
}

// EdgesFrom are the accepted edges of one kind that leave an actor.
func (q query) EdgesFrom(ctx context.Context, kind string, actor Key, p Page) ([]Edge, error) {
	return q.edges(ctx, "e.kind = ? AND e.actor = ? AND e.accepted", p, kind, actor)
}

// EdgesTo are the accepted edges of one kind that point at something.
func (q query) EdgesTo(ctx context.Context, kind string, object Key, p Page) ([]Edge, error) {
	return q.edges(ctx, "e.kind = ? AND e.object = ? AND e.accepted", p, kind, object)
}

// Requests are the edges of one kind that wait for an answer.
func (q query) Requests(ctx context.Context, kind string, object Key, p Page) ([]Edge, error) {
	return q.edges(ctx, "e.kind = ? AND e.object = ? AND NOT e.accepted", p, kind, object)
}

func (q query) edges(ctx context.Context, where string, p Page, args ...any) ([]Edge, error) {
	var es []Edge
	b, places := &binder{}, []any{}
	for _, arg := range args {
		places = append(places, b.bind(arg))
	}
	s := q.db.NewSelect().TableExpr("edges AS e").ColumnExpr(edgeColumns).Where(where, places...)
	err := q.list(ctx, &es, built(pagedAs(s, "e.key", p, b)), b.args...)
	return newestFirst(es, p), err
}

// CountFrom and CountTo count the accepted edges of one kind.
func (q query) CountFrom(ctx context.Context, kind string, actor Key) (int, error) {
	var n int
	counted := q.db.NewSelect().TableExpr("edges").ColumnExpr("count(*)").Where("kind = ? AND actor = ? AND accepted", kind, bun.Safe("$1")) // one plan each kind: some have an index
	err := q.bound().row(ctx, built(counted), []any{int64(actor)}, &n)
	return n, err
}

// CountTo counts the accepted edges of one kind that point at something: of followers and
// members by the digests of their hosts.
func (q query) CountTo(ctx context.Context, kind string, object Key) (int, error) {
	var n int
	if kind == Follow || kind == Membership {
		err := q.bound().row(ctx, "SELECT coalesce(sum(people), 0)::bigint FROM digests WHERE kind = $1 AND object = $2", []any{kind, int64(object)}, &n)
		return n, err
	}
	err := q.bound().row(ctx, "SELECT count(*) FROM edges WHERE kind = $1 AND object = $2 AND accepted", []any{kind, int64(object)}, &n)
	return n, err
}

// Circle is those on the other end of an actor's accepted edges of one kind, as
// far as their ids are on one origin: what the server of a company may list of
// the followers of somebody elsewhere.
type Circle struct {
	Kind   string
	Of     Key
	Out    bool // those whom Of follows, not those who follow Of
	Origin string
}

// Neighbour is one of a circle: the edge's key, and who it is.
type Neighbour struct {
	Key Key
	IRI activity.ID `bun:"iri"`
}

// Circle is one page of it, newest first.
func (q query) Circle(ctx context.Context, c Circle, p Page) ([]Neighbour, error) {
	var ns []Neighbour
	err := paged(q.circle(c).ColumnExpr("e.key, a.iri"), "e.key", p).Scan(ctx, &ns)
	return newestFirst(ns, p), err
}

// CountCircle counts them.
func (q query) CountCircle(ctx context.Context, c Circle) (int, error) {
	n, err := q.circle(c).Count(ctx)
	return int(n), err
}

func (q query) circle(c Circle) *bun.SelectQuery {
	s := q.db.NewSelect().TableExpr("edges AS e").Where("e.kind = ? AND e.accepted", c.Kind)
	if c.Out {
		s = s.Join("JOIN actors AS a ON a.key = e.object").Where("e.actor = ?", c.Of)
	} else {
		s = s.Join("JOIN actors AS a ON a.key = e.actor").Where("e.object = ?", c.Of)
	}
	return s.Where("a.origin = ? AND a.deleted_at IS NULL", c.Origin)
}

// Ties are what an actor follows, is in, has asked to or is invited to: oldest first.
func (q query) Ties(ctx context.Context, actor Key) (objects []Key, err error) {
	err = q.bound().each(ctx, "SELECT object FROM edges WHERE actor = $1 AND kind IN ('follow', 'member', 'invite') GROUP BY object ORDER BY min(key)", []any{int64(actor)},
		func(scan func(...any) error) error {
			var key Key
			err := scan(&key)
			objects = append(objects, key)
			return err
		})
	return objects, err
}

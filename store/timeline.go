package store

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/uptrace/bun"

	"entente.example/entente/activity/limits"
)

// Entry is one line of a timeline: a note, or somebody's boost of one.
type Entry struct {
	Key     Key // of the note, or of the boost
	Note    Note
	Booster Key // 0: not a boost
}

type entryRow struct {
	Key     Key
	Note    Key
	Booster Key
}

// Home is what a member of ours sees at home, newest first.
func (s *Store) Home(ctx context.Context, reader Key, p Page) ([]Entry, error) {
	b := &binder{}
	me := b.bind(int64(reader))
	home := s.db.NewSelect().TableExpr("timeline AS t").Join("JOIN notes AS n ON n.key = t.note").
		ColumnExpr("t.key, coalesce(t.booster, 0)").ColumnExpr(shownColumns).Where("t.reader = ?", me).Where(byUsable)
	home = pagedAs(home, "t.key", p, b).Where(visibleToActor, me)
	var es []Entry
	err := s.together(ctx, ask{built(home), b.args, func(scan func(...any) error) error {
		var e Entry
		var r noteRow
		var doc pgtype.DriverBytes // not copied, since most often it is known
		err := scan(&e.Key, &e.Booster, &r.Key, &r.Author, &r.Local, &r.ReplyTo, &r.Thread, &r.GroupKey, &r.Admitted, &r.Visibility, &r.Addressed, &doc)
		r.Doc = json.RawMessage(doc)
		e.Note = s.recalled.note(r)
		es = append(es, e)
		return err
	}})
	return newestFirst(es, p), err
}

// shownColumns are those of a note that it is shown from.
const shownColumns = `n.key, n.author, n.local, coalesce(n.reply_to, 0), n.thread, coalesce(n.group_key, 0), n.admitted, n.visibility, n.addressed, n.doc`

// Wall is what an actor wrote and boosted, as far as the reader may see it.
func (q query) Wall(ctx context.Context, author Key, r Reader, p Page) ([]Entry, error) {
	both := `(SELECT key, key AS note, 0 AS booster FROM notes WHERE author = ?0
		UNION ALL SELECT key, object, actor FROM edges WHERE actor = ?0 AND kind = 'boost')`
	s := q.db.NewSelect().TableExpr(both+" AS t", author).Join("JOIN notes AS n ON n.key = t.note").ColumnExpr("t.key, t.note, t.booster").Where(byUsable)
	return q.entries(ctx, visible(paged(s, "t.key", p), r), r, p)
}

// GroupWall is what was posted in a group, answers left out.
func (q query) GroupWall(ctx context.Context, group Key, r Reader, p Page) ([]Entry, error) {
	s := q.db.NewSelect().TableExpr("notes AS n").ColumnExpr("n.key, n.key AS note, 0 AS booster").
		Where("n.group_key = ? AND n.admitted AND n.reply_to IS NULL", group)
	return q.entries(ctx, visible(paged(s, "n.key", p), r), r, p)
}

// PublicWall is every public post outside groups; local: only our own people's.
func (q query) PublicWall(ctx context.Context, local bool, r Reader, p Page) ([]Entry, error) {
	s := q.db.NewSelect().TableExpr("notes AS n").ColumnExpr("n.key, n.key AS note, 0 AS booster").
		Where("n.visibility = 'public' AND n.group_key IS NULL AND n.reply_to IS NULL")
	if local {
		s = s.Where("n.local")
	}
	return q.entries(ctx, visible(paged(s, "n.key", p), r), r, p)
}

// TagWall is what bears a hashtag (lower case, without #) and the reader may see.
func (q query) TagWall(ctx context.Context, tag string, r Reader, p Page) ([]Entry, error) {
	s := q.db.NewSelect().TableExpr("notes AS n").ColumnExpr("n.key, n.key AS note, 0 AS booster").
		Where("n.hashtags <> '{}' AND n.hashtags @> ARRAY[?]", tag)
	return q.entries(ctx, visible(paged(s, "n.key", p), r), r, p)
}

func (q query) entries(ctx context.Context, s *bun.SelectQuery, r Reader, p Page) ([]Entry, error) {
	var rows []entryRow
	if err := s.Scan(ctx, &rows); err != nil {
		return nil, err
	}
	notes, err := q.VisibleNotes(ctx, each(rows, func(r entryRow) Key { return r.Note }), r)
	var es []Entry
	for _, row := range newestFirst(rows, p) {
		if n, ok := notes[row.Note]; ok {
			es = append(es, Entry{row.Key, n, row.Booster})
		}
	}
	return es, err
}

// FanBoost puts a boost on the timelines of our people who follow the booster
// and do not have the note already.
func (tx *Tx) FanBoost(ctx context.Context, boost Edge) error {
	_, err := tx.db.NewRaw(`INSERT INTO timeline (reader, key, note, booster)
		SELECT e.actor, ?0, ?1, ?2 FROM edges AS e JOIN members AS m ON m.actor = e.actor
		WHERE e.kind = 'follow' AND e.object = ?2 AND e.accepted
			AND NOT EXISTS (SELECT FROM timeline AS t WHERE t.note = ?1 AND t.reader = e.actor)
		ON CONFLICT DO NOTHING`, boost.Key, boost.Object, boost.Actor).Exec(ctx)
	return err
}

// CatchUp puts on a follower's or member's timeline what has come since the
// request that e is: a post easily overtakes the Accept that was sent before it.
func (tx *Tx) CatchUp(ctx context.Context, e Edge) error {
	from := "n.author = $3 AND n.group_key IS NULL AND n.visibility <> 'direct' AND n.reply_to IS NULL"
	if e.Kind == Membership {
		from = "n.group_key = $3 AND n.admitted"
	}
	_, err := tx.bound().exec(ctx, `INSERT INTO timeline (reader, key, note)
		SELECT m.actor, n.key, n.key FROM members AS m, notes AS n
		WHERE m.actor = $1 AND n.key > $2 AND `+from+`
		ORDER BY n.key DESC LIMIT $4 ON CONFLICT DO NOTHING`, int64(e.Actor), int64(NewKey(e.Key.Time().Add(-limits.CatchUpSkew))), int64(e.Object), limits.CatchUp)
	return err
}

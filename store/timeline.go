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

// unboosted are the first columns of an entry that is a note itself.
const unboosted = "n.key, 0"

// Home is what a member of ours sees at home, newest first.
func (s *Store) Home(ctx context.Context, reader Key, p Page) ([]Entry, error) {
	b := &binder{}
	me := b.bind(int64(reader))
	q := s.db.NewSelect().TableExpr("timeline AS t").Join("JOIN notes AS n ON n.key = t.note").
		ColumnExpr("t.key, coalesce(t.booster, 0)").Where("t.reader = ?", me).Where(byUsable)
	return s.entries(ctx, pagedAs(q, "t.key", p, b).Where(visibleToActor, me), b, p)
}

// shownColumns are those of a note that it is shown from.
const shownColumns = `n.key, n.author, n.local, coalesce(n.reply_to, 0), n.thread, coalesce(n.group_key, 0), n.admitted, n.visibility, n.addressed, n.doc`

// entries reads what a query finds that selects the key and the booster of each entry, and
// decides who may see its note n.
func (s *Store) entries(ctx context.Context, q *bun.SelectQuery, b *binder, p Page) ([]Entry, error) {
	var es []Entry
	err := s.together(ctx, ask{built(q.ColumnExpr(shownColumns)), b.args, func(scan func(...any) error) error {
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

// Wall is what an actor wrote and boosted, as far as the reader may see it.
func (s *Store) Wall(ctx context.Context, author Key, r Reader, p Page) ([]Entry, error) {
	return s.FilteredWall(ctx, author, WallFilter{}, r, p)
}

// GroupWall is what was posted in a group, answers left out.
func (s *Store) GroupWall(ctx context.Context, group Key, r Reader, p Page) ([]Entry, error) {
	b := &binder{}
	return s.wall(ctx, r, p, b, "n.group_key = ? AND n.admitted AND n.reply_to IS NULL", b.bind(int64(group)))
}

// PublicWall is every public post outside groups; local: only our own people's.
func (s *Store) PublicWall(ctx context.Context, local bool, r Reader, p Page) ([]Entry, error) {
	where := "n.visibility = 'public' AND n.group_key IS NULL AND n.reply_to IS NULL"
	if local {
		where += " AND n.local"
	}
	return s.wall(ctx, r, p, &binder{}, where)
}

// TagWall is what bears a hashtag (lower case, without #) and the reader may see.
func (s *Store) TagWall(ctx context.Context, tag string, r Reader, p Page) ([]Entry, error) {
	b := &binder{}
	return s.wall(ctx, r, p, b, "n.hashtags <> '{}' AND n.hashtags @> ARRAY[?::text]", b.bind(tag))
}

// wall is the notes that a condition finds.
func (s *Store) wall(ctx context.Context, r Reader, p Page, b *binder, where string, args ...any) ([]Entry, error) {
	q := s.db.NewSelect().TableExpr("notes AS n").ColumnExpr(unboosted).Where(where, args...)
	return s.entries(ctx, visible(pagedAs(q, "n.key", p, b), r, b), b, p)
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

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

// Note is something that somebody wrote: the document, and what we know besides.
type Note struct {
	activity.Note
	Key        Key
	AuthorKey  Key
	Local      bool
	ReplyTo    Key  // 0: answers nothing, or nothing that we have
	ThreadKey  Key  // the first note of its thread that we have
	GroupKey   Key  // 0: in no group
	Admitted   bool // the group has announced it
	Visibility activity.Visibility
	Addressed  []Key // people and groups addressed by name
}

type noteRow struct {
	bun.BaseModel `bun:"table:notes,alias:n"`

	Key         Key         `bun:",pk"`
	IRI         activity.ID `bun:"iri"`
	Author      Key
	Local       bool
	ReplyTo     Key         `bun:",nullzero"`
	ReplyIRI    activity.ID `bun:"reply_iri"`
	Thread      Key
	GroupKey    Key `bun:",nullzero"`
	Admitted    bool
	Visibility  activity.Visibility
	Addressed   []Key           `bun:",array"`
	Hashtags    []string        `bun:",array"`
	URL         string          `bun:"url"`
	Doc         json.RawMessage `bun:"type:jsonb"`
	PublishedAt time.Time
	UpdatedAt   bun.NullTime
}

// noteColumns are all of them, by name: a query that is planned once must not change
// its columns when the table gets another.
const noteColumns = `n.key, n.iri, n.author, n.local, n.reply_to, n.reply_iri, n.thread, n.group_key, n.admitted, n.visibility,
	n.addressed, n.hashtags, n.url, n.doc, n.published_at, n.updated_at`

// note reads a row.
func (r noteRow) note() Note {
	var doc activity.Note
	_ = json.Unmarshal(r.Doc, &doc) // we wrote it ourselves
	return r.as(doc)
}

// as is a row whose document has been read.
func (r noteRow) as(doc activity.Note) Note {
	return Note{Note: doc, Key: r.Key, AuthorKey: r.Author, Local: r.Local, ReplyTo: r.ReplyTo, ThreadKey: r.Thread,
		GroupKey: r.GroupKey, Admitted: r.Admitted, Visibility: r.Visibility, Addressed: r.Addressed}
}

func newNoteRow(n Note) (noteRow, error) {
	doc, err := json.Marshal(n.Note)
	r := noteRow{Key: n.Key, IRI: n.ID, Author: n.AuthorKey, Local: n.Local, ReplyTo: n.ReplyTo, ReplyIRI: n.InReplyTo.First(),
		Thread: n.ThreadKey, GroupKey: n.GroupKey, Admitted: n.Admitted, Visibility: n.Visibility, Addressed: n.Addressed,
		Doc: doc, PublishedAt: n.Published.Time, UpdatedAt: bun.NullTime{Time: n.Updated.Time}}
	if len(n.URL) > 0 {
		r.URL = string(n.URL[0])
	}
	r.Hashtags = n.Hashtags()
	if r.Addressed == nil {
		r.Addressed = []Key{}
	}
	return r, err
}

// notes are those of a query that is built with bound arguments.
func (q query) notes(ctx context.Context, build func(*bun.SelectQuery, *binder) *bun.SelectQuery) ([]Note, error) {
	var rows []noteRow
	b := &binder{}
	err := q.list(ctx, &rows, built(build(q.db.NewSelect().TableExpr("notes AS n").ColumnExpr(noteColumns), b)), b.args...)
	return each(rows, noteRow.note), err
}

func (q query) note(ctx context.Context, build func(*bun.SelectQuery, *binder) *bun.SelectQuery) (Note, error) {
	return first(q.notes(ctx, build))
}

// Note is the one with this IRI whoever may see it, or NotFound. For handlers;
// what answers a reader uses VisibleNote.
func (q query) Note(ctx context.Context, iri activity.ID) (Note, error) {
	if iri == "" { // none, which is no question
		return Note{}, activity.ErrNotFound()
	}
	return q.boundNote(ctx, "WHERE n.iri = $1", string(iri))
}

// NoteByKey is the same by key.
func (q query) NoteByKey(ctx context.Context, key Key) (Note, error) {
	if key == 0 {
		return Note{}, activity.ErrNotFound()
	}
	return q.boundNote(ctx, "WHERE n.key = $1", int64(key))
}

// HasNote says whether there is a note here, whoever may see it. Its answer takes the
// same time either way, as that of Note does not.
func (q query) HasNote(ctx context.Context, iri activity.ID) (has bool, err error) {
	err = q.bound().row(ctx, "SELECT EXISTS (SELECT FROM notes WHERE iri = $1)", []any{string(iri)}, &has)
	return has, err
}

// boundNotes is notes for what is asked most often: rest goes on behind FROM.
func (q query) boundNotes(ctx context.Context, rest string, args ...any) ([]Note, error) {
	var rows []noteRow
	err := q.list(ctx, &rows, "SELECT "+noteColumns+" FROM notes AS n "+rest, args...)
	return each(rows, noteRow.note), err
}

func (q query) boundNote(ctx context.Context, rest string, arg any) (Note, error) {
	return first(q.boundNotes(ctx, rest, arg))
}

// VisibleNote is the one with this key if the reader may see it, else NotFound.
func (q query) VisibleNote(ctx context.Context, key Key, r Reader) (Note, error) {
	return q.note(ctx, func(s *bun.SelectQuery, b *binder) *bun.SelectQuery {
		return visible(s.Where("n.key = ?", b.bind(int64(key))), r, b)
	})
}

// VisibleNoteByIRI finds it by id or by the page where people read it.
func (q query) VisibleNoteByIRI(ctx context.Context, iri activity.ID, r Reader) (Note, error) {
	return q.note(ctx, func(s *bun.SelectQuery, b *binder) *bun.SelectQuery {
		this := b.bind(string(iri))
		return visible(s.Where("(n.iri = ?0 OR n.url <> '' AND n.url = ?0)", this).OrderExpr("n.iri = ? DESC", this).Limit(1), r, b)
	})
}

// VisibleNotes are those with these keys that the reader may see, by key.
func (q query) VisibleNotes(ctx context.Context, keys []Key, r Reader) (map[Key]Note, error) {
	found := map[Key]Note{}
	if len(keys) == 0 {
		return found, nil
	}
	ns, err := q.notes(ctx, func(s *bun.SelectQuery, b *binder) *bun.SelectQuery {
		return visible(s.Where("n.key = ANY (?::bigint[])", b.bind(numbers(keys))), r, b)
	})
	for _, n := range ns {
		found[n.Key] = n
	}
	return found, err
}

// Thread are the notes of one thread that the reader may see, oldest first, at
// most limits.ThreadShown.
func (q query) Thread(ctx context.Context, thread Key, r Reader) ([]Note, error) {
	return q.notes(ctx, func(s *bun.SelectQuery, b *binder) *bun.SelectQuery {
		return visible(s.Where("n.thread = ?", b.bind(int64(thread))).Where(attached, b.bind(int64(r.Actor))), r, b).OrderExpr("n.key").Limit(limits.ThreadShown)
	})
}

// WholeThread are the notes of one thread whoever may see them, oldest first, at
// most limits.ThreadShown. For jobs; what answers a reader uses Thread.
func (q query) WholeThread(ctx context.Context, thread Key) ([]Note, error) {
	return q.notes(ctx, func(s *bun.SelectQuery, b *binder) *bun.SelectQuery {
		return s.Where("n.thread = ?", b.bind(int64(thread))).OrderExpr("n.key").Limit(limits.ThreadShown)
	})
}

// Concerns says whether one of our people has to do with a note: follows its
// author, is in its group, is addressed by it, or has written in its thread.
func (q query) Concerns(ctx context.Context, n Note) (bool, error) {
	var does bool
	err := q.db.NewRaw(`SELECT EXISTS (SELECT FROM notes WHERE thread = ?0 AND local)
		OR EXISTS (SELECT FROM members WHERE actor IN (?1))
		OR EXISTS (SELECT FROM edges AS e JOIN members AS m ON m.actor = e.actor
			WHERE e.kind IN ('follow', 'member') AND e.object IN (?2, ?3) AND e.accepted)`,
		n.ThreadKey, bun.List(append([]Key{0}, n.Addressed...)), n.AuthorKey, n.GroupKey).Scan(ctx, &does)
	return does, err
}

// Replies are the direct answers to a note that the reader may see, oldest first.
func (q query) Replies(ctx context.Context, to Key, r Reader, p Page) ([]Note, error) {
	return q.notes(ctx, func(s *bun.SelectQuery, b *binder) *bun.SelectQuery {
		return visible(pagedAs(s.Where("n.reply_to = ?", b.bind(int64(to))).Where(attached, b.bind(int64(r.Actor))), "n.key", p, b), r, b)
	})
}

// PutNote writes a note; one that is there already (by IRI) is left as it is.
// It reports whether it was new. Answers that came before it are tied to it, to what is
// in a group as resolve.Place would.
func (tx *Tx) PutNote(ctx context.Context, n Note) (bool, error) {
	r, err := newNoteRow(n)
	if err != nil {
		return false, err
	}
	if tx.putOffNote(r, n.Quote.ID) {
		delete(tx.seen.notes, n.ID)
		return true, nil
	}
	var isNew, tied bool
	err = tx.bound().row(ctx, `WITH new AS (INSERT INTO notes (key, iri, author, local, reply_to, reply_iri, thread, group_key, admitted, visibility, addressed, hashtags, url, doc, published_at, updated_at)
			VALUES ($1, $2, $3, $4, nullif($5::bigint, 0), $6, $7, nullif($8::bigint, 0), $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT (iri) DO NOTHING RETURNING key),
		tied AS (UPDATE notes SET thread = $7, reply_to = CASE WHEN reply_iri = $2 THEN $1 ELSE reply_to END
			WHERE EXISTS (SELECT FROM new) AND thread IN (SELECT thread FROM notes AS a WHERE reply_to IS NULL AND reply_iri = $2 AND reply_iri <> '' AND thread <> $7
				AND ($8::bigint IN (0, a.group_key) OR $10 IN ('public', 'unlisted')
					AND EXISTS (SELECT FROM (SELECT $8::bigint AS around, a.author AS who) AS h WHERE `+hears+`)) LIMIT $17) RETURNING 1)
		SELECT EXISTS (SELECT FROM new), EXISTS (SELECT FROM tied)`,
		[]any{int64(r.Key), string(r.IRI), int64(r.Author), r.Local, int64(r.ReplyTo), string(r.ReplyIRI), int64(r.Thread), int64(r.GroupKey), r.Admitted, string(r.Visibility),
			numbers(r.Addressed), r.Hashtags, r.URL, string(r.Doc), r.PublishedAt, sql.NullTime{Time: r.UpdatedAt.Time, Valid: !r.UpdatedAt.IsZero()}, limits.ThreadShown}, &isNew, &tied)
	if tied {
		tx.forget()
	} else if tx.seen != nil {
		delete(tx.seen.notes, n.ID)
	}
	if err != nil || !isNew || n.Quote.ID == "" {
		return isNew, err
	}
	return true, tx.keepQuote(ctx, n)
}

// Admit says that the group of a note has taken it in; group is set where the
// author left it out.
func (tx *Tx) Admit(ctx context.Context, note, group Key) error {
	tx.forgetNote(note)
	_, err := tx.bound().exec(ctx, "UPDATE notes SET admitted = true, group_key = $2 WHERE key = $1", int64(note), int64(group))
	return err
}

// Expel takes a note out of its group again: it stays its author's.
func (tx *Tx) Expel(ctx context.Context, note Key) error {
	if _, err := tx.db.NewRaw("UPDATE notes SET admitted = false WHERE key = ?", note).Exec(ctx); err != nil {
		return err
	}
	_, err := tx.db.NewRaw("DELETE FROM timeline AS t USING notes AS n WHERE n.key = ?0 AND t.note = ?0 AND t.reader <> n.author", note).Exec(ctx)
	return err
}

// TakeOut takes a note out of its group that was never only for it: who follows its author
// keeps it.
func (tx *Tx) TakeOut(ctx context.Context, note Key) error {
	if _, err := tx.db.NewRaw("UPDATE notes SET admitted = false, group_key = NULL WHERE key = ?", note).Exec(ctx); err != nil {
		return err
	}
	_, err := tx.db.NewRaw(`DELETE FROM timeline AS t USING notes AS n WHERE n.key = ?0 AND t.note = ?0 AND t.reader <> n.author
		AND NOT EXISTS (SELECT FROM edges AS f WHERE f.kind = 'follow' AND f.actor = t.reader AND f.object = n.author AND f.accepted)`, note).Exec(ctx)
	return err
}

// DeleteNote removes a note with its likes, boosts, notifications and places on
// timelines. Answers to it stay, as answers to something that is gone.
func (tx *Tx) DeleteNote(ctx context.Context, key Key) error {
	for _, q := range []string{
		`UPDATE tombstones AS t SET open = true FROM notes AS n
			WHERE n.key = ? AND t.iri = n.iri AND n.visibility IN ('public', 'unlisted') AND n.group_key IS NULL`,
		forgetSaid + "n.key = ?",
		"DELETE FROM edges WHERE object = ?",
		"DELETE FROM edges WHERE kind = 'answer' AND actor = ?",
		"UPDATE media SET note = NULL, loose_at = now() WHERE note = ?", // to be posted anew, or swept
		"UPDATE notes SET reply_to = NULL WHERE reply_to = ?",
		"DELETE FROM notes WHERE key = ?",
	} {
		if _, err := tx.db.NewRaw(q, key).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Counts are what is shown beside a note.
type Counts struct {
	Note    Key
	Likes   int
	Boosts  int
	Replies int
	Quotes  int  // with leave
	Reacted bool // by anybody: see Reactions
	Liked   bool // by the reader
	Boosted bool
	Outside bool // the reader is not in the shut group that it is in: nothing is counted
}

func (c *Counts) columns() []any {
	return []any{&c.Note, &c.Likes, &c.Boosts, &c.Replies, &c.Quotes, &c.Reacted, &c.Liked, &c.Boosted, &c.Outside}
}

// within are the counts for who is in the group, none for others.
func (c Counts) within() Counts {
	if c.Outside {
		return Counts{Note: c.Note, Outside: true}
	}
	return c
}

// noteCounts looks for the reader's own like or boost only where somebody has liked or
// boosted. OFFSET 0 keeps the planner from counting once for each use.
const noteCounts = `SELECT n.key AS note, e.likes, e.boosts,
		(SELECT count(*) FROM notes AS r WHERE r.reply_to = n.key AND (r.author = $1 OR $1 = ANY (r.addressed)
			OR r.group_key IS NULL AND r.visibility IN ('public', 'unlisted') OR r.admitted AND r.group_key = n.group_key)) AS replies,
		(SELECT count(*) FROM quotes AS q WHERE q.target = n.key AND q.state = 'accepted') AS quotes,
		EXISTS (SELECT FROM reactions AS x WHERE x.note = n.key) AS reacted,
		e.likes > 0 AND coalesce((SELECT true FROM edges AS e WHERE e.kind = 'like' AND e.actor = $1 AND e.object = n.key), false) AS liked,
		e.boosts > 0 AND coalesce((SELECT true FROM edges AS e WHERE e.kind = 'boost' AND e.actor = $1 AND e.object = n.key), false) AS boosted,
		` + outsideIs + "$1" + outsideEnd + ` AS outside
		FROM notes AS n CROSS JOIN LATERAL (
			SELECT (SELECT count(*) FROM edges AS e WHERE e.object = n.key AND e.kind = 'like') AS likes,
				(SELECT count(*) FROM edges AS e WHERE e.object = n.key AND e.kind = 'boost') AS boosts OFFSET 0) AS e
		WHERE n.key = ANY ($2::bigint[])`

// Counts are those of these notes, by key; Liked and Boosted are me's. Answers between
// others are not counted: the number would tell that there are some.
func (q query) Counts(ctx context.Context, me Key, notes ...Key) (map[Key]Counts, error) {
	found := map[Key]Counts{}
	if len(notes) == 0 {
		return found, nil
	}
	var rows []Counts
	err := q.list(ctx, &rows, noteCounts, int64(me), numbers(notes))
	for _, c := range rows {
		found[c.Note] = c.within()
	}
	return found, err
}

// IsOutside says whether a reader is not in the shut group that a note is in: see Counts.
func (q query) IsOutside(ctx context.Context, me Key, n Note) (bool, error) {
	if n.GroupKey == 0 {
		return false, nil
	}
	found, err := q.Counts(ctx, me, n.Key)
	return found[n.Key].Outside, err
}

// Bare is a note without what others have made of it: for who is outside of its group.
func (n Note) Bare() Note {
	n.Topic, n.Voters = activity.Topic{}, 0
	n.OneOf, n.AnyOf = uncounted(n.OneOf), uncounted(n.AnyOf)
	return n
}

func uncounted(options activity.List[activity.PollOption]) activity.List[activity.PollOption] {
	bare := slices.Clone(options) // a note that was read may be shared
	for i := range bare {
		bare[i].Replies.Total = 0
	}
	return bare
}

// CountNotes counts what an actor wrote, or what a group has taken in, and the
// reader may see.
func (q query) CountNotes(ctx context.Context, of Key, r Reader) (int, error) {
	b := &binder{}
	return q.countNotes(ctx, visible(q.db.NewSelect().TableExpr("notes AS n").Where("(n.author = ?0 OR n.group_key = ?0 AND n.admitted)", b.bind(int64(of))), r, b), b)
}

// countNotes counts what a query with bound arguments finds.
func (q query) countNotes(ctx context.Context, s *bun.SelectQuery, b *binder) (n int, err error) {
	err = q.bound().row(ctx, built(s.ColumnExpr("count(*)")), b.args, &n)
	return n, err
}

// In is the group that has taken the note in, 0: none has.
func (n Note) In() Key {
	if !n.Admitted {
		return 0
	}
	return n.GroupKey
}

// Addresses says whether an actor is addressed by name.
func (n Note) Addresses(actor Key) bool { return slices.Contains(n.Addressed, actor) }

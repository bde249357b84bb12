package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// later is what a transaction has still to write: what many activities bring alike, in one
// statement for each table. It is written before anything else is asked or written, so that
// nobody can tell that it was not there yet, and before the end.
type later struct {
	records []Recorded
	notes   []noteRow
	shown   []Key // those of notes that go to their authors' followers
	jobs    []Job
	edges   []Edge
	err     error // why it could not be written
}

func (l later) isEmpty() bool { return len(l.records)+len(l.notes)+len(l.jobs)+len(l.edges) == 0 }

// WriteTogether lets this transaction put off what it may. When something turns out to be
// there already, against what was foreseen, all of it fails, and what it does has to be
// tried apart, without this.
func (tx *Tx) WriteTogether() { tx.together = true }

// putOff keeps an activity for later that is known to be new: whoever could bring it
// meanwhile waits for its lock, and ours are made here.
func (tx *Tx) putOff(r Recorded) bool {
	if !tx.together || tx.seen == nil {
		return false
	}
	known, asked := tx.seen.recorded[r.IRI]
	if known || !asked && !r.Local {
		return false
	}
	tx.later.records = append(tx.later.records, r)
	return true
}

// putOffNote is the same for a post that answers, quotes and joins nothing.
func (tx *Tx) putOffNote(r noteRow, quote activity.ID) bool {
	if !tx.together || tx.seen == nil || r.Local || r.ReplyIRI != "" || r.ReplyTo != 0 || r.GroupKey != 0 || quote != "" {
		return false
	}
	known, asked := tx.seen.notes[r.IRI]
	if known != nil || !asked || slices.ContainsFunc(r.Hashtags, func(tag string) bool { return strings.Contains(tag, "\n") }) {
		return false
	}
	tx.later.notes = append(tx.later.notes, r)
	return true
}

// putOffShowing is for a note that is still to be written: it is shown with the others.
func (tx *Tx) putOffShowing(note Key) bool {
	if !slices.ContainsFunc(tx.later.notes, func(r noteRow) bool { return r.Key == note }) {
		return false
	}
	tx.later.shown = append(tx.later.shown, note)
	return true
}

// settle writes what was put off.
func (tx *Tx) settle(ctx context.Context) error {
	now := tx.later
	if now.err != nil || now.isEmpty() {
		return now.err
	}
	tx.later = later{}
	tx.later.err = tx.write(ctx, now)
	return tx.later.err
}

func (tx *Tx) write(ctx context.Context, now later) error {
	if err := tx.welcomeTogether(ctx, now.edges); err != nil {
		return err
	}
	if err := tx.recordTogether(ctx, now.records); err != nil {
		return err
	}
	if len(now.notes) > 0 {
		if err := tx.putTogether(ctx, now.notes); err != nil {
			return err
		}
		if err := tx.showTogether(ctx, now); err != nil {
			return err
		}
	}
	return tx.promise(ctx, now.jobs)
}

// errApart is temporary: see WriteTogether.
func errApart() error {
	return activity.Refuse(activity.Later, "came_twice", "this has come by another way at the same moment")
}

func (tx *Tx) recordTogether(ctx context.Context, rs []Recorded) error {
	if len(rs) == 0 {
		return nil
	}
	done, err := tx.bound().exec(ctx, `INSERT INTO activities (key, iri, type, actor, local, outcome, raw, created_at, note, about)
		SELECT key, iri, type, nullif(actor, 0), local, outcome, raw, $10, nullif(note, 0), about
		FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::boolean[], $6::text[], $7::text[], $8::bigint[], $9::text[])
			AS r (key, iri, type, actor, local, outcome, raw, note, about) ON CONFLICT (iri) DO NOTHING`,
		numbers(each(rs, func(r Recorded) Key { return r.Key })), each(rs, func(r Recorded) string { return string(r.IRI) }), each(rs, func(r Recorded) string { return r.Type }),
		numbers(each(rs, func(r Recorded) Key { return r.Actor })), each(rs, func(r Recorded) bool { return r.Local }), each(rs, func(r Recorded) string { return r.Outcome }),
		each(rs, func(r Recorded) string { return string(r.Raw) }), numbers(each(rs, func(r Recorded) Key { return r.Note })), each(rs, func(r Recorded) string { return string(r.About) }), tx.Now)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || int(n) != len(rs) {
		return cmp.Or(err, errApart())
	}
	return nil
}

// putTogether writes notes, and ties the answers to them that came before.
func (tx *Tx) putTogether(ctx context.Context, rs []noteRow) error {
	var written int
	var awaited string
	err := tx.bound().row(ctx, `WITH new AS (INSERT INTO notes (key, iri, author, local, reply_iri, thread, admitted, visibility, addressed, hashtags, url, doc, published_at, updated_at)
			SELECT key, iri, author, false, '', thread, admitted, visibility, addressed::bigint[], string_to_array(hashtags, E'\n'), url, doc::jsonb, published_at, updated_at
			FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::boolean[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::timestamptz[], $12::timestamptz[])
				AS n (key, iri, author, thread, admitted, visibility, addressed, hashtags, url, doc, published_at, updated_at)
			ON CONFLICT (iri) DO NOTHING RETURNING key)
		SELECT (SELECT count(*) FROM new),
			array_to_string(ARRAY(SELECT DISTINCT reply_iri FROM notes WHERE reply_to IS NULL AND reply_iri = ANY ($2) AND reply_iri <> ''), ' ')`,
		[]any{
			numbers(each(rs, func(r noteRow) Key { return r.Key })), each(rs, func(r noteRow) string { return string(r.IRI) }), numbers(each(rs, func(r noteRow) Key { return r.Author })),
			numbers(each(rs, func(r noteRow) Key { return r.Thread })), each(rs, func(r noteRow) bool { return r.Admitted }), each(rs, func(r noteRow) string { return string(r.Visibility) }),
			each(rs, func(r noteRow) string { return "{" + strings.Join(each(r.Addressed, Key.String), ",") + "}" }), each(rs, func(r noteRow) string { return strings.Join(r.Hashtags, "\n") }),
			each(rs, func(r noteRow) string { return r.URL }), each(rs, func(r noteRow) string { return string(r.Doc) }), each(rs, func(r noteRow) time.Time { return r.PublishedAt }),
			each(rs, func(r noteRow) sql.NullTime {
				return sql.NullTime{Time: r.UpdatedAt.Time, Valid: !r.UpdatedAt.IsZero()}
			}),
		}, &written, &awaited)
	if err != nil {
		return err
	}
	if written != len(rs) {
		return errApart()
	}
	for _, iri := range strings.Fields(awaited) {
		at := slices.IndexFunc(rs, func(r noteRow) bool { return string(r.IRI) == iri })
		if err := tx.tie(ctx, rs[at]); err != nil {
			return err
		}
	}
	return nil
}

// tie ties the answers to a note that came before it.
func (tx *Tx) tie(ctx context.Context, r noteRow) error {
	tx.forget()
	_, err := tx.bound().exec(ctx, `UPDATE notes SET thread = $3, reply_to = CASE WHEN reply_iri = $2 THEN $1 ELSE reply_to END
		WHERE thread IN (SELECT thread FROM notes WHERE reply_to IS NULL AND reply_iri = $2 AND reply_iri <> '' AND thread <> $3 LIMIT $4)`,
		int64(r.Key), string(r.IRI), int64(r.Thread), limits.ThreadShown)
	return err
}

// showTogether is show for the followers of the authors of notes that answer nothing.
func (tx *Tx) showTogether(ctx context.Context, l later) error {
	rs := slices.DeleteFunc(l.notes, func(r noteRow) bool { return !slices.Contains(l.shown, r.Key) })
	if len(rs) == 0 {
		return nil
	}
	authors := numbers(each(rs, func(r noteRow) Key { return r.Author }))
	if err := tx.awaitAnswers(ctx, Follow, authors...); err != nil {
		return err
	}
	var rest []Job
	err := tx.bound().each(ctx, `WITH page AS (SELECT w.note, w.author, e.actor, e.key FROM unnest($1::bigint[], $2::bigint[]) AS w (note, author)
			CROSS JOIN LATERAL (SELECT e.actor, e.key FROM edges AS e JOIN members AS m ON m.actor = e.actor
				WHERE e.kind = 'follow' AND e.object = w.author AND e.accepted ORDER BY e.key DESC LIMIT $3) AS e),
		shown AS (INSERT INTO timeline (reader, key, note) SELECT actor, note, note FROM page ON CONFLICT DO NOTHING)
		SELECT note, author, min(key) FROM page GROUP BY note, author HAVING count(*) = $3`,
		[]any{numbers(each(rs, func(r noteRow) Key { return r.Key })), authors, shownAtOnce}, func(scan func(...any) error) error {
			s := Show{Edges: Follow}
			err := scan(&s.Note, &s.Of, &s.Before)
			rest = append(rest, s)
			return err
		})
	if err != nil {
		return err
	}
	return tx.promise(ctx, rest)
}

// settling are the statements of a transaction, before each of which it settles.
type settling struct {
	*sql.Tx
	tx *Tx
}

func (s settling) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := s.tx.settle(ctx); err != nil {
		return nil, err
	}
	return s.Tx.QueryContext(ctx, query, args...)
}

func (s settling) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := s.tx.settle(ctx); err != nil {
		return nil, err
	}
	return s.Tx.ExecContext(ctx, query, args...)
}

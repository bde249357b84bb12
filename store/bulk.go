package store

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Bulk writes rows by the hundred thousand, with COPY, for data sets that are
// generated: no trigger and no foreign key looks at them, so what is written must
// be right by itself. What triggers keep beside the rows is made at the end, and
// is the same.
type Bulk struct {
	tx  pgx.Tx
	now time.Time
}

// InBulk runs fn in one transaction: all of it is there afterwards, or nothing. With
// anew the indexes of the large tables are dropped before and built afterwards, which
// pays from some hundred thousand rows on. The user of the database must be a
// superuser, as in a private server.
func (s *Store) InBulk(ctx context.Context, anew bool, fn func(*Bulk) error) error {
	conn, err := s.bun.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(driver any) error {
		return pgx.BeginFunc(ctx, driver.(*stdlib.Conn).Conn(), func(tx pgx.Tx) error {
			b := &Bulk{tx: tx, now: time.Now().UTC().Truncate(time.Microsecond)}
			if err := b.begin(ctx, anew); err != nil {
				return err
			}
			if err := fn(b); err != nil {
				return err
			}
			return b.end(ctx, anew)
		})
	})
}

func (b *Bulk) begin(ctx context.Context, anew bool) error {
	if _, err := b.tx.Exec(ctx, "SET LOCAL session_replication_role = replica"); err != nil {
		return fmt.Errorf("only a superuser of the database can write in bulk: %w", err)
	}
	if !anew {
		return nil
	}
	_, err := b.tx.Exec(ctx, dropIndexes)
	return err
}

func (b *Bulk) end(ctx context.Context, anew bool) error {
	if anew {
		if _, err := b.tx.Exec(ctx, buildIndexes); err != nil {
			return err
		}
	}
	for _, q := range []string{
		"DELETE FROM digests",
		`INSERT INTO digests WITH a AS MATERIALIZED (SELECT key, origin, digest_of(iri) AS digest FROM actors)
			SELECT e.kind, e.object, a.origin, bit_xor(a.digest), count(*) FROM edges AS e JOIN a ON a.key = e.actor
			WHERE e.accepted AND e.kind IN ('follow', 'member') GROUP BY 1, 2, 3`,
		`INSERT INTO secrets SELECT actor, pem FROM keys WHERE kind = 'rsa' AND key_id LIKE '%#main-key' ON CONFLICT DO NOTHING`,
	} {
		if _, err := b.tx.Exec(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// Indexes that a foreign key leans on stay: nothing else could take their place.
const (
	dropIndexes = `DO $$
DECLARE r record;
BEGIN
	CREATE TEMP TABLE bulk_indexes ON COMMIT DROP AS
		SELECT c.relname AS of, i.relname AS name, k.conname AS rule,
			CASE WHEN k.oid IS NULL THEN pg_get_indexdef(i.oid) ELSE format('ALTER TABLE %I ADD CONSTRAINT %I %s', c.relname, k.conname, pg_get_constraintdef(k.oid)) END AS made
		FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid JOIN pg_class AS c ON c.oid = x.indrelid
			LEFT JOIN pg_constraint AS k ON k.conindid = x.indexrelid AND k.contype IN ('p', 'u')
		WHERE c.relnamespace = current_schema()::regnamespace AND c.relname IN ('actors', 'notes', 'timeline', 'edges')
			AND NOT EXISTS (SELECT FROM pg_constraint AS f WHERE f.contype = 'f' AND f.conindid = x.indexrelid);
	FOR r IN SELECT * FROM bulk_indexes LOOP
		IF r.rule IS NULL THEN
			EXECUTE format('DROP INDEX %I', r.name);
		ELSE
			EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', r.of, r.rule);
		END IF;
	END LOOP;
END $$`
	buildIndexes = `DO $$
DECLARE r record;
BEGIN
	SET LOCAL maintenance_work_mem = '512MB';
	FOR r IN SELECT * FROM bulk_indexes ORDER BY of, rule IS NULL LOOP
		EXECUTE r.made;
	END LOOP;
END $$`
)

// IsEmpty says whether nobody has written or done anything here yet.
func (q query) IsEmpty(ctx context.Context) (bool, error) {
	var is bool
	err := q.db.NewRaw(`SELECT NOT EXISTS (SELECT FROM notes) AND NOT EXISTS (SELECT FROM edges)
		AND NOT EXISTS (SELECT FROM members) AND NOT EXISTS (SELECT FROM actors WHERE type <> 'Application')`).Scan(ctx, &is)
	return is, err
}

// Refresh brings what the planner knows of the tables up to date, as autovacuum does
// in time.
func (s *Store) Refresh(ctx context.Context) error {
	_, err := s.bun.ExecContext(ctx, "VACUUM ANALYZE")
	return err
}

// copyRows writes what rows gives, in the order of columns.
func copyRows[T any](ctx context.Context, b *Bulk, table string, columns []string, rows iter.Seq[T], row func(T) ([]any, error)) error {
	next, stop := iter.Pull(rows)
	defer stop()
	_, err := b.tx.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromFunc(func() ([]any, error) {
		v, ok := next()
		if !ok {
			return nil, nil
		}
		return row(v)
	}))
	return err
}

// Actors adds actors with keys of their own.
func (b *Bulk) Actors(ctx context.Context, actors iter.Seq[Actor]) error {
	return copyRows(ctx, b, "actors", []string{"key", "iri", "host", "origin", "username", "type", "local", "inbox", "shared_inbox", "followers", "url", "key_ids", "doc", "fetched_at"},
		actors, func(a Actor) ([]any, error) {
			r, err := newActorRow(a)
			return []any{int64(r.Key), string(r.IRI), r.Host, r.Origin, r.Username, r.Type, r.Local, r.Inbox, r.SharedInbox, string(r.Followers), r.URL, r.KeyIDs, r.Doc, b.now}, err
		})
}

// Members makes actors people of ours.
func (b *Bulk) Members(ctx context.Context, members iter.Seq[Member]) error {
	return copyRows(ctx, b, "members", []string{"actor", "email", "created_at"}, members, func(m Member) ([]any, error) {
		return []any{int64(m.Actor), m.Email, b.now}, nil
	})
}

// Secrets adds keys of actors of ours.
func (b *Bulk) Secrets(ctx context.Context, secrets iter.Seq[Secret]) error {
	return copyRows(ctx, b, "keys", []string{"key_id", "actor", "kind", "pem"}, secrets, func(s Secret) ([]any, error) {
		return []any{string(s.KeyID), int64(s.Actor), s.Kind, s.PEM}, nil
	})
}

// Groups makes actors groups that live here, for these companies.
func (b *Bulk) Groups(ctx context.Context, groups iter.Seq[Group]) error {
	return copyRows(ctx, b, "groups", []string{"actor", "access", "companies", "created_at"}, groups, func(g Group) ([]any, error) {
		return []any{int64(g.Actor), string(g.Access), g.Companies, b.now}, nil
	})
}

// Edges adds edges with keys of their own.
func (b *Bulk) Edges(ctx context.Context, edges iter.Seq[Edge]) error {
	return copyRows(ctx, b, "edges", []string{"key", "kind", "actor", "object", "accepted", "iri", "created_at"}, edges, func(e Edge) ([]any, error) {
		return []any{int64(e.Key), e.Kind, int64(e.Actor), int64(e.Object), e.Accepted, string(e.IRI), e.Key.Time()}, nil
	})
}

// WrittenNote is a note whose document is JSON already.
type WrittenNote struct {
	Note
	Doc json.RawMessage // nil: Note is written
}

// Notes adds notes with keys of their own.
func (b *Bulk) Notes(ctx context.Context, notes iter.Seq[WrittenNote]) error {
	return copyRows(ctx, b, "notes", []string{"key", "iri", "author", "local", "reply_to", "reply_iri", "thread", "group_key", "admitted", "visibility", "addressed", "hashtags", "url", "doc", "published_at"},
		notes, func(n WrittenNote) ([]any, error) {
			doc := n.Doc
			if doc == nil {
				var err error
				if doc, err = json.Marshal(n.Note.Note); err != nil {
					return nil, err
				}
			}
			addressed := make([]int64, len(n.Addressed))
			for i, k := range n.Addressed {
				addressed[i] = int64(k)
			}
			return []any{int64(n.Key), string(n.ID), int64(n.AuthorKey), n.Local, orNull(n.ReplyTo), string(n.InReplyTo.First()), int64(n.ThreadKey), orNull(n.GroupKey), n.Admitted,
				string(n.Visibility), addressed, append([]string{}, n.Hashtags()...), string(n.URL.First()), doc, n.Published.Time}, nil
		})
}

func orNull(k Key) any {
	if k == 0 {
		return nil
	}
	return int64(k)
}

// HomeLine is a line of somebody's timeline that is generated.
type HomeLine struct{ Reader, Key, Note, Booster Key }

// Lines adds lines to timelines.
func (b *Bulk) Lines(ctx context.Context, lines iter.Seq[HomeLine]) error {
	return copyRows(ctx, b, "timeline", []string{"reader", "key", "note", "booster"}, lines, func(l HomeLine) ([]any, error) {
		return []any{int64(l.Reader), int64(l.Key), int64(l.Note), orNull(l.Booster)}, nil
	})
}

// Partners makes hosts partners, which may do what the grant says.
func (b *Bulk) Partners(ctx context.Context, grant json.RawMessage, hosts iter.Seq[string]) error {
	return copyRows(ctx, b, "partners", []string{"host", "allowed_at", "lets", "takes"}, hosts, func(host string) ([]any, error) {
		return []any{host, b.now, grant, grant}, nil
	})
}

// Stranded parks an activity for these hosts, so many times each, which have been down for an
// hour: its deliveries fall due, and the hosts are probed, within the next ten minutes.
func (b *Bulk) Stranded(ctx context.Context, activity, sender Key, hosts []string, each int) error {
	_, err := b.tx.Exec(ctx, `INSERT INTO hosts (host, failures, down_since, probe_at, reason)
		SELECT host, 12, $2::timestamptz - interval '1 hour', $2::timestamptz + random() * interval '10 minutes', 'unreachable' FROM unnest($1::text[]) AS host`, hosts, b.now)
	if err == nil {
		_, err = b.tx.Exec(ctx, `INSERT INTO parked (job, kind, payload, host, tries, due_at, reason)
			SELECT 'deliver-stranded-' || host || n, 'deliver', json_build_object('activity', $1::bigint, 'sender', $2::bigint, 'inbox', 'http://' || host || '/inbox/' || n)::text,
				host, 3, $5::timestamptz + random() * interval '10 minutes', 'unreachable'
			FROM unnest($3::text[]) AS host CROSS JOIN generate_series(1, $4::int) AS n`, int64(activity), int64(sender), hosts, each, b.now)
	}
	return err
}

// Dialects notes how hosts are spoken to, for a week (see Store.Dialect).
func (b *Bulk) Dialects(ctx context.Context, dialect string, hosts iter.Seq[string]) error {
	return copyRows(ctx, b, "hosts", []string{"host", "dialect", "dialect_until"}, hosts, func(host string) ([]any, error) {
		return []any{host, dialect, b.now.AddDate(0, 0, 7)}, nil
	})
}

// Recorded adds activities that were taken in.
func (b *Bulk) Recorded(ctx context.Context, all iter.Seq[Recorded]) error {
	return copyRows(ctx, b, "activities", []string{"key", "iri", "type", "actor", "local", "outcome", "raw", "created_at"}, all, func(r Recorded) ([]any, error) {
		return []any{int64(r.Key), string(r.IRI), r.Type, int64(r.Actor), r.Local, r.Outcome, string(r.Raw), r.Key.Time()}, nil
	})
}

// CountHome is how many lines the timeline of a reader has.
func (q query) CountHome(ctx context.Context, reader Key) (int, error) {
	var n int
	err := q.db.NewRaw("SELECT count(*) FROM timeline WHERE reader = ?", reader).Scan(ctx, &n)
	return n, err
}

// CountDeliveries is how many deliveries there are of activities behind after, to how
// many hosts, once none is left whose deliveries are still to be made; until then made is
// false.
func (q query) CountDeliveries(ctx context.Context, after Key) (n, hosts int, made bool, err error) {
	err = q.db.NewRaw("SELECT count(*), count(DISTINCT host), NOT EXISTS (SELECT FROM fans WHERE activity > ?0) FROM deliveries WHERE activity > ?0", after).Scan(ctx, &n, &hosts, &made)
	return n, hosts, made, err
}

// Backend is the process on the database's machine that answers one of our connections.
func (q query) Backend(ctx context.Context) (int, error) {
	var pid int
	err := q.db.NewRaw("SELECT pg_backend_pid()").Scan(ctx, &pid)
	return pid, err
}

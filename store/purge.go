package store

import (
	"context"

	"github.com/uptrace/bun"
)

// Purged counts what was deleted of what a company has shared, and what was kept.
type Purged struct{ Posts, Files, Profiles, Kept int }

// theirs are the actors of a host.
const theirs = "(SELECT key FROM actors WHERE origin = ?0 AND NOT local)"

// bare is what stays of a profile: who it was and of which company, and by which key its
// proofs are verified.
var bare = []string{"id", "type", "preferredUsername", "name", "inbox", "endpoints", "followers", "publicKey", "assertionMethod"}

// purgedAtOnce is how many rows of each kind one transaction deletes.
const purgedAtOnce = 500

// Purge deletes some of the copies of what the people of a host have shared: their posts, but
// those that were for somebody of ours alone, their profiles but for name and company,
// whom they follow and what they are members of. What they thought of our posts stays
// in the counts of these. forget removes the copies of pictures at these addresses, and counts
// them. It says whether there may be more, so that nothing is locked for long; the farewell
// counts what is done.
func (tx *Tx) Purge(ctx context.Context, host string, forget func(addresses []string) (int, error)) (left bool, err error) {
	if err := tx.disown(ctx, host); err != nil {
		return false, err
	}
	parting, err := tx.partPage(ctx, host)
	if err != nil {
		return false, err
	}
	var posts, people []Key
	err = tx.db.NewRaw("SELECT n.key FROM actors AS a JOIN notes AS n ON n.author = a.key AND n.visibility <> 'direct' WHERE a.origin = ? AND NOT a.local LIMIT ?", host, purgedAtOnce).Scan(ctx, &posts)
	if err == nil {
		err = tx.db.NewRaw(`SELECT a.key FROM actors AS a WHERE a.origin = ? AND NOT a.local AND a.type <> 'Application'
			AND EXISTS (SELECT FROM jsonb_object_keys(a.doc) AS k WHERE k NOT IN (?)) LIMIT ?`, host, bun.List(bare), purgedAtOnce).Scan(ctx, &people)
	}
	if err != nil {
		return false, err
	}
	addresses, err := tx.sharedFiles(ctx, posts, people)
	if err != nil {
		return false, err
	}
	files, err := forget(addresses) // before it is said: what is cached can be had again
	if err != nil {
		return false, err
	}
	left, err = tx.purgeRows(ctx, host, posts, people)
	if err != nil {
		return false, err
	}
	_, err = tx.db.NewRaw(`INSERT INTO farewells AS f (host, posts, files, profiles) VALUES (?0, ?1, ?2, ?3)
		ON CONFLICT (host) DO UPDATE SET posts = f.posts + ?1, files = f.files + ?2, profiles = f.profiles + ?3`, host, len(posts), files, len(people)).Exec(ctx)
	return left || parting || max(len(posts), len(people)) == purgedAtOnce, err
}

// purgeRows deletes these posts and what goes with them, and cuts these profiles. It says
// whether there may be more that joins people of the host to others.
func (tx *Tx) purgeRows(ctx context.Context, host string, posts, people []Key) (left bool, err error) {
	tx.forget()
	for _, q := range []string{
		forgetSaid + "n.key = ANY ($1::bigint[])",
		"DELETE FROM edges WHERE object = ANY ($1::bigint[])",
		"UPDATE notes SET reply_to = NULL WHERE reply_to = ANY ($1::bigint[])",
		"DELETE FROM notes WHERE key = ANY ($1::bigint[])",
	} {
		if _, err := tx.bound().exec(ctx, q, numbers(posts)); err != nil {
			return false, err
		}
	}
	_, err = tx.bound().exec(ctx, `UPDATE actors SET doc = (SELECT coalesce(jsonb_object_agg(f.k, f.v), '{}') FROM jsonb_each(doc) AS f (k, v) WHERE f.k = ANY ($2))
		WHERE key = ANY ($1::bigint[])`, numbers(people), bare)
	for _, q := range []string{
		"DELETE FROM notifications WHERE key IN (SELECT t.key FROM actors AS a JOIN notifications AS t ON t.actor = a.key WHERE a.origin = $1 AND NOT a.local LIMIT $2)",
		"DELETE FROM edges WHERE key IN (SELECT t.key FROM actors AS a JOIN edges AS t ON t.object = a.key WHERE a.origin = $1 AND NOT a.local LIMIT $2)",
		`DELETE FROM edges WHERE key IN (SELECT t.key FROM actors AS a JOIN edges AS t ON t.actor = a.key WHERE a.origin = $1 AND NOT a.local
			AND EXISTS (SELECT FROM actors AS o WHERE o.key = t.object) LIMIT $2)`,
	} {
		var n int
		if err == nil {
			n, err = count(tx.bound().exec(ctx, q, host, purgedAtOnce))
		}
		left = left || n == purgedAtOnce
	}
	return left, err
}

// Bid is what was deleted of a host's until now, and what was kept; it is counted no more.
func (tx *Tx) Bid(ctx context.Context, host string) (p Purged, err error) {
	err = tx.db.NewRaw("DELETE FROM farewells WHERE host = ? RETURNING posts, files, profiles", host).Scan(ctx, &p.Posts, &p.Files, &p.Profiles)
	if err == nil {
		err = tx.db.NewRaw("SELECT count(*) FROM notes WHERE author IN "+theirs, host).Scan(ctx, &p.Kept)
	}
	return p, err
}

// sharedFiles are the addresses of the pictures of these posts and people.
func (q query) sharedFiles(ctx context.Context, posts, people []Key) (addresses []string, err error) {
	err = q.bound().each(ctx, `SELECT DISTINCT f.url #>> '{}' FROM (
			SELECT jsonb_path_query(n.doc, 'lax $.attachment[*].url[*]') AS url FROM notes AS n WHERE n.key = ANY ($1::bigint[])
			UNION ALL SELECT jsonb_path_query(a.doc, 'lax $.icon[*].url[*]') FROM actors AS a WHERE a.key = ANY ($2::bigint[])
			UNION ALL SELECT jsonb_path_query(a.doc, 'lax $.image[*].url[*]') FROM actors AS a WHERE a.key = ANY ($2::bigint[])) AS f`,
		[]any{numbers(posts), numbers(people)}, func(scan func(...any) error) error {
			var address string
			err := scan(&address)
			addresses = append(addresses, address)
			return err
		})
	return addresses, err
}

package store

import (
	"context"

	"github.com/uptrace/bun"
)

// Purged counts what was deleted of what a company has shared, and what was kept.
type Purged struct{ Posts, Profiles, Kept int }

// theirs are the actors of a host.
const theirs = "(SELECT key FROM actors WHERE origin = ?0 AND NOT local)"

// bare is what stays of a profile: who it was and of which company, and by which key its
// proofs are verified.
var bare = []string{"id", "type", "preferredUsername", "name", "inbox", "endpoints", "followers", "publicKey", "assertionMethod"}

// Purge deletes the copies of what the people of a host have shared: their posts, but
// those that were for somebody of ours alone, their profiles but for name and company,
// whom they follow and what they are members of. What they thought of our posts stays
// in the counts of these.
func (tx *Tx) Purge(ctx context.Context, host string) (p Purged, err error) {
	owned, err := tx.ownedByHost(ctx, host)
	if err != nil {
		return p, err
	}
	notes := "(SELECT key FROM notes WHERE author IN " + theirs + " AND visibility <> 'direct')"
	for _, q := range []string{
		forgetSaid + "n.key IN " + notes,
		"DELETE FROM edges WHERE object IN " + notes,
		"UPDATE notes SET reply_to = NULL WHERE reply_to IN " + notes,
		"DELETE FROM notifications WHERE actor IN " + theirs,
		"DELETE FROM edges AS e WHERE e.object IN " + theirs,
		"DELETE FROM edges AS e USING actors AS a WHERE e.object = a.key AND e.actor IN " + theirs,
	} {
		if _, err = tx.db.NewRaw(q, host).Exec(ctx); err != nil {
			return p, err
		}
	}
	if p.Posts, err = count(tx.db.NewRaw("DELETE FROM notes WHERE author IN "+theirs+" AND visibility <> 'direct'", host).Exec(ctx)); err != nil {
		return p, err
	}
	if p.Profiles, err = count(tx.db.NewRaw(`UPDATE actors SET doc = (SELECT coalesce(jsonb_object_agg(f.k, f.v), '{}') FROM jsonb_each(doc) AS f (k, v) WHERE f.k IN (?1))
		WHERE origin = ?0 AND NOT local AND type <> 'Application'`, host, bun.List(bare)).Exec(ctx)); err != nil {
		return p, err
	}
	if err = tx.db.NewRaw("SELECT count(*) FROM notes WHERE author IN "+theirs, host).Scan(ctx, &p.Kept); err != nil {
		return p, err
	}
	for _, group := range owned {
		if err = tx.keepOwner(ctx, group); err != nil {
			return p, err
		}
	}
	return p, nil
}

// ownedByHost are our groups that somebody of a host owns.
func (q query) ownedByHost(ctx context.Context, host string) (groups []Key, err error) {
	err = q.db.NewRaw("SELECT DISTINCT e.object FROM edges AS e JOIN groups AS g ON g.actor = e.object WHERE e.kind = 'owner' AND e.actor IN "+theirs, host).Scan(ctx, &groups)
	return groups, err
}

// SharedFiles are the addresses of the pictures that come with the posts of a host which
// Purge deletes, and those of its people.
func (q query) SharedFiles(ctx context.Context, host string) (addresses []string, err error) {
	err = q.db.NewRaw(`SELECT DISTINCT f.url #>> '{}' FROM (
			SELECT jsonb_path_query(n.doc, 'lax $.attachment[*].url[*]') AS url FROM notes AS n WHERE n.author IN `+theirs+` AND n.visibility <> 'direct'
			UNION ALL SELECT jsonb_path_query(a.doc, 'lax $.icon[*].url[*]') FROM actors AS a WHERE a.origin = ?0 AND NOT a.local
			UNION ALL SELECT jsonb_path_query(a.doc, 'lax $.image[*].url[*]') FROM actors AS a WHERE a.origin = ?0 AND NOT a.local) AS f`, host).Scan(ctx, &addresses)
	return addresses, err
}

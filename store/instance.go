package store

import (
	"context"

	"entente.example/entente/activity"
)

// Instance is what this instance is called: the host in handles and the URL
// that all its ids begin with.
type Instance struct {
	Host string `bun:"host"`
	URL  string `bun:"url"`
}

// Instance is the one that this database belongs to; NotFound when it is new.
func (q query) Instance(ctx context.Context) (Instance, error) {
	var i Instance
	err := q.db.NewRaw("SELECT host, url FROM instance").Scan(ctx, &i)
	return one(i, err)
}

// ClaimInstance gives a new database its name, or refuses (Conflict) when it
// belongs to another one: ids and handles that partners hold would break.
func (tx *Tx) ClaimInstance(ctx context.Context, i Instance) error {
	if _, err := tx.db.NewRaw("INSERT INTO instance (host, url) VALUES (?, ?) ON CONFLICT DO NOTHING", i.Host, i.URL).Exec(ctx); err != nil {
		return err
	}
	was, err := tx.Instance(ctx)
	if err == nil && was != i {
		err = activity.Refuse(activity.Conflict, "other_instance",
			"this database belongs to %s at %s: ENTENTE_HOST and ENTENTE_URL cannot change (they are %s and %s now)", was.Host, was.URL, i.Host, i.URL)
	}
	return err
}

// Usage is how many members there are and how much they have written, groups and
// narrow posts apart.
func (q query) Usage(ctx context.Context) (members, posts int, err error) {
	err = q.db.NewRaw(`SELECT (SELECT count(*) FROM members WHERE locked_at IS NULL),
		(SELECT count(*) FROM notes WHERE local AND visibility = 'public' AND group_key IS NULL)`).Scan(ctx, &members, &posts)
	return members, posts, err
}

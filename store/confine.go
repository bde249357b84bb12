package store

import (
	"context"
	"strings"

	"entente.example/entente/activity"
)

// Shut is a closed or secret group, and where it may be spoken of.
type Shut struct {
	Group Key
	Hosts []string // of those who are in it or invited; of one elsewhere, its own and those of its posts
}

// ShutGroups are the closed and secret groups to which some of these ids belong: their
// own, those of their members, of what was posted there.
func (q query) ShutGroups(ctx context.Context, ids []activity.ID) ([]Shut, error) {
	var found []Shut
	err := q.bound().each(ctx, `WITH posts AS (SELECT n.iri, n.group_key FROM notes AS n WHERE n.iri = ANY ($1) AND n.group_key IS NOT NULL),
		shut AS (SELECT g.key, g.local, g.origin FROM actors AS g
			WHERE g.access IN ('closed', 'secret') AND (g.iri = ANY ($1) OR g.followers = ANY ($1) AND g.followers <> '' OR g.key IN (SELECT group_key FROM posts)))
		SELECT s.key, array_to_string(ARRAY(SELECT s.origin
			UNION SELECT split_part(split_part(p.iri, '://', 2), '/', 1) FROM posts AS p WHERE p.group_key = s.key AND NOT s.local
			UNION SELECT a.origin FROM edges AS f JOIN actors AS a ON a.key = f.actor
				WHERE s.local AND f.object = s.key AND (f.kind = 'member' AND f.accepted OR f.kind = 'invite')), ' ')
		FROM shut AS s`, []any{texts(ids)}, func(scan func(...any) error) error {
		var s Shut
		var hosts string
		err := scan(&s.Group, &hosts)
		s.Hosts = strings.Fields(hosts)
		found = append(found, s)
		return err
	})
	return found, err
}

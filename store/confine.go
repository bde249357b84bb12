package store

import (
	"context"
	"strings"

	"entente.example/entente/activity"
)

// Room is a group about which not everybody may hear.
type Room struct {
	Group Key
	Local bool
	Shut  bool     // it is closed or secret: Hosts counts
	Hosts []string // of those who are in it, invited or expected; of one elsewhere, its own, those of its posts, of those in a group of ours that goes on as it, and of those expected in ours as which it goes on
}

// Rooms are the closed and secret groups to which some of these ids belong: their own,
// those of their members, of what was posted there. An open group of ours is one where
// it speaks itself. Its members are not looked at, which are many: their hosts are kept
// with their digests.
func (q query) Rooms(ctx context.Context, speaker activity.ID, ids []activity.ID) ([]Room, error) {
	var found []Room
	err := q.bound().each(ctx, `WITH posts AS (SELECT n.iri, n.group_key FROM notes AS n WHERE n.iri = ANY ($1) AND n.group_key IS NOT NULL),
		asked AS (SELECT g.key FROM actors AS g WHERE g.iri = ANY ($1) UNION SELECT g.key FROM actors AS g WHERE g.followers = ANY ($1) AND g.followers <> ''
			UNION SELECT group_key FROM posts UNION SELECT g.key FROM actors AS g WHERE g.iri = $2),
		rooms AS (SELECT g.key, g.local, g.access <> 'open' AS shut, g.origin FROM asked JOIN actors AS g ON g.key = asked.key
			WHERE g.type = 'Group' AND g.iri = $2 AND g.local OR g.access IN ('closed', 'secret'))
		SELECT s.key, s.local, s.shut, array_to_string(ARRAY(SELECT s.origin
			UNION SELECT split_part(split_part(p.iri, '://', 2), '/', 1) FROM posts AS p WHERE p.group_key = s.key AND NOT s.local
			UNION SELECT d.origin FROM digests AS d WHERE s.local AND d.object = s.key AND d.kind = 'member' AND d.people > 0
			UNION SELECT a.origin FROM edges AS f JOIN actors AS a ON a.key = f.actor WHERE s.local AND f.object = s.key AND f.kind = 'invite'
			UNION SELECT x.host FROM expected AS x WHERE s.local AND x.group_key = s.key AND x.role <> 'ban'
			UNION SELECT d.origin FROM moves AS mv JOIN actors AS was ON was.key = mv.actor AND was.local
				JOIN digests AS d ON d.object = was.key AND d.kind = 'member' AND d.people > 0 WHERE mv.target = s.key
			UNION SELECT x.host FROM moves AS mv JOIN expected AS x ON x.group_key = mv.target AND x.role <> 'ban' WHERE mv.actor = s.key), ' ')
		FROM rooms AS s`, []any{texts(ids), string(speaker)}, func(scan func(...any) error) error {
		var s Room
		var hosts string
		err := scan(&s.Group, &s.Local, &s.Shut, &hosts)
		s.Hosts = strings.Fields(hosts)
		found = append(found, s)
		return err
	})
	return found, err
}

package store

import (
	"context"

	"entente.example/entente/activity"
)

// Regrouped is a group that goes on as another one.
type Regrouped struct {
	From, To              Key
	ID, Followers         activity.ID // of the one that was
	HeirID, HeirFollowers activity.ID
	KeepsRoles            bool // who looks after it is known of the other one already
}

// Regroup shows the next notes of a group in the one that it goes on as, as if they had
// been posted there, at most so many, and says how many that were. Twice is the same as once.
func (tx *Tx) Regroup(ctx context.Context, g Regrouped, limit int) (int, error) {
	tx.unmake()
	return count(tx.bound().exec(ctx, `UPDATE notes AS n SET group_key = $2, addressed = array_replace(n.addressed, $1, $2),
			doc = (SELECT CASE WHEN starts_with(n.topic, $3 || '/topics/') THEN jsonb_set(d.doc, '{target,id}', to_jsonb($4 || substr(n.topic, length($3) + 1))) ELSE d.doc END
				FROM (SELECT replace(replace(n.doc::text, to_json($3::text)::text, to_json($4::text)::text), to_json($5::text)::text, to_json($6::text)::text)::jsonb AS doc) AS d)
		FROM (SELECT key FROM notes WHERE group_key = $1 AND admitted ORDER BY key DESC LIMIT $7 FOR UPDATE) AS batch WHERE n.key = batch.key`,
		int64(g.From), int64(g.To), string(g.ID), string(g.HeirID), string(g.Followers), string(g.HeirFollowers), limit))
}

// RegroupRest takes over what else a group has: what it has put on top or locked, who
// speaks there by a card, what was removed and reported, and who of ours and of its host
// looks after it: of others its host says that, when they have come.
func (tx *Tx) RegroupRest(ctx context.Context, g Regrouped) error {
	tx.unmake()
	for _, change := range []string{
		`UPDATE edges AS e SET actor = $2 WHERE e.actor = $1 AND e.kind IN ('feature', 'lock') AND NOT EXISTS (SELECT FROM edges AS h WHERE h.kind = e.kind AND h.actor = $2 AND h.object = e.object)`,
		`INSERT INTO cards (in_group, actor, issued_at) SELECT $2, actor, issued_at FROM cards WHERE in_group = $1 ON CONFLICT DO NOTHING`,
		`UPDATE removals SET group_key = $2 WHERE group_key = $1`,
		`UPDATE reports SET group_key = $2 WHERE group_key = $1`,
	} {
		if _, err := tx.bound().exec(ctx, change, int64(g.From), int64(g.To)); err != nil {
			return err
		}
	}
	if g.KeepsRoles {
		return nil
	}
	_, err := tx.bound().exec(ctx, `UPDATE edges AS e SET object = $2 WHERE e.object = $1 AND e.kind IN ('moderator', 'owner')
		AND NOT EXISTS (SELECT FROM edges AS h WHERE h.kind = e.kind AND h.actor = e.actor AND h.object = $2)
		AND EXISTS (SELECT FROM actors AS a, actors AS h WHERE a.key = e.actor AND h.key = $2 AND (a.local OR a.origin = h.origin))`, int64(g.From), int64(g.To))
	return err
}

// Predecessors are the groups that go on as this one.
func (q query) Predecessors(ctx context.Context, group Key) (keys []Key, err error) {
	err = q.bound().each(ctx, "SELECT actor FROM moves WHERE target = $1", []any{int64(group)}, func(scan func(...any) error) error {
		var k Key
		err := scan(&k)
		keys = append(keys, k)
		return err
	})
	return keys, err
}

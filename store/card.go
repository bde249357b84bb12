package store

import (
	"context"
	"time"

	"entente.example/entente/activity"
)

// ByCard says that somebody is known by the card of their company alone: what a group
// tells of them, and no way to reach them.
func (a Actor) ByCard() bool { return !a.Local && a.Inbox.ID == "" }

// PutCard notes that somebody has spoken in a group by a card.
func (tx *Tx) PutCard(ctx context.Context, group, actor Key, issued time.Time) error {
	_, err := tx.bound().exec(ctx, `INSERT INTO cards AS c (in_group, actor, issued_at) VALUES ($1, $2, $3)
		ON CONFLICT (in_group, actor) DO UPDATE SET issued_at = greatest(c.issued_at, EXCLUDED.issued_at)`, int64(group), int64(actor), issued)
	return err
}

// SpokenIn are the groups elsewhere in which somebody has said something.
func (q query) SpokenIn(ctx context.Context, actor Key) ([]activity.ID, error) {
	var groups []activity.ID
	err := q.bound().each(ctx, `SELECT DISTINCT g.iri FROM notes AS n JOIN actors AS g ON g.key = n.group_key
		WHERE n.author = $1 AND NOT g.local`, []any{int64(actor)}, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		groups = append(groups, activity.ID(id))
		return err
	})
	return groups, err
}

// Unsay takes back what somebody has said and done in a group, and says whether there was
// anything. Who is known by a card alone, and has said nothing elsewhere, is known no more.
func (tx *Tx) Unsay(ctx context.Context, actor, group Key) (said bool, err error) {
	if _, err := tx.db.NewRaw(forgetSaid+"n.author = ? AND n.group_key = ?", actor, group).Exec(ctx); err != nil {
		return false, err
	}
	const there = " IN (SELECT key FROM notes WHERE group_key = ?1)"
	for _, q := range []string{
		"DELETE FROM notes WHERE author = ?0 AND group_key = ?1",
		"DELETE FROM edges WHERE actor = ?0 AND object" + there,
		"DELETE FROM votes WHERE voter = ?0 AND note" + there,
		"DELETE FROM reactions WHERE actor = ?0 AND note" + there,
	} {
		was, err := changed(tx.db.NewRaw(q, actor, group).Exec(ctx))
		if err != nil {
			return said, err
		}
		said = said || was
	}
	a, err := tx.ActorByKey(ctx, actor)
	if err != nil || !a.ByCard() {
		return said, err
	}
	if more, err := changed(tx.db.NewRaw("SELECT key FROM notes WHERE author = ? LIMIT 1", actor).Exec(ctx)); err != nil || more {
		return said, err
	}
	return said, tx.DeleteActor(ctx, actor)
}

// CardHosts are the hosts of those who have spoken by a card in one of these groups.
func (q query) CardHosts(ctx context.Context, groups []activity.ID) ([]string, error) {
	var hosts []string
	err := q.bound().each(ctx, `SELECT DISTINCT a.origin FROM actors AS g JOIN cards AS c ON c.in_group = g.key JOIN actors AS a ON a.key = c.actor
		WHERE g.iri = ANY ($1::text[])`, []any{texts(groups)}, func(scan func(...any) error) error {
		var host string
		err := scan(&host)
		hosts = append(hosts, host)
		return err
	})
	return hosts, err
}

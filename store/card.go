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

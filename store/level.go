package store

import (
	"context"

	"entente.example/entente/activity"
)

// Seats are the companies of a group with their levels.
func (g Group) Seats() activity.Seats {
	seats := make(activity.Seats, len(g.Companies))
	for i, host := range g.Companies {
		seats[i] = activity.Seat{Host: host, Level: activity.Invites}
		if i < len(g.Levels) {
			seats[i].Level = activity.Level(g.Levels[i])
		}
	}
	return seats
}

// Sits gives a group these companies.
func (g *Group) Sits(seats []activity.Seat) {
	g.Companies, g.Levels = []string{}, []string{}
	for _, s := range seats {
		g.Companies, g.Levels = append(g.Companies, s.Host), append(g.Levels, string(s.Level))
	}
}

// LevelOf is the level of somebody's company; ours has the highest.
func (g Group) LevelOf(a Actor) activity.Level {
	if a.Local {
		return activity.Invites
	}
	return g.Seats().Level(a.Host, a.ID.Host())
}

// TakenAmong are those of these hosts whose people a group of ours takes.
func (q query) TakenAmong(ctx context.Context, group Key, hosts []string) ([]string, error) {
	var taken []string
	err := q.bound().each(ctx, `SELECT o FROM unnest($2::text[]) AS o JOIN groups AS g ON g.actor = $1 WHERE g.companies && ARRAY['*', o]
		OR EXISTS (SELECT FROM actors AS h WHERE h.origin = o AND NOT h.local AND h.host = ANY (g.companies))`, []any{int64(group), hosts}, func(scan func(...any) error) error {
		var host string
		err := scan(&host)
		taken = append(taken, host)
		return err
	})
	return taken, err
}

// Outsiders are some ties of people to a group of ours that does not take their company
// any more, behind an edge: memberships, also frozen ones, wishes for one, invitations.
func (tx *Tx) Outsiders(ctx context.Context, group, after Key, most int) ([]Edge, error) {
	var es []Edge
	err := tx.db.NewSelect().Model(&es).Join("JOIN actors AS a ON a.key = e.actor").Join("JOIN groups AS g ON g.actor = e.object").
		Where("e.object = ? AND e.kind IN ('member', 'member frozen', 'invite') AND e.key > ? AND NOT a.local AND NOT g.companies && ARRAY['*', a.origin, a.host]", group, after).
		OrderExpr("e.key").Limit(int64(most)).Scan(ctx)
	return es, err
}

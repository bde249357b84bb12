package store

import (
	"context"
	"slices"
	"strings"

	"entente.example/entente/activity"
)

// Level is what the people of a company may do in a group.
type Level string

// The levels; each lets them do what those before it do.
const (
	Reads    Level = "read"
	Comments Level = "comment" // and react, and vote
	Posts    Level = "post"
	Invites  Level = "invite" // where the group lets its members
)

// Levels are all of them, the lowest first.
var Levels = []Level{Reads, Comments, Posts, Invites}

// Has says that a level is no lower than another. "" is lower than all.
func (l Level) Has(other Level) bool { return slices.Index(Levels, l) >= slices.Index(Levels, other) }

// Seat is the place of a company in a group, as people write it: "globex.example=read".
// A host alone has the highest level.
type Seat struct {
	Host  string // "*": every partner that has no other
	Level Level
}

// ReadSeat takes it apart; a level that there is not is Invalid, "bad_level".
func ReadSeat(s string) (Seat, error) {
	host, level, has := strings.Cut(strings.TrimSpace(s), "=")
	seat := Seat{host, Level(level)}
	if !has {
		seat.Level = Invites
	}
	if !slices.Contains(Levels, seat.Level) {
		return seat, activity.Refuse(activity.Invalid, "bad_level", "a company may read, comment, post or invite in a group, written as company.example=read")
	}
	return seat, nil
}

// String is a seat as it is written.
func (s Seat) String() string {
	if s.Level == Invites {
		return s.Host
	}
	return s.Host + "=" + string(s.Level)
}

// Seats are the companies of a group with their levels.
func (g Group) Seats() []Seat {
	seats := make([]Seat, len(g.Companies))
	for i, host := range g.Companies {
		seats[i] = Seat{host, Invites}
		if i < len(g.Levels) {
			seats[i].Level = Level(g.Levels[i])
		}
	}
	return seats
}

// Sits gives a group these companies.
func (g *Group) Sits(seats []Seat) {
	g.Companies, g.Levels = []string{}, []string{}
	for _, s := range seats {
		g.Companies, g.Levels = append(g.Companies, s.Host), append(g.Levels, string(s.Level))
	}
}

// Level is that of a company, known by one of these hosts: that in the handles of its
// people, or that of their ids. The lowest counts where it has several, "*" where it has
// none, and where there is no "*" it is "": it has no place in the group.
func (g Group) Level(hosts ...string) (level Level) {
	var others Level
	for _, s := range g.Seats() {
		switch {
		case s.Host == "*":
			others = s.Level
		case slices.Contains(hosts, s.Host) && (level == "" || level.Has(s.Level)):
			level = s.Level
		}
	}
	if level == "" {
		level = others
	}
	return level
}

// LevelOf is the level of somebody's company; ours has the highest.
func (g Group) LevelOf(a Actor) Level {
	if a.Local {
		return Invites
	}
	return g.Level(a.Host, a.ID.Host())
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
// any more, behind an edge: memberships, wishes for one, invitations.
func (tx *Tx) Outsiders(ctx context.Context, group, after Key, most int) ([]Edge, error) {
	var es []Edge
	err := tx.db.NewSelect().Model(&es).Join("JOIN actors AS a ON a.key = e.actor").Join("JOIN groups AS g ON g.actor = e.object").
		Where("e.object = ? AND e.kind IN ('member', 'invite') AND e.key > ? AND NOT a.local AND NOT g.companies && ARRAY['*', a.origin, a.host]", group, after).
		OrderExpr("e.key").Limit(int64(most)).Scan(ctx)
	return es, err
}

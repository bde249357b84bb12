package entity

import (
	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Group is a group as our extension /api/v1/groups shows it; its Account is the
// same thing to stock clients.
type Group struct {
	ID           store.Key         `json:"id,string"`
	Username     string            `json:"username"`
	Acct         string            `json:"acct"`
	Host         string            `json:"host"` // where it lives
	DisplayName  string            `json:"display_name"`
	Note         string            `json:"note"` // HTML
	URL          string            `json:"url"`
	URI          string            `json:"uri"`
	Avatar       string            `json:"avatar"`
	CreatedAt    Time              `json:"created_at"`
	MembersCount int               `json:"members_count"` // that we know of and the viewer may
	Access       activity.Access   `json:"access"`        // "open", "closed", "secret"
	Companies    []string          `json:"companies"`     // hosts that may take part, "*" all partners; null: its host has not said
	Levels       map[string]string `json:"levels"`        // what their people may do, by host: "read", "comment", "post", "invite"; null as companies
	Posting      *string           `json:"posting"`       // "all", "moderators"; null: only its host knows
	Inviting     *string           `json:"inviting"`      // the same
	Reviewed     bool              `json:"reviewed"`      // what members post waits for a moderator
	Relationship GroupRelationship `json:"relationship"`
}

// Member is somebody in a group.
type Member struct {
	Account
	Role string `json:"role"` // "owner", "moderator", "member"
}

// GroupRelationship is what I am in a group.
type GroupRelationship struct {
	Member    bool    `json:"member"`
	Requested bool    `json:"requested"`
	Invited   bool    `json:"invited"`
	Moderator bool    `json:"moderator"`
	Owner     bool    `json:"owner"`
	Level     *string `json:"level"` // what my company may do there, as in levels; null: its host has not said
}

// NewGroup shows a group. known is what we know as its host, the zero Group when
// it lives elsewhere; level is that of our company, "" where we do not know it; edges are
// those between me and the group.
func NewGroup(a store.Actor, account Account, known store.Group, level activity.Level, edges []store.Edge) Group {
	g := Group{
		ID: a.Key, Username: account.Username, Acct: account.Acct, Host: a.Host, DisplayName: account.DisplayName,
		Note: activity.Shown(string(a.Summary)), URL: account.URL, URI: account.URI, Avatar: account.Avatar,
		CreatedAt: account.CreatedAt, MembersCount: account.FollowersCount, Access: a.Access(), Posting: orNull(known.Posting), Inviting: orNull(known.Inviting), Reviewed: known.Reviewed,
	}
	g.sits(a, known)
	g.Relationship.Level = orNull(level)
	for _, e := range edges {
		if e.Object != a.Key {
			continue
		}
		g.Relationship.Member = g.Relationship.Member || e.Kind == store.Membership && e.Accepted
		g.Relationship.Requested = g.Relationship.Requested || e.Kind == store.Membership && !e.Accepted
		g.Relationship.Invited = g.Relationship.Invited || e.Kind == store.Invitation
		g.Relationship.Owner = g.Relationship.Owner || e.Kind == store.Owner
		g.Relationship.Moderator = g.Relationship.Moderator || e.Kind == store.Moderator
	}
	return g
}

// sits shows which companies a group has, if that is known.
func (g *Group) sits(a store.Actor, known store.Group) {
	seats := a.Companies
	if a.Local {
		seats = known.Seats()
	}
	if seats == nil {
		return
	}
	g.Companies, g.Levels = []string{}, map[string]string{}
	for _, s := range seats {
		g.Companies, g.Levels[s.Host] = append(g.Companies, s.Host), string(s.Level)
	}
}

package entity

import "entente.example/entente/store"

// Relationship is what is between me and another account.
type Relationship struct {
	ID                  store.Key `json:"id,string"`
	Following           bool      `json:"following"`
	ShowingReblogs      bool      `json:"showing_reblogs"`
	Notifying           bool      `json:"notifying"`
	Languages           []string  `json:"languages"`
	FollowedBy          bool      `json:"followed_by"`
	Blocking            bool      `json:"blocking"`
	BlockedBy           bool      `json:"blocked_by"`
	Muting              bool      `json:"muting"`
	MutingNotifications bool      `json:"muting_notifications"`
	Requested           bool      `json:"requested"`
	RequestedBy         bool      `json:"requested_by"`
	DomainBlocking      bool      `json:"domain_blocking"`
	Endorsed            bool      `json:"endorsed"`
	Note                string    `json:"note"`
}

// NewRelationship reads the edges between me and other; being a member of a group
// is following it.
func NewRelationship(me, other store.Key, edges []store.Edge) Relationship {
	r := Relationship{ID: other, Languages: []string{}}
	for _, e := range edges {
		mine, theirs := e.Actor == me && e.Object == other, e.Actor == other && e.Object == me
		switch e.Kind {
		case store.Follow, store.Membership:
			r.Following = r.Following || mine && e.Accepted
			r.Requested = r.Requested || mine && !e.Accepted
			r.FollowedBy = r.FollowedBy || theirs && e.Accepted
			r.RequestedBy = r.RequestedBy || theirs && !e.Accepted
		case store.Block:
			r.Blocking = r.Blocking || mine
			r.BlockedBy = r.BlockedBy || theirs
		}
	}
	r.ShowingReblogs = r.Following
	return r
}

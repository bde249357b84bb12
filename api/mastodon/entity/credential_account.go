package entity

import (
	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// CredentialAccount is a member's own account, with what only its owner sees.
type CredentialAccount struct {
	Account
	Source Source `json:"source"`
	Role   Role   `json:"role"`
}

// Source is the profile as its owner wrote it, and what new posts start from.
type Source struct {
	Note                string  `json:"note"` // plain text
	Fields              []Field `json:"fields"`
	Privacy             string  `json:"privacy"`
	Sensitive           bool    `json:"sensitive"`
	Language            *string `json:"language"`
	FollowRequestsCount int     `json:"follow_requests_count"`
	Discoverable        bool    `json:"discoverable"`
	Indexable           bool    `json:"indexable"`
	HideCollections     bool    `json:"hide_collections"`
}

// NewCredentialAccount shows me to myself; requests is how many wait to follow.
func NewCredentialAccount(a Account, me store.Viewer, requests int) CredentialAccount {
	source := Source{
		Note: activity.PlainText(string(me.Actor.Summary)), Fields: []Field{},
		Privacy: string(activity.VisiblePublic), Language: orNull(me.Member.Locale), FollowRequestsCount: requests,
		Discoverable: a.Discoverable, Indexable: a.Indexable,
	}
	for _, f := range me.Actor.Fields {
		source.Fields = append(source.Fields, Field{Name: string(f.Name), Value: activity.PlainText(string(f.Value))})
	}
	return CredentialAccount{Account: a, Source: source, Role: NewRole(me.Member)}
}

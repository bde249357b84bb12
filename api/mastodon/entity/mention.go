package entity

import "entente.example/entente/store"

// Mention is somebody named in a status.
type Mention struct {
	ID       store.Key `json:"id,string"`
	Username string    `json:"username"`
	URL      string    `json:"url"`
	Acct     string    `json:"acct"`
}

// NewMention shows who is named.
func NewMention(a store.Actor) Mention {
	return Mention{ID: a.Key, Username: string(a.Username), URL: string(a.Page()), Acct: a.Handle()}
}

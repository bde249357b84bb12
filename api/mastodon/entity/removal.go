package entity

import "entente.example/entente/store"

// Removal is that a moderator took a post out of a group.
type Removal struct {
	ID        store.Key `json:"id,string"`
	URI       string    `json:"uri"`       // of the post, which may be gone
	Account   *Account  `json:"account"`   // who wrote it; null: they are gone
	Moderator *Account  `json:"moderator"` // who took it out; null: they are gone
	Reason    string    `json:"reason"`
	CreatedAt Time      `json:"created_at"`
}

// NewRemoval shows one; people are those of its two who are still there.
func NewRemoval(r store.Removal, people map[store.Key]Account) Removal {
	who := func(key store.Key) *Account {
		if a, ok := people[key]; ok {
			return &a
		}
		return nil
	}
	return Removal{ID: r.Key, URI: string(r.IRI), Account: who(r.Author), Moderator: who(r.Moderator), Reason: r.Reason, CreatedAt: At(r.CreatedAt)}
}

// Warning is what its author is told of a removal: Mastodon's AccountWarning. Nobody can
// appeal to a machine: who looks after the group can be written to.
type Warning struct {
	ID            store.Key `json:"id,string"`
	Action        string    `json:"action"`
	Text          string    `json:"text"`
	StatusIDs     []string  `json:"status_ids"` // the post is in the group no more
	TargetAccount Account   `json:"target_account"`
	Appeal        *struct{} `json:"appeal"`
	CreatedAt     Time      `json:"created_at"`
}

// NewWarning shows one to its author.
func NewWarning(r store.Removal, author Account) Warning {
	return Warning{ID: r.Key, Action: "delete_statuses", Text: r.Reason, StatusIDs: []string{}, TargetAccount: author, CreatedAt: At(r.CreatedAt)}
}

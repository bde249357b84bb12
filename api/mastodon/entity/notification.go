package entity

import "entente.example/entente/store"

// Notification is something that happened and concerns me.
type Notification struct {
	ID        store.Key `json:"id,string"`
	Type      string    `json:"type"`
	GroupKey  string    `json:"group_key"`
	CreatedAt Time      `json:"created_at"`
	Account   Account   `json:"account"`
	Status    *Status   `json:"status,omitempty"`
}

// NewNotification shows one; status is nil where it is about no status.
func NewNotification(n store.Notification, by Account, status *Status) Notification {
	return Notification{ID: n.Key, Type: n.Kind, GroupKey: "ungrouped-" + n.Key.String(), CreatedAt: At(n.CreatedAt), Account: by, Status: status}
}

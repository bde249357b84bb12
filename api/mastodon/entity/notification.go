package entity

import "entente.example/entente/store"

// Notification is something that happened and concerns me.
type Notification struct {
	ID        store.Key `json:"id,string"`
	Type      string    `json:"type"`
	GroupKey  string    `json:"group_key"`
	CreatedAt Time      `json:"created_at"`
	Account   Account   `json:"account"`
	Matter
}

// Matter is what one is about; what it is not about is nil.
type Matter struct {
	Status  *Status  `json:"status,omitempty"`
	Report  *Report  `json:"report,omitempty"`
	Warning *Warning `json:"moderation_warning,omitempty"`
}

// NewNotification shows one.
func NewNotification(n store.Notification, by Account, about Matter) Notification {
	return Notification{ID: n.Key, Type: n.Kind, GroupKey: "ungrouped-" + n.Key.String(), CreatedAt: At(n.CreatedAt), Account: by, Matter: about}
}

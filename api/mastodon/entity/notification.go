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
	Report    *Report   `json:"report,omitempty"`
}

// NewNotification shows one; status and report are nil where it is about
// none.
func NewNotification(n store.Notification, by Account, status *Status, report *Report) Notification {
	return Notification{ID: n.Key, Type: n.Kind, GroupKey: "ungrouped-" + n.Key.String(), CreatedAt: At(n.CreatedAt), Account: by, Status: status, Report: report}
}

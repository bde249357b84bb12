package entity

import "entente.example/entente/store"

// Delivery is how far a status has come with one company: the latest version of it that
// went there. Only its author sees it.
type Delivery struct {
	Host        string  `json:"host"`
	State       string  `json:"state"`        // queued, delivered, parked, refused, or given_up
	QueuedAt    *Time   `json:"queued_at"`    // null: it is about to be
	DeliveredAt *Time   `json:"delivered_at"` // of the last version that arrived; null: none has
	ParkedUntil *Time   `json:"parked_until"` // when it is tried again; null: it is not parked
	Reason      *string `json:"reason"`       // why it is parked, was refused or given up: a stable code, or null
	Message     *string `json:"message"`      // the same in words; may quote the other server
}

// NewDelivery shows a receipt.
func NewDelivery(r store.Receipt) Delivery {
	return Delivery{Host: r.Host, State: r.State, QueuedAt: AtOrNull(r.QueuedAt), DeliveredAt: AtOrNull(r.DeliveredAt),
		ParkedUntil: AtOrNull(r.Until), Reason: orNull(r.Reason), Message: orNull(r.Message)}
}

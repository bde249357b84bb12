package entity

import "entente.example/entente/store"

// Quote is what a status quotes. Inside of a quoted status only the id is told.
type Quote struct {
	State          string  `json:"state"` // accepted, pending, rejected, revoked, deleted, unauthorized
	QuotedStatus   *Status `json:"quoted_status"`
	QuotedStatusID *string `json:"quoted_status_id,omitempty"`
}

// NewQuote shows a quote: status is what is quoted, where the viewer may see it.
func NewQuote(q store.Quote, status *Status, isThere bool) Quote {
	shown := Quote{State: q.State}
	switch {
	case q.State != store.QuoteAccepted:
	case status != nil:
		shown.QuotedStatus = status
	case isThere:
		shown.QuotedStatusID = orNull(q.Target.String())
	default:
		shown.State = "unauthorized" // gone, or not for the viewer: nobody is told which
	}
	return shown
}

// QuoteApproval is who may quote a status, and whether the viewer may.
type QuoteApproval struct {
	Automatic   []string `json:"automatic"` // public, followers
	Manual      []string `json:"manual"`
	CurrentUser string   `json:"current_user"` // automatic, manual, denied, unknown
}

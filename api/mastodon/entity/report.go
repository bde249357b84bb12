package entity

import (
	"entente.example/entente/store"
)

// Report is what I have told the admins.
type Report struct {
	ID            store.Key `json:"id,string"`
	ActionTaken   bool      `json:"action_taken"`
	ActionTakenAt *Time     `json:"action_taken_at"`
	Category      string    `json:"category"`
	Comment       string    `json:"comment"`
	Forwarded     bool      `json:"forwarded"`
	CreatedAt     Time      `json:"created_at"`
	StatusIDs     []string  `json:"status_ids"`
	RuleIDs       []string  `json:"rule_ids"` // there are no rules yet
	TargetAccount Account   `json:"target_account"`
}

// NewReport shows one; of is who is reported.
func NewReport(r store.Report, of Account) Report {
	shown := Report{ID: r.Key, ActionTaken: !r.ResolvedAt.IsZero(), ActionTakenAt: AtOrNull(r.ResolvedAt.Time), Category: r.Category, Comment: r.Comment,
		Forwarded: r.Forwarded, CreatedAt: At(r.CreatedAt), StatusIDs: []string{}, RuleIDs: []string{}, TargetAccount: of}
	for _, key := range r.Notes {
		shown.StatusIDs = append(shown.StatusIDs, key.String())
	}
	return shown
}

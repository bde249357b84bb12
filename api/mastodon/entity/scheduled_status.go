package entity

import (
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// ScheduledStatus is a post that waits for its time.
type ScheduledStatus struct {
	ID               store.Key       `json:"id,string"`
	ScheduledAt      Time            `json:"scheduled_at"`
	Params           ScheduledParams `json:"params"`
	MediaAttachments []Attachment    `json:"media_attachments"`
}

// ScheduledParams is what was asked for.
type ScheduledParams struct {
	Text        string     `json:"text"`
	Poll        *struct{}  `json:"poll"`
	MediaIDs    []string   `json:"media_ids"`
	Sensitive   bool       `json:"sensitive"`
	SpoilerText string     `json:"spoiler_text"`
	Visibility  string     `json:"visibility"`
	InReplyToID *string    `json:"in_reply_to_id"`
	Language    *string    `json:"language"`
	GroupID     *string    `json:"group_id"` // ours: where it will be posted
	ScheduledAt *string    `json:"scheduled_at"`
	Idempotency *string    `json:"idempotency"`
	RateLimit   bool       `json:"with_rate_limit"`
	Application *store.Key `json:"application_id"`
}

// NewScheduledStatus shows a draft; its files are left to fill in.
func NewScheduledStatus(d store.Draft, of federation.Draft) ScheduledStatus {
	s := ScheduledStatus{ID: d.Key, ScheduledAt: At(d.DueAt), MediaAttachments: []Attachment{}, Params: ScheduledParams{
		Text: of.Text, MediaIDs: []string{}, Sensitive: of.Sensitive, SpoilerText: of.Warning, Visibility: string(of.Visibility), Language: orNull(of.Language),
		InReplyToID: idOrNull(of.ReplyTo), GroupID: idOrNull(of.Group)}}
	for _, key := range d.Media {
		s.Params.MediaIDs = append(s.Params.MediaIDs, key.String())
	}
	return s
}

func idOrNull(k store.Key) *string {
	if k == 0 {
		return nil
	}
	return orNull(k.String())
}

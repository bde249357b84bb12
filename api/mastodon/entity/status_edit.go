package entity

import (
	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// StatusEdit is one version of a status.
type StatusEdit struct {
	Content          string       `json:"content"` // HTML
	SpoilerText      string       `json:"spoiler_text"`
	Sensitive        bool         `json:"sensitive"`
	CreatedAt        Time         `json:"created_at"` // of this version
	Account          Account      `json:"account"`
	MediaAttachments []Attachment `json:"media_attachments"`
	Emojis           []Emoji      `json:"emojis"`
}

// NewStatusEdit shows what a note said in that version.
func NewStatusEdit(n store.Note, version activity.Note, by Account) StatusEdit {
	n.Note = version
	shown := NewStatus(n, store.Counts{})
	edit := StatusEdit{Content: shown.Content, SpoilerText: shown.SpoilerText, Sensitive: shown.Sensitive, CreatedAt: shown.CreatedAt,
		Account: by, MediaAttachments: shown.MediaAttachments, Emojis: shown.Emojis}
	if shown.EditedAt != nil {
		edit.CreatedAt = *shown.EditedAt
	}
	return edit
}

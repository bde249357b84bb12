package entity

import "entente.example/entente/store"

// StatusSource is a status as its author typed it.
type StatusSource struct {
	ID          store.Key `json:"id,string"`
	Text        string    `json:"text"`
	SpoilerText string    `json:"spoiler_text"`
}

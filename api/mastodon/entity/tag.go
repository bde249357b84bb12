package entity

import (
	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// StatusTag is a hashtag of a status.
type StatusTag struct {
	Name string `json:"name"` // without #
	URL  string `json:"url"`
}

// Tag is a hashtag by itself, as searches find it.
type Tag struct {
	StatusTag
	History   []any `json:"history"`
	Following bool  `json:"following"`
}

// NewStatusTags are the hashtags of a note, each once.
func NewStatusTags(n store.Note) []StatusTag {
	shown, seen := []StatusTag{}, map[string]bool{}
	for _, t := range n.Tag {
		name := t.Hashtag()
		if name == "" || seen[name] {
			continue
		}
		seen[name] = true
		tag := StatusTag{Name: name}
		if u, err := activity.ID(t.Href).URL(); err == nil {
			tag.URL = u.String()
		}
		shown = append(shown, tag)
	}
	return shown
}

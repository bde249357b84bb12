package entity

import (
	"strings"

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
		name := strings.ToLower(strings.TrimPrefix(string(t.Name), "#"))
		if t.Type == "Hashtag" && name != "" && !seen[name] {
			seen[name] = true
			shown = append(shown, StatusTag{Name: name, URL: string(t.Href)})
		}
	}
	return shown
}

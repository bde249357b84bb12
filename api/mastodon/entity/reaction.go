package entity

import (
	"strings"

	"entente.example/entente/store"
)

// Reaction is one emoji beside a status, as Pleroma and Akkoma show it.
type Reaction struct {
	Name      string  `json:"name"` // a character, or a shortcode
	Count     int     `json:"count"`
	Me        bool    `json:"me"`
	URL       *string `json:"url"` // of the picture of a shortcode
	StaticURL *string `json:"static_url"`
}

// Pleroma is what clients of Pleroma look for.
type Pleroma struct {
	EmojiReactions []Reaction `json:"emoji_reactions"`
}

// NewReactions are those beside a note.
func NewReactions(found []store.Reacted) []Reaction {
	shown := []Reaction{}
	for _, r := range found {
		url := orNull(r.URL)
		shown = append(shown, Reaction{Name: strings.Trim(r.Emoji, ":"), Count: r.Count, Me: r.Mine, URL: url, StaticURL: url})
	}
	return shown
}

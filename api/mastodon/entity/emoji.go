package entity

import "entente.example/entente/activity"

// Emoji is a custom emoji: what to show for :shortcode: in the text beside it. The
// picture stays where it is.
type Emoji struct {
	Shortcode string `json:"shortcode"`
	URL       string `json:"url"`
	StaticURL string `json:"static_url"`
	Visible   bool   `json:"visible_in_picker"`
}

// NewEmojis are the emoji of a document that are in its texts.
func NewEmojis(tags activity.List[activity.Tag], texts ...string) []Emoji {
	shown := []Emoji{}
	for _, e := range activity.EmojisIn(tags, texts...) {
		shown = append(shown, Emoji{Shortcode: e.Shortcode, URL: string(e.URL), StaticURL: string(e.URL)})
	}
	return shown
}

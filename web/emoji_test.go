package web

import (
	"testing"

	"entente.example/entente/activity"
)

func TestACustomEmojiIsAWordToScreenReaders(t *testing.T) {
	t.Parallel()
	tags := []activity.Tag{activity.EmojiTag(activity.Emoji{Shortcode: "blob_cat", URL: "https://media.example/x.png"})}
	const span = `<span role="img" aria-label="blob cat" title=":blob_cat:">:blob_cat:</span>`
	for text, want := range map[string]string{
		"<p>a :blob_cat: b :blob_cat:</p>":       "<p>a " + span + " b " + span + "</p>",
		"<p>:other: <b>:blob_cat::blob_cat:</b>": "<p>:other: <b>" + span + span + "</b></p>",
		"none":                                   "none",
	} {
		if got := string(new(Web).body(text, tags, 0)); got != want {
			t.Errorf("%s\nis %s\nnot %s", text, got, want)
		}
	}
}

package activity

import (
	"strings"
	"unicode"

	"github.com/rivo/uniseg"

	"entente.example/entente/activity/limits"
)

// Reaction is the emoji of a reaction: one character, or the :Text: of a custom
// emoji whose picture is at URL.
type Reaction struct {
	Text string
	URL  ID // "" for a character
}

// Reacts is the emoji of an EmojiReact (Pleroma, Akkoma) or a Like (Misskey,
// FEP-c0e0); ok is false where it has none, or something else than one emoji.
func (e Envelope) Reacts() (r Reaction, ok bool) {
	text := strings.TrimSpace(string(e.MisskeyReaction))
	if text == "" {
		text = strings.TrimSpace(string(e.Content))
	}
	if code, is := strings.CutPrefix(text, ":"); is {
		code, _, _ = strings.Cut(strings.TrimSuffix(code, ":"), "@") // Misskey: of another host
		for _, emoji := range Emojis(e.Tag) {
			if emoji.Shortcode == code {
				return Reaction{":" + code + ":", emoji.URL}, true
			}
		}
		return r, false
	}
	return Reaction{Text: OneEmoji(text)}, OneEmoji(text) != ""
}

// OneEmoji is a text that is one emoji (one grapheme cluster, UAX #29) in its one
// spelling, else "".
func OneEmoji(text string) string {
	if len(text) > limits.Reaction || uniseg.GraphemeClusterCount(text) != 1 {
		return ""
	}
	plain := strings.TrimSuffix(text, "\uFE0F") // which asks for colours
	is := strings.ContainsRune(text, '\u20E3')  // a keycap
	runes := []rune(plain)
	for _, r := range runes {
		asked := plain != text && (unicode.In(r, unicode.Sm, unicode.Po, unicode.Pd) && r > unicode.MaxASCII)
		is = is || unicode.Is(unicode.So, r) || r >= 0x1F000 && r < 0x1FB00 || asked
	}
	switch {
	case !is:
		return ""
	case len(runes) == 1 && runes[0] < 0x1F000:
		return plain + "\uFE0F"
	case len(runes) == 1:
		return plain
	}
	return text
}

package activity

import "entente.example/entente/activity/memory"

// Texts on pages that are read just now; each costs its length twice.
const (
	shownMost   = 2000
	shownLength = 4 << 10 // a longer one is sanitised each time
)

// shown remembers texts by themselves, so that nothing can be out of date.
var shown = memory.New[string, string](shownMost)

// Shown is foreign HTML as it is shown: sanitised here again, whoever did it before, and
// its links revealed.
func Shown(text string) string {
	if text == "" {
		return ""
	}
	if html, ok := shown.Get(text); ok {
		return html
	}
	html := RevealAll(Sanitise(text))
	if len(text) <= shownLength {
		shown.Put(text, html)
	}
	return html
}

package activity

import (
	"slices"
	"unicode/utf8"
)

// What is kept of a document: the rest is cut off without a word, as Mastodon
// does, but for addressees, since nobody may lose some of those unnoticed.
const (
	maxAddressees  = 2000
	maxTags        = 500
	maxHashtags    = 100 // of at most maxHashtag bytes
	maxHashtag     = 100
	maxEntries     = 50   // of any other list: attachments, answers of a poll, lines of a profile
	maxNames       = 1000 // of the properties of an object
	maxLanguages   = 20   // whose codes have at most maxLanguage bytes
	maxLanguage    = 35
	maxName        = 2048 // bytes, as all that follow
	maxField       = 2047
	maxSummary     = 20 << 10
	maxDescription = 8 << 10    // of a file
	earliest, last = 1970, 2200 // years
)

// cut gives the first max bytes of a text, and no half of a character.
func cut[S ~string](s S, max int) S {
	if len(s) <= max {
		return s
	}
	for max > 0 && !utf8.RuneStart(s[max]) {
		max--
	}
	return s[:max]
}

// head gives the first max entries of a list.
func head[S ~[]T, T any](s S, max int) S { return slices.Clip(s[:min(len(s), max)]) }

func name(t Text) Text    { return cut(Text(PlainText(string(t))), maxName) }
func summary(t Text) Text { return Text(Sanitise(string(cut(t, maxSummary)))) }

// check refuses (TooLarge) more addressees than one activity has use for: each
// is looked up.
func (a Audience) check() error {
	if len(a.To)+len(a.Cc)+len(a.Groups) > maxAddressees {
		return Refuse(TooLarge, "many_addressees", "to, cc and audience have at most %d entries together", maxAddressees)
	}
	return nil
}

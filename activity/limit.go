package activity

import (
	"slices"
	"unicode/utf8"

	"entente.example/entente/activity/limits"
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

func name(t Text) Text    { return cut(Text(PlainText(string(t))), limits.Name) }
func summary(t Text) Text { return Text(Sanitise(string(cut(t, limits.Summary)))) }

// check refuses (TooLarge) more addressees than one activity has use for: each
// is looked up.
func (a Audience) check() error {
	if len(a.To)+len(a.Cc)+len(a.Groups) > limits.Addressees {
		return Refuse(TooLarge, "many_addressees", "to, cc and audience have at most %d entries together", limits.Addressees)
	}
	return nil
}

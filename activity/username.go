package activity

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// MaxUsername is how many characters a name of ours has at most.
const MaxUsername = 30

var username = regexp.MustCompile(`^[a-z0-9_]{1,30}$`)

// CheckUsername refuses (Invalid) a name that our people may not have: every
// known software takes 1 to 30 of a-z, 0-9 and _.
func CheckUsername(name string) error {
	if !username.MatchString(name) {
		return Refuse(Invalid, "bad_username", "a username has 1 to 30 of the characters a-z, 0-9 and _ (got %.50q)", name)
	}
	return nil
}

// A word is what Mastodon, Misskey and Pleroma take for a name, and GoToSocial, Lemmy and
// NodeBB in other scripts too; a dot or hyphen is inside of it only (Bridgy, NodeBB).
const (
	wordSign = `[\p{L}\p{M}0-9_]`
	word     = wordSign + `(?:[\p{L}\p{M}0-9_.-]*` + wordSign + `)?`
)

var mentionable = regexp.MustCompile(`^` + word + `$`)

// isMentionable says whether a name can be mentioned, and is read as what it is: no path,
// nothing unseen or that turns the line around, and letters of one script that are no
// other's twins.
func isMentionable(name string) bool {
	return mentionable.MatchString(name) && norm.NFKC.IsNormalString(name) && plainlyWritten(strings.ReplaceAll(name, ".", "")) &&
		!strings.ContainsFunc(name, func(r rune) bool {
			return unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) || unicode.Is(unicode.M, r) && scriptOf(r) == ""
		})
}

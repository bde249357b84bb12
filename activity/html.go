package activity

import (
	"html"
	"regexp"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
)

// policies are built once: bluemonday's are safe to share after that.
var policies = sync.OnceValues(func() (rich, none *bluemonday.Policy) {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "span", "abbr", "del", "s", "pre", "blockquote", "code", "b", "strong", "u", "sub", "sup",
		"i", "em", "h1", "h2", "h3", "h4", "h5", "ul", "ol", "li", "ruby", "rt", "rp")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^((h|p|u|dt|e)-[\w-]+|mention|hashtag|ellipsis|invisible|quote-inline|\s)+$`)).OnElements("a", "span", "p")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("start", "reversed").OnElements("ol")
	p.AllowURLSchemes("http", "https", "dat", "dweb", "ipfs", "ipns", "ssb", "gopher", "xmpp", "magnet", "gemini")
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AllowAttrs("rel").OnElements("a")
	return p, bluemonday.StrictPolicy()
})

// Sanitise keeps of foreign HTML what Mastodon keeps and nothing that runs,
// loads or deceives. It is applied at the door and again where it is shown.
func Sanitise(s string) string {
	if s == "" {
		return ""
	}
	rich, _ := policies()
	return rich.Sanitize(s)
}

// PlainText drops all markup and gives the text itself, unescaped: for names
// and titles, which are escaped again where they are shown.
func PlainText(s string) string {
	if !strings.ContainsAny(s, "<&") {
		return strings.TrimSpace(s)
	}
	_, none := policies()
	return strings.TrimSpace(html.UnescapeString(none.Sanitize(s)))
}

// Plain is what somebody typed without what would be markup, as often as it takes: readers
// do the same to what we send, and read what we wrote.
func Plain(typed string) string {
	s := PlainText(typed)
	for again := PlainText(s); again != s; again = PlainText(again) {
		s = again
	}
	return s
}

package activity

import (
	"bytes"
	"html"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	rendered "github.com/yuin/goldmark/renderer/html"
	xhtml "golang.org/x/net/html"
)

var (
	handle  = regexp.MustCompile(`(^|[^\w\p{L}\p{M}/@.&#])(@(?:` + word + `@[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*(?::\d{1,5})?|[a-zA-Z0-9_]{1,64}))`)
	hashtag = regexp.MustCompile(`(^|[^\w\p{L}\p{M}/&#])#([\p{L}\p{N}_]*[\p{L}_][\p{L}\p{N}_]*)`)
)

// Handles are the "@alice" and "@bea@globex.example" in a text, each once.
func Handles(text string) []string { return unique(handle.FindAllStringSubmatch(text, -1)) }

// Hashtags are the words after a # in a text, each once, without the #.
func Hashtags(text string) []string { return unique(hashtag.FindAllStringSubmatch(text, -1)) }

func unique(matches [][]string) []string {
	var found []string
	seen := map[string]bool{}
	for _, m := range matches {
		if !seen[m[2]] {
			seen[m[2]] = true
			found = append(found, m[2])
		}
	}
	return found
}

// Markdown makes sanitised HTML of what one of our people typed. links says
// where the handles ("@bea@globex.example") and hashtags ("#tag") in it lead;
// those without a link stay text.
func Markdown(text string, links map[string]ID) string {
	md := goldmark.New(goldmark.WithExtensions(extension.Linkify, extension.Strikethrough), goldmark.WithRendererOptions(rendered.WithHardWraps()))
	var b bytes.Buffer
	if err := md.Convert([]byte(text), &b); err != nil {
		return "<p>" + html.EscapeString(text) + "</p>"
	}
	return Sanitise(strings.TrimSpace(link(b.Bytes(), links)))
}

// link walks rendered HTML and links handles and hashtags in its text, but not
// inside links and code.
func link(rendered []byte, links map[string]ID) string {
	var out strings.Builder
	z := xhtml.NewTokenizer(bytes.NewReader(rendered))
	closed := 0 // inside a, code or pre
	for {
		switch z.Next() {
		case xhtml.ErrorToken:
			return out.String()
		case xhtml.TextToken:
			if closed == 0 {
				out.WriteString(linkText(string(z.Raw()), links))
				continue
			}
		case xhtml.StartTagToken:
			closed += opaque(z)
		case xhtml.EndTagToken:
			closed -= opaque(z)
		}
		out.Write(z.Raw())
	}
}

func opaque(z *xhtml.Tokenizer) int {
	raw := string(z.Raw())
	for _, name := range []string{"<a ", "</a>", "<code", "</code", "<pre", "</pre"} {
		if strings.HasPrefix(raw, name) {
			return 1
		}
	}
	return 0
}

func linkText(escaped string, links map[string]ID) string {
	escaped = handle.ReplaceAllStringFunc(escaped, func(m string) string {
		at := strings.IndexByte(m, '@')
		to, ok := links[m[at:]]
		if !ok {
			return m
		}
		user, _, _ := strings.Cut(m[at+1:], "@")
		return m[:at] + `<span class="h-card"><a href="` + html.EscapeString(string(to)) + `" class="u-url mention">@<span>` + user + `</span></a></span>`
	})
	return hashtag.ReplaceAllStringFunc(escaped, func(m string) string {
		at := strings.IndexByte(m, '#')
		to, ok := links[m[at:]]
		if !ok {
			return m
		}
		return m[:at] + `<a href="` + html.EscapeString(string(to)) + `" class="mention hashtag" rel="tag">#<span>` + m[at+1:] + `</span></a>`
	})
}

package web

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"entente.example/entente/activity"
)

// spell makes a custom emoji a word to screen readers: its picture is at another
// host, from which pages load nothing, so it stays a :shortcode:.
func spell(text *html.Node, emojis []activity.Emoji) {
	for {
		at, code := len(text.Data), ""
		for _, e := range emojis {
			if i := strings.Index(text.Data, ":"+e.Shortcode+":"); i >= 0 && i < at {
				at, code = i, e.Shortcode
			}
		}
		if code == "" || text.Parent == nil {
			return
		}
		whole := ":" + code + ":"
		span := &html.Node{Type: html.ElementNode, DataAtom: atom.Span, Data: "span", Attr: []html.Attribute{
			{Key: "role", Val: "img"}, {Key: "aria-label", Val: strings.ReplaceAll(code, "_", " ")}, {Key: "title", Val: whole}}}
		span.AppendChild(&html.Node{Type: html.TextNode, Data: whole})
		rest := &html.Node{Type: html.TextNode, Data: text.Data[at+len(whole):]}
		text.Data = text.Data[:at]
		text.Parent.InsertBefore(span, text.NextSibling)
		text.Parent.InsertBefore(rest, span.NextSibling)
		text = rest
	}
}

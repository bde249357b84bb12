package web

import (
	"html/template"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"entente.example/entente/activity"
)

// body is a text as the page shows it. It is sanitised here again, whoever did
// it before, and made to fit: every element is closed, all headings are of the
// level that comes next on the page, and mentions and hashtags lead to our own
// pages, since those of a partner are closed to our people.
func (w *Web) body(text string, tags []activity.Tag, heading atom.Atom) template.HTML {
	div := &html.Node{Type: html.ElementNode, DataAtom: atom.Div, Data: "div"}
	nodes, err := html.ParseFragment(strings.NewReader(activity.Sanitise(text)), div)
	if err != nil { // nested deeper than anybody writes
		return template.HTML(html.EscapeString(activity.PlainText(text))) // escaped
	}
	for _, n := range nodes {
		div.AppendChild(n)
	}
	var links, words []*html.Node
	for n := range div.Descendants() {
		switch n.DataAtom {
		case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5:
			n.DataAtom, n.Data = heading, heading.String()
		case atom.A:
			w.turn(n, tags)
			links = append(links, n)
		}
		if n.Type == html.TextNode {
			words = append(words, n)
		}
	}
	for _, a := range links {
		activity.Reveal(a)
	}
	emojis := activity.Emojis(tags)
	for _, n := range words {
		spell(n, emojis)
	}
	var b strings.Builder
	for n := range div.ChildNodes() {
		if err := html.Render(&b, n); err != nil {
			return ""
		}
	}
	return template.HTML(b.String()) // sanitised above
}

// maxGist is the length of a gist, in characters.
const maxGist = 140

// gist is the beginning of a text without its markup, on one line.
func gist(text string) string {
	apart := strings.NewReplacer("</p>", " ", "</li>", " ", "<br", " <br")
	words := strings.Join(strings.Fields(activity.PlainText(apart.Replace(text))), " ")
	if r := []rune(words); len(r) > maxGist {
		return strings.TrimSpace(string(r[:maxGist])) + "…"
	}
	return words
}

// turn leads a mention to our page of the person whom a tag names, and a hashtag
// to our search.
func (w *Web) turn(a *html.Node, tags []activity.Tag) {
	at := func(key string) int {
		return slices.IndexFunc(a.Attr, func(x html.Attribute) bool { return x.Key == key })
	}
	class, href := at("class"), at("href")
	if class < 0 || href < 0 {
		return
	}
	classes, to := strings.Fields(a.Attr[class].Val), &a.Attr[href].Val
	switch {
	case slices.Contains(classes, "hashtag"):
		*to = "/search?q=" + url.QueryEscape(textOf(a))
	case slices.Contains(classes, "mention"):
		if i := slices.IndexFunc(tags, func(t activity.Tag) bool { return mentions(t, *to, textOf(a)) }); i >= 0 {
			user, host := parts(tags[i])
			*to = w.handlePath(user, host)
		}
	}
}

// mentions says whether a tag is the one behind a link with this text.
func mentions(t activity.Tag, href, text string) bool {
	user, host := parts(t)
	text = strings.TrimPrefix(text, "@")
	return t.Type == "Mention" && user != "" && (string(t.Href) == href || strings.EqualFold(text, user) || strings.EqualFold(text, user+"@"+host))
}

// parts are the user and host that a mention names.
func parts(t activity.Tag) (user, host string) {
	user, host, _ = strings.Cut(strings.TrimPrefix(string(t.Name), "@"), "@")
	if host == "" {
		host = activity.ID(t.Href).Host()
	}
	return user, host
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

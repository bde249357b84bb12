package activity

import (
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// looksLikeHost finds a host at the beginning of the text of a link, the way people
// write one.
var looksLikeHost = regexp.MustCompile(`^\s*(?:[a-zA-Z]+:/*)?(?:[^\s/@]*@)?([\pL\pN\pM_-]+(?:(?:[.。．｡]|%2[eE])[\pL\pN\pM_-]+)+\.?)(?:[:/?#…\s]|$)`)

// Reveal says after a link where it leads, if its text looks like another address
// (CVE-2023-36462): "example.com [evil.example]". Hosts in mixed scripts are written
// in punycode, and so is what they are taken for.
func Reveal(a *html.Node) {
	text := textOf(a)
	m := looksLikeHost.FindStringSubmatch(text)
	if a.DataAtom != atom.A || m == nil || a.Parent == nil {
		return
	}
	real := linkedHost(a)
	if said := strings.TrimSuffix(strings.ToLower(m[1]), "."); real == "" || strings.TrimPrefix(said, "www.") == strings.TrimPrefix(real, "www.") {
		return
	}
	a.Parent.InsertBefore(&html.Node{Type: html.TextNode, Data: " [" + real + "]"}, a.NextSibling)
}

// linkedHost is the host that a link leads to, as people may read it; "" for none.
func linkedHost(a *html.Node) string {
	for _, attr := range a.Attr {
		if attr.Key != "href" {
			continue
		}
		_, rest, _ := strings.Cut(attr.Val, "://")
		host, _, _ := strings.Cut(strings.NewReplacer("/", " ", "?", " ", "#", " ", `\`, " ").Replace(rest)+" ", " ")
		host = host[strings.LastIndexByte(host, '@')+1:]
		if plain, err := url.PathUnescape(host); err == nil { // sanitised links have %C3%BC for ü
			host = plain
		}
		shown, err := ShownHost(host)
		if err != nil {
			return host
		}
		name, _, _ := strings.Cut(shown, ":")
		return name
	}
	return ""
}

// RevealAll is Reveal for all links of sanitised HTML.
func RevealAll(s string) string {
	if !strings.Contains(s, "<a ") {
		return s
	}
	div := &html.Node{Type: html.ElementNode, DataAtom: atom.Div, Data: "div"}
	nodes, err := html.ParseFragment(strings.NewReader(s), div)
	if err != nil { // nested deeper than anybody writes
		return html.EscapeString(PlainText(s))
	}
	for _, n := range nodes {
		div.AppendChild(n)
	}
	var links []*html.Node
	for n := range div.Descendants() {
		if n.DataAtom == atom.A {
			links = append(links, n)
		}
	}
	var b strings.Builder
	for _, a := range links {
		Reveal(a)
	}
	for n := range div.ChildNodes() {
		if html.Render(&b, n) != nil {
			return html.EscapeString(PlainText(s))
		}
	}
	return b.String()
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

package demo

import (
	"bytes"
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// form is a form of a page, filled in.
type form struct {
	method, action string
	values         url.Values
}

// form finds the form to go on with and fills it in: the one with a password,
// else the one that leads back to the page it is on; its first button is pressed.
func (p page) form(fill func(kind, name, value string) string) (form, bool) {
	doc, err := html.Parse(bytes.NewReader(p.body))
	if err != nil {
		return form{}, false
	}
	var best form
	rank := 0
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.Data != "form" {
			continue
		}
		if f, r := p.read(n, fill); r > rank {
			best, rank = f, r
		}
	}
	return best, rank > 0
}

// read fills in one form and says how likely it is the one to go on with.
func (p page) read(n *html.Node, fill func(kind, name, value string) string) (f form, rank int) {
	action, err := p.at.Parse(attribute(n, "action"))
	if err != nil {
		return f, 0
	}
	f = form{strings.ToUpper(cmp.Or(attribute(n, "method"), http.MethodGet)), action.String(), url.Values{}}
	if action.Path == p.at.Path {
		rank = 1
	}
	pressed := false
	for field := range n.Descendants() {
		name, kind := attribute(field, "name"), attribute(field, "type")
		isButton := field.Data == "button" || kind == "submit"
		if kind == "password" {
			rank = 2
		}
		if field.Type != html.ElementNode || name == "" || isButton && pressed || field.Data != "input" && field.Data != "button" {
			continue
		}
		pressed = pressed || isButton
		f.values.Set(name, fill(kind, name, attribute(field, "value")))
	}
	return f, rank
}

func attribute(n *html.Node, name string) string {
	at := slices.IndexFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
	if at < 0 {
		return ""
	}
	return n.Attr[at].Val
}

package web

import (
	"html"
	"html/template"
	"strconv"
	"time"

	"entente.example/entente/store"
)

// The parts that stand on a page of posts a hundred times are written here: in a template
// each value of them is looked up, called and escaped apart, which was most of what a page
// cost. Whatever comes from somebody goes through escaped.

// escaped is a text for an element or an attribute in quotes.
func escaped(text string) string { return html.EscapeString(text) }

// icon is one of the sprite's.
func icon(name string) template.HTML {
	return template.HTML(`<svg class="icon" aria-hidden="true"><use href="#i-` + escaped(name) + `"/></svg>`)
}

// avatar are the initials of an actor, on its colour.
func avatar(a store.Actor) template.HTML {
	square := ""
	if a.IsGroup() {
		square = " square"
	}
	return template.HTML(`<span class="avatar hue` + strconv.Itoa(hue(a)) + square + `" aria-hidden="true">` + escaped(initials(a)) + `</span>`)
}

// badge is the company of somebody who is not from here: a word, an icon and a border, and how
// it stands with ours.
func (b *book) badge(a store.Actor) template.HTML {
	if a.Local {
		return ""
	}
	return template.HTML(`<span class="badge">` + string(icon("company")) + `<span class="vh">` + escaped(b.say("badge.company")) + ` </span><bdi>` + escaped(a.Host) + `</bdi></span>` + footingHere(a.ID.Host()))
}

// who is the name of an actor, which leads to them, and their company.
func (b *book) who(a store.Actor) template.HTML {
	link := template.HTML(`<a class="who" href="` + escaped(actorPath(a)) + `"><bdi>` + escaped(name(a)) + `</bdi></a>`)
	if a.Local {
		return link
	}
	return link + " " + b.badge(a)
}

// on is a moment, and since is how long ago one was.
func (b *book) on(t time.Time) template.HTML {
	return template.HTML(`<time datetime="` + rfc3339(t) + `">` + escaped(b.moment(t)) + `</time>`)
}

func (b *book) since(now, t time.Time) template.HTML {
	return template.HTML(`<time datetime="` + rfc3339(t) + `" title="` + escaped(b.moment(t)) + `">` + escaped(b.ago(now, t)) + `</time>`)
}

func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339) }

package entity

import (
	"html"
	"strings"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// content is the text as HTML. Mastodon has no place for what an article, event or
// video has besides: it comes before the text as title, time and place, and
// abstract, and after it as a link to the page where it is read in full.
func content(n store.Note) string {
	var b strings.Builder
	line := func(before, text, after string) {
		if text != "" {
			b.WriteString("<p>" + before + html.EscapeString(text) + after + "</p>")
		}
	}
	line("<strong>", n.Heading(), "</strong>")
	if n.Type == "Event" {
		line("", when(n), "")
	}
	if n.IsArticle() && !bool(n.Sensitive) {
		line("", activity.PlainText(string(n.Summary)), "")
	}
	b.WriteString(activity.Shown(string(n.Content)))
	if n.IsArticle() {
		if at := n.Link(); at != n.Page() {
			b.WriteString(anchor(at))
		}
		b.WriteString(anchor(n.Page()))
	}
	return b.String()
}

// when is the time and place of an event.
func when(n store.Note) string {
	var parts []string
	if !n.Start.IsZero() {
		from := n.Start.UTC().Format("2006-01-02 15:04")
		if end := n.EndTime; end.After(n.Start.Time) {
			layout := "2006-01-02 15:04"
			if end.UTC().Format(time.DateOnly) == n.Start.UTC().Format(time.DateOnly) {
				layout = "15:04"
			}
			from += "–" + end.UTC().Format(layout)
		}
		parts = append(parts, from+" UTC")
	}
	if n.Place != "" {
		parts = append(parts, string(n.Place))
	}
	return strings.Join(parts, ", ")
}

// anchor is a line with a link that shows where it leads.
func anchor(at activity.ID) string {
	u, err := at.URL()
	if err != nil {
		return ""
	}
	to := html.EscapeString(u.String())
	return activity.Sanitise(`<p><a href="` + to + `">` + to + `</a></p>`)
}

package activity

import (
	"html"
	"strings"

	"entente.example/entente/activity/limits"
)

// NewTitle is what somebody typed as a title, on one line. One of more than limits.Title
// characters is Invalid.
func NewTitle(typed string) (string, error) {
	title := strings.Join(strings.Fields(Plain(typed)), " ")
	if len([]rune(title)) > limits.Title {
		return "", Refuse(Invalid, "long_title", "a title has at most %d characters", limits.Title)
	}
	return title, nil
}

// Entitle gives a note a title: as its name, and as the first line of its text for the
// many who do not show names (Mastodon).
func (n *Note) Entitle(title string) {
	if title != "" {
		n.Name, n.Content = Text(title), Text(titleLine(title))+n.Content
	}
}

// Heading is the title of a note, "" where its text has it on a line of its own.
func (n Note) Heading() string {
	if strings.Contains(string(n.Content), titleLine(string(n.Name))) {
		return ""
	}
	return string(n.Name)
}

func titleLine(title string) string {
	return "<p><strong>" + html.EscapeString(title) + "</strong></p>"
}

package server_test

import (
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation"
)

// A discussion has a title: it arrives as its name, and as the first line of its text for
// those who show no names.
func TestADiscussionHasATitle(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessClosed)
	b.comes(b.bea)
	post := func(d federation.Draft) (activity.ID, error) {
		d.Group = b.group.Key
		n, err := b.acme.Post(t.Context(), b.alice, d)
		return n.ID, err
	}
	long := strings.Repeat("é", limits.Title)
	for typed, want := range map[string]string{long: long, " Who \n brings\tR&D's <b>cake</b>? ": "Who brings R&D's cake?", "": ""} {
		id, err := post(federation.Draft{Text: "the text", Title: typed})
		b.acme.do(err)
		b.pump()
		for _, c := range []*company{b.acme, b.globex} {
			n := c.note(id)
			if string(n.Name) != want || n.Heading() != "" {
				t.Errorf("at %s %q is %q, and again %q", c.Host, typed, n.Name, n.Heading())
			}
			if want != "" && !strings.HasPrefix(activity.PlainText(string(n.Content)), want) {
				t.Errorf("at %s the text is %s", c.Host, n.Content)
			}
		}
	}
	if _, err := post(federation.Draft{Text: "the text", Title: long + "é"}); reason(err) != "long_title" {
		t.Errorf("a longer one: %v", err)
	}
	first, err := post(federation.Draft{Text: "the text", Title: "The title"})
	b.acme.do(err)
	if _, err := post(federation.Draft{Text: "the answer", Title: "The title", ReplyTo: b.acme.note(first).Key}); reason(err) != "title_of_answer" {
		t.Errorf("of an answer: %v", err)
	}
	_, err = b.acme.Edit(t.Context(), b.alice, b.acme.note(first), federation.Draft{Text: "the text", Title: "Another title"})
	b.acme.do(err)
	b.pump()
	if n := b.globex.note(first); n.Name != "Another title" || strings.Contains(string(n.Content), "The title") {
		t.Errorf("edited it is %q: %s", n.Name, n.Content)
	}
}

package web

import (
	"net/http"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

func TestAnEmojiIsPutBesideAPostAndTakenBack(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice, marc := c.member("alice", "Alice"), c.member("marc", "Marc")
	n := c.wrote(alice, store.Note{Note: activity.Note{ID: "https://acme.example/notes/1", Type: "Note", AttributedTo: activity.IDs{alice.ID}, Content: "<p>hello</p>"}})
	at, m := notePath(alice, n), c.as(marc)
	pressed := func(p page, emoji string) string {
		for d := range p.doc().Descendants() {
			if d.Data == "button" && attr(d, "name") == "emoji" && attr(d, "value") == emoji {
				if attr(d, "tabindex") != "" || d.Parent == nil {
					t.Errorf("%s is not reached by the keyboard", emoji)
				}
				return attr(d, "aria-pressed")
			}
		}
		return "not there"
	}
	for _, emoji := range offered() { // a button in a form each, behind a summary: all is reached by the keyboard
		if got := pressed(m.get(at), emoji); got != "" {
			t.Errorf("%s is offered as %q", emoji, got)
		}
	}
	m.get(at).has("<details class=\"react\"><summary>")
	m.post(at+"/react", "emoji", "🎉").leadsTo(at)
	if got := pressed(m.get(at), "🎉"); got != "true" {
		t.Errorf("what marc has put there is %q to him", got)
	}
	if got := pressed(c.as(alice).get(at), "🎉"); got != "false" {
		t.Errorf("what marc has put there is %q to alice", got)
	}
	m.post(at+"/react", "emoji", "🎉").leadsTo(at)
	if got := pressed(m.get(at), "🎉"); got != "" {
		t.Errorf("what was taken back is %q", got)
	}
	m.post(at+"/react", "emoji", "nice").is(http.StatusBadRequest)
	private := c.wrote(alice, store.Note{Visibility: activity.VisibleDirect, Note: activity.Note{ID: "https://acme.example/notes/2", Type: "Note", AttributedTo: activity.IDs{alice.ID}, Content: "<p>mine</p>"}})
	m.post(notePath(alice, private)+"/react", "emoji", "🎉").is(http.StatusNotFound)
}

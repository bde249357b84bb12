package web

import (
	"net/http"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// What is more than a short text has its title, its abstract and a link to where it is
// read in full, whatever kind it is; what is about a page has a link to that too (Lemmy).
func TestAnArticleHasItsTitleItsAbstractAndItsLinks(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	b, bea := c.as(c.member("alice", "Alice")), c.partner(activity.Actor{Username: "bea"})
	for _, kind := range []string{"Article", "Page", "Event", "Video", "Audio", "Image"} {
		n := c.wrote(bea, store.Note{Note: activity.Note{Type: kind, Name: "The title", Summary: "<p>The abstract</p>", Content: "<p>The text",
			URL: activity.IDs{"https://globex.example/pages/1"}, Attachment: activity.List[activity.Attachment]{{Type: "Link", URL: activity.IDs{"https://news.example/article"}}}}})
		p := b.get(notePath(bea, n)).is(http.StatusOK)
		p.has(`<p class="title"><strong>The title</strong></p>`, `<p class="lead">The abstract</p>`, "<p>The text",
			`<a href="https://globex.example/pages/1" rel="noopener noreferrer nofollow">Read it on globex.example</a>`,
			`<a href="https://news.example/article" rel="noopener noreferrer nofollow">Read it on news.example</a>`)
	}
	n := c.wrote(bea, store.Note{Note: activity.Note{Name: "The title", Summary: "careful", Content: "<p>The text", URL: activity.IDs{"https://globex.example/pages/1"}}})
	b.get(notePath(bea, n)).has("<span>careful</span></summary>").hasNot("Read it on", `class="lead"`)
}

package mastodon_test

import (
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Clients have no place for what an article, event or video has besides: its title, its
// abstract and the links to it are in its text.
func TestAnArticleSaysItsTitleItsAbstractAndItsLinks(t *testing.T) {
	t.Parallel()
	c := open(t)
	bob, bea := c.hire("bob"), c.stranger("bea", "globex.example")
	start := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	for kind, when := range map[string]string{"Article": "", "Page": "", "Event": "<p>2026-12-01 12:00 UTC, Room 7</p>", "Video": "", "Audio": "", "Image": ""} {
		n := c.arrives(bea, kind, activity.Audience{To: activity.IDs{activity.Public}}, func(n *store.Note) {
			n.Type, n.Name, n.Summary, n.Start, n.Place = kind, "The <title>", "<p>The abstract</p>", activity.At(start), "Room 7"
			n.URL = activity.IDs{"https://globex.example/pages/1"}
			n.Attachment = activity.List[activity.Attachment]{{Type: "Link", URL: activity.IDs{"https://news.example/article"}}}
		})
		link := func(at string) string {
			return `<p><a href="` + at + `" rel="nofollow noreferrer">` + at + `</a></p>`
		}
		want := "<p><strong>The &lt;title&gt;</strong></p>" + when + "<p>The abstract</p><p>" + kind + "</p>" + link("https://news.example/article") + link("https://globex.example/pages/1")
		s := bob.does("GET", "/api/v1/statuses/"+n.Key.String()).object()
		if s["content"] != want || s["spoiler_text"] != "" {
			t.Errorf("%s says %v behind %q, want %s", kind, s["content"], s["spoiler_text"], want)
		}
	}
}

// What others attach comes with what they say of it, and emoji with their pictures.
func TestWhatOthersAttachIsDescribed(t *testing.T) {
	t.Parallel()
	c := open(t)
	bob, bea := c.hire("bob"), c.stranger("bea", "globex.example")
	n := c.arrives(bea, "look :cat:", activity.Audience{To: activity.IDs{activity.Public}}, func(n *store.Note) {
		n.Attachment = activity.List[activity.Attachment]{{Type: "Document", MediaType: "image/png", URL: activity.IDs{"https://globex.example/1.png"}, Name: "a line",
			Width: 30, Height: 20, Blurhash: "LEHV6nWB2yk8", FocalPoint: activity.Focus{X: 0.5, Y: -0.25}}}
		n.Tag = activity.List[activity.Tag]{activity.EmojiTag(activity.Emoji{Shortcode: "cat", URL: "https://globex.example/cat.png"})}
	})
	s := bob.does("GET", "/api/v1/statuses/"+n.Key.String()).object()
	if a := dig(s, "media_attachments"); len(a.([]any)) != 1 {
		t.Fatalf("it has %v", a)
	}
	a := s["media_attachments"].([]any)[0].(object)
	if a["type"] != "image" || a["description"] != "a line" || a["blurhash"] != "LEHV6nWB2yk8" || dig(a, "meta", "focus", "x") != 0.5 || dig(a, "meta", "focus", "y") != -0.25 || dig(a, "meta", "original", "size") != "30x20" {
		t.Errorf("its picture is %v", a)
	}
	if e := s["emojis"].([]any); len(e) != 1 || e[0].(object)["shortcode"] != "cat" || e[0].(object)["url"] != "https://globex.example/cat.png" {
		t.Errorf("its emoji are %v", e)
	}
}

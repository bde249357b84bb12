package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// Every page is walked, as with a stranger: what has become of their own posts in a shut
// group since they left is on none.
func TestWhoHasLeftAShutGroupSeesOnNoPageWhatHappensInItLater(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice, bob, carol := c.member("alice", "Alice"), c.member("bob", "Bob"), c.member("carol", "Carol")
	g, err := c.engine.OpenGroup(t.Context(), alice, federation.GroupDraft{Name: "Board", Access: activity.AccessSecret})
	c.does(err)
	for _, who := range []store.Actor{bob, carol} {
		c.joined(store.Membership, who, g)
	}
	topic, err := c.engine.MakeTopic(t.Context(), alice, g, "Plans")
	c.does(err)
	posts := func(who store.Actor, d federation.Draft) store.Note {
		t.Helper()
		n, err := c.engine.Post(t.Context(), who, d)
		c.does(err)
		return n
	}
	own := []store.Note{
		posts(bob, federation.Draft{Text: "his discussion", Group: g.Key, Topic: topic.Key()}),
		posts(bob, federation.Draft{Text: "his poll", Group: g.Key, Poll: &federation.Poll{Options: []string{"one", "two"}, Open: time.Hour}}),
	}
	c.does(c.engine.Like(t.Context(), alice, own[0]))
	c.does(c.engine.Remove(t.Context(), alice, g, bob))
	b := c.as(bob)
	sees := func() map[string]string {
		seen := map[string]string{}
		for _, l := range c.web.table() {
			for _, n := range own {
				method, path, ok := strings.Cut(l.pattern, " ")
				path = strings.NewReplacer("{$}", "", "{at}", "@bob", "{key}", n.Key.String()).Replace(path)
				if ok && method == http.MethodGet && !strings.Contains(path, "{") {
					seen[path] = b.get(path).main()
				}
			}
		}
		return seen
	}
	before := sees()
	if p := before["/@bob/"+own[0].Key.String()]; !strings.Contains(p, "his discussion") {
		t.Fatalf("their own words are not there: %s", p)
	}
	_, err = c.engine.RenameTopic(t.Context(), alice, g, topic.Key(), "Layoffs")
	c.does(err)
	for _, n := range own {
		c.does(c.engine.Like(t.Context(), carol, n))
		c.does(c.engine.React(t.Context(), carol, n, "🔥"))
		posts(carol, federation.Draft{Text: "a later answer", ReplyTo: n.Key})
		c.does(c.engine.Pin(t.Context(), alice, n))
		c.does(c.engine.CloseThread(t.Context(), alice, n))
	}
	c.does(c.engine.Vote(t.Context(), carol, own[1], []int{0}))
	renamed := "Secret board"
	_, err = c.engine.ChangeGroup(t.Context(), alice, g, federation.Settings{Name: &renamed})
	c.does(err)
	for path, now := range sees() {
		if was := before[path]; now != was {
			t.Errorf("GET %s was\n%s\nand is\n%s", path, was, now)
		}
	}
}

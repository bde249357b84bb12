package web

import (
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

func TestAGroupIsSortedByTopicsOnItsPages(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice, bob, carol := c.member("alice", "Alice"), c.member("bob", "Bob"), c.member("carol", "Carol")
	a, b, m := c.as(alice), c.as(bob), c.as(carol)
	a.post("/groups", "name", "Board", "username", "board", "access", "closed").leadsTo("/@board")
	b.post("/@board/join").leadsTo("/@board")
	a.post("/@board/manage/people", "who", bob.Key.String(), "do", "accept").leadsTo("/@board/manage")
	a.get("/@board/manage").has("Topics", "This group has no topics.")
	a.get("/@board").hasNot("All topics", `name="topic"`)
	a.post("/@board/manage/topics", "do", "add", "name", "R&D").leadsTo("/@board/manage")
	a.post("/@board/manage/topics", "do", "add", "name", "News").leadsTo("/@board/manage")
	a.post("/@board/manage/topics", "do", "add", "name", "news").has("has a topic of that name", `value="news"`, `href="#topic-name"`, `aria-invalid="true"`).is(409)
	a.post("/@board/manage/topics", "do", "add", "name", strings.Repeat("x", limits.TopicName+1)).has("1 to 60 characters").is(400)
	a.post("/@board/manage/topics", "do", "add", "name", " ").is(400)
	b.post("/@board/manage/topics", "do", "add", "name", "Mine").is(403)
	topics := func() []string {
		g, err := c.db.ActorByHandle(t.Context(), "board", "")
		c.does(err)
		var keys []string
		for _, s := range g.Streams {
			keys = append(keys, s.Key())
		}
		return keys
	}
	research, news := topics()[0], topics()[1]
	a.get("/@board/manage").has(`aria-label="Remove: R&amp;D"`, `aria-label="Rename: R&amp;D"`, `value="R&amp;D"`)
	b.get("/@board").has("All topics", `<a href="/@board?topic=`+news+`"><bdi>News</bdi></a>`, "<bdi>R&amp;D</bdi>", `<select id="topic" name="topic"`)
	m.get("/@board").hasNot("News", "All topics")
	m.get("/@board?topic=" + news).is(404)

	b.post("/@board", "text", "in the news", "topic", news).leadsTo("/@board")
	b.post("/@board", "text", "in nothing", "topic", "1").has("no such topic", `href="#topic"`).is(400)
	g, err := c.db.ActorByHandle(t.Context(), "board", "")
	c.does(err)
	list, err := c.db.GroupWall(t.Context(), g.Key, store.Reader{Actor: bob.Key}, store.Page{})
	c.does(err)
	post := "/@bob/" + list[0].Note.Key.String()
	link := `href="/@board?topic=` + news + `"`
	b.get("/@board").has("in the news")
	b.get("/@board?topic="+news).has("in the news", link+` aria-current="page"`, `<option value="`+news+`" selected`)
	b.get("/@board?topic=" + research).hasNot("in the news").has("Nothing is written in this topic yet.")
	b.get("/@board?topic=1").is(404)
	b.get(post).has(link, "Move to the topic", `<option value="`+news+`" selected`)
	b.get("/home").has(link)
	b.post(post+"/topic", "topic", research).leadsTo(post)
	b.get("/@board?topic=" + research).has("in the news")
	a.post(post+"/topic", "topic", "").leadsTo(post)
	a.get(post).has("Move to the topic").hasNot(link)
	m.post(post+"/topic", "topic", news).is(404)
	a.post("/@board", "text", "hers").leadsTo("/@board")
	list, err = c.db.GroupWall(t.Context(), g.Key, store.Reader{Actor: bob.Key}, store.Page{})
	c.does(err)
	hers := "/@alice/" + list[0].Note.Key.String()
	b.get(hers).hasNot("Move to the topic")
	b.post(hers+"/topic", "topic", news).is(403)

	a.post("/@board/manage/topics", "do", "rename", "topic", research, "name", "Research").leadsTo("/@board/manage")
	a.post("/@board/manage/topics", "do", "rename", "topic", research, "name", "News").has("has a topic of that name").is(409)
	b.get("/@board").has("Research").hasNot("R&amp;D")
	a.post("/@board/manage/topics", "do", "remove", "topic", research).leadsTo("/@board/manage")
	a.post("/@board/manage/topics", "do", "remove", "topic", research).is(404)
	if len(topics()) != 1 {
		t.Errorf("there are %v", topics())
	}
	a.post("/@board/manage/topics", "do", "nothing", "topic", news).is(404)
}

// The pages of a topic are those of that topic.
func TestTheNextPageOfATopicIsOfThatTopic(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice := c.member("alice", "Alice")
	a := c.as(alice)
	a.post("/groups", "name", "Board", "username", "board").leadsTo("/@board")
	a.post("/@board/manage/topics", "do", "add", "name", "News").leadsTo("/@board/manage")
	g, err := c.db.ActorByHandle(t.Context(), "board", "")
	c.does(err)
	news := g.Streams[0].Key()
	for range store.PageDefault + 1 {
		a.post("/@board", "text", "in the news", "topic", news).leadsTo("/@board")
	}
	list, err := c.db.TopicWall(t.Context(), g.Key, g.Streams[0].ID, store.Reader{Actor: alice.Key}, store.Page{Limit: store.PageDefault + 1})
	c.does(err)
	older := "/@board?topic=" + news + "&before=" + list[store.PageDefault-1].Key.String()
	a.get("/@board?topic=" + news).has(strings.ReplaceAll(older, "&", "&amp;"))
	a.get(older).has("in the news", "/@board?topic="+news+"&amp;after=")
}

// A moderator of a group that another company keeps sorts it from here; what only its own host
// can do is not offered.
func TestAModeratorOfAGroupElsewhereMovesItsPosts(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	bob, carol := c.member("bob", "Bob"), c.member("carol", "Carol")
	at := activity.ID("https://globex.example/users/board")
	group := c.partner(activity.Actor{Type: "Group", Username: "board", Name: "Board",
		Streams: activity.List[activity.Topic]{{ID: at + "/topics/news", Type: "OrderedCollection", Name: "News"}}})
	bea := c.partner(activity.Actor{Username: "bea"})
	for _, who := range []store.Actor{bob, carol} {
		c.joined(store.Membership, who, group)
	}
	c.joined(store.Moderator, bob, group)
	n := c.wrote(bea, store.Note{GroupKey: group.Key, Admitted: true, Note: activity.Note{Content: "<p>hers</p>"}})
	post := "/@bea@globex.example/" + n.Key.String()
	c.as(bob).get(post).has("Move to the topic", `<option value="news"`).hasNot("Pin")
	c.as(carol).get(post).hasNot("Move to the topic")
	c.as(carol).post(post+"/topic", "topic", "news").is(403)
	c.as(bob).post(post+"/topic", "topic", "news").leadsTo(post)
	c.as(carol).get(post).has(`href="/@board@globex.example?topic=news"`)
}

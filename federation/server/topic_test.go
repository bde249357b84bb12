package server_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// makes gives the group of a board a topic.
func (b *board) topic(name string) activity.Topic {
	b.t.Helper()
	topic, err := b.acme.MakeTopic(b.t.Context(), b.alice, b.group, name)
	b.acme.do(err)
	b.pump()
	return topic
}

// topics are the names of those that a company knows of the group.
func (b *board) topics(c *company) string {
	var names []string
	for _, s := range c.knows(string(b.group.ID)).Streams {
		names = append(names, string(s.Name))
	}
	return strings.Join(names, ", ")
}

// in fails where a company does not have a discussion in the topic, or in none for zero.
func (b *board) filed(id activity.ID, want activity.Topic) {
	b.t.Helper()
	b.pump()
	for _, c := range []*company{b.acme, b.globex} {
		group := c.knows(string(b.group.ID))
		if is := group.TopicOf(c.note(id).Note); is.ID != want.ID || is.Name != want.Name {
			b.t.Errorf("at %s it is in %+v, not in %q", c.Host, is, want.Name)
		}
		for _, topic := range group.Streams {
			es, err := c.db.TopicWall(b.t.Context(), group.Key, topic.ID, store.Reader{Actor: c.group(b)}, store.Page{})
			c.do(err)
			if has := slices.ContainsFunc(es, func(e store.Entry) bool { return e.Note.ID == id }); has != (topic.ID == want.ID) {
				b.t.Errorf("at %s %q has it: %t", c.Host, topic.Name, has)
			}
		}
	}
}

// group is a member of a board's group at a company.
func (c *company) group(b *board) store.Key {
	if c == b.acme {
		return b.alice.Key
	}
	return b.bea.Key
}

// draft posts in the group, by whom and where.
func (b *board) posts(c *company, who store.Actor, d federation.Draft) (store.Note, error) {
	d.Text, d.Group = "about it", c.knows(string(b.group.ID)).Key
	return c.Post(b.t.Context(), who, d)
}

func TestAGroupHasTopics(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessClosed)
	ctx := t.Context()
	news := b.topic("News")
	b.globex.sees(b.group)
	if got := b.topics(b.globex); got != "" {
		t.Errorf("who is not in it knows of %q", got)
	}
	b.comes(b.bea) // told of what was made before
	plans := b.topic(" Plans \n for <b>2027</b> ")
	know := func(want string) {
		t.Helper()
		b.pump()
		for _, c := range []*company{b.acme, b.globex} {
			if got := b.topics(c); got != want {
				t.Errorf("%s knows %q, not %q", c.Host, got, want)
			}
		}
	}
	know("News, Plans for 2027")
	if !strings.HasPrefix(string(plans.ID), string(b.group.ID)+"/topics/") {
		t.Errorf("a topic is called %s", plans.ID)
	}
	_, err := b.acme.RenameTopic(ctx, b.alice, b.group, plans.Key(), "plans")
	b.acme.do(err)
	_, err = b.acme.RenameTopic(ctx, b.alice, b.group, plans.Key(), "Plans") // its own name, spelled otherwise
	b.acme.do(err)
	know("News, Plans")
	name := "Board 2"
	_, err = b.acme.ChangeGroup(ctx, b.alice, b.group, federation.Settings{Name: &name}) // as it was known before
	b.acme.do(err)
	know("News, Plans")

	make := func(c *company, who store.Actor, group store.Actor, name string) string {
		_, err := c.MakeTopic(ctx, who, group, name)
		return reason(err)
	}
	rename := func(key, name string) string {
		_, err := b.acme.RenameTopic(ctx, b.alice, b.group, key, name)
		return reason(err)
	}
	for got, want := range map[string]string{
		"taken: " + make(b.acme, b.alice, b.group, "NEWS"):                                    "topic_taken",
		"empty: " + make(b.acme, b.alice, b.group, " "):                                       "bad_topic_name",
		"long: " + make(b.acme, b.alice, b.group, strings.Repeat("é", limits.TopicName+1)):    "bad_topic_name",
		"no moderator: " + make(b.acme, b.bob, b.group, "Mine"):                               "not_a_moderator",
		"a member elsewhere: " + make(b.globex, b.bea, b.there(), "Mine"):                     "group_elsewhere",
		"to another's name: " + rename(plans.Key(), "news"):                                   "topic_taken",
		"to none: " + rename(plans.Key(), ""):                                                 "bad_topic_name",
		"one that is not: " + rename("1", "Mine"):                                             "not_found",
		"none that is not: " + reason(b.acme.RemoveTopic(ctx, b.alice, b.group, "1")):         "not_found",
		"no moderator again: " + reason(b.acme.RemoveTopic(ctx, b.bob, b.group, plans.Key())): "not_a_moderator",
	} {
		if !strings.HasSuffix(got, ": "+want) {
			t.Errorf("%s, not %s", got, want)
		}
	}
	n, err := b.posts(b.globex, b.bea, federation.Draft{Topic: news.Key()})
	must(b.globex, n, err)
	b.filed(n.ID, news)
	b.acme.do(b.acme.RemoveTopic(ctx, b.alice, b.group, news.Key()))
	know("Plans")
	b.filed(n.ID, activity.Topic{})
	b.topic("News")
	b.filed(n.ID, activity.Topic{})
	for i := len(b.acme.knows(string(b.group.ID)).Streams); i < limits.Topics; i++ {
		_, err := b.acme.MakeTopic(ctx, b.alice, b.group, strings.Repeat("x", i))
		b.acme.do(err)
	}
	if got := make(b.acme, b.alice, b.group, "One too many"); got != "many_topics" {
		t.Errorf("one too many: %s", got)
	}
}

func TestADiscussionIsMovedToAnotherTopic(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessSecret)
	b.comes(b.bea)
	b.comes(b.carl)
	news, plans := b.topic("News"), b.topic("Plans")
	none := activity.Topic{}
	n, err := b.posts(b.globex, b.bea, federation.Draft{Topic: news.Key()})
	must(b.globex, n, err)
	b.filed(n.ID, news)
	move := func(c *company, who store.Actor, to activity.Topic) error {
		return c.MoveToTopic(t.Context(), who, c.note(n.ID), to.Key())
	}
	if err := move(b.globex, b.carl, plans); reason(err) != "not_yours" {
		t.Errorf("who neither wrote it nor looks after the group: %v", err)
	}
	if err := move(b.acme, b.bob, plans); reason(err) != "not_yours" {
		t.Errorf("who is not in the group: %v", err)
	}
	if err := move(b.globex, b.bea, activity.Topic{ID: "https://acme.example/topics/1"}); reason(err) != "unknown_topic" {
		t.Errorf("a topic that is not: %v", err)
	}
	b.filed(n.ID, news)
	for range 2 {
		b.acme.do(move(b.acme, b.alice, plans)) // a moderator
		b.filed(n.ID, plans)
	}
	b.globex.do(move(b.globex, b.bea, news)) // who wrote it, elsewhere
	b.filed(n.ID, news)
	b.acme.do(move(b.acme, b.alice, none))
	b.filed(n.ID, none)
	b.globex.do(move(b.globex, b.bea, none))
	b.globex.do(move(b.globex, b.bea, plans))
	b.filed(n.ID, plans)
	b.globex.do(move(b.globex, b.bea, none))
	b.filed(n.ID, none)
	b.acme.do(move(b.acme, b.alice, plans))
	b.globex.do(move(b.globex, b.bea, news)) // at the same time, and heard later
	b.filed(n.ID, news)
	b.acme.do(move(b.acme, b.alice, plans))
	b.acme.do(move(b.acme, b.alice, news))
	_, err = b.globex.Edit(t.Context(), b.bea, b.globex.note(n.ID), federation.Draft{Text: "edited before it heard"})
	b.globex.do(err)
	b.filed(n.ID, news)
	if got := b.acme.note(n.ID); !strings.Contains(string(got.Content), "edited") {
		t.Errorf("it is %s", got.Content)
	}

	answer, err := b.globex.Post(t.Context(), b.carl, federation.Draft{Text: "an answer", ReplyTo: b.globex.note(n.ID).Key})
	must(b.globex, answer, err)
	b.pump()
	if err := b.acme.MoveToTopic(t.Context(), b.alice, b.acme.note(answer.ID), plans.Key()); reason(err) != "topic_of_answer" {
		t.Errorf("an answer: %v", err)
	}
	if _, err := b.globex.Post(t.Context(), b.carl, federation.Draft{Text: "an answer", ReplyTo: b.globex.note(n.ID).Key, Topic: plans.Key()}); reason(err) != "topic_of_answer" {
		t.Errorf("an answer in a topic: %v", err)
	}
	for _, key := range []string{"1", "../moderators", "x/y"} {
		if _, err := b.posts(b.globex, b.bea, federation.Draft{Topic: key}); reason(err) != "unknown_topic" {
			t.Errorf("a post in the topic %q: %v", key, err)
		}
	}
	if _, err := b.globex.Post(t.Context(), b.bea, federation.Draft{Text: "in no group", Topic: news.Key()}); reason(err) != "unknown_topic" {
		t.Errorf("a post in a topic of no group: %v", err)
	}
	b.globex.do(b.globex.Leave(t.Context(), b.bea, b.there()))
	b.pump()
	if err := move(b.globex, b.bea, plans); err == nil {
		t.Error("who has left moves what they wrote")
	}
}

// The word that the group heard last counts, in whatever order it comes.
func TestALateWordOfATopicChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessClosed)
	b.comes(b.bea)
	news, plans := b.topic("News"), b.topic("Plans")
	n := b.acme.writes(b.alice, "about it", b.group)
	b.pump()
	var words [][]byte
	for _, to := range []activity.Topic{news, plans, {}, plans, news, {}, plans} {
		b.acme.said()
		b.acme.do(b.acme.MoveToTopic(t.Context(), b.alice, b.acme.note(n.ID), to.Key()))
		for _, r := range b.acme.said() {
			if r.Type == "Announce" {
				words = append(words, r.Raw)
			}
		}
	}
	if len(words) != 7 {
		t.Fatalf("the group said %d words", len(words))
	}
	for _, at := range []int{3, 6, 1, 5, 2, 4, 0} {
		b.globex.do(b.globex.Receive(t.Context(), store.Received{Raw: words[at], Signer: string(b.group.ID)}))
	}
	group := b.there()
	if is := group.TopicOf(b.globex.note(n.ID).Note); is.ID != plans.ID {
		t.Errorf("it is in %+v", is)
	}
	b.filed(n.ID, plans)
}

// Which topics a group has, and what is in them, nobody says but who may.
func TestTopicsAreSaidByWhoMay(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessClosed)
	b.comes(b.bea)
	b.comes(b.carl)
	news, plans := b.topic("News"), b.topic("Plans")
	other, err := b.acme.OpenGroup(t.Context(), b.alice, federation.GroupDraft{Name: "Other", Companies: []string{"*"}})
	b.acme.do(err)
	b.globex.do(b.globex.Join(t.Context(), b.bea, b.globex.sees(other)))
	theirs, err := b.acme.MakeTopic(t.Context(), b.alice, other, "News")
	b.acme.do(err)
	ring, err := b.globex.OpenGroup(t.Context(), b.bea, federation.GroupDraft{Name: "Ring", Companies: []string{"*"}})
	b.globex.do(err)
	b.acme.do(b.acme.Join(t.Context(), b.alice, b.acme.sees(ring)))
	b.pump()
	hers, err := b.posts(b.globex, b.bea, federation.Draft{Topic: news.Key()})
	must(b.globex, hers, err)
	ours, err := b.posts(b.acme, b.alice, federation.Draft{Topic: news.Key()})
	must(b.acme, ours, err)
	b.pump()
	said := 0
	says := func(c *company, who store.Actor, doc map[string]any) {
		t.Helper()
		said++
		doc["id"], doc["actor"], doc["to"] = fmt.Sprintf("%s#said-%d", who.ID, said), who.ID, b.group.ID
		raw, err := json.Marshal(doc)
		c.do(err)
		c.do(c.Receive(t.Context(), store.Received{Raw: raw, Signer: string(who.ID)}))
		b.pump()
	}
	foreign, none := b.bea.ID+"/topics/1", b.group.NewTopic("1", "").ID
	for name, target := range map[string]activity.ID{"another host's": foreign, "one that is not": none, "another group's": theirs.ID, "what is no topic": b.group.Featured.ID} {
		id := activity.ID(fmt.Sprintf("%s/said/%d", b.bea.ID, said))
		says(b.acme, b.bea, map[string]any{"type": "Create", "object": map[string]any{"id": id, "type": "Note", "attributedTo": b.bea.ID, "content": "x",
			"audience": b.group.ID, "to": b.group.ID, "target": map[string]any{"type": "Collection", "id": target, "attributedTo": b.group.ID}}})
		if n := b.acme.note(id); n.In() != b.group.Key || n.Topic.ID != "" {
			t.Errorf("in %s a post is in the group %d, and in the topic %q", name, n.In(), n.Topic.ID)
		}
		says(b.acme, b.bea, map[string]any{"type": "Add", "object": hers.ID, "target": target})
		b.filed(hers.ID, news)
		says(b.acme, b.bea, map[string]any{"type": "Remove", "object": hers.ID, "target": target})
		b.filed(hers.ID, news)
	}
	says(b.acme, b.carl, map[string]any{"type": "Add", "object": hers.ID, "target": plans.ID})
	says(b.acme, b.bea, map[string]any{"type": "Remove", "object": hers.ID, "target": plans.ID})
	b.filed(hers.ID, news)
	for _, verb := range []string{"Add", "Remove"} {
		target := map[string]activity.ID{"Add": plans.ID, "Remove": news.ID}[verb]
		says(b.acme, b.bea, map[string]any{"type": verb, "object": ours.ID, "target": target})
		b.filed(ours.ID, news)
		inner := map[string]any{"id": string(b.alice.ID) + "#" + verb, "type": verb, "actor": b.alice.ID, "object": ours.ID, "target": target, "to": b.group.ID}
		says(b.acme, ring, map[string]any{"type": "Announce", "object": inner}) // a group of another's post
		b.filed(ours.ID, news)
	}
	b.acme.do(b.acme.SetRole(t.Context(), b.alice, b.group, b.acme.knows(string(b.carl.ID)), store.Moderator))
	b.pump()
	inner := map[string]any{"id": string(b.carl.ID) + "#Add", "type": "Add", "actor": b.carl.ID, "object": ours.ID, "target": plans.ID, "to": b.group.ID}
	says(b.acme, ring, map[string]any{"type": "Announce", "object": inner}) // a moderator's word, to another group
	b.filed(ours.ID, news)
	updated := b.globex.note(hers.ID).Note
	updated.Topic.ID, updated.Content, updated.Updated = plans.ID, "<p>new</p>", activity.At(time.Now().Add(time.Minute))
	says(b.acme, b.bea, map[string]any{"type": "Update", "object": updated})
	if n := b.acme.note(hers.ID); n.Content != "<p>new</p>" || n.Topic.ID != news.ID {
		t.Errorf("updated it is %s in %q", n.Content, n.Topic.ID)
	}
	doc := federation.Document(b.group)
	doc.Streams = nil
	says(b.acme, b.bea, map[string]any{"type": "Update", "object": doc})
	says(b.globex, b.bea, map[string]any{"type": "Update", "object": doc})
	if got := b.topics(b.acme) + "; " + b.topics(b.globex); got != "News, Plans; News, Plans" {
		t.Errorf("said by a member, the topics are %s", got)
	}
}

// A moderator of another company sorts what anybody wrote, from where they live: the host of
// the group judges it, and tells all.
func TestAModeratorElsewhereMovesADiscussionToAnotherTopic(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessClosed)
	b.comes(b.bea)
	b.comes(b.carl)
	news, plans := b.topic("News"), b.topic("Plans")
	b.acme.do(b.acme.SetRole(t.Context(), b.alice, b.group, b.acme.knows(string(b.bea.ID)), store.Moderator))
	b.pump()
	carls, err := b.posts(b.globex, b.carl, federation.Draft{Topic: news.Key()})
	must(b.globex, carls, err)
	alices := b.acme.writes(b.alice, "hers", b.group)
	b.pump()
	for _, id := range []activity.ID{carls.ID, alices.ID} {
		for _, to := range []activity.Topic{plans, {}, news} {
			b.globex.do(b.globex.MoveToTopic(t.Context(), b.bea, b.globex.note(id), to.Key()))
			b.filed(id, to)
		}
	}
	b.acme.do(b.acme.SetRole(t.Context(), b.alice, b.group, b.acme.knows(string(b.bea.ID)), "member"))
	b.pump()
	if err := b.globex.MoveToTopic(t.Context(), b.bea, b.globex.note(alices.ID), plans.Key()); reason(err) != "not_yours" {
		t.Errorf("who is no moderator any more: %v", err)
	}
	b.filed(alices.ID, news)
}

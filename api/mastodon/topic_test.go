package mastodon_test

import (
	"net/http"
	"reflect"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

func TestAGroupIsSortedByTopicsThroughTheAPI(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob, carol := c.hire("alice"), c.hire("bob"), c.hire("carol")
	at := "/api/entente/v1/groups"
	group := alice.does("POST", at, "display_name", "Board", "access", "closed").object()
	at += "/" + id(group)
	alice.does("PUT", at+"/invitations/"+bob.Key.String())
	bob.does("POST", at+"/join")
	wall := "/api/v1/timelines/group/" + id(group)

	if got := alice.does("GET", at+"/topics").list(); len(got) != 0 {
		t.Errorf("a new group has %v", got)
	}
	alice.does("POST", at+"/topics", "name", " Plans <b>2027</b> ")
	topics := alice.does("POST", at+"/topics", "name", "News").list()
	if got := each(topics, "name"); !reflect.DeepEqual(got, []any{"Plans 2027", "News"}) {
		t.Fatalf("the topics are %v", got)
	}
	plans, news := id(topics[0]), id(topics[1])
	for _, p := range []*person{alice, bob} {
		if got := p.does("GET", at+"/topics").list(); !reflect.DeepEqual(got, topics) {
			t.Errorf("%s is shown %v", p.Username, got)
		}
	}
	if got := carol.does("GET", at+"/topics").list(); len(got) != 0 {
		t.Errorf("who is not in it is shown %v", got)
	}
	carol.asks("GET", wall+"?topic="+news).refused(http.StatusNotFound, "not_found")
	alice.asks("POST", at+"/topics", "name", "news").refused(http.StatusConflict, "topic_taken")
	alice.asks("POST", at+"/topics").refused(http.StatusUnprocessableEntity, "bad_topic_name")
	alice.asks("PUT", at+"/topics/1", "name", "x").refused(http.StatusNotFound, "not_found")
	for _, verb := range []string{"PUT", "DELETE"} {
		bob.asks(verb, at+"/topics/"+news, "name", "Mine").refused(http.StatusForbidden, "not_a_moderator")
	}
	if got := each(alice.does("PUT", at+"/topics/"+plans, "name", "Plans").list(), "name"); !reflect.DeepEqual(got, []any{"Plans", "News"}) {
		t.Errorf("renamed they are %v", got)
	}

	post := bob.post("about it", "group_id", id(group), "topic", news)
	if dig(post, "topic", "id") != news || dig(post, "topic", "name") != "News" {
		t.Errorf("the post is in %v", post["topic"])
	}
	bob.asks("POST", "/api/v1/statuses", "status", "x", "group_id", id(group), "topic", "1").refused(http.StatusUnprocessableEntity, "unknown_topic")
	bob.asks("POST", "/api/v1/statuses", "status", "x", "in_reply_to_id", id(post), "topic", news).refused(http.StatusUnprocessableEntity, "topic_of_answer")
	in := func(want string) {
		t.Helper()
		for _, topic := range []string{plans, news} {
			got := bob.does("GET", wall+"?topic="+topic).list()
			if has := len(got) == 1 && id(got[0]) == id(post); has != (topic == want) {
				t.Errorf("%s shows %v", topic, got)
			}
		}
		if got := dig(bob.does("GET", "/api/v1/statuses/"+id(post)).object(), "topic"); want == "" && got != nil || want != "" && dig(got, "id") != want {
			t.Errorf("the post is in %v", got)
		}
	}
	in(news)
	alice.does("PUT", at+"/posts/"+id(post)+"/topic", "topic", plans)
	in(plans)
	alice.does("PUT", at+"/posts/"+id(post)+"/topic")
	in("")
	bob.does("PUT", at+"/posts/"+id(post)+"/topic", "topic", news)
	in(news)
	alice.asks("PUT", at+"/posts/"+id(post)+"/topic", "topic", "1").refused(http.StatusUnprocessableEntity, "unknown_topic")
	hers := alice.post("mine", "group_id", id(group))
	bob.asks("PUT", at+"/posts/"+id(hers)+"/topic", "topic", news).refused(http.StatusForbidden, "not_yours")
	carol.asks("PUT", at+"/posts/"+id(hers)+"/topic", "topic", news).refused(http.StatusNotFound, "not_found")
	if got := bob.does("GET", wall).list(); len(got) != 2 {
		t.Errorf("without a topic there are %d", len(got))
	}
	if got := each(alice.does("DELETE", at+"/topics/"+news).list(), "id"); !reflect.DeepEqual(got, []any{plans}) {
		t.Errorf("there are still %v", got)
	}
	bob.asks("GET", wall+"?topic="+news).refused(http.StatusNotFound, "not_found")
	if got := bob.does("GET", "/api/v1/statuses/"+id(post)).object(); got["topic"] != nil {
		t.Errorf("the post is still in %v", got["topic"])
	}
}

// A moderator of a group that another company keeps sorts it from here.
func TestAModeratorOfAGroupElsewhereMovesItsPostsThroughTheAPI(t *testing.T) {
	t.Parallel()
	c := open(t)
	bob, carol, bea := c.hire("bob"), c.hire("carol"), c.stranger("bea", "globex.example")
	group := c.farGroup("board", "globex.example")
	topic := group.NewTopic("news", "News")
	group.Streams = append(group.Streams, topic)
	c.tx(func(tx *store.Tx) (err error) {
		if group, err = tx.PutActor(t.Context(), group); err != nil {
			return err
		}
		_, err = tx.PutActor(t.Context(), store.Actor{Host: house.Host, Local: true, Actor: activity.Actor{ID: c.engine.InstanceActor(), Type: "Application"}})
		return err
	})
	for _, p := range []*person{bob, carol} {
		c.tie(store.Membership, p, group, true)
	}
	c.tie(store.Moderator, bob, group, true)
	n := c.arrives(bea, "hers", activity.Audience{}, func(n *store.Note) {
		n.GroupKey, n.Admitted, n.Visibility = group.Key, true, activity.VisibleFollowers
	})
	move := "/api/entente/v1/groups/" + group.Key.String() + "/posts/" + n.Key.String() + "/topic"
	carol.asks("PUT", move, "topic", "news").refused(http.StatusForbidden, "not_yours")
	bob.does("PUT", move, "topic", "news")
	if got := dig(carol.does("GET", "/api/v1/statuses/"+n.Key.String()).object(), "topic", "name"); got != "News" {
		t.Errorf("it is in %v", got)
	}
}

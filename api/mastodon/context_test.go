package mastodon_test

import (
	"strconv"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

func TestOfALongThreadSoManyPostsAreShown(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice := c.hire("alice")
	bea := c.stranger("bea", "globex.example")
	first := c.arrives(bea, "first", activity.Audience{To: activity.IDs{activity.Public}}, nil)
	answers := func(from, to int) {
		for i := from; i < to; i++ {
			c.arrives(bea, "answer-"+strconv.Itoa(i), first.Audience, func(n *store.Note) { n.ThreadKey, n.ReplyTo = first.Key, first.Key })
		}
	}
	shown := func() int {
		got, _ := alice.does("GET", "/api/v1/statuses/"+first.Key.String()+"/context").object()["descendants"].([]any)
		return len(got)
	}
	answers(1, limits.ThreadShown)
	if n := shown(); n != limits.ThreadShown-1 {
		t.Errorf("of a thread of %d posts %d answers are shown", limits.ThreadShown, n)
	}
	answers(limits.ThreadShown, limits.ThreadShown+2)
	if n := shown(); n != limits.ThreadShown-1 {
		t.Errorf("of a thread of %d posts %d answers are shown", limits.ThreadShown+2, n)
	}
}

package mastodon_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

func TestAReactionIsPutTakenBackAndShown(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob := c.hire("alice"), c.hire("bob")
	post := alice.post("hello")
	list := "/api/v1/pleroma/statuses/" + id(post) + "/reactions"
	at := list + "/" + url.PathEscape("🎉")
	beside := func(who *person) (name any, count any, me any) {
		t.Helper()
		s := who.does("GET", "/api/v1/statuses/"+id(post)).object()
		shown, listed := dig(s, "pleroma", "emoji_reactions").([]any), who.does("GET", list).list()
		if len(shown) != len(listed) {
			t.Fatalf("the status has %v, the list %v", shown, listed)
		}
		if len(listed) == 0 {
			return nil, 0.0, false
		}
		if dig(shown[0], "name") != listed[0]["name"] || dig(shown[0], "count") != listed[0]["count"] {
			t.Errorf("the status has %v, the list %v", shown, listed)
		}
		return listed[0]["name"], listed[0]["count"], listed[0]["me"]
	}
	is := func(who *person, name, count, me any) {
		t.Helper()
		if n, c, m := beside(who); n != name || c != count || m != me {
			t.Errorf("%s sees %v, %v, %v", who.Username, n, c, m)
		}
	}
	is(bob, nil, 0.0, false)
	for range 2 { // twice is once
		bob.does("PUT", at)
		is(bob, "🎉", 1.0, true)
	}
	is(alice, "🎉", 1.0, false)
	alice.does("PUT", at)
	is(bob, "🎉", 2.0, true)
	for range 2 {
		bob.does("DELETE", at)
		is(bob, "🎉", 1.0, false)
	}
	bob.asks("PUT", list+"/nice").refused(http.StatusUnprocessableEntity, "not_an_emoji")
	bob.with("read").asks("PUT", at).refused(http.StatusForbidden, "insufficient_scope")
	private := alice.post("for me", "visibility", "direct")
	hidden := "/api/v1/pleroma/statuses/" + id(private) + "/reactions"
	bob.asks("GET", hidden).refused(http.StatusNotFound, "not_found")
	bob.asks("PUT", hidden+"/"+url.PathEscape("🎉")).refused(http.StatusNotFound, "not_found")
}

func TestAttack15AStatusSaysWhereALinkLeads(t *testing.T) { // CVE-2023-36462
	t.Parallel()
	c := open(t)
	bob, bea := c.hire("bob"), c.stranger("bea", "globex.example")
	n := c.arrives(bea, `<a href="https://evil.test/">https://example.com/login</a>`, activity.Audience{To: activity.IDs{activity.Public}}, nil)
	if s := bob.does("GET", "/api/v1/statuses/"+n.Key.String()).object(); !strings.Contains(s["content"].(string), "https://example.com/login</a> [evil.test]") {
		t.Errorf("it says %s", s["content"])
	}
}

func TestThirtyEmojiAreShownBesideANote(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice := c.hire("alice")
	post := alice.post("hello")
	key, err := store.ParseKey(id(post))
	if err != nil {
		t.Fatal(err)
	}
	for i := range limits.ReactionsShown + 1 {
		somebody := c.hire("p" + strconv.Itoa(i))
		c.tx(func(tx *store.Tx) error {
			return tx.PutReaction(t.Context(), store.Reaction{Note: key, Actor: somebody.Key, Emoji: string(rune('🌀' + i))})
		})
		all := alice.does("GET", "/api/v1/pleroma/statuses/"+id(post)+"/reactions").list()
		if len(all) != min(i+1, limits.ReactionsShown) {
			t.Fatalf("of %d emoji %d are shown", i+1, len(all))
		}
	}
}

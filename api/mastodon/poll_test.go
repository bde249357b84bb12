package mastodon_test

import (
	"net/http"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

func TestAPollIsAskedVotedInAndCounted(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob, eve := c.hire("alice"), c.hire("bob"), c.hire("eve")
	asked := alice.post("lunch?", "poll[options][]", "soup", "poll[options][]", "salad", "poll[options][]", "both", "poll[expires_in]", "3600", "poll[multiple]", "true")
	is := func(who *person, voted bool, own, votes int, voters float64) object {
		t.Helper()
		p := who.does("GET", "/api/v1/polls/"+id(asked)).object()
		has(t, "Poll", p)
		if p["voted"] != voted || len(p["own_votes"].([]any)) != own || p["votes_count"] != float64(votes) || p["voters_count"] != voters || p["multiple"] != true || p["expired"] != false {
			t.Errorf("%s sees %v", who.Username, p)
		}
		return p
	}
	is(alice, true, 0, 0, 0)
	is(bob, false, 0, 0, 0)
	path := "/api/v1/polls/" + id(asked) + "/votes"
	for reason, choices := range map[string][]string{"bad_choice": {}, "no_such_answer": {"choices[]", "3"}} {
		bob.asks("POST", path, choices...).refused(422, reason)
	}
	bob.asks("POST", path, "choices[]", "soup").refused(422, "bad_choice")
	bob.asks("POST", path, "choices[]", "-1").refused(422, "no_such_answer")
	bob.does("POST", path, "choices[]", "0", "choices[]", "2")
	bob.asks("POST", path, "choices[]", "1").refused(http.StatusConflict, "voted_already")
	alice.asks("POST", path, "choices[]", "1").refused(http.StatusForbidden, "own_poll")
	eve.does("POST", path, "choices[]", "2")
	p := is(bob, true, 2, 3, 2)
	if p["options"].([]any)[0].(map[string]any)["title"] != "soup" || p["options"].([]any)[2].(map[string]any)["votes_count"] != 2.0 {
		t.Errorf("the answers are %v", p["options"])
	}
	is(eve, true, 1, 3, 2)
	if s := bob.does("GET", "/api/v1/statuses/"+id(asked)).object(); s["poll"].(map[string]any)["voted"] != true || s["replies_count"] != 0.0 {
		t.Errorf("the status has %v", s["poll"])
	}
}

func TestAPollThatOneMayNotSeeIsNotThere(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob := c.hire("alice"), c.hire("bob")
	private := alice.post("for me", "visibility", "direct", "poll[options][]", "a", "poll[options][]", "b", "poll[expires_in]", "3600")
	plain := alice.post("no poll")
	bob.asks("GET", "/api/v1/polls/"+id(private)).refused(404, "not_found")
	bob.asks("POST", "/api/v1/polls/"+id(private)+"/votes", "choices[]", "0").refused(404, "not_found")
	bob.asks("GET", "/api/v1/polls/"+id(plain)).refused(404, "not_found")
	bob.asks("POST", "/api/v1/polls/"+id(plain)+"/votes", "choices[]", "0").refused(422, "not_a_poll")
}

func TestAPollOfMisskeyHasNoEnd(t *testing.T) {
	t.Parallel()
	c := open(t)
	bob, bea := c.hire("bob"), c.stranger("bea", "globex.example")
	n := c.arrives(bea, "what", activity.Audience{To: activity.IDs{activity.Public}}, func(n *store.Note) {
		n.Type, n.OneOf = "Question", activity.List[activity.PollOption]{{Name: "a", Replies: activity.Tally{Total: 4}}, {Name: ":cat:"}}
		n.Tag = activity.List[activity.Tag]{activity.EmojiTag(activity.Emoji{Shortcode: "cat", URL: "https://globex.example/cat.png"})}
	})
	p := bob.does("GET", "/api/v1/polls/"+n.Key.String()).object()
	has(t, "Poll", p)
	if p["expires_at"] != nil || p["expired"] != false || p["voters_count"] != 4.0 || len(p["emojis"].([]any)) != 1 {
		t.Errorf("it is %v", p)
	}
}

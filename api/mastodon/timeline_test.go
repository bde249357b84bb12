package mastodon_test

import (
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

func TestTimelinesShowWhatTheirReadersMaySee(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob, bea := c.hire("alice"), c.hire("bob"), c.stranger("bea", "globex.example")
	bob.does("POST", "/api/v1/accounts/"+alice.Key.String()+"/follow")
	everyone := alice.post("everyone")
	followers := alice.post("followers", "visibility", "private")
	unlisted := alice.post("unlisted", "visibility", "unlisted")
	far := c.arrives(bea, "far", activity.Audience{To: activity.IDs{activity.Public}}, nil).Key.String()
	carol := c.hire("carol")
	for _, tc := range []struct {
		who  *person
		path string
		want []any
	}{
		{bob, "home", []any{id(unlisted), id(followers), id(everyone)}},
		{alice, "home", []any{id(unlisted), id(followers), id(everyone)}},
		{carol, "home", []any{}},
		{carol, "public", []any{far, id(everyone)}},
		{carol, "public?local=true", []any{id(everyone)}},
	} {
		if got := each(tc.who.does("GET", "/api/v1/timelines/"+tc.path).list(), "id"); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s for %s: %v, not %v", tc.path, tc.who.Username, got, tc.want)
		}
	}
}

func TestABoostIsAStatusAroundAnother(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob, carol := c.hire("alice"), c.hire("bob"), c.hire("carol")
	carol.does("POST", "/api/v1/accounts/"+bob.Key.String()+"/follow")
	posted := alice.post("worth it")
	boost := bob.does("POST", "/api/v1/statuses/"+id(posted)+"/reblog").object()
	if id(boost) == id(posted) || dig(boost, "account", "acct") != "bob" || dig(boost, "reblog", "id") != id(posted) || dig(boost, "reblog", "account", "acct") != "alice" {
		t.Errorf("boost: %v", boost)
	}
	if !strings.HasPrefix(boost["uri"].(string), house.URL+"/activities/") || dig(boost, "reblog", "reblogged") != true || dig(boost, "reblog", "reblogs_count") != 1.0 {
		t.Errorf("boost: %v", boost)
	}
	if again := bob.does("POST", "/api/v1/statuses/"+id(posted)+"/reblog").object(); id(again) != id(boost) {
		t.Errorf("a second boost: %v", again)
	}
	home := carol.does("GET", "/api/v1/timelines/home").list()
	if len(home) != 1 || id(home[0]) != id(boost) || dig(home[0], "reblog", "id") != id(posted) {
		t.Errorf("home: %v", home)
	}
	if got := carol.does("GET", "/api/v1/statuses/"+id(boost)).object(); dig(got, "reblog", "id") != id(posted) {
		t.Errorf("by its id: %v", got)
	}
	if got := carol.does("POST", "/api/v1/statuses/"+id(boost)+"/favourite").object(); id(got) != id(posted) || got["favourited"] != true {
		t.Errorf("a like of the boost is one of the note: %v", got)
	}
	if got := each(carol.does("GET", "/api/v1/statuses/"+id(posted)+"/reblogged_by").list(), "acct"); !reflect.DeepEqual(got, []any{"bob"}) {
		t.Errorf("boosted by %v", got)
	}
	carol.asks("DELETE", "/api/v1/statuses/"+id(boost)).refused(http.StatusNotFound, "not_found")
	if got := bob.does("POST", "/api/v1/statuses/"+id(posted)+"/unreblog").object(); got["reblogged"] != false || got["reblogs_count"] != 0.0 || id(got) != id(posted) {
		t.Errorf("taken back: %v", got)
	}
	bob.does("POST", "/api/v1/statuses/"+id(posted)+"/unreblog")
	carol.asks("GET", "/api/v1/statuses/"+id(boost)).is(http.StatusNotFound)
}

func TestTheBoostOfAHiddenNoteIsNotFound(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob, carol := c.hire("alice"), c.hire("bob"), c.hire("carol")
	own := alice.post("for followers", "visibility", "private")
	boost := alice.does("POST", "/api/v1/statuses/"+id(own)+"/reblog").object()
	hidden := carol.asks("GET", "/api/v1/statuses/"+id(boost)).is(http.StatusNotFound)
	if missing := carol.asks("GET", "/api/v1/statuses/7"); missing.body != hidden.body {
		t.Errorf("%s, %s", hidden.body, missing.body)
	}
	bob.does("POST", "/api/v1/accounts/"+alice.Key.String()+"/follow")
	bob.does("GET", "/api/v1/statuses/"+id(boost))
	if got := alice.does("DELETE", "/api/v1/statuses/"+id(boost)).object(); id(got) != id(boost) {
		t.Errorf("deleted: %v", got)
	}
	bob.asks("GET", "/api/v1/statuses/"+id(boost)).is(http.StatusNotFound)
	alice.does("GET", "/api/v1/statuses/"+id(own))
}

func TestALikeCountsOnceAndCanBeTakenBack(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob := c.hire("alice"), c.hire("bob")
	at := "/api/v1/statuses/" + id(alice.post("likeable"))
	for range 2 {
		if s := bob.does("POST", at+"/favourite").object(); s["favourited"] != true || s["favourites_count"] != 1.0 {
			t.Errorf("liked: %v", s)
		}
	}
	if s := alice.does("GET", at).object(); s["favourited"] != false || s["favourites_count"] != 1.0 {
		t.Errorf("for alice: %v", s)
	}
	if got := each(alice.does("GET", at+"/favourited_by").list(), "acct"); !reflect.DeepEqual(got, []any{"bob"}) {
		t.Errorf("liked by %v", got)
	}
	if got := bob.does("GET", "/api/v1/favourites").list(); len(got) != 1 || got[0]["favourited"] != true {
		t.Errorf("favourites: %v", got)
	}
	for range 2 {
		if s := bob.does("POST", at+"/unfavourite").object(); s["favourited"] != false || s["favourites_count"] != 0.0 {
			t.Errorf("taken back: %v", s)
		}
	}
}

var linkForm = regexp.MustCompile(`<([^>]*)>; rel="(\w+)"`)

// links are the neighbours of a page, as paths.
func links(t *testing.T, a answer) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, m := range linkForm.FindAllStringSubmatch(a.Header.Get("Link"), -1) {
		path, ok := strings.CutPrefix(m[1], house.URL)
		if !ok {
			t.Errorf("%s does not begin with the public address", m[1])
		}
		found[m[2]] = path
	}
	return found
}

func TestLinksLeadThroughEveryPageBothWays(t *testing.T) {
	t.Parallel()
	alice := open(t).hire("alice")
	var all []any
	for i := range 7 {
		all = append([]any{id(alice.post("post " + strconv.Itoa(i)))}, all...)
	}
	start := "/api/v1/timelines/public?local=true&limit=3"
	var seen []any
	var last answer
	for path := start; path != ""; path = links(t, last)["next"] {
		last = alice.does("GET", path)
		page := each(last.list(), "id")
		if len(page) == 0 || len(page) > 3 {
			t.Fatalf("a page of %d", len(page))
		}
		seen = append(seen, page...)
	}
	if !reflect.DeepEqual(seen, all) {
		t.Errorf("down: %v, not %v", seen, all)
	}
	back := links(t, last)["prev"]
	if !strings.Contains(back, "local=true") || !strings.Contains(back, "min_id="+all[6].(string)) || strings.Contains(back, "max_id") {
		t.Errorf("back: %s", back)
	}
	a := alice.does("GET", back)
	if got := each(a.list(), "id"); !reflect.DeepEqual(got, all[3:6]) {
		t.Errorf("one up: %v, not %v", got, all[3:6])
	}
	if got := each(alice.does("GET", links(t, a)["prev"]).list(), "id"); !reflect.DeepEqual(got, all[:3]) {
		t.Errorf("two up: %v", got)
	}
	if got := each(alice.does("GET", start+"&since_id="+all[5].(string)).list(), "id"); !reflect.DeepEqual(got, all[:3]) {
		t.Errorf("since_id gives the newest: %v", got)
	}
	if end := alice.does("GET", start+"&max_id="+all[6].(string)); end.Header.Get("Link") != "" || strings.TrimSpace(end.body) != "[]" {
		t.Errorf("after the end: %q %s", end.Header.Get("Link"), end.body)
	}
	alice.asks("GET", start+"&max_id=abc").refused(http.StatusUnprocessableEntity, "bad_parameter")
}

func TestListsOfPeopleArePagedByTheirEdges(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice := c.hire("alice")
	c.tx(func(tx *store.Tx) error {
		for i := range 5 {
			a := c.hireIn(tx, "fan"+strconv.Itoa(i))
			if _, err := tx.PutEdge(t.Context(), store.Edge{Kind: store.Follow, Actor: a.Key, Object: alice.Key, Accepted: true}); err != nil {
				return err
			}
		}
		return nil
	})
	var seen []any
	for path := "/api/v1/accounts/" + alice.Key.String() + "/followers?limit=2"; path != ""; {
		a := alice.does("GET", path)
		seen = append(seen, each(a.list(), "username")...)
		path = links(t, a)["next"]
	}
	if !reflect.DeepEqual(seen, []any{"fan4", "fan3", "fan2", "fan1", "fan0"}) {
		t.Errorf("followers: %v", seen)
	}
}

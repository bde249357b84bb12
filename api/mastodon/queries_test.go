package mastodon_test

import (
	"fmt"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// counted is a store whose queries are counted on their way to Postgres.
func counted(t testing.TB) (*store.Store, *storetest.Queries) {
	t.Helper()
	dsn, queries := storetest.Counted(t)
	db, err := store.Open(dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db, queries
}

func TestAPageOfTwentyCostsAsManyQueriesAsAPageOfOne(t *testing.T) {
	t.Parallel()
	db, queries := counted(t)
	c := openOn(t, db)
	alice := c.hire("alice")
	g := id(alice.does("POST", "/api/v1/groups", "display_name", "Atlas").object())
	// Each post is by somebody else, answers another one, names somebody and is
	// boosted; every second one is in a group.
	last := alice.post("first")
	for i := range 20 {
		p := c.hire(fmt.Sprintf("p%d", i))
		p.does("POST", "/api/v1/accounts/"+g+"/follow")
		alice.does("POST", "/api/v1/accounts/"+p.Key.String()+"/follow")
		last = p.post(fmt.Sprintf("hello @alice and @p%d #tag", (i+1)%20), "in_reply_to_id", id(last))
		p.does("POST", "/api/v1/statuses/"+id(last)+"/reblog")
		p.does("POST", "/api/v1/statuses/"+id(p.post("in the group", "group_id", g))+"/favourite")
		c.arrives(c.stranger(fmt.Sprintf("r%d", i), "globex.example"), fmt.Sprint("far", i), activity.Audience{To: activity.IDs{activity.Public}}, withFile)
	}
	for _, path := range []string{
		"/api/v1/timelines/home", "/api/v1/timelines/public", "/api/v1/timelines/group/" + g, "/api/v1/notifications",
		"/api/v1/accounts/" + alice.Key.String() + "/following", "/api/v1/groups/" + g + "/members",
	} {
		cost := func(limit int) int64 {
			before := queries.Load()
			if n := len(alice.does("GET", fmt.Sprintf("%s?limit=%d", path, limit)).list()); n != limit {
				t.Errorf("%s has %d, not %d", path, n, limit)
			}
			return queries.Load() - before
		}
		one, twenty := cost(1), cost(20)
		t.Logf("%s: %d queries for one, %d for twenty", path, one, twenty)
		if path == "/api/v1/timelines/home" && twenty > 5 { // viewer, page, what is beside it, who is new in it, mentions
			t.Errorf("%s: %d round trips", path, twenty)
		}
		if twenty > 20 || twenty > one+4 { // an empty question is not asked
			t.Errorf("%s: %d queries for one, %d for twenty", path, one, twenty)
		}
	}
	before := queries.Load()
	alice.does("GET", "/api/v1/statuses/"+id(last)+"/context")
	if n := queries.Load() - before; n > 20 {
		t.Errorf("a thread of 21: %d queries", n)
	}
}

package mastodon_test

import (
	"net/http"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// brought makes the deliveries of what is promised for a status, and settles them.
func (c *company) brought(status object, outcome string) {
	c.t.Helper()
	key, err := store.ParseKey(id(status))
	if err != nil {
		c.t.Fatal(err)
	}
	fans, err := c.db.Unspread(c.t.Context(), key)
	if err != nil || len(fans) == 0 {
		c.t.Fatalf("nothing is promised, %v", err)
	}
	for _, f := range fans {
		ds, err := c.engine.Deliveries(c.t.Context(), f)
		if err == nil {
			_, err = c.db.PutDeliveries(c.t.Context(), ds, false, f.Activity.Time())
		}
		if err == nil {
			err = c.db.Spread(c.t.Context(), f.Activity)
		}
		if err != nil {
			c.t.Fatal(err)
		}
		for _, d := range ds {
			if outcome != "" {
				c.tx(func(tx *store.Tx) error {
					return tx.Settle(c.t.Context(), []store.Settled{{Deliver: d, Outcome: outcome}})
				})
			}
		}
	}
}

func TestTheAuthorAloneLearnsHowFarAPostHasCome(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob, boss := c.hire("alice"), c.hire("bob"), c.hire("boss")
	bea := c.stranger("bea", "globex.example")
	c.tie(store.Follow, &person{Actor: bea}, alice.Actor, true)
	posted := alice.post("hello", "visibility", "public")
	at := "/api/v1/statuses/" + id(posted) + "/deliveries"
	for _, who := range []*person{bob, boss} {
		missing := who.asks("GET", "/api/v1/statuses/7/deliveries")
		missing.refused(http.StatusNotFound, "not_found")
		if hers := who.asks("GET", at); hers.body != missing.body || hers.StatusCode != missing.StatusCode {
			t.Errorf("%s gets %d %s", who.Username, hers.StatusCode, hers.body)
		}
	}
	c.send(c.request("GET", at, "", "")).is(http.StatusUnauthorized)

	one := func(step, state string, arrived bool, reason any) object {
		t.Helper()
		list := alice.does("GET", at).list()
		if len(list) != 1 || list[0]["host"] != "globex.example" || list[0]["state"] != state || (list[0]["delivered_at"] != nil) != arrived || list[0]["reason"] != reason {
			t.Fatalf("%s: %v", step, list)
		}
		return list[0]
	}
	if first := one("promised", "queued", false, nil); first["queued_at"] != nil || first["parked_until"] != nil || first["message"] != nil {
		t.Errorf("promised: %v", first)
	}
	c.brought(posted, "")
	if under := one("under way", "queued", false, nil); under["queued_at"] == nil {
		t.Errorf("under way: %v", under)
	}
	alice.does("PUT", "/api/v1/statuses/"+id(posted), "status", "Hello!")
	c.brought(posted, store.Delivered)
	one("changed, and arrived", "delivered", true, nil)
	alice.does("POST", "/api/v1/statuses/"+id(posted)+"/favourite") // is about the post, and not the post
	alice.does("POST", "/api/v1/statuses/"+id(posted)+"/reblog")
	one("liked and boosted", "delivered", true, nil)
	alice.does("PUT", "/api/v1/statuses/"+id(posted), "status", "Hello?")
	one("changed again", "queued", true, nil)
	c.brought(posted, "refused_403: the other server answered 403: no")
	if refused := one("refused", "refused", true, "refused_403"); refused["message"] != "the other server answered 403: no" {
		t.Errorf("refused: %v", refused)
	}
	alice.does("PUT", "/api/v1/statuses/"+id(posted), "status", "Hello.")
	c.brought(posted, store.Delivered)
	one("the latest has arrived", "delivered", true, nil)
}

func TestAPostInAGroupGoesOutByItsGroup(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice := c.hire("alice")
	bea := c.stranger("bea", "globex.example")
	g := alice.does("POST", "/api/v1/groups", "display_name", "Atlas", "companies[]", "globex.example").object()
	group, err := c.db.ActorByHandle(t.Context(), "atlas", "")
	if err != nil {
		t.Fatal(err)
	}
	c.tie(store.Membership, &person{Actor: bea}, group, true)
	posted := alice.post("plan", "group_id", id(g))
	list := func() []object { return alice.does("GET", "/api/v1/statuses/"+id(posted)+"/deliveries").list() }
	if l := list(); len(l) != 1 || l[0]["host"] != "globex.example" || l[0]["state"] != "queued" {
		t.Errorf("promised: %v", l)
	}
	c.brought(posted, store.Delivered)
	if l := list(); len(l) != 1 || l[0]["state"] != "delivered" {
		t.Errorf("brought: %v", l)
	}
	theirs := c.arrives(bea, "theirs", activity.Audience{To: activity.IDs{activity.Public}}, nil)
	alice.asks("GET", "/api/v1/statuses/"+theirs.Key.String()+"/deliveries").refused(http.StatusNotFound, "not_found")
}

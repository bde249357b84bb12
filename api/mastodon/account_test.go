package mastodon_test

import (
	"net/http"
	"reflect"
	"testing"

	"entente.example/entente/store"
)

func TestAnAccountIsFoundByHandleAndById(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bea := c.hire("alice"), c.stranger("bea", "globex.example")
	for _, acct := range []string{"alice", "@alice", "Alice", "alice@acme.example", "@alice@ACME.example"} {
		if got := alice.does("GET", "/api/v1/accounts/lookup?acct="+acct).object(); id(got) != alice.Key.String() || got["acct"] != "alice" {
			t.Errorf("%s: %v", acct, got)
		}
	}
	if got := alice.does("GET", "/api/v1/accounts/lookup?acct=bea@globex.example").object(); id(got) != bea.Key.String() || got["acct"] != "bea@globex.example" {
		t.Errorf("bea: %v", got)
	}
	for _, acct := range []string{"", "nobody", "alice@globex.example", "a@b@c"} {
		alice.asks("GET", "/api/v1/accounts/lookup?acct="+acct).refused(http.StatusNotFound, "not_found")
	}
	c.tx(func(tx *store.Tx) error { return tx.DeleteActor(t.Context(), bea.Key) })
	alice.asks("GET", "/api/v1/accounts/"+bea.Key.String()).refused(http.StatusNotFound, "not_found")
	alice.asks("GET", "/api/v1/accounts/lookup?acct=bea@globex.example").refused(http.StatusNotFound, "not_found")
}

func TestFollowingShowsInRelationshipsAndLists(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob := c.hire("alice"), c.hire("bob")
	at := "/api/v1/accounts/" + bob.Key.String()
	if r := alice.does("POST", at+"/follow").object(); r["following"] != true || r["showing_reblogs"] != true || id(r) != bob.Key.String() {
		t.Errorf("alice to bob: %v", r)
	}
	if r := bob.does("GET", "/api/v1/accounts/relationships?id[]="+alice.Key.String()+"&id[]="+bob.Key.String()).list(); len(r) != 2 || r[0]["followed_by"] != true || r[0]["following"] != false {
		t.Errorf("bob to alice: %v", r)
	}
	if got := each(alice.does("GET", at+"/followers").list(), "acct"); !reflect.DeepEqual(got, []any{"alice"}) {
		t.Errorf("followers: %v", got)
	}
	if got := each(alice.does("GET", "/api/v1/accounts/"+alice.Key.String()+"/following").list(), "acct"); !reflect.DeepEqual(got, []any{"bob"}) {
		t.Errorf("following: %v", got)
	}
	if got := alice.does("GET", at).object(); got["followers_count"] != 1.0 || got["following_count"] != 0.0 {
		t.Errorf("counts: %v", got)
	}
	if r := alice.does("POST", at+"/unfollow").object(); r["following"] != false {
		t.Errorf("after: %v", r)
	}
	alice.does("POST", at+"/unfollow") // twice is once
	alice.asks("POST", "/api/v1/accounts/"+alice.Key.String()+"/follow").refused(http.StatusUnprocessableEntity, "yourself")
	alice.asks("POST", "/api/v1/accounts/12345/follow").refused(http.StatusNotFound, "not_found")
}

func TestABlockHidesBothFromEachOther(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob := c.hire("alice"), c.hire("bob")
	posted := bob.post("hello")
	bob.does("POST", "/api/v1/accounts/"+alice.Key.String()+"/follow")
	at := "/api/v1/accounts/" + bob.Key.String()
	if r := alice.does("POST", at+"/block").object(); r["blocking"] != true || r["followed_by"] != false {
		t.Errorf("relationship: %v", r)
	}
	alice.asks("GET", "/api/v1/statuses/"+id(posted)).is(http.StatusNotFound)
	bob.asks("POST", "/api/v1/accounts/"+alice.Key.String()+"/follow").is(http.StatusNotFound)
	if got := each(alice.does("GET", "/api/v1/blocks").list(), "acct"); !reflect.DeepEqual(got, []any{"bob"}) {
		t.Errorf("blocks: %v", got)
	}
	if r := alice.does("POST", at+"/unblock").object(); r["blocking"] != false {
		t.Errorf("relationship: %v", r)
	}
	alice.does("GET", "/api/v1/statuses/"+id(posted))
	alice.asks("POST", "/api/v1/accounts/"+alice.Key.String()+"/block").refused(http.StatusUnprocessableEntity, "yourself")
}

func TestMyCredentialsCarryWhatOnlyISee(t *testing.T) {
	t.Parallel()
	alice := open(t).hire("alice")
	me := alice.with("profile").does("GET", "/api/v1/accounts/verify_credentials").object()
	if me["acct"] != "alice" || me["display_name"] != "ALICE" || dig(me, "source", "privacy") != "public" || me["url"] != house.URL+"/@alice" {
		t.Errorf("%v", me)
	}
	alice.asks("GET", "/api/v1/accounts/relationships").is(http.StatusOK)
}

func TestAWallLeavesOutWhatItIsAskedTo(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob := c.hire("alice"), c.hire("bob")
	bobs := bob.post("bobs")
	first := alice.post("first")
	own := alice.post("more", "in_reply_to_id", id(first))
	answer := alice.post("answer", "in_reply_to_id", id(bobs))
	boost := alice.does("POST", "/api/v1/statuses/"+id(bobs)+"/reblog").object()
	for query, want := range map[string][]any{
		"":                      {id(boost), id(answer), id(own), id(first)},
		"?exclude_replies=true": {id(boost), id(own), id(first)},
		"?exclude_reblogs=1":    {id(answer), id(own), id(first)},
		"?exclude_replies=true&exclude_reblogs=true": {id(own), id(first)},
		"?only_media=true":                           {},
		"?pinned=true":                               {},
		"?limit=1&exclude_reblogs=1":                 {id(answer)},
		"?max_id=" + id(own):                         {id(first)},
	} {
		if got := each(bob.does("GET", "/api/v1/accounts/"+alice.Key.String()+"/statuses"+query).list(), "id"); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, not %v", query, got, want)
		}
	}
}

func TestPinnedPostsAreThoseThatTheAuthorFeatures(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob := c.hire("alice"), c.hire("bob")
	pinned := alice.post("look here")
	alice.post("not here")
	key, err := store.ParseKey(id(pinned))
	if err != nil {
		t.Fatal(err)
	}
	c.tx(func(tx *store.Tx) error {
		_, err := tx.PutEdge(t.Context(), store.Edge{Kind: store.Feature, Actor: alice.Key, Object: key, Accepted: true})
		return err
	})
	if got := each(bob.does("GET", "/api/v1/accounts/"+alice.Key.String()+"/statuses?pinned=true").list(), "id"); !reflect.DeepEqual(got, []any{id(pinned)}) {
		t.Errorf("pinned: %v", got)
	}
}

func TestAnAccountThatHasMovedSaysWhereTo(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bea, next := c.hire("alice"), c.stranger("bea", "globex.example"), c.stranger("beatrice", "initech.example")
	path := "/api/v1/accounts/" + bea.Key.String()
	if shown := alice.does("GET", path).object(); shown["moved"] != nil {
		t.Fatalf("before: %v", shown["moved"])
	}
	c.tx(func(tx *store.Tx) error { return tx.PutMove(t.Context(), bea.Key, next.Key) })
	if shown := alice.does("GET", path).object(); dig(shown, "moved", "acct") != "beatrice@initech.example" || dig(shown, "moved", "id") != next.Key.String() {
		t.Errorf("after: %v", shown["moved"])
	}
}

func TestAnAccountSaysWhetherItsCompanyHasSigned(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice := c.hire("alice")
	bea, carl := c.stranger("bea", "globex.example"), c.stranger("carl", "mastodon.example")
	c.signed("globex.example")
	shows := func(id store.Key, host string, unverified bool) {
		t.Helper()
		got := dig(alice.does("GET", "/api/v1/accounts/"+id.String()).object(), "entente")
		if want := (object{"company": host, "unverified_enforcement": unverified, "suspended": false}); !reflect.DeepEqual(got, map[string]any(want)) {
			t.Errorf("%v, want %v", got, want)
		}
	}
	shows(alice.Key, "acme.example", false)
	shows(bea.Key, "globex.example", false)
	shows(carl.Key, "mastodon.example", true)
}

// Of the people of a company whose agreement is suspended there is the name, and they are not
// found.
func TestAnAccountOfASuspendedCompanyIsHidden(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice := c.hire("alice")
	bea := c.stranger("bea", "globex.example")
	bea.Summary = "<p>I grow roses</p>"
	c.tx(func(tx *store.Tx) error { _, err := tx.PutActor(t.Context(), bea); return err })
	look := func() (account object, found int) {
		t.Helper()
		found = len(dig(alice.does("GET", "/api/v2/search?type=accounts&q=bea").object(), "accounts").([]any))
		return alice.does("GET", "/api/v1/accounts/"+bea.Key.String()).object(), found
	}
	if account, found := look(); account["note"] == "" || found != 1 {
		t.Fatalf("before: %v, %d found", account, found)
	}
	c.tx(func(tx *store.Tx) error {
		p, err := tx.Partner(t.Context(), "globex.example")
		if p.Suspended = true; err != nil {
			return err
		}
		return tx.PutPartner(t.Context(), p)
	})
	account, found := look()
	if account["note"] != "" || account["username"] != "bea" || dig(account, "entente", "suspended") != true || found != 0 {
		t.Errorf("suspended: %v, %d found", account, found)
	}
}

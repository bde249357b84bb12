package mastodon_test

import (
	"net/http"
	"reflect"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

func TestAGroupIsOpenedJoinedPostedInAndLeft(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob := c.hire("alice"), c.hire("bob")
	c.stranger("bea", "globex.example")
	g := alice.does("POST", "/api/v1/groups", "display_name", "Project Atlas", "note", "What we *build*", "companies[]", "globex.example").object()
	at := "/api/v1/groups/" + id(g)
	for key, want := range (object{"display_name": "Project Atlas", "username": "project_atlas", "acct": "project_atlas", "host": "acme.example", "access": "open",
		"members_count": 1.0, "companies": []any{"globex.example"}, "levels": object{"globex.example": "invite"}, "relationship": object{"member": true, "requested": false, "invited": false, "moderator": true, "owner": true, "level": "invite"}}) {
		if !reflect.DeepEqual(g[key], want) {
			t.Errorf("%s is %v, not %v", key, g[key], want)
		}
	}
	bob.asks("POST", "/api/v1/statuses", "status", "too early", "group_id", id(g)).refused(http.StatusForbidden, "not_a_member")
	if got := bob.does("POST", at+"/join").object(); dig(got, "relationship", "member") != true || got["members_count"] != 2.0 {
		t.Errorf("joined: %v", got)
	}
	posted := bob.post("plan", "group_id", id(g))
	if posted["visibility"] != "public" || dig(posted, "group", "id") != id(g) || dig(posted, "group", "display_name") != "Project Atlas" || dig(posted, "group", "acct") != "project_atlas" {
		t.Errorf("posted: %v", posted)
	}
	answer := alice.post("good", "in_reply_to_id", id(posted))
	if dig(answer, "group", "id") != id(g) {
		t.Errorf("an answer leaves the group: %v", answer)
	}
	for _, path := range []string{"/api/v1/timelines/group/" + id(g), "/api/v1/accounts/" + id(g) + "/statuses"} {
		if got := each(alice.does("GET", path).list(), "id"); !reflect.DeepEqual(got, []any{id(posted)}) {
			t.Errorf("%s: %v", path, got)
		}
	}
	if got := each(alice.does("GET", "/api/v1/timelines/home").list(), "id"); !reflect.DeepEqual(got, []any{id(answer), id(posted)}) {
		t.Errorf("home: %v", got)
	}
	if got := each(alice.does("GET", at+"/members").list(), "acct"); !reflect.DeepEqual(got, []any{"bob", "alice"}) {
		t.Errorf("members: %v", got)
	}
	if got := bob.does("POST", at+"/leave").object(); dig(got, "relationship", "member") != false {
		t.Errorf("left: %v", got)
	}
	bob.does("POST", at+"/leave") // twice is once
	alice.asks("POST", at+"/leave").refused(http.StatusConflict, "owner_stays")
	alice.asks("POST", "/api/v1/accounts/"+id(g)+"/unfollow").refused(http.StatusConflict, "owner_stays")
}

func TestStockClientsJoinAGroupByFollowingIt(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob := c.hire("alice"), c.hire("bob")
	g := id(alice.does("POST", "/api/v1/groups", "display_name", "Atlas").object())
	if got := bob.does("GET", "/api/v1/accounts/"+g).object(); got["group"] != true || got["followers_count"] != 1.0 || got["locked"] != false {
		t.Errorf("the account: %v", got)
	}
	if r := bob.does("POST", "/api/v1/accounts/"+g+"/follow").object(); r["following"] != true {
		t.Errorf("followed: %v", r)
	}
	if got := bob.does("GET", "/api/v1/groups/"+g).object(); dig(got, "relationship", "member") != true {
		t.Errorf("the group: %v", got)
	}
	if r := bob.does("POST", "/api/v1/accounts/"+g+"/unfollow").object(); r["following"] != false {
		t.Errorf("unfollowed: %v", r)
	}
}

func TestGroupsAreMineAndThoseThatLiveHere(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob := c.hire("alice"), c.hire("bob")
	c.stranger("bea", "globex.example")
	own := id(alice.does("POST", "/api/v1/groups", "display_name", "Zeta", "username", "zeta").object())
	other := id(bob.does("POST", "/api/v1/groups", "display_name", "Alpha").object())
	far := c.farGroup("labs", "globex.example")
	c.tx(func(tx *store.Tx) error {
		_, err := tx.PutEdge(t.Context(), store.Edge{Kind: store.Membership, Actor: alice.Key, Object: far.Key, Accepted: true})
		return err
	})
	if got := each(alice.does("GET", "/api/v1/groups").list(), "id"); !reflect.DeepEqual(got, []any{far.Key.String(), own, other}) {
		t.Errorf("alice's: %v", got)
	}
	if got := each(bob.does("GET", "/api/v1/groups").list(), "id"); !reflect.DeepEqual(got, []any{other, own}) {
		t.Errorf("bob's: %v", got)
	}
	got := alice.does("GET", "/api/v1/groups/"+far.Key.String()).object()
	if got["acct"] != "labs@globex.example" || got["access"] != "open" || got["companies"] != nil || got["levels"] != nil || dig(got, "relationship", "member") != true || dig(got, "relationship", "level") != nil {
		t.Errorf("one that lives elsewhere: %v", got)
	}
	for _, known := range []struct {
		seats activity.Seats
		level any
	}{
		{activity.Seats{{Host: "*", Level: activity.Posts}, {Host: house.Host, Level: activity.Comments}}, "comment"},
		{activity.Seats{{Host: "*", Level: activity.Reads}}, "read"},
		{activity.Seats{{Host: "initech.example", Level: activity.Reads}}, nil},
	} {
		c.says(far, known.seats)
		got := alice.does("GET", "/api/v1/groups/"+far.Key.String()).object()
		companies, levels := []any{}, object{}
		for _, s := range known.seats {
			companies, levels[s.Host] = append(companies, s.Host), string(s.Level)
		}
		if !reflect.DeepEqual(got["companies"], any(companies)) || !reflect.DeepEqual(got["levels"], any(levels)) || dig(got, "relationship", "level") != known.level {
			t.Errorf("of %v it shows %v", known.seats, got)
		}
	}
	alice.asks("GET", "/api/v1/groups/"+alice.Key.String()).refused(http.StatusNotFound, "not_found")
	alice.asks("GET", "/api/v1/timelines/group/"+alice.Key.String()).refused(http.StatusNotFound, "not_found")
}

func (c *company) farGroup(name, host string) store.Actor {
	c.t.Helper()
	id := activity.ID("https://" + host + "/groups/" + name)
	var a store.Actor
	c.tx(func(tx *store.Tx) (err error) {
		a, err = tx.PutActor(c.t.Context(), store.Actor{Host: host, Actor: activity.Actor{ID: id, Type: "Group", Username: activity.Text(name), Inbox: activity.Ref{ID: id + "/inbox"}}})
		return err
	})
	return a
}

// says makes a group elsewhere tell which companies it has.
func (c *company) says(group store.Actor, seats activity.Seats) {
	c.t.Helper()
	group.Companies = seats
	c.tx(func(tx *store.Tx) error {
		_, err := tx.PutActor(c.t.Context(), group)
		return err
	})
}

func TestAGroupThatIsNotOpenIsKnownToItsMembersOnly(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob := c.hire("alice"), c.hire("bob")
	var secret store.Actor
	c.tx(func(tx *store.Tx) (err error) {
		iri := house.GroupID("secret")
		secret = store.Actor{Host: house.Host, Local: true, Actor: activity.Actor{ID: iri, Type: "Group", Username: "secret",
			Inbox: activity.Ref{ID: iri + "/inbox"}, Followers: activity.Ref{ID: iri + "/followers"}}}
		secret.SetAccess(activity.AccessSecret)
		secret, err = tx.PutActor(t.Context(), secret)
		if err != nil {
			return err
		}
		if err := tx.PutGroup(t.Context(), store.Group{Actor: secret.Key, Access: "secret", Companies: []string{}}); err != nil {
			return err
		}
		_, err = tx.PutEdge(t.Context(), store.Edge{Kind: store.Membership, Actor: alice.Key, Object: secret.Key, Accepted: true})
		return err
	})
	path := secret.Key.String()
	if posted := alice.post("hush", "group_id", path); posted["visibility"] != "private" {
		t.Errorf("visibility: %v", posted["visibility"])
	}
	if got := alice.does("GET", "/api/v1/groups").list(); len(got) != 1 {
		t.Errorf("alice's: %v", got)
	}
	if got := bob.does("GET", "/api/v1/groups").list(); len(got) != 0 {
		t.Errorf("bob's: %v", got)
	}
	for _, call := range []string{"GET /api/v1/groups/" + path, "GET /api/v1/groups/" + path + "/members", "POST /api/v1/groups/" + path + "/join", "GET /api/v1/timelines/group/" + path} {
		method, at := split(call)
		bob.asks(method, at).refused(http.StatusNotFound, "not_found")
	}
	for _, at := range []string{"", "/statuses", "/followers"} {
		bob.asks("GET", "/api/v1/accounts/"+path+at).refused(http.StatusNotFound, "not_found")
		alice.does("GET", "/api/v1/accounts/"+path+at)
	}
	bob.asks("GET", "/api/v1/accounts/lookup?acct=secret").refused(http.StatusNotFound, "not_found")
	bob.asks("POST", "/api/v1/accounts/"+path+"/follow").refused(http.StatusNotFound, "not_found")
}

func TestNobodyWritesToTheWholeGroupByMistake(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice := c.hire("alice")
	g := id(alice.does("POST", "/api/v1/groups", "display_name", "Atlas").object())
	posted := id(alice.post("plan", "group_id", g))
	for _, to := range []string{"direct", "private"} {
		alice.asks("POST", "/api/v1/statuses", "status", "psst", "in_reply_to_id", posted, "visibility", to).refused(http.StatusUnprocessableEntity, "seen_by_group")
		alice.asks("POST", "/api/v1/statuses", "status", "psst", "group_id", g, "visibility", to).refused(http.StatusUnprocessableEntity, "seen_by_group")
	}
	alice.post("aloud", "in_reply_to_id", posted, "visibility", "public")
}

func TestABadGroupIsRefused(t *testing.T) {
	t.Parallel()
	alice := open(t).hire("alice")
	alice.asks("POST", "/api/v1/groups").refused(http.StatusUnprocessableEntity, "bad_group_name")
	alice.asks("POST", "/api/v1/groups", "display_name", "Atlas", "username", "Bad Name").refused(http.StatusUnprocessableEntity, "bad_username")
	alice.asks("POST", "/api/v1/groups", "display_name", "Atlas", "username", "alice").refused(http.StatusConflict, "username_taken")
	alice.asks("POST", "/api/v1/groups", "display_name", "Atlas", "companies[]", "initech.example").refused(http.StatusForbidden, "not_a_partner")
}

func TestAnOwnerNamesWhoGoesOnWithAGroup(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob := c.hire("alice"), c.hire("bob")
	at := "/api/entente/v1/groups/" + id(alice.does("POST", "/api/v1/groups", "display_name", "Atlas").object())
	bob.does("POST", at+"/join")
	alice.asks("PUT", at+"/successor").refused(http.StatusUnprocessableEntity, "no_host")
	alice.asks("PUT", at+"/successor", "host", "globex.example", "silence", "91").refused(http.StatusUnprocessableEntity, "bad_silence")
	alice.asks("PUT", at+"/successor", "host", "nobody.example").refused(http.StatusForbidden, "not_a_partner")
	alice.does("DELETE", at+"/successor") // there is none: as it was
	alice.asks("POST", at+"/hand_over").refused(http.StatusConflict, "no_successor")
	bob.asks("POST", at+"/hand_over").refused(http.StatusForbidden, "not_a_moderator")
	bob.asks("DELETE", at+"/successor").refused(http.StatusForbidden, "not_a_moderator")
}

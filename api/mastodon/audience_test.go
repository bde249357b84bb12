package mastodon_test

import (
	"net/http"
	"reflect"
	"testing"

	"entente.example/entente/store"
)

func TestAnAuthorAsksWhoWouldGetAPost(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob := c.hire("alice"), c.hire("bob")
	bea := c.stranger("bea", "globex.example")
	c.tie(store.Follow, bob, alice.Actor, true)
	c.tie(store.Follow, &person{Actor: bea}, alice.Actor, true)
	ask := func(form ...string) object {
		t.Helper()
		return alice.does("POST", "/api/entente/v1/audience", form...).object()
	}
	got := ask("status", "hello", "visibility", "private")
	since := dig(got, "newest_company", "since")
	if since == nil {
		t.Fatalf("%v", got)
	}
	want := object{"people": 2.0, "handles": []any{"@bea@globex.example", "@bob@acme.example"}, "companies": []any{"globex.example"},
		"unverified": []any{"globex.example"}, "left_out": []any{},
		"newest_company": map[string]any{"host": "globex.example", "since": since}, "widest": "followers", "relayed_by": nil}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("followers: %v", got)
	}
	want = object{"people": 1.0, "handles": []any{"@bob@acme.example"}, "companies": []any{}, "unverified": []any{}, "left_out": []any{}, "newest_company": nil, "widest": "people", "relayed_by": nil}
	if got = ask("status", "hello @bob", "visibility", "direct"); !reflect.DeepEqual(got, want) {
		t.Errorf("bob: %v", got)
	}
	g := c.groupAbroad()
	for _, p := range []*person{alice, bob} {
		c.tie(store.Membership, p, g, true)
	}
	c.signed("globex.example")
	since = dig(ask("status", "hello", "visibility", "private"), "newest_company", "since")
	want = object{"people": 1.0, "handles": []any{"@bob@acme.example"}, "companies": []any{"globex.example"}, "unverified": []any{}, "left_out": []any{},
		"newest_company": map[string]any{"host": "globex.example", "since": since}, "widest": "group", "relayed_by": "globex.example"}
	if got = ask("status", "hello", "group_id", g.Key.String()); !reflect.DeepEqual(got, want) {
		t.Errorf("the group elsewhere: %v", got)
	}
	if n := len(alice.does("GET", "/api/v1/timelines/home").list()); n != 0 {
		t.Errorf("asking has posted %d", n)
	}
	alice.asks("POST", "/api/entente/v1/audience", "status", "").refused(http.StatusUnprocessableEntity, "empty_text")
	alice.asks("POST", "/api/entente/v1/audience", "status", "x", "in_reply_to_id", "7").refused(http.StatusNotFound, "not_found")
	c.hire("nora").asks("POST", "/api/entente/v1/audience", "status", "x", "group_id", g.Key.String()).refused(http.StatusForbidden, "not_a_member")
	alice.with("read").asks("POST", "/api/entente/v1/audience", "status", "x").is(http.StatusForbidden)
}

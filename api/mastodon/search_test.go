package mastodon_test

import (
	"net/http"
	"net/url"
	"reflect"
	"testing"
)

func TestSearchFindsPeopleAndPosts(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob := c.hire("alice"), c.hire("bob")
	c.stranger("bea", "globex.example")
	posted := alice.post("find me")
	hidden := alice.post("not me", "visibility", "direct")
	find := func(query string, more ...string) object {
		values := url.Values{"q": {query}}
		for i := 0; i+1 < len(more); i += 2 {
			values.Set(more[i], more[i+1])
		}
		return bob.does("GET", "/api/v2/search?"+values.Encode()).object()
	}
	ids := func(found object, kind, key string) []any {
		got := []any{}
		for _, o := range found[kind].([]any) {
			got = append(got, dig(o, key))
		}
		return got
	}
	for query, want := range map[string][]any{"alice": {"alice"}, "@alice@acme.example": {"alice"}, "b": {"bob", "bea@globex.example"}, "nobody": {}} {
		if got := ids(find(query), "accounts", "acct"); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, not %v", query, got, want)
		}
	}
	for _, address := range []string{posted["uri"].(string), posted["url"].(string)} {
		if got := ids(find(address), "statuses", "id"); !reflect.DeepEqual(got, []any{id(posted)}) {
			t.Errorf("%s: %v", address, got)
		}
	}
	if got := ids(find(hidden["uri"].(string)), "statuses", "id"); len(got) != 0 {
		t.Errorf("hidden: %v", got)
	}
	if got := ids(find("alice", "type", "statuses"), "accounts", "id"); len(got) != 0 {
		t.Errorf("accounts among statuses: %v", got)
	}
	if got := ids(find("b", "limit", "1"), "accounts", "acct"); len(got) != 1 {
		t.Errorf("limit: %v", got)
	}
	if got := ids(find("b", "offset", "20"), "accounts", "acct"); len(got) != 0 {
		t.Errorf("behind the end: %v", got)
	}
	bob.asks("GET", "/api/v2/search?q=+").refused(http.StatusUnprocessableEntity, "empty_query")
	if got := each(bob.does("GET", "/api/v1/accounts/search?q=al").list(), "acct"); !reflect.DeepEqual(got, []any{"alice"}) {
		t.Errorf("completed: %v", got)
	}
}

func TestSearchSaysWhenAHostIsNoPartner(t *testing.T) {
	t.Parallel()
	bob := open(t).hire("bob")
	bob.asks("GET", "/api/v2/search?resolve=true&q=@eve@initech.example").refused(http.StatusForbidden, "not_a_partner")
}

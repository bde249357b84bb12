package mastodon_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"entente.example/entente/store"
)

// Every route that reads is walked, so that a new one is in the matrix too.
func TestAttack10WhoMayNotSeeAThingFindsNothingOnAnyRouteForClients(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob := c.hire("alice"), c.hire("bob")
	edge := func(kind string, p *person, accepted bool) {
		c.tx(func(tx *store.Tx) error {
			_, err := tx.PutEdge(t.Context(), store.Edge{Kind: kind, Actor: p.Key, Object: alice.Key, Accepted: accepted})
			return err
		})
	}
	edge(store.Follow, bob, true)
	pending, ex, blocked := c.hire("pending"), c.hire("former"), c.hire("blocked")
	edge(store.Follow, pending, false)
	edge(store.Follow, ex, true)
	edge(store.Follow, blocked, true)
	shown := alice.post("for all")
	secrets := []string{
		id(alice.post("hush, followers", "visibility", "private")),
		id(alice.post("hush, @bob", "visibility", "direct")),
		id(alice.post("hush, a poll", "visibility", "private", "poll[options][]", "one", "poll[options][]", "two", "poll[expires_in]", "3600")),
		id(alice.post("hush, an answer", "visibility", "private", "in_reply_to_id", id(shown))),
	}
	ex.does("GET", "/api/v1/statuses/"+secrets[0]) // they have read it, and may no longer
	ex.does("POST", "/api/v1/statuses/"+secrets[0]+"/favourite")
	ex.does("POST", "/api/v1/accounts/"+alice.Key.String()+"/unfollow")
	alice.does("POST", "/api/v1/accounts/"+blocked.Key.String()+"/block")
	bob.does("POST", "/api/v1/statuses/"+secrets[0]+"/favourite")
	picture := id(alice.uploads(pngOf(3, 2), "x", "image/png").is(http.StatusOK).object())
	notices := alice.does("GET", "/api/v1/notifications").list()
	if len(notices) == 0 {
		t.Fatal("alice has no notification to steal")
	}
	hidden := append(slices.Clone(secrets), picture, id(notices[0]))

	for _, who := range []*person{c.hire("nora"), pending, ex, blocked} {
		for _, r := range c.api.Table() {
			method, path := split(r.Pattern)
			if method != "GET" || strings.Contains(path, "/streaming") {
				continue
			}
			path += "?q=hush&acct=alice&id[]=" + alice.Key.String()
			at := func(id string) answer { return who.asks(method, strings.ReplaceAll(path, "{id}", id)) }
			missing := at("7")
			for _, key := range append(slices.Clone(hidden), alice.Key.String()) {
				a := at(key)
				if strings.Contains(a.body, "hush") || slices.ContainsFunc(secrets, func(s string) bool { return strings.Contains(a.body, s) }) {
					t.Errorf("%s tells %s of %s: %s", r.Pattern, who.Username, key, a.body)
				}
				if key != alice.Key.String() && strings.Contains(path, "{id}") && (a.StatusCode != missing.StatusCode || a.body != missing.body) {
					t.Errorf("%s gives %s %d %s for %s, and %d %s for what is missing", r.Pattern, who.Username, a.StatusCode, a.body, key, missing.StatusCode, missing.body)
				}
			}
		}
	}
}

package mastodon_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"entente.example/entente/api"
	"entente.example/entente/store"
	"entente.example/entente/store/grant"
)

// line is a route with an address that reaches it, of what is not there.
func line(r api.Route) (method, path string) {
	return lineTo(r, "1")
}

// lineTo is a route with the address of this thing.
func lineTo(r api.Route, id string) (method, path string) {
	method, path, _ = strings.Cut(r.Pattern, " ")
	return method, strings.NewReplacer("{id}", id, "{quoting}", "1", "{account}", "1", "{status}", "1", "{emoji}", "%F0%9F%8E%89").Replace(path)
}

func TestAttack25EveryRouteDeclaresWhoMayCallIt(t *testing.T) {
	t.Parallel()
	for _, r := range open(t).api.Table() {
		if !r.Policy.IsDeclared() {
			t.Errorf("%s has no policy", r.Pattern)
		}
		for _, s := range r.Policy.Scopes() {
			if !slices.Contains(grant.Scopes(), s) {
				t.Errorf("%s needs %s, which no app can ask for", r.Pattern, s)
			}
		}
	}
}

func TestAttack25EveryRouteRefusesWhoShowsNoToken(t *testing.T) {
	t.Parallel()
	c := open(t)
	for _, r := range c.api.Table() {
		method, path := line(r)
		if r.Policy.IsAnyone() {
			c.send(c.request(method, path, "", "")).is(http.StatusOK)
			continue
		}
		a := c.send(c.request(method, path, "", ""))
		a.refused(http.StatusUnauthorized, "no_token")
		if !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%s does not say how to sign in", r.Pattern)
		}
	}
}

func TestAttack25EveryRouteRefusesATokenWithoutItsScope(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice := c.hire("alice")
	all := grant.Scopes()
	for _, r := range c.api.Table() {
		need := r.Policy.Scopes()
		if len(need) == 0 {
			continue
		}
		others := slices.DeleteFunc(slices.Clone(all), func(s string) bool {
			return slices.ContainsFunc(need, func(n string) bool { return store.Covers([]string{s}, n) })
		})
		method, path := line(r)
		alice.with(others...).asks(method, path).refused(http.StatusForbidden, "insufficient_scope")
		for _, scope := range need {
			a := alice.with(scope).asks(method, path)
			if a.StatusCode == http.StatusUnauthorized || strings.Contains(a.body, "insufficient_scope") || a.StatusCode >= 500 {
				t.Errorf("%s with %s: HTTP %d %s", r.Pattern, scope, a.StatusCode, a.body)
			}
		}
	}
}

func TestAttack25AnAppsOwnTokenActsForNobody(t *testing.T) {
	t.Parallel()
	c := open(t)
	app := &person{company: c, token: c.issue(0, "read", "write", "follow")}
	for _, r := range c.api.Table() {
		if len(r.Policy.Scopes()) == 0 {
			continue
		}
		method, path := line(r)
		app.asks(method, path).refused(http.StatusForbidden, "needs_member")
	}
	if name := app.does("GET", "/api/v1/apps/verify_credentials").object()["name"]; name != "Tests" {
		t.Errorf("the app is %v", name)
	}
}

func TestALockedMembersTokenDoesNotWork(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice := c.hire("alice")
	alice.does("GET", "/api/v1/accounts/verify_credentials")
	c.tx(func(tx *store.Tx) error { return tx.Lock(t.Context(), alice.Key) })
	alice.asks("GET", "/api/v1/accounts/verify_credentials").refused(http.StatusUnauthorized, "invalid_token")

	// Also one that was issued after the lock.
	alice.with("read").asks("GET", "/api/v1/timelines/home").refused(http.StatusUnauthorized, "invalid_token")
}

func TestATokenInTheAddressIsNotTaken(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice := c.hire("alice")
	c.send(c.request("GET", "/api/v1/timelines/home?access_token="+alice.token, "", "")).refused(http.StatusUnauthorized, "no_token")
	alice.token += "x"
	alice.asks("GET", "/api/v1/timelines/home").refused(http.StatusUnauthorized, "invalid_token")
}

func TestPagesInBrowsersMayCallEveryRoute(t *testing.T) {
	t.Parallel()
	c := open(t)
	for _, r := range c.api.Table() {
		method, path := line(r)
		a := c.send(c.request("OPTIONS", path, "", "")).is(http.StatusNoContent)
		if a.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(a.Header.Get("Access-Control-Allow-Methods"), method) {
			t.Errorf("%s: %v", r.Pattern, a.Header)
		}
		for _, h := range []string{"Authorization", "Content-Type", "Idempotency-Key"} {
			if !strings.Contains(a.Header.Get("Access-Control-Allow-Headers"), h) {
				t.Errorf("%s does not allow the header %s", r.Pattern, h)
			}
		}
	}
	a := c.send(c.request("GET", "/api/v1/timelines/home", "", ""))
	if a.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(a.Header.Get("Access-Control-Expose-Headers"), "Link") {
		t.Errorf("a refusal cannot be read by a page: %v", a.Header)
	}
}

func TestAnUnknownPathIsAJSON404(t *testing.T) {
	t.Parallel()
	c := open(t)
	a := c.send(c.request("GET", "/api/v1/streaming/everything", "", ""))
	a.refused(http.StatusNotFound, "no_such_endpoint")
	if a.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Error("a page in a browser cannot read it")
	}
}

func TestHeadAnswersLikeGetWithoutABody(t *testing.T) {
	t.Parallel()
	c := open(t)
	if a := c.send(c.request("HEAD", "/api/v2/instance", "", "")).is(http.StatusOK); a.body != "" || !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
		t.Errorf("%q %v", a.body, a.Header)
	}
}

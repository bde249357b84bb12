package mastodon_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/limit"
)

func TestStrangersComeOnlySoOftenAndMembersAsTheyLike(t *testing.T) {
	t.Parallel()
	c := open(t)
	amy, app := c.hire("amy"), c.issue(0, "read")
	paces, mux := limit.New(), http.NewServeMux()
	c.api.Paces = paces
	c.api.Routes(mux)
	get := func(path, token, from string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
		r.RemoteAddr = from
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
	const public, own = "/api/v1/instance", "/api/v1/timelines/home"
	const crowded, quiet = "192.0.2.1:1", "192.0.2.2:1"
	for range limits.StrangerBurst {
		paces.Take(limit.Address(crowded), limit.Stranger(), time.Now().Add(time.Hour)) // it stays full for the test
	}
	for _, tc := range []struct {
		path, token, from string
		want              int
	}{
		{public, "", crowded, 429},
		{own, "", crowded, 429},
		{public, "made up", crowded, 429},
		{own, "made up", crowded, 429},
		{public, app, crowded, 429},
		{"/api/v1/apps/verify_credentials", app, crowded, 429},
		{public, amy.token, crowded, 200},
		{own, amy.token, crowded, 200},
		{public, "", quiet, 200},
		{own, "", quiet, 401},
		{own, "made up", quiet, 401},
		{"/api/v1/apps/verify_credentials", app, quiet, 200},
	} {
		w := get(tc.path, tc.token, tc.from)
		if w.Code != tc.want || (w.Code == 429) != (w.Header().Get("Retry-After") != "") {
			t.Errorf("%s with %q from %s: HTTP %d, Retry-After %q, want %d", tc.path, tc.token, tc.from, w.Code, w.Header().Get("Retry-After"), tc.want)
		}
	}
	away, cancel := context.WithCancel(t.Context())
	cancel() // who asks cannot be looked up, as while the database is away
	r := httptest.NewRequestWithContext(away, "GET", own, nil)
	r.RemoteAddr = crowded
	r.Header.Set("Authorization", "Bearer "+amy.token)
	w := httptest.NewRecorder()
	if mux.ServeHTTP(w, r); w.Code < 500 {
		t.Errorf("who cannot be looked up is told HTTP %d", w.Code)
	}
	for range 20 {
		get(own, amy.token, quiet)
	}
	now := time.Now()
	for n := range limits.StrangerBurst - 5 {
		if paces.Take(limit.Address(quiet), limit.Stranger(), now) > 0 {
			t.Fatalf("a member used up what strangers have: %d are left", n)
		}
	}
}

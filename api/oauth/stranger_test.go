package oauth_test

import (
	"log/slog"
	"net/http"
	"testing"
	"time"

	"entente.example/entente/activity/limits"
	"entente.example/entente/api/oauth"
	"entente.example/entente/federation"
	"entente.example/entente/federation/limit"
)

func TestAnAddressRegistersOnlySoManyApps(t *testing.T) {
	t.Parallel()
	s := open(t)
	o := oauth.New(federation.House{Host: "acme.example", URL: "https://acme.example"}, s.db, slog.New(slog.DiscardHandler))
	o.Paces, s.mux = limit.New(), http.NewServeMux()
	o.Routes(s.mux)
	s.app("read")
	for range limits.StrangerBurst {
		o.Paces.Take(limit.Address("192.0.2.1:1234"), limit.Stranger(), time.Now().Add(time.Hour)) // where httptest comes from
	}
	if a := s.post("/api/v1/apps", "client_name", "x", "redirect_uris", callback); a.Status != 429 || a.text("reason") != "too_fast" || a.Header.Get("Retry-After") == "" {
		t.Errorf("HTTP %d %v, Retry-After %q", a.Status, a.Body, a.Header.Get("Retry-After"))
	}
	if a := s.post("/oauth/token", "grant_type", "x"); a.Status != 429 || a.text("error") != "temporarily_unavailable" || a.Header.Get("Retry-After") == "" {
		t.Errorf("HTTP %d %v, Retry-After %q", a.Status, a.Body, a.Header.Get("Retry-After"))
	}
}

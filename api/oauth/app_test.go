package oauth_test

import (
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/api/oauth"
	"entente.example/entente/federation"
	"entente.example/entente/store"
	"entente.example/entente/store/grant"
)

func TestARevokedTokenIsOver(t *testing.T) {
	t.Parallel()
	s := open(t)
	app, other := s.app("read"), s.app("read")
	token := s.post("/oauth/token", "grant_type", "client_credentials", "client_id", app.text("client_id"), "client_secret", app.text("client_secret")).text("access_token")
	works := func() bool { _, err := s.db.ViewerByToken(t.Context(), token); return err == nil }
	revoke := func(app answer, secret, token string) answer {
		return s.post("/oauth/revoke", "client_id", app.text("client_id"), "client_secret", secret, "token", token)
	}
	revoke(app, "wrong", token).is(401, "invalid_client")
	revoke(app, app.text("client_secret"), "").is(400, "invalid_request")
	revoke(other, other.text("client_secret"), token).is(200, "")
	if !works() {
		t.Fatal("another app ended it")
	}
	revoke(app, app.text("client_secret"), token).is(200, "")
	revoke(app, app.text("client_secret"), token).is(200, "") // no error (RFC 7009 §2.2)
	if works() {
		t.Error("it still works")
	}
}

func TestARegistrationIsCheckedAndShownOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	app := s.post("/api/v1/apps", "client_name", " Elk ", "redirect_uris[]", callback, "redirect_uris[]", "elk://cb", "scopes", "read write follow push", "website", "https://elk.example").is(200, "")
	want := map[string]any{"name": "Elk", "website": "https://elk.example", "redirect_uri": "elk://cb\n" + callback, "redirect_uris": []any{"elk://cb", callback},
		"scopes": []any{"follow", "push", "read", "write"}, "client_secret_expires_at": 0.0}
	for key, value := range want {
		if !reflect.DeepEqual(app.Body[key], value) {
			t.Errorf("%s is %v, not %v", key, app.Body[key], value)
		}
	}
	kept, err := s.db.App(t.Context(), app.text("client_id"))
	if err != nil || string(kept.Secret) != string(store.Hash(app.text("client_secret"))) {
		t.Errorf("the secret is kept as its hash: %+v, %v", kept, err)
	}
	bare := s.post("/api/v1/apps", "client_name", "x", "redirect_uris", grant.OutOfBand)
	if !reflect.DeepEqual(bare.Body["scopes"], []any{"read"}) || bare.Body["website"] != nil {
		t.Errorf("%v", bare.Body)
	}
	many := strings.Repeat(callback+"?x \n", 11)
	for i := range 11 {
		many = strings.Replace(many, "?x ", "?"+string(rune('a'+i)), 1)
	}
	for reason, form := range map[string][]string{
		"bad_client_name":   {"client_name", strings.Repeat("x", 61), "redirect_uris", callback},
		"bad_website":       {"client_name", "x", "redirect_uris", callback, "website", "javascript:x()"},
		"invalid_scope":     {"client_name", "x", "redirect_uris", callback, "scopes", "read everything"},
		"bad_redirect_uris": {"client_name", "x", "redirect_uris", many},
	} {
		if a := s.post("/api/v1/apps", form...).is(422, ""); a.Body["reason"] != reason {
			t.Errorf("%s: %v", reason, a.Body)
		}
	}
	for _, address := range []string{"", "/relative", "javascript:alert(1)", "data:text/html,x", "https:///nohost", callback + "#x", callback + "?" + strings.Repeat("x", 2000)} {
		if a := s.post("/api/v1/apps", "client_name", "x", "redirect_uris", address).is(422, ""); a.Body["reason"] != "bad_redirect_uris" {
			t.Errorf("%s: %v", address, a.Body)
		}
	}
}

func TestTheMetadataNamesEveryEndpoint(t *testing.T) {
	t.Parallel()
	s := open(t)
	m := s.send(httptest.NewRequest("GET", "/.well-known/oauth-authorization-server", nil)).is(200, "")
	for key, want := range map[string]any{
		"issuer": "https://acme.example", "authorization_endpoint": "https://acme.example/oauth/authorize", "token_endpoint": "https://acme.example/oauth/token",
		"revocation_endpoint": "https://acme.example/oauth/revoke", "app_registration_endpoint": "https://acme.example/api/v1/apps",
		"code_challenge_methods_supported": []any{"S256"}, "response_types_supported": []any{"code"},
	} {
		if !reflect.DeepEqual(m.Body[key], want) {
			t.Errorf("%s is %v, not %v", key, m.Body[key], want)
		}
	}
	scopes, _ := m.Body["scopes_supported"].([]any)
	if !slices.Contains(scopes, any("write:groups")) || !slices.Contains(scopes, any("profile")) {
		t.Errorf("scopes: %v", scopes)
	}
}

func TestPagesInBrowsersMayCallTheTokenEndpoint(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, path := range []string{"/oauth/token", "/oauth/revoke", "/api/v1/apps", "/.well-known/oauth-authorization-server"} {
		w := httptest.NewRecorder()
		s.mux.ServeHTTP(w, httptest.NewRequest("OPTIONS", path, nil))
		if w.Code != 204 || w.Header().Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(w.Header().Get("Access-Control-Allow-Headers"), "Authorization") {
			t.Errorf("%s: HTTP %d %v", path, w.Code, w.Header())
		}
	}
	if a := s.post("/oauth/token"); a.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%v", a.Header)
	}
}

func TestEveryOAuthRouteDeclaresWhoMayCallIt(t *testing.T) {
	t.Parallel()
	o := oauth.New(federation.House{}, nil, nil)
	for _, r := range slices.Concat(o.Registration(), o.Table()) {
		if !r.Policy.IsDeclared() {
			t.Errorf("%s has no policy", r.Pattern)
		}
	}
}

func TestAttack25NoAppGetsMoreThanItWasGivenOrWhatIsAnothers(t *testing.T) {
	t.Parallel()
	s := open(t)
	app, other := s.app("read write"), s.app("read")
	asks := func(app answer, form ...string) answer {
		return s.post("/oauth/token", append([]string{"client_id", app.text("client_id"), "client_secret", app.text("client_secret"), "redirect_uri", callback}, form...)...)
	}
	scopes := func(token answer) []string {
		v, err := s.db.ViewerByToken(t.Context(), token.text("access_token"))
		if err != nil {
			t.Fatal(err)
		}
		return v.Scopes
	}
	_, code := s.consent(app, "scope", "read:accounts")
	asks(other, "grant_type", "authorization_code", "code", code).is(400, "invalid_grant")
	asks(app, "grant_type", "authorization_code", "code", code).is(400, "invalid_grant") // it may have been stolen

	_, code = s.consent(app, "scope", "read:accounts")
	narrow := asks(app, "grant_type", "authorization_code", "code", code, "scope", "read write").is(200, "")
	if got := scopes(narrow); !slices.Equal(got, []string{"read:accounts"}) {
		t.Errorf("the member allowed read:accounts, and the token may %v", got)
	}
	asks(other, "grant_type", "client_credentials", "scope", "write").is(400, "invalid_scope")
	if v, err := s.db.ViewerByToken(t.Context(), asks(other, "grant_type", "client_credentials").is(200, "").text("access_token")); err != nil || v.Is() || slices.Contains(v.Scopes, "write") {
		t.Errorf("an app for itself is %+v, %v", v, err)
	}
	s.post("/oauth/revoke", "client_id", other.text("client_id"), "client_secret", other.text("client_secret"), "token", narrow.text("access_token")).is(200, "")
	scopes(narrow) // it works still
	s.post("/oauth/revoke", "client_id", app.text("client_id"), "token", narrow.text("access_token")).is(200, "")
	if _, err := s.db.ViewerByToken(t.Context(), narrow.text("access_token")); activity.KindOf(err) != activity.Unauthenticated {
		t.Errorf("a token that was ended: %v", err)
	}
}

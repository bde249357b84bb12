package oauth_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/api/oauth"
	"entente.example/entente/federation"
	"entente.example/entente/store"
	"entente.example/entente/store/grant"
	"entente.example/entente/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Run(m)) }

type server struct {
	t      *testing.T
	db     *store.Store
	mux    *http.ServeMux
	member store.Key
}

func open(t *testing.T) *server {
	t.Helper()
	s := &server{t: t, db: storetest.New(t), mux: http.NewServeMux()}
	oauth.New(federation.House{Host: "acme.example", URL: "https://acme.example"}, s.db, slog.New(slog.NewTextHandler(t.Output(), nil))).Routes(s.mux)
	s.tx(func(tx *store.Tx) error {
		a, err := tx.PutActor(t.Context(), store.Actor{Host: "acme.example", Local: true, Actor: activity.Actor{ID: "https://acme.example/users/alice", Type: "Person", Username: "alice"}})
		if err != nil {
			return err
		}
		s.member = a.Key
		return tx.PutMember(t.Context(), store.Member{Actor: a.Key, Email: "alice@acme.example"})
	})
	return s
}

func (s *server) tx(fn func(*store.Tx) error) {
	s.t.Helper()
	if err := s.db.InTx(s.t.Context(), fn); err != nil {
		s.t.Fatal(err)
	}
}

type answer struct {
	t      *testing.T
	Status int
	Header http.Header
	Body   map[string]any
}

// post sends a form: name, value, name, value...
func (s *server) post(path string, form ...string) answer {
	s.t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(form); i += 2 {
		values.Add(form[i], form[i+1])
	}
	r := httptest.NewRequest("POST", path, strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.send(r)
}

func (s *server) send(r *http.Request) answer {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, r.WithContext(s.t.Context()))
	a := answer{t: s.t, Status: w.Code, Header: w.Header()}
	if err := json.Unmarshal(w.Body.Bytes(), &a.Body); err != nil {
		s.t.Fatalf("HTTP %d, %v: %s", w.Code, err, w.Body)
	}
	return a
}

func (a answer) is(status int, code string) answer {
	a.t.Helper()
	if got, _ := a.Body["error"].(string); a.Status != status || code != "" && got != code {
		a.t.Fatalf("HTTP %d %v, not %d %s", a.Status, a.Body, status, code)
	}
	return a
}

func (a answer) text(key string) string {
	s, _ := a.Body[key].(string)
	return s
}

const callback = "https://client.example/cb"

// app registers a client program.
func (s *server) app(scopes string) answer {
	s.t.Helper()
	return s.post("/api/v1/apps", "client_name", "Tests", "redirect_uris", callback+"\nivory://oauth\n"+grant.OutOfBand, "scopes", scopes).is(200, "")
}

// challenge is the S256 challenge of a verifier.
func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// consent is what our page does: it reads the request and grants it.
func (s *server) consent(app answer, query ...string) (grant.Request, string) {
	s.t.Helper()
	r, err := s.ask(app, query...)
	if err != nil {
		s.t.Fatal(err)
	}
	code, err := grant.Issue(s.t.Context(), s.db, r, s.member)
	if err != nil {
		s.t.Fatal(err)
	}
	return r, code
}

func (s *server) ask(app answer, query ...string) (grant.Request, error) {
	form := url.Values{"client_id": {app.text("client_id")}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"read"}}
	for i := 0; i+1 < len(query); i += 2 {
		form.Set(query[i], query[i+1])
	}
	return grant.Read(s.t.Context(), s.db, form)
}

func TestACodeBecomesATokenThatWorks(t *testing.T) {
	t.Parallel()
	s := open(t)
	app := s.app("read write")
	r, code := s.consent(app, "scope", "read write:statuses", "state", "s t")
	back, err := url.Parse(r.Granted(code))
	if err != nil || back.Query().Get("code") != code || back.Query().Get("state") != "s t" || !strings.HasPrefix(r.Granted(code), callback+"?") {
		t.Errorf("back to %s", r.Granted(code))
	}
	token := s.post("/oauth/token", "grant_type", "authorization_code", "code", code, "client_id", app.text("client_id"), "client_secret", app.text("client_secret"), "redirect_uri", callback).is(200, "")
	if token.text("token_type") != "Bearer" || token.text("scope") != "read write:statuses" || token.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("token: %v %v", token.Body, token.Header)
	}
	if at, ok := token.Body["created_at"].(float64); !ok || time.Since(time.Unix(int64(at), 0)).Abs() > time.Hour {
		t.Errorf("created at %v", token.Body["created_at"])
	}
	v, err := s.db.ViewerByToken(t.Context(), token.text("access_token"))
	if err != nil || v.Actor.Key != s.member || !v.May("read:accounts") || v.May("write:media") {
		t.Errorf("viewer %+v, %v", v, err)
	}
	if len(token.text("access_token")) < 43 {
		t.Error("a token has 256 bits")
	}
}

func TestACodeHasOneTry(t *testing.T) {
	t.Parallel()
	s := open(t)
	app := s.app("read")
	redeem := func(code string) answer {
		return s.post("/oauth/token", "grant_type", "authorization_code", "code", code, "client_id", app.text("client_id"), "client_secret", app.text("client_secret"), "redirect_uri", callback)
	}
	_, code := s.consent(app)
	redeem(code).is(200, "")
	redeem(code).is(400, "invalid_grant")
	_, code = s.consent(app)
	s.post("/oauth/token", "grant_type", "authorization_code", "code", code, "client_id", app.text("client_id"), "client_secret", app.text("client_secret"), "redirect_uri", "ivory://oauth").is(400, "invalid_grant")
	redeem(code).is(400, "invalid_grant") // used up by the wrong try

	_, code = s.consent(app)
	other := s.app("read")
	s.post("/oauth/token", "grant_type", "authorization_code", "code", code, "client_id", other.text("client_id"), "client_secret", other.text("client_secret"), "redirect_uri", callback).is(400, "invalid_grant")

	old := store.NewSecret()
	s.tx(func(tx *store.Tx) error {
		a, err := tx.App(t.Context(), app.text("client_id"))
		if err != nil {
			return err
		}
		return tx.PutCode(t.Context(), store.Code{Hash: store.Hash(old), App: a.Key, Member: s.member, RedirectURI: callback, Scopes: []string{"read"}, ExpiresAt: tx.Now.Add(-time.Second)})
	})
	redeem(old).is(400, "invalid_grant")
	redeem("").is(400, "invalid_grant")
}

func TestPKCEProvesTheAppThatAsked(t *testing.T) {
	t.Parallel()
	const verifier = "a-verifier-of-at-least-forty-three-characters"
	for name, tc := range map[string]struct {
		challenge, verifier, secret string
		status                      int
		code                        string
	}{
		"with the secret":                    {challenge(verifier), verifier, "right", 200, ""},
		"without a secret":                   {challenge(verifier), verifier, "", 200, ""},
		"with a wrong secret":                {challenge(verifier), verifier, "wrong", 401, "invalid_client"},
		"with a wrong verifier":              {challenge(verifier), verifier + "x", "right", 400, "invalid_grant"},
		"without the verifier":               {challenge(verifier), "", "right", 400, "invalid_grant"},
		"neither verifier nor secret":        {challenge(verifier), "", "", 400, "invalid_grant"},
		"no challenge, no secret":            {"", "", "", 401, "invalid_client"},
		"a verifier that nobody asked for":   {"", verifier, "right", 400, "invalid_grant"},
		"the challenge itself as a verifier": {challenge(verifier), challenge(verifier), "right", 400, "invalid_grant"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			app := s.app("read")
			var query []string
			if tc.challenge != "" {
				query = []string{"code_challenge", tc.challenge, "code_challenge_method", "S256"}
			}
			_, code := s.consent(app, query...)
			form := []string{"grant_type", "authorization_code", "code", code, "client_id", app.text("client_id"), "redirect_uri", callback}
			if tc.verifier != "" {
				form = append(form, "code_verifier", tc.verifier)
			}
			switch tc.secret {
			case "right":
				form = append(form, "client_secret", app.text("client_secret"))
			case "wrong":
				form = append(form, "client_secret", "wrong")
			}
			s.post("/oauth/token", form...).is(tc.status, tc.code)
		})
	}
}

func TestAnAppMayAskOnlyForWhatItRegistered(t *testing.T) {
	t.Parallel()
	s := open(t)
	app := s.app("read write:statuses")
	for name, tc := range map[string]struct {
		query      []string
		reason     string
		redirected bool
	}{
		"unknown app":            {[]string{"client_id", "nobody"}, "invalid_client", false},
		"another address":        {[]string{"redirect_uri", callback + "/"}, "invalid_request", false},
		"no address":             {[]string{"redirect_uri", ""}, "invalid_request", false},
		"implicit flow":          {[]string{"response_type", "token"}, "unsupported_response_type", true},
		"a wider scope":          {[]string{"scope", "write"}, "invalid_scope", true},
		"an unknown scope":       {[]string{"scope", "admin:write"}, "invalid_scope", true},
		"a plain challenge":      {[]string{"code_challenge", challenge("x"), "code_challenge_method", "plain"}, "invalid_request", true},
		"no challenge method":    {[]string{"code_challenge", challenge("x")}, "invalid_request", true},
		"a short challenge":      {[]string{"code_challenge", "short", "code_challenge_method", "S256"}, "invalid_request", true},
		"a method by itself":     {[]string{"code_challenge_method", "S256"}, "invalid_request", true},
		"a very long state":      {[]string{"state", strings.Repeat("x", 5000)}, "invalid_request", true},
		"an address out of band": {[]string{"redirect_uri", grant.OutOfBand, "scope", "write"}, "invalid_scope", false},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := s.ask(app, tc.query...)
			if err == nil || activity.FaultOf(err).Reason != tc.reason {
				t.Fatalf("refused with %v, not %s", err, tc.reason)
			}
			to := r.Refused(err)
			if (to != "") != tc.redirected {
				t.Fatalf("sent to %q", to)
			}
			if u, _ := url.Parse(to); tc.redirected && (u.Query().Get("error") != tc.reason || u.Query().Get("error_description") == "") {
				t.Errorf("sent to %s", to)
			}
		})
	}
}

func TestTheConsentFormCarriesTheWholeRequest(t *testing.T) {
	t.Parallel()
	s := open(t)
	app := s.app("read write")
	for _, address := range []string{callback, "ivory://oauth", grant.OutOfBand} {
		first, err := s.ask(app, "redirect_uri", address, "scope", "read write:statuses", "state", "x", "code_challenge", challenge("v"), "code_challenge_method", "S256")
		if err != nil {
			t.Fatal(err)
		}
		again, err := grant.Read(t.Context(), s.db, first.Values())
		if err != nil || !reflect.DeepEqual(first, again) {
			t.Errorf("%+v\n%+v\n%v", first, again, err)
		}
		if first.IsOutOfBand() != (address == grant.OutOfBand) || (first.Granted("c") == "") != first.IsOutOfBand() {
			t.Errorf("%s: %s", address, first.Granted("c"))
		}
	}
	if r, _ := s.ask(app, "redirect_uri", "ivory://oauth"); r.Granted("c") != "ivory://oauth?code=c" {
		t.Errorf("sent to %s", r.Granted("c"))
	}
}

func TestALockedMemberGrantsNothing(t *testing.T) {
	t.Parallel()
	s := open(t)
	r, err := s.ask(s.app("read"))
	if err != nil {
		t.Fatal(err)
	}
	s.tx(func(tx *store.Tx) error { return tx.Lock(t.Context(), s.member) })
	if code, err := grant.Issue(t.Context(), s.db, r, s.member); activity.KindOf(err) != activity.Denied || code != "" {
		t.Errorf("code %q, %v", code, err)
	}
}

func TestAnAppGetsATokenForItself(t *testing.T) {
	t.Parallel()
	s := open(t)
	app := s.app("read write:statuses")
	ask := func(form ...string) answer {
		return s.post("/oauth/token", append([]string{"grant_type", "client_credentials", "client_id", app.text("client_id")}, form...)...)
	}
	token := ask("client_secret", app.text("client_secret")).is(200, "")
	v, err := s.db.ViewerByToken(t.Context(), token.text("access_token"))
	if err != nil || v.Is() || !v.May("read:statuses") || v.May("write:statuses") {
		t.Errorf("viewer %+v, %v", v, err)
	}
	ask("client_secret", app.text("client_secret"), "scope", "write").is(400, "invalid_scope")
	ask("client_secret", app.text("client_secret"), "scope", "nonsense").is(400, "invalid_scope")
	a := ask("client_secret", "wrong").is(401, "invalid_client")
	if a.text("error_description") == "" || !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Basic") {
		t.Errorf("%v %v", a.Body, a.Header)
	}
	ask().is(401, "invalid_client")
	s.post("/oauth/token", "grant_type", "client_credentials", "client_id", "nobody", "client_secret", "x").is(401, "invalid_client")
	s.post("/oauth/token", "grant_type", "password", "username", "alice", "password", "x", "client_id", app.text("client_id"), "client_secret", app.text("client_secret")).is(400, "unsupported_grant_type")

	r := httptest.NewRequest("POST", "/oauth/token", strings.NewReader(`{"grant_type":"client_credentials"}`))
	r.Header.Set("Content-Type", "application/json")
	r.SetBasicAuth(app.text("client_id"), app.text("client_secret"))
	s.send(r).is(200, "")
	r = httptest.NewRequest("POST", "/oauth/token", strings.NewReader("grant_type=client_credentials"))
	r.Header.Set("Content-Type", "text/plain")
	s.send(r).is(415, "invalid_request")
}

package server_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/limit"
	"entente.example/entente/federation/server"
)

// input is a request that somebody should not have made, and the answer.
type input struct {
	make   func() *http.Request
	status int
	reason string // "*": whichever
}

// Every entry answers each kind of bad input by its status and its reason, and
// says no more than that.
func TestBadInputIsAnsweredWithItsCodeOnEveryEntry(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	evil := newStranger(t, "evil")
	mallory := evil.person("mallory")
	forger := &stranger{t: t, key: evil.key, url: globex.url, host: globex.host}
	deed := []byte(`{"id":"` + bea + `#1","type":"Like","actor":"` + bea + `","object":"` + bea + `"}`)
	large := []byte(`{"id":"` + strings.Repeat("x", limits.Document) + `"}`)
	retyped := func(r *http.Request, media string) *http.Request { r.Header.Set("Content-Type", media); return r }
	asking := func(r *http.Request, accept string) *http.Request { r.Header.Set("Accept", accept); return r }
	usual := acme.doors.Limits
	for _, route := range acme.doors.Table() {
		method, path, _ := strings.Cut(route.Pattern, " ")
		path = strings.NewReplacer("{name}", "alice", "{key}", "1", "{n}", "0").Replace(path)
		cases := map[string]input{
			"an address that is no text": {func() *http.Request { return unsigned(acme, method, path+"?x=%ff") }, 400, "bad_address"},
		}
		if method == "GET" {
			cases["a type that we cannot give"] = input{func() *http.Request { return asking(unsigned(acme, method, path), "image/png, text/plain;q=0.5") }, 406, "not_acceptable"}
		}
		if route.Policy == server.Onlookers { // a picture is what they ask for
			delete(cases, "a type that we cannot give")
		}
		if path == "/.well-known/webfinger" {
			cases["WebFinger for nobody"] = input{func() *http.Request { return unsigned(acme, method, path) }, 400, "no_resource"}
		}
		if route.Policy == server.Partners {
			maps.Copy(cases, map[string]input{
				"no signature":    {func() *http.Request { return unsigned(acme, method, path) }, 401, "unsigned"},
				"a bad signature": {func() *http.Request { return forger.signed(acme, method, path, bea, nil) }, 401, "*"},
				"a broken one": {func() *http.Request {
					r := unsigned(acme, method, path)
					r.Header.Set("Signature", `keyId="`)
					return r
				}, 401, "*"},
				"not a partner":     {func() *http.Request { return evil.signed(acme, method, path, mallory, nil) }, 403, "not_a_partner"},
				"no partner's type": {func() *http.Request { return asking(evil.signed(acme, method, path, mallory, nil), "image/png") }, 406, "not_acceptable"},
			})
		}
		if route.Policy == server.Senders {
			maps.Copy(cases, map[string]input{
				"no signature": {func() *http.Request {
					r := globex.signed(acme, method, path, bea, deed)
					r.Header.Del("Signature")
					return r
				}, 401, "unsigned"},
				"a bad signature": {func() *http.Request { return forger.signed(acme, method, path, bea, deed) }, 401, "*"},
				"not a partner": {func() *http.Request {
					return evil.signed(acme, method, path, mallory, []byte(strings.ReplaceAll(string(deed), bea, mallory)))
				}, 403, "not_a_partner"},
				"broken, no partner": {func() *http.Request { return evil.signed(acme, method, path, mallory, []byte(`{`)) }, 403, "not_a_partner"},
				"no JSON":            {func() *http.Request { return globex.signed(acme, method, path, bea, []byte(`{`)) }, 400, "*"},
				"no activity":        {func() *http.Request { return globex.signed(acme, method, path, bea, []byte(`[7]`)) }, 400, "*"},
				"no actor":           {func() *http.Request { return globex.signed(acme, method, path, bea, []byte(`{"type":"Like"}`)) }, 400, "*"},
				"another's deed":     {func() *http.Request { return globex.signed(acme, method, path, globex.person("boris"), deed) }, 401, "wrong_signer"},
				"too much":           {func() *http.Request { return globex.signed(acme, method, path, bea, large) }, 413, "too_large"},
				"a picture":          {func() *http.Request { return retyped(globex.signed(acme, method, path, bea, deed), "image/png") }, 415, "wrong_media_type"},
				"any JSON":           {func() *http.Request { return retyped(globex.signed(acme, method, path, bea, deed), "application/json") }, 415, "wrong_media_type"},
				"other JSON-LD": {func() *http.Request {
					return retyped(globex.signed(acme, method, path, bea, deed), "application/ld+json")
				}, 415, "wrong_media_type"},
				"no type": {func() *http.Request {
					r := globex.signed(acme, method, path, bea, deed)
					r.Header.Del("Content-Type")
					return r
				}, 415, "wrong_media_type"},
			})
		}
		for name, c := range cases {
			if method == "POST" && strings.HasPrefix(path, "/groups/") && c.status == 401 && c.reason == "wrong_signer" {
				continue // there is no such group, which is found out before
			}
			w := acme.from("127.0.0.1:1", c.make())
			var said string
			if _, err := strings.CutPrefix(w.Body.String(), `{"error":"`); err {
				said = strings.TrimSuffix(strings.TrimPrefix(w.Body.String(), `{"error":"`), `"}`)
			}
			if w.Code != c.status || said == "" || strings.ContainsAny(said, `" `) || c.reason != "*" && said != c.reason {
				t.Errorf("%s, %s: %d %s, want %d %s", route.Pattern, name, w.Code, w.Body, c.status, c.reason)
			}
			isPrivate(t, route, name, w)
		}
		acme.doors.Limits.Stranger = limit.Rate{Burst: 0, Every: time.Minute}
		if w := acme.from("192.0.2.1:1", unsigned(acme, method, path)); w.Code != 429 || w.Body.String() != `{"error":"too_fast"}` || w.Header().Get("Retry-After") != "60" {
			t.Errorf("%s, too fast: %d %s %v", route.Pattern, w.Code, w.Body, w.Header())
		} else {
			isPrivate(t, route, "too fast", w)
		}
		acme.doors.Limits = usual
	}
}

// isPrivate makes sure that no cache keeps an answer that depends on who asks.
func isPrivate(t *testing.T, route server.Route, name string, w *httptest.ResponseRecorder) {
	t.Helper()
	if vary := w.Header().Get("Vary"); route.Policy != server.Everybody && (vary != "Accept, Signature, Signature-Input" || w.Header().Get("Cache-Control") != "private, no-store") {
		t.Errorf("%s, %s: %d with Vary %q, Cache-Control %q", route.Pattern, name, w.Code, vary, w.Header().Get("Cache-Control"))
	}
}

func TestAttack20NobodyGetsWhatWasForAnother(t *testing.T) {
	t.Parallel()
	v, initech := newVault(t), newStranger(t, "initech")
	v.isPartnerOf(initech)
	ivan, bob := initech.person("ivan"), v.globex.person("bob")
	v.globex.send(v.company, v.globex.follow(bob, v.alice))
	pump(t, v.company)
	v.do(v.Block(t.Context(), v.alice, v.knows(bob)))
	table := v.doors.Table()
	for _, path := range append(v.paths(), "/groups/nothing", "/notes/1") {
		var answers []*httptest.ResponseRecorder
		ask := func(s *stranger, who string) *httptest.ResponseRecorder {
			r := unsigned(v.company, "GET", path)
			if s != nil {
				r = s.signed(v.company, "GET", path, who, nil)
			}
			w := v.answers(r)
			answers = append(answers, w)
			return w
		}
		before := ask(v.globex, bob) // blocked first, then the guest, then whoever asks without her right
		guest := ask(v.globex, v.bea)
		for name, w := range map[string]*httptest.ResponseRecorder{"unsigned": ask(nil, ""), "of another company": ask(initech, ivan), "blocked": ask(v.globex, bob)} {
			if name == "unsigned" && w.Code != 401 || strings.Contains(w.Body.String(), "hush") {
				t.Errorf("%s, %s: %d %s", path, name, w.Code, w.Body)
			}
			if name == "blocked" && (w.Code != before.Code || w.Body.String() != before.Body.String()) {
				t.Errorf("%s: the blocked one got %d, and later %d", path, before.Code, w.Code)
			}
		}
		if again := ask(v.globex, v.bea); again.Code != guest.Code || again.Body.String() != guest.Body.String() {
			t.Errorf("%s: the guest got %d %s, and later %d %s", path, guest.Code, guest.Body, again.Code, again.Body)
		}
		for _, w := range answers {
			isPrivate(t, table[0], path, w)
		}
	}
	for _, n := range v.secrets { // she did get them
		if w := v.answers(v.globex.signed(v.company, "GET", "/notes/"+n.Key.String(), v.bea, nil)); w.Code != 200 || !strings.Contains(w.Body.String(), "hush") {
			t.Errorf("the guest gets %d %s", w.Code, w.Body)
		}
	}
}

func TestAttack25EveryRouteOfTheServerNamesItsPolicyAndKeepsIt(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	evil, ghost := newStranger(t, "evil"), newStranger(t, "ghost")
	mallory, gus := evil.person("mallory"), ghost.person("gus")
	acme.isPartnerOf(ghost)
	forger := &stranger{t: t, key: evil.key, url: globex.url, host: globex.host}
	for _, route := range acme.doors.Table() {
		method, path, _ := strings.Cut(route.Pattern, " ")
		path = strings.NewReplacer("{name}", "alice", "{key}", "1", "{n}", "0").Replace(path)
		body := func(who string) []byte {
			if method == "GET" {
				return nil
			}
			return []byte(`{"id":"` + who + `#1","type":"Like","actor":"` + who + `","object":"` + who + `"}`)
		}
		for role, r := range map[string]*http.Request{
			"anonymous":              unsigned(acme, method, path),
			"somebody of no partner": evil.signed(acme, method, path, mallory, body(mallory)),
			"a forger":               forger.signed(acme, method, path, bea, body(bea)),
			"somebody of a partner":  ghost.signed(acme, method, path, gus, body(gus)),
		} {
			if method == "POST" && r.Body == http.NoBody {
				r.Header.Set("Content-Type", "application/activity+json")
			}
			w := acme.from("127.0.0.1:1", r)
			want := map[string]int{"anonymous": 401, "somebody of no partner": 403, "a forger": 401}[role]
			switch route.Policy {
			case server.Everybody:
				if path != "/actor" && !strings.HasPrefix(path, "/.well-known/") && !strings.HasPrefix(path, "/nodeinfo/") {
					t.Errorf("%s is for everybody: is that meant?", route.Pattern)
				}
				if w.Code == 401 || w.Code == 403 || w.Code >= 500 {
					t.Errorf("%s is for everybody, and gives %s %d", route.Pattern, role, w.Code)
				}
			case server.Partners, server.Senders, server.Onlookers: // of pictures, who have no link
				if want != 0 && w.Code != want || want == 0 && w.Code != 200 && w.Code != 202 && w.Code != 404 {
					t.Errorf("%s gives %s %d %s", route.Pattern, role, w.Code, w.Body)
				}
			default:
				t.Errorf("%s has no policy", route.Pattern)
			}
		}
	}
}

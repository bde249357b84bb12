package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// forms are all places that take one.
var forms = []string{"/sign-in", "/sign-out", "/locale", "/home", "/groups", "/oauth/authorize", "/@marc", "/@marc/follow", "/@marc/unfollow", "/@atlas/join",
	"/@atlas/leave", "/@marc/block", "/@marc/unblock", "/@marc/1", "/@marc/1/edit", "/@marc/1/delete", "/@marc/1/like", "/@marc/1/unlike", "/@marc/1/boost", "/@marc/1/unboost"}

func TestAFormWithoutTheTokenOfItsSessionIsRefused(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice, marc := c.as(c.member("alice", "Alice")), c.as(c.member("marc", "Marc"))
	for _, path := range forms {
		for name, token := range map[string]string{"none": "", "somebody else's": marc.token, "cut off": alice.token[1:]} {
			p := alice.send(http.MethodPost, path, url.Values{"token": {token}, "text": {"hello"}})
			if p.code != http.StatusForbidden || !strings.Contains(p.body, "This form is too old") {
				t.Errorf("%s with the token %s: %d", path, name, p.code)
			}
		}
	}
	alice.get("/home").hasNot("hello")
}

func TestAFormFromAnotherSiteIsRefused(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	b := c.as(c.member("alice", "Alice"))
	for name, header := range map[string]http.Header{
		"cross-site": {"Sec-Fetch-Site": {"cross-site"}},
		"same-site":  {"Sec-Fetch-Site": {"same-site"}},
		"old":        {"Origin": {"https://evil.example"}},
		"sandboxed":  {"Origin": {"null"}},
	} {
		b.header = header
		for _, path := range forms {
			if p := b.post(path, "text", "hello"); p.code != http.StatusForbidden || !strings.Contains(p.body, "sent from another site") {
				t.Errorf("%s, %s: %d", name, path, p.code)
			}
		}
	}
	b.header = http.Header{"Origin": {"https://acme.example"}}
	b.post("/home", "text", "hello", "visibility", "public").leadsTo("/home")
}

func TestNobodyIsSignedInByAFormOfAnotherSite(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.member("mallory", "Mallory")
	mallory, victim := c.browser(), c.browser()
	mallory.get("/sign-in")
	victim.get("/sign-in")
	p := victim.send(http.MethodPost, "/sign-in", url.Values{"token": {mallory.token}, "login": {"mallory"}, "password": {password}})
	p.is(http.StatusForbidden)
	victim.get("/home").is(http.StatusSeeOther)
}

func TestAStrangersFormLeadsToTheSignInPage(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	for _, path := range forms {
		if path == "/sign-in" || path == "/sign-out" || path == "/locale" {
			continue
		}
		b := c.browser()
		b.get("/sign-in")
		b.post(path, "text", "hello").leadsTo("/sign-in?to=%2Fhome")
	}
}

func TestNoAddressLeadsAway(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"", "home", "https://evil.example", "//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, "/\t/evil.example",
		"/\n/evil.example", "\t//evil.example", " //evil.example", "/ /evil.example", "https:evil.example", "javascript:alert(1)", "/%zz", "\x00//evil.example", "/a\x7f", "http:///evil.example", "data:text/html,x"} {
		if got := local(to, "/home"); got != "/home" {
			t.Errorf("%q leads to %q", to, got)
		}
	}
	for _, to := range []string{"/", "/home?before=1", "/@bea@globex.localhost:8081/5#p5", "/oauth/authorize?redirect_uri=https%3A%2F%2Fapp.example%2Fback&scope=read+write", "/search?q=//x"} {
		if got := local(to, "/home"); got != to {
			t.Errorf("%q leads to %q", to, got)
		}
	}
}

func TestSignInNeverLeadsAway(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.member("alice", "Alice")
	for _, to := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "/\t/evil.example"} {
		b := c.browser()
		if got := b.get("/sign-in?to=" + url.QueryEscape(to)).field("to"); got != "/home" {
			t.Errorf("the form for %q leads to %q", to, got)
		}
		b.post("/sign-in", "login", "alice", "password", password, "to", to).leadsTo("/home")
		b.get("/sign-in?to=" + url.QueryEscape(to)).leadsTo("/home")
		b.get("/groups")
		b.post("/locale", "locale", "en", "back", to).leadsTo("/")
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.member("alice", "Alice")
	b := c.browser()
	for _, path := range []string{"/", "/sign-in", "/home", "/@alice", "/nothing", "/style.css", "/favicon.svg", "/.well-known/nothing"} {
		h := b.get(path).header
		if csp := h.Get("Content-Security-Policy"); csp != "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'" {
			t.Errorf("%s: Content-Security-Policy %q", path, csp)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "same-origin" {
			t.Errorf("%s: %v", path, h)
		}
	}
	if got := b.get("/").header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("pages may be kept: %q", got)
	}
}

func TestAFormOverOneMebibyteIsNotRead(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	b := c.as(c.member("alice", "Alice"))
	b.post("/home", "text", strings.Repeat("a", maxBody+1)).is(http.StatusRequestEntityTooLarge)
	b.post("/home", "text", strings.Repeat("a", activity.MaxNote+1), "visibility", "public").is(http.StatusBadRequest).has("at most 5,000 characters", `href="#text"`)
}

func TestWhatIsNoTextIsRefusedBeforeTheDatabase(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	b := c.as(c.member("alice", "Alice"))
	for _, bad := range []string{"%00", "%ff", "a%00b", "%c3%28"} {
		b.get("/search?q=" + bad).is(http.StatusBadRequest)
		b.get("/@" + bad).is(http.StatusBadRequest)
		b.get("/@alice/" + bad).is(http.StatusBadRequest)
		b.get("/home?before=" + bad).is(http.StatusBadRequest)
		text, err := url.QueryUnescape(bad)
		c.does(err)
		b.post("/home", "text", text, "visibility", "public").is(http.StatusBadRequest)
		stranger := c.browser()
		stranger.get("/sign-in")
		stranger.post("/sign-in", "login", text, "password", text).is(http.StatusBadRequest)
		stranger.post("/sign-in", "login", "alice", "password", text).is(http.StatusBadRequest)
		stranger.get("/sign-in?to=" + bad).is(http.StatusBadRequest)
	}
	b.get("/home?before=99999999999999999999").is(http.StatusOK)
	b.get("/@alice/99999999999999999999").is(http.StatusNotFound)
}

func TestAPanicBecomesAPage(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	h := c.web.guard(c.web.serve(func(context.Context, *visit) (answer, error) { panic("oops") }))
	c.mux = http.NewServeMux()
	c.mux.Handle("/", h)
	counted := 0
	c.web.Defect = func() { counted++ }
	c.browser().get("/").is(http.StatusInternalServerError).has("Something went wrong here").hasNot("oops")
	if counted != 1 {
		t.Errorf("%d defects are counted", counted)
	}
}

func TestEveryRefusalWith429SaysWhenToComeAgain(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	for kind := activity.Internal; kind <= activity.Later; kind++ {
		refused := activity.Refuse(kind, "x", "x")
		c.mux = http.NewServeMux()
		c.mux.Handle("/page", c.web.serve(func(context.Context, *visit) (answer, error) { return answer{}, refused }))
		c.mux.Handle("/form", c.web.serve(func(_ context.Context, v *visit) (answer, error) {
			p, err := v.problemOf(refused, nil)
			return v.signInPage(signInForm{}, p), err
		}))
		for _, path := range []string{"/page", "/form"} {
			if p := c.browser().get(path); (p.code == http.StatusTooManyRequests) != (p.header.Get("Retry-After") != "") {
				t.Errorf("%s: HTTP %d, Retry-After %q", path, p.code, p.header.Get("Retry-After"))
			}
		}
	}
}

func TestAStrangerCannotTellWhatExists(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice := c.member("alice", "Alice")
	group, err := c.engine.OpenGroup(t.Context(), alice, federation.GroupDraft{Name: "Atlas"})
	c.does(err)
	open, err := c.engine.Post(t.Context(), alice, federation.Draft{Text: "open"})
	c.does(err)
	for _, pair := range [][2]string{
		{"/@alice", "/@nobody"}, {actorPath(group), "/@nothing"}, {notePath(alice, open), "/@alice/1"},
		{actorPath(group) + "/members", "/@nothing/members"}, {notePath(alice, open) + "/edit", "/@nobody/1/edit"}, {"/@alice", "/@bea@globex.example"},
	} {
		var answers [2]page
		for i, path := range pair {
			answers[i] = c.browser().get(path).leadsTo("/sign-in?to=" + url.QueryEscape(path))
			answers[i].body = strings.ReplaceAll(answers[i].body, url.QueryEscape(path), "")
			answers[i].header.Del("Set-Cookie")
			answers[i].header.Del("Location")
		}
		if answers[0].body != answers[1].body || len(answers[0].header) != len(answers[1].header) {
			t.Errorf("%v differ:\n%v\n%v", pair, answers[0], answers[1])
		}
	}
}

func TestWhatIsPrivateIsAnsweredAsWhatIsMissing(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice, marc := c.member("alice", "Alice"), c.member("marc", "Marc")
	secret := c.wrote(alice, store.Note{Note: activity.Note{Content: "<p>secret</p>"}, Visibility: activity.VisibleFollowers})
	b := c.as(marc)
	same := func(p page, path string) string {
		p.is(http.StatusNotFound)
		return strings.NewReplacer(path, "", b.token, "").Replace(p.body)
	}
	private, missing := notePath(alice, secret), "/@alice/12345"
	want := same(b.get(missing), missing)
	for _, path := range []string{private, "/@alice/abc", "/@marc/" + secret.Key.String(), "/@nobody", "/@instance@acme.example", private + "/edit", "/@alice/0"} {
		if got := same(b.get(path), path); got != want {
			t.Errorf("%s differs from what is missing", path)
		}
	}
	for _, deed := range []string{"like", "boost", "delete", "edit", "unlike"} {
		b.post(private+"/"+deed, "text", "x").is(http.StatusNotFound)
	}
	b.post(private, "text", "an answer", "visibility", "public").is(http.StatusNotFound)
	c.as(alice).get(private).is(http.StatusOK).has("secret")
}

package remote

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
)

func webfinger(handle string) string {
	return "/.well-known/webfinger?resource=acct%3A" + strings.Replace(handle, "@", "%40", 1)
}

func jrd(subject, href string) http.HandlerFunc {
	return says(`{"subject":%q,"links":[{"rel":"self","type":"text/html","href":"https://x.test/"},{"rel":"self","type":"application/activity+json","href":%q}]}`, subject, href)
}

func xrd(template string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?>
<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Link rel="other"/><Link rel="lrdd" type="application/xrd+xml" template="%s"/></XRD>`, template)
	}
}

type pages = map[string]http.HandlerFunc

func TestFingerFindsTheActorOfAHandle(t *testing.T) {
	t.Parallel()
	const href = "https://good.test/users/ada"
	for name, tc := range map[string]struct {
		hosts map[string]pages
		want  Account
	}{
		"plainly":               {map[string]pages{"good.test": {webfinger("ada@good.test"): jrd("acct:ada@good.test", href)}}, Account{"ada", "good.test", href}},
		"as the host spells it": {map[string]pages{"good.test": {webfinger("ada@good.test"): jrd("acct:Ada@GOOD.test", href)}}, Account{"Ada", "good.test", href}},
		"by ld+json": {map[string]pages{"good.test": {webfinger("ada@good.test"): says(`{"subject":"acct:ada@good.test","links":[
			{"rel":"self","type":"application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"","href":%q}]}`, href)}}, Account{"ada", "good.test", href}},
		"on another host, by redirect": {map[string]pages{
			"good.test": {webfinger("ada@good.test"): redirect("https://web.test" + webfinger("ada@good.test"))},
			"web.test":  {webfinger("ada@good.test"): jrd("acct:ada@good.test", "https://web.test/ada")}}, Account{"ada", "good.test", "https://web.test/ada"}},
		"on another host, by host-meta": {map[string]pages{
			"good.test": {"/.well-known/host-meta": xrd("https://web.test/wf?x=1&amp;r={uri}")},
			"web.test":  {"/wf?x=1&r=acct%3Aada%40good.test": jrd("acct:ada@good.test", "https://web.test/ada")}}, Account{"ada", "good.test", "https://web.test/ada"}},
		"under another handle that says the same": {map[string]pages{
			"good.test": {webfinger("ada@good.test"): jrd("acct:lovelace@web.test", "https://web.test/ada")},
			"web.test":  {webfinger("lovelace@web.test"): jrd("acct:lovelace@web.test", "https://web.test/ada")}}, Account{"lovelace", "web.test", "https://web.test/ada"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hosts := map[string]http.HandlerFunc{}
			for host, p := range tc.hosts {
				hosts[host] = routes(p)
			}
			_, c := newWorld(t, hosts)
			if got, err := c.Finger(t.Context(), "ada", "Good.test."); err != nil || got != tc.want {
				t.Fatalf("found %+v, %v; want %+v", got, err, tc.want)
			}
		})
	}
}

// RFC 7565 §7: what is not ASCII is percent-encoded; not every server does it.
func TestFingerFindsNamesOfOtherScripts(t *testing.T) {
	t.Parallel()
	const name, href = "\u0438\u0432\u0430\u043d", "https://good.test/u/7"
	for _, said := range []string{name, "%D0%B8%D0%B2%D0%B0%D0%BD"} {
		_, c := newWorld(t, map[string]http.HandlerFunc{"good.test": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("resource") == "acct:"+name+"@good.test" {
				jrd("acct:"+said+"@good.test", href)(w, r)
			}
		}})
		if got, err := c.Finger(t.Context(), name, "good.test"); err != nil || got != (Account{name, "good.test", href}) {
			t.Errorf("%s: found %+v, %v", said, got, err)
		}
	}
	_, c := newWorld(t, map[string]http.HandlerFunc{"good.test": jrd("acct:ada%2f..@good.test", href)})
	_, err := c.Finger(t.Context(), "ada", "good.test")
	wantFault(t, err, activity.Invalid, "bad_handle")
}

func TestFingerRefuses(t *testing.T) {
	t.Parallel()
	const id = "https://good.test/users/ada"
	asked := webfinger("ada@good.test")
	for name, tc := range map[string]struct {
		good, other pages
		kind        activity.Kind
		reason      string
	}{
		"nobody":                           {nil, nil, activity.NotFound, "refused_404"},
		"somebody who left":                {pages{asked: status(410)}, nil, activity.Gone, "refused_410"},
		"a host in trouble":                {pages{asked: status(502)}, nil, activity.Later, "refused_502"},
		"what is not JSON":                 {pages{asked: says("<html>")}, nil, activity.Invalid, "bad_json"},
		"no subject":                       {pages{asked: jrd("", id)}, nil, activity.Invalid, "handle_disputed"},
		"a subject that is an address":     {pages{asked: jrd(id, id)}, nil, activity.Invalid, "handle_disputed"},
		"a subject without a host":         {pages{asked: jrd("acct:ada", id)}, nil, activity.Invalid, "bad_host"},
		"a subject with a path for a host": {pages{asked: jrd("acct:ada@[x]/y", id)}, nil, activity.Invalid, "bad_handle"},
		"no actor":                         {pages{asked: says(`{"subject":"acct:ada@good.test","links":[{"rel":"self","type":"text/html","href":%q}]}`, id)}, nil, activity.Invalid, "no_actor_link"},
		"an actor by http":                 {pages{asked: jrd("acct:ada@good.test", "http://good.test/ada")}, nil, activity.Denied, "url_refused"},
		"an actor that is no address":      {pages{asked: jrd("acct:ada@good.test", "javascript:alert(1)")}, nil, activity.Invalid, "bad_id"},
		"a host that knows nothing of it":  {pages{asked: jrd("acct:bob@other.test", id)}, nil, activity.NotFound, "refused_404"},
		"a host that names another actor": {pages{asked: jrd("acct:bob@other.test", id)},
			pages{webfinger("bob@other.test"): jrd("acct:bob@other.test", "https://other.test/bob")}, activity.Invalid, "handle_disputed"},
		"a host that points back": {pages{asked: jrd("acct:bob@other.test", id)},
			pages{webfinger("bob@other.test"): jrd("acct:ada@good.test", id)}, activity.Invalid, "handle_disputed"},
		"another user of the host, denied": {pages{asked: jrd("acct:bob@good.test", id), webfinger("bob@good.test"): jrd("acct:bob@good.test", id+"2")},
			nil, activity.Invalid, "handle_disputed"},
		"host-meta that is not XML":      {pages{"/.well-known/host-meta": says("{}")}, nil, activity.Invalid, "bad_host_meta"},
		"host-meta without a template":   {pages{"/.well-known/host-meta": xrd("https://other.test/wf")}, nil, activity.Invalid, "bad_host_meta"},
		"host-meta that leads to http":   {pages{"/.well-known/host-meta": xrd("http://other.test/{uri}")}, nil, activity.Denied, "url_refused"},
		"host-meta that leads inside":    {pages{"/.well-known/host-meta": xrd("https://127.0.0.1/{uri}")}, nil, activity.Denied, "address_refused"},
		"host-meta that leads to nobody": {pages{"/.well-known/host-meta": xrd("https://other.test/{uri}")}, nil, activity.NotFound, "refused_404"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := newWorld(t, map[string]http.HandlerFunc{"good.test": routes(tc.good), "other.test": routes(tc.other)})
			got, err := c.Finger(t.Context(), "ada", "good.test")
			wantFault(t, err, tc.kind, tc.reason)
			if got != (Account{}) {
				t.Errorf("found %+v", got)
			}
		})
	}
}

func TestWhatIsNotAHandleIsNotAskedFor(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, nil)
	for _, h := range [][2]string{{"", "good.test"}, {"a@b", "good.test"}, {"a b", "good.test"}, {"a/b", "good.test"}, {"ada", ""}, {"ada", "good.test/x"},
		{"ada", "[::1]/x"}, {"ada", "[x"}, {"ada", "u:p@good.test"}, {"ada", "good.test?x"}} {
		if _, err := c.Finger(t.Context(), h[0], h[1]); activity.KindOf(err) != activity.Invalid {
			t.Errorf("%q: %v", h, err)
		}
	}
	if got := w.saw(""); len(got) > 0 {
		t.Errorf("happened: %q", got)
	}
}

func TestFingerInDevelopmentFallsBackToHTTP(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		jrd("acct:ada@"+r.Host, "http://"+r.Host+"/users/ada")(w, r)
	}))
	t.Cleanup(server.Close)
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	c := New(Options{InsecureHTTP: true, PrivateNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Gate: new(world)})
	t.Cleanup(c.transport.CloseIdleConnections)
	host := "acme.localhost:" + port
	if got, err := c.Finger(t.Context(), "ada", host); err != nil || got.Host != host || got.ID != activity.ID("http://"+host+"/users/ada") {
		t.Fatalf("found %+v, %v", got, err)
	}
}

// The recorded spoofs, served by evil.example for every handle of its own; the hosts
// whose people they claim to be tell the truth, or know nothing.
func TestAttack27HostileWebFingerIsRefused(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(fixtures(t), "hostile", "webfinger-*.json"))
	if err != nil || len(files) != 4 {
		t.Fatalf("%d fixtures: %v", len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for name, truth := range map[string]http.HandlerFunc{"truth": honest, "silence": http.NotFound} {
			t.Run(filepath.Base(file)+", "+name, func(t *testing.T) {
				t.Parallel()
				w, c := newWorld(t, map[string]http.HandlerFunc{
					"evil.example": says("%s", raw), "quitter.no": truth, "poa.st": truth, "whitehouse.gov": truth,
				})
				got, err := c.Finger(t.Context(), "graf", "evil.example")
				if err == nil || got != (Account{}) || !activity.KindOf(err).Permanent() {
					t.Fatalf("found %+v, %v; happened %q", got, err, w.saw(""))
				}
			})
		}
	}
}

// honest is a host that stands for its own people only.
func honest(w http.ResponseWriter, r *http.Request) {
	subject := r.URL.Query().Get("resource")
	jrd(subject, "https://"+r.Host+"/users/"+strings.TrimPrefix(strings.Split(subject, "@")[0], "acct:"))(w, r)
}

func TestRecordedWebFingerAnswersAreRead(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Account{
		"mastodon/webfinger-gargron.json": {"Gargron", "mastodon.social", "https://mastodon.social/users/Gargron"},
		"pleroma/webfinger.json":          {"lain", "pleroma.soykaf.com", "https://pleroma.soykaf.com/users/lain"},
		"peertube/webfinger.json":         {"framasoft", "framatube.org", "https://framatube.org/accounts/framasoft"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(filepath.Join(fixtures(t), name))
			if err != nil {
				t.Fatal(err)
			}
			_, c := newWorld(t, map[string]http.HandlerFunc{want.Host: says("%s", raw)})
			if got, err := c.Finger(t.Context(), want.User, want.Host); err != nil || got != want {
				t.Fatalf("found %+v, %v", got, err)
			}
		})
	}
}

func TestEveryRecordedWebFingerLinkIsUnderstood(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(fixtures(t), "*", "*webfinger*.json"))
	if err != nil {
		t.Fatal(err)
	}
	c, read := New(Options{InsecureHTTP: true}), 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var d descriptor
		if json.Unmarshal(raw, &d) != nil || d.Subject == "" || slices.Contains([]string{"hostile"}, filepath.Base(filepath.Dir(file))) {
			continue
		}
		read++
		if _, err := c.account(d); err != nil && strings.HasPrefix(d.Subject, "acct:") {
			t.Errorf("%s: %v", file, err)
		}
	}
	if read < 5 {
		t.Errorf("read %d", read)
	}
}

// fixtures is the folder of documents of other software.
func fixtures(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("ENTENTE_FIXTURES")
	if folder == "" {
		t.Skip("ENTENTE_FIXTURES does not name the folder of recorded documents, so they are not tried")
	}
	return folder
}

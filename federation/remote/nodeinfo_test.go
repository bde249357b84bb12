package remote

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

const wellKnownNodeInfo = "/.well-known/nodeinfo"

// offers serves the links to documents, "2.0" and its address and so on.
func offers(versionsAndAddresses ...string) http.HandlerFunc {
	var links []string
	for i := 0; i < len(versionsAndAddresses); i += 2 {
		links = append(links, fmt.Sprintf(`{"rel":"http://nodeinfo.diaspora.software/ns/schema/%s","href":%q}`, versionsAndAddresses[i], versionsAndAddresses[i+1]))
	}
	return says(`{"links":[%s]}`, strings.Join(links, ","))
}

func runs(name, version string) http.HandlerFunc {
	return says(`{"version":"2.0","software":{"name":%q,"version":%q},"protocols":["activitypub"],"services":{"outbound":[],"inbound":[]},
		"usage":{"users":{"total":971090,"activeMonth":167218},"localPosts":52071541},"openRegistrations":true,"metadata":{"nodeName":"Good"}}`, name, version)
}

func TestNodeInfoTellsTheSoftwareOfAHost(t *testing.T) {
	t.Parallel()
	const v20, v21, v22 = "https://good.test/nodeinfo/2.0", "https://good.test/nodeinfo/2.1", "https://good.test/2.2?x=y"
	for name, tc := range map[string]struct {
		pages pages
		want  Software
	}{
		"as Mastodon": {pages{wellKnownNodeInfo: offers("2.0", v20), "/nodeinfo/2.0": runs("mastodon", "4.5.0")}, Software{"mastodon", "4.5.0"}},
		"the latest of several": {pages{wellKnownNodeInfo: offers("2.1", v21, "2.2", v22, "2.0", v20, "1.0", v20, "9.9", v20), "/nodeinfo/2.0": runs("old", "0"),
			"/nodeinfo/2.1": runs("older", "1"), "/2.2?x=y": runs("new", "2")}, Software{"new", "2"}},
		"in a place of its own": {pages{wellKnownNodeInfo: redirect("/links"), "/links": offers("2.0", v20), "/nodeinfo/2.0": redirect(v21), "/nodeinfo/2.1": runs("a-b-3", "1")},
			Software{"a-b-3", "1"}},
		"without a version": {pages{wellKnownNodeInfo: offers("2.0", v20), "/nodeinfo/2.0": says(`{"software":{"name":"x"}}`)}, Software{"x", ""}},
		"with an endless version": {pages{wellKnownNodeInfo: offers("2.0", v20), "/nodeinfo/2.0": runs("x", strings.Repeat("é", 999))},
			Software{"x", strings.Repeat("é", limits.SoftwareVersion)}},
		"with a version for terminals": {pages{wellKnownNodeInfo: offers("2.0", v20),
			"/nodeinfo/2.0": says(`{"software":{"name":"x","version":" \u001b[2J4.5\r\n\u202e0\u0000 "}}`)}, Software{"x", "[2J4.50"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := newWorld(t, map[string]http.HandlerFunc{"good.test": routes(tc.pages)})
			if got, err := c.NodeInfo(t.Context(), "Good.test."); err != nil || got != tc.want {
				t.Fatalf("found %+v, %v; want %+v", got, err, tc.want)
			}
		})
	}
}

func TestNodeInfoRefuses(t *testing.T) {
	t.Parallel()
	const v20 = "https://good.test/nodeinfo/2.0"
	linked := func(document http.HandlerFunc) pages {
		return pages{wellKnownNodeInfo: offers("2.0", v20), "/nodeinfo/2.0": document}
	}
	links := func(address string) pages { return pages{wellKnownNodeInfo: offers("2.0", address)} }
	huge := says(`{"links":[],"software":{"name":"x","version":%q}}`, strings.Repeat("a", limits.Discovery))
	for name, tc := range map[string]struct {
		good   pages
		kind   activity.Kind
		reason string
	}{
		"none":                            {nil, activity.NotFound, "refused_404"},
		"a host in trouble":               {pages{wellKnownNodeInfo: status(503)}, activity.Later, "refused_503"},
		"huge links":                      {pages{wellKnownNodeInfo: huge}, activity.TooLarge, "too_large"},
		"HTML for links":                  {pages{wellKnownNodeInfo: says("<!DOCTYPE html><html>")}, activity.Invalid, "bad_json"},
		"odd links":                       {pages{wellKnownNodeInfo: says(`{"links":{"rel":"x"}}`)}, activity.Invalid, "bad_json"},
		"an odd address":                  {pages{wellKnownNodeInfo: says(`{"links":[{"rel":%q,"href":[%q]}]}`, schemas[0], v20)}, activity.Invalid, "bad_json"},
		"no links":                        {pages{wellKnownNodeInfo: says("null")}, activity.Invalid, "no_nodeinfo"},
		"old links alone":                 {pages{wellKnownNodeInfo: offers("1.1", v20)}, activity.Invalid, "no_nodeinfo"},
		"a link to another host":          {links("https://other.test/nodeinfo/2.0"), activity.Denied, "cross_origin"},
		"a link to a subdomain":           {links("https://x.good.test/nodeinfo/2.0"), activity.Denied, "cross_origin"},
		"a link to another port":          {links("https://good.test:8443/nodeinfo/2.0"), activity.Denied, "cross_origin"},
		"a link to a private address":     {links("https://127.0.0.1/nodeinfo/2.0"), activity.Denied, "cross_origin"},
		"a link to http":                  {links("http://good.test/nodeinfo/2.0"), activity.Denied, "url_refused"},
		"a link with a name in it":        {links("https://good.test@other.test/"), activity.Denied, "cross_origin"},
		"a link to a file":                {links("file:///etc/passwd"), activity.Denied, "cross_origin"},
		"a relative link":                 {links("/nodeinfo/2.0"), activity.Denied, "cross_origin"},
		"a redirect to another host":      {linked(redirect("https://other.test/nodeinfo/2.0")), activity.Denied, "cross_origin"},
		"a redirect to a private address": {linked(redirect("https://169.254.169.254/nodeinfo/2.0")), activity.Denied, "address_refused"},
		"a redirect in circles":           {linked(redirect(v20)), activity.Invalid, "redirect_loop"},
		"a huge document":                 {linked(huge), activity.TooLarge, "too_large"},
		"HTML for a document":             {linked(says("<html>")), activity.Invalid, "bad_json"},
		"a document that is a list":       {linked(says("[]")), activity.Invalid, "bad_json"},
		"no software":                     {linked(says("{}")), activity.Invalid, "no_nodeinfo"},
		"software that is a word":         {linked(says(`{"software":"mastodon"}`)), activity.Invalid, "bad_json"},
		"a version that is a number":      {linked(says(`{"software":{"name":"x","version":4}}`)), activity.Invalid, "bad_json"},
		"a name by nobody's rules":        {linked(runs("Mastodon <b>", "4")), activity.Invalid, "no_nodeinfo"},
		"a name of two lines":             {linked(runs("x\n", "4")), activity.Invalid, "no_nodeinfo"},
		"a name that is too long":         {linked(runs(strings.Repeat("x", limits.SoftwareName+1), "4")), activity.Invalid, "no_nodeinfo"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, c := newWorld(t, map[string]http.HandlerFunc{"good.test": routes(tc.good), "other.test": runs("other", "1"), "x.good.test": runs("other", "1")})
			got, err := c.NodeInfo(t.Context(), "good.test")
			wantFault(t, err, tc.kind, tc.reason)
			if got != (Software{}) {
				t.Errorf("found %+v", got)
			}
			if strings.HasPrefix(name, "a link") && len(w.saw("get")) != 1 {
				t.Errorf("happened: %q", w.saw(""))
			}
		})
	}
}

func TestWhoIsNoPartnerIsNotAskedForItsSoftware(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, map[string]http.HandlerFunc{"good.test": runs("x", "1")})
	w.refuse = "good.test"
	_, err := c.NodeInfo(t.Context(), "good.test")
	wantFault(t, err, activity.Denied, "not_a_partner")
	for _, host := range []string{"", "good.test/x", "good.test?x", "u:p@good.test", "[::1]/x", "[x"} {
		if _, err := c.NodeInfo(t.Context(), host); activity.KindOf(err) != activity.Invalid {
			t.Errorf("%q: %v", host, err)
		}
	}
	if got := append(w.saw("resolve"), w.saw("get")...); len(got) > 0 {
		t.Errorf("happened: %q", got)
	}
}

func TestAHostThatIsSlowToTellItsSoftwareIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	_, c := newWorld(t, map[string]http.HandlerFunc{"slow.test": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }})
	c.fetchDeadline = 50 * time.Millisecond
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err := c.NodeInfo(ctx, "slow.test")
	wantFault(t, err, activity.Later, "timed_out")
	if ctx.Err() != nil {
		t.Error("it ended with the patience of the caller alone")
	}
}

func TestRecordedNodeInfoIsRead(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Software{
		"mastodon/nodeinfo-2.0.json": {"mastodon", "4.1.0"},
		"nodeinfo/example-2.2.json":  {"diaspora", "0.5.0"},
	} {
		raw, err := os.ReadFile(filepath.Join(fixtures(t), name))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := readSoftware(raw); err != nil || got != want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	raw, err := os.ReadFile(filepath.Join(fixtures(t), "nodeinfo/wellknown-nodeinfo-both.json"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := nodeInfoLink(raw, "mobilizon.fr"); err != nil || got != "https://mobilizon.fr/.well-known/nodeinfo/2.1" {
		t.Errorf("%q, %v", got, err)
	}
}

// FuzzNodeInfo: a link stays on its host, and what is told of a software is short
// and safe to print.
func FuzzNodeInfo(f *testing.F) {
	for _, s := range []string{
		`{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.0","href":"https://good.test/nodeinfo/2.0"}]}`,
		`{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.1","href":"https://GOOD.test.:443@x/%2e"},null,{}]}`,
		`{"version":"2.1","software":{"name":"mastodon","version":"4.5.0+glitch \u202e\u001b[2J"}}`,
		`{"software":{"name":["x"]}}`, `{"software":null}`, "[[[[", "<html>", "null", `{"links":{}}`, "\xff",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		link, err := nodeInfoLink(raw, "good.test")
		if refused(t, err); err == nil && activity.ID(link).Host() != "good.test" {
			t.Fatalf("leads to %q", link)
		}
		s, err := readSoftware(raw)
		if refused(t, err); err != nil {
			return
		}
		odd := func(r rune) bool { return !unicode.IsPrint(r) }
		if s.Name == "" || len(s.Name) > limits.SoftwareName || utf8.RuneCountInString(s.Version) > limits.SoftwareVersion || strings.ContainsFunc(s.String(), odd) {
			t.Fatalf("read as %q", s)
		}
	})
}

// FuzzFinger: whatever a host answers, an account has a clean host of its own, and an
// actor at an address that may be called.
func FuzzFinger(f *testing.F) {
	for _, s := range []string{
		`{"subject":"acct:ada@good.test","links":[{"rel":"self","type":"application/activity+json","href":"https://good.test/ada"}]}`,
		`{"subject":"ACCT:a@[::1]:443","links":[{"rel":"self","type":"application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"","href":"https://0x7f.1/"}]}`,
		`{"subject":["acct:"],"links":null}`, `{"subject":"acct:@","links":[null]}`, "[[[[", "\xff",
		`<?xml version="1.0"?><XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Link rel="lrdd" template="https://good.test/wf?r={uri}"/></XRD>`,
		`<!DOCTYPE x [<!ENTITY a "&a;&a;">]><XRD><Link rel="lrdd" template="&a;{uri}{uri}"/></XRD>`, `<XRD><Link rel="lrdd" template="https://good.test/"/><Link rel="lrdd" template="{uri}{uri}"/></XRD>`,
		"<XRD><XRD><Link/>", `<?xml version="1.0" encoding="utf-7"?><x/>`,
	} {
		f.Add([]byte(s))
	}
	c := New(Options{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		template, err := readHostMeta(raw)
		if refused(t, err); err == nil && strings.Count(template, "{uri}") != 1 {
			t.Fatalf("leads to %q", template)
		}
		d, err := readDescriptor(raw)
		if refused(t, err); err != nil {
			return
		}
		a, err := c.account(d)
		if refused(t, err); err != nil {
			return
		}
		again, err := newHandle(a.User, a.Host)
		if err != nil || again.User != a.User || again.Host != a.Host {
			t.Fatalf("%+v is read again as %+v, %v", a, again, err)
		}
		if u, err := c.clean(string(a.ID)); err != nil || u.Scheme != "https" || u.User != nil || u.Port() != "" && u.Port() != "443" {
			t.Fatalf("the actor is %q: %v", a.ID, err)
		}
	})
}

// refused says that an error, if there is one, is a refusal for good with a reason.
func refused(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if fault := activity.FaultOf(err); !fault.Kind.Permanent() || fault.Reason == "" || fault.Say == "" {
		t.Fatalf("refused by %#v", fault)
	}
}

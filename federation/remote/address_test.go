package remote

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"entente.example/entente/activity"
)

// forbidden are the ranges of interop.md §7 row 11, with their neighbours that may be dialled.
var forbidden = []string{
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
	"192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3", "::/128", "::1/128", "::ffff:0:0/96",
	"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "fc00::/7", "fe80::/10", "ff00::/8",
}

var open = []string{
	"1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "172.15.255.255",
	"172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
	"2001:200::", "2001:db7::1", "2003::1", "2606:4700::1111", "3ffe::1",
}

// edges are the first and the last address of a range.
func edges(t *testing.T, text string) []netip.Addr {
	t.Helper()
	p := netip.MustParsePrefix(text)
	last := p.Addr().AsSlice()
	for bit := p.Bits(); bit < len(last)*8; bit++ {
		last[bit/8] |= 1 << (7 - bit%8)
	}
	end, ok := netip.AddrFromSlice(last)
	if !ok || !p.Contains(end) {
		t.Fatalf("no last address in %s", text)
	}
	return []netip.Addr{p.Addr(), end}
}

// The SSRF row of interop.md §7: every range, named by its address, by a name that leads
// there, by a redirect, and by each kind of call.
func TestAttack11NoInternalAddressIsDialled(t *testing.T) {
	t.Parallel()
	var inside atomic.Value
	w, c := newWorld(t, map[string]http.HandlerFunc{
		"good.test": func(w http.ResponseWriter, r *http.Request) { redirect("https://inside.test/x")(w, r) },
		"bad.test":  func(w http.ResponseWriter, r *http.Request) { redirect("https://"+inside.Load().(string)+"/x")(w, r) },
	})
	w.address = func(host string) []netip.Addr {
		if host == "inside.test" {
			return []netip.Addr{netip.MustParseAddr(strings.Trim(inside.Load().(string), "[]"))}
		}
		return []netip.Addr{public}
	}
	for _, text := range forbidden {
		for _, ip := range edges(t, text) {
			literal := ip.String()
			if ip.Is6() {
				literal = "[" + literal + "]"
			}
			inside.Store(literal)
			for name, call := range calls(c, literal) {
				if ip.Is4In6() && name == "a name" {
					continue // a resolver's way to write IPv4, which is checked as that
				}
				if err := call(t.Context()); activity.FaultOf(err).Reason != "address_refused" || activity.KindOf(err) != activity.Denied {
					t.Errorf("%s of %s by %s: %v", ip, text, name, err)
				}
			}
		}
	}
	for _, e := range w.saw("dial") {
		if e != "dial "+public.String()+":443" {
			t.Errorf("happened: %s", e)
		}
	}
}

// Each wall stands alone: what one of them lets through where the other would not is
// found here, not when the other falls.
func TestAttack11EachWallStandsAlone(t *testing.T) {
	t.Parallel()
	for _, text := range forbidden {
		for _, ip := range edges(t, text) {
			if !slices.ContainsFunc(notPublic, func(p netip.Prefix) bool { return p.Contains(ip) }) {
				t.Errorf("%s of %s is in no network that is not public", ip, text)
			}
		}
	}
	for _, text := range []string{"4000::1", "1fff:ffff::1", "8000::1", "f000::1", "::ffff:8.8.8.8", "2606:4700::1111%eth0", "fe80::1%eth0"} { // of which no list knows
		if (dialer{}).allows(netip.MustParseAddr(text)) {
			t.Errorf("%s may be dialled", text)
		}
	}
	if (dialer{}).allows(netip.Addr{}) {
		t.Error("no address at all may be dialled")
	}
}

func calls(c *Client, host string) map[string]func(context.Context) error {
	fetch := func(id activity.ID) func(context.Context) error {
		return func(ctx context.Context) error { _, err := c.Fetch(ctx, id, signer()); return err }
	}
	return map[string]func(context.Context) error{
		"its address":           fetch(activity.ID("https://" + host + "/x")),
		"a name":                fetch("https://inside.test/x"),
		"a redirect to a name":  fetch("https://good.test/x"),
		"a redirect to the IP":  fetch("https://bad.test/x"),
		"a delivery":            func(ctx context.Context) error { return c.Deliver(ctx, "https://"+host+"/inbox", nil, signer()) },
		"a handle":              func(ctx context.Context) error { _, err := c.Finger(ctx, "ada", host); return err },
		"a redirected handle":   func(ctx context.Context) error { _, err := c.Finger(ctx, "ada", "bad.test"); return err },
		"a delivery to a name":  func(ctx context.Context) error { return c.Deliver(ctx, "https://inside.test/inbox", nil, signer()) },
		"a handle of that name": func(ctx context.Context) error { _, err := c.Finger(ctx, "ada", "inside.test"); return err },
	}
}

func TestAttack11SpellingsOfThisMachine(t *testing.T) {
	t.Parallel()
	for _, host := range []string{
		"localhost", "localhost.", "LOCALHOST", "acme.localhost", "a.b.localhost.", "127.1", "2130706433", "0177.0.0.1", "127.0.0.1.",
		"0x7f.0.0.1", "0x7f000001", "0X7F.1", "127.0.0.0x1", "1.2.3.08", "[::1]", "[0:0::0:1]", "[::ffff:127.0.0.1]", "[::ffff:8.8.8.8]", "[::127.0.0.1]",
		"[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1%25eth0]", "[2606:4700::1111%25eth0]", "127。0。0。1", "ⓛocalhost",
	} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			w, c := newWorld(t, nil)
			_, err := c.Fetch(t.Context(), activity.ID("https://"+host+"/x"), signer())
			if reason := activity.FaultOf(err).Reason; reason != "address_refused" && reason != "bad_host" {
				t.Errorf("err = %v", err)
			}
			if got := append(w.saw("resolve"), w.saw("dial")...); len(got) > 0 {
				t.Errorf("happened: %q", got)
			}
		})
	}
}

func TestPublicAddressesAreDialled(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, map[string]http.HandlerFunc{"good.test": note("https://good.test/x")})
	for _, text := range open {
		w.address = func(string) []netip.Addr { return []netip.Addr{netip.MustParseAddr(text)} }
		c := w.client(t, Options{}) // a new one, without connections
		if _, err := c.Fetch(t.Context(), "https://good.test/x", signer()); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	if n := len(w.saw("dial")); n != len(open) {
		t.Errorf("dialled %d times", n)
	}
}

// A resolver that answers public first and private second: one answer is asked
// for, and what was checked is what is dialled.
func TestAttack11RebindingResolver(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, map[string]http.HandlerFunc{"good.test": note("https://good.test/x")})
	asked := 0
	w.address = func(string) []netip.Addr {
		asked++
		if asked == 1 {
			return []netip.Addr{public}
		}
		return []netip.Addr{netip.MustParseAddr("10.0.0.7")}
	}
	if _, err := c.Fetch(t.Context(), "https://good.test/x", signer()); err != nil {
		t.Fatal(err)
	}
	_, err := w.client(t, Options{}).Fetch(t.Context(), "https://good.test/x", signer())
	wantFault(t, err, activity.Denied, "address_refused")
	if got := w.saw("dial"); len(got) != 1 || got[0] != "dial 93.184.216.34:443" || asked != 2 {
		t.Errorf("asked %d times, dialled %q", asked, got)
	}
}

func TestAttack11OnlyThePublicOnesOfManyAddressesAreDialled(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, map[string]http.HandlerFunc{"good.test": note("https://good.test/x")})
	w.address = func(string) []netip.Addr {
		return []netip.Addr{netip.MustParseAddr("10.0.0.7"), netip.MustParseAddr("::ffff:127.0.0.1"), public}
	}
	if _, err := c.Fetch(t.Context(), "https://good.test/x", signer()); err != nil {
		t.Fatal(err)
	}
	if got := w.saw("dial"); len(got) != 1 || got[0] != "dial 93.184.216.34:443" {
		t.Errorf("dialled %q", got)
	}
}

func TestAttack11AddressesThatAreNotCalled(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, nil)
	for address, reason := range map[string]string{
		"http://good.test/x":                    "url_refused",
		"https://good.test:8443/x":              "url_refused",
		"https://good.test:22/x":                "url_refused",
		"https://ada:secret@good.test/x":        "bad_id",
		"https://ada@good.test/x":               "bad_id",
		"gopher://good.test/x":                  "bad_id",
		"https:///x":                            "bad_id",
		"/x":                                    "bad_id",
		"":                                      "bad_id",
		"https://good.test/\r\nHost: evil.test": "bad_id",
		"https://good.test:/x":                  "bad_host",
		"https://good%2etest/x":                 "bad_id",
		"https://good test/x":                   "bad_id",
		"https://good.test/" + strings.Repeat("a", 2e3+100): "bad_id",
	} {
		if _, err := c.Fetch(t.Context(), activity.ID(address), signer()); activity.FaultOf(err).Reason != reason {
			t.Errorf("fetch %.60q: %v, want %q", address, err, reason)
		}
		if err := c.Deliver(t.Context(), address, nil, signer()); activity.FaultOf(err).Reason != reason {
			t.Errorf("deliver to %.60q: %v, want %q", address, err, reason)
		}
	}
	if got := w.saw(""); len(got) > 0 {
		t.Errorf("happened: %q", got)
	}
}

func TestNoProxyOfTheEnvironmentIsUsed(t *testing.T) {
	t.Parallel()
	if New(Options{}).transport.Proxy != nil {
		t.Error("there is a proxy")
	}
}

// Development: plain http, any port, and this machine only because it is named.
func TestDevelopmentOpensThisMachineOnlyWhenNamed(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		note(fmt.Sprintf("http://%s/x", r.Host))(w, r)
	}))
	t.Cleanup(server.Close)
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	for name, tc := range map[string]struct {
		networks []netip.Prefix
		host     string
		reason   string
	}{
		"not named":       {nil, "127.0.0.1", "address_refused"},
		"not named, name": {nil, "acme.localhost", "address_refused"},
		"named":           {[]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, "127.0.0.1", ""},
		"named, by name":  {[]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, "acme.localhost", ""},
		"another named":   {[]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, "acme.localhost", "address_refused"},
		"both named":      {[]netip.Prefix{netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("127.0.0.1/32")}, "localhost", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := New(Options{InsecureHTTP: true, PrivateNetworks: tc.networks, Gate: new(world)})
			t.Cleanup(c.transport.CloseIdleConnections)
			id := activity.ID("http://" + tc.host + ":" + port + "/x")
			doc, err := c.Fetch(t.Context(), id, signer())
			if tc.reason == "" && (err != nil || doc.ID != id) {
				t.Fatalf("doc = %+v, %v", doc, err)
			}
			if tc.reason != "" {
				wantFault(t, err, activity.Denied, tc.reason)
			}
		})
	}
}

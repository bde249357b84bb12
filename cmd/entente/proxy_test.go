package main

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestOnlyATrustedProxySpeaksForItsClients(t *testing.T) {
	t.Parallel()
	loopback, inside := netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")
	for name, tc := range map[string]struct {
		trusted      []netip.Prefix
		peer, header string
		want         string
	}{
		"nobody is trusted":              {nil, "127.0.0.1:5", "203.0.113.9", "127.0.0.1:5"},
		"one proxy":                      {[]netip.Prefix{loopback}, "127.0.0.1:5", "203.0.113.9", "203.0.113.9:0"},
		"the client lies to the proxy":   {[]netip.Prefix{loopback}, "127.0.0.1:5", "10.1.1.1, 203.0.113.9", "203.0.113.9:0"},
		"two proxies":                    {[]netip.Prefix{loopback, inside}, "127.0.0.1:5", "203.0.113.9, 10.1.1.1", "203.0.113.9:0"},
		"a stranger pretends":            {[]netip.Prefix{loopback}, "198.51.100.1:5", "203.0.113.9", "198.51.100.1:5"},
		"nonsense":                       {[]netip.Prefix{loopback}, "127.0.0.1:5", "unknown", "127.0.0.1:5"},
		"no header":                      {[]netip.Prefix{loopback}, "127.0.0.1:5", "", "127.0.0.1:5"},
		"an IPv6 client":                 {[]netip.Prefix{loopback}, "127.0.0.1:5", "2001:db8::1", "[2001:db8::1]:0"},
		"an IPv4 client written as IPv6": {[]netip.Prefix{loopback}, "127.0.0.1:5", "::ffff:203.0.113.9", "203.0.113.9:0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
			r.RemoteAddr = tc.peer
			if tc.header != "" {
				r.Header.Set("X-Forwarded-For", tc.header)
			}
			var got string
			behindProxies(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr }), tc.trusted).ServeHTTP(httptest.NewRecorder(), r)
			if got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

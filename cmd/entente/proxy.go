package main

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// behindProxies gives each request the address of the client that a proxy of ours
// speaks for: limits are per client, and a proxy would share one among all. Only
// what comes from a trusted network is believed (X-Forwarded-For, read from the
// end): anybody else can write there what they like.
func behindProxies(next http.Handler, trusted []netip.Prefix) http.Handler {
	if len(trusted) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if client, ok := forwardedFor(r, trusted); ok {
			r.RemoteAddr = client
		}
		next.ServeHTTP(w, r)
	})
}

// forwardedFor is the last address in the chain that is not one of our proxies,
// with port 0 as RemoteAddr has one.
func forwardedFor(r *http.Request, trusted []netip.Prefix) (string, bool) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !within(peer.Addr(), trusted) {
		return "", false
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		addr, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return "", false
		}
		if !within(addr, trusted) {
			return netip.AddrPortFrom(addr.Unmap(), 0).String(), true
		}
	}
	return "", false
}

func within(addr netip.Addr, networks []netip.Prefix) bool {
	return slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(addr.Unmap()) })
}

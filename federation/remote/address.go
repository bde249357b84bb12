package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// notPublic are the networks that nobody on the internet can be reached in
// (IANA special-purpose address registries), or that lead to one of them.
var notPublic = prefixes(
	"0.0.0.0/8",       // this network; 0.0.0.0 is this machine
	"10.0.0.0/8",      // private
	"100.64.0.0/10",   // carrier NAT
	"127.0.0.0/8",     // this machine
	"169.254.0.0/16",  // link-local, and the metadata of clouds
	"172.16.0.0/12",   // private
	"192.0.0.0/24",    // protocol assignments
	"192.0.2.0/24",    // documentation
	"192.88.99.0/24",  // 6to4 relays, gone
	"192.168.0.0/16",  // private
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"224.0.0.0/3",     // multicast, reserved, broadcast
	"::/96",           // unspecified, loopback, IPv4-compatible
	"::ffff:0:0/96",   // IPv4-mapped
	"64:ff9b::/96",    // IPv4 through NAT64
	"64:ff9b:1::/48",  // the same, local
	"100::/64",        // discard
	"2001::/23",       // protocol assignments, Teredo
	"2001:db8::/32",   // documentation
	"2002::/16",       // IPv4 through 6to4
	"3fff::/20",       // documentation
	"fc00::/7",        // private
	"fe80::/10",       // link-local
	"ff00::/8",        // multicast
)

// globalUnicast is all of IPv6 that has been given out; what lies outside is not
// reachable today, and unknown tomorrow.
var globalUnicast = netip.MustParsePrefix("2000::/3")

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		list[i] = netip.MustParsePrefix(text)
	}
	return list
}

// dialer connects to public addresses only. It looks the name up itself, checks
// what it got, and dials exactly that, so that no second answer can differ.
type dialer struct {
	resolver   Resolver
	exceptions []netip.Prefix
	dial       func(ctx context.Context, network, addr string) (net.Conn, error)
}

// DialContext connects to addr, host:port, where host is a clean name or an IP.
// The error is a Denied fault, "address_refused", when there is nothing public
// to connect to.
func (d dialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	// The transport lets a dial outlive its request, so it needs an end of its own.
	ctx, cancel := context.WithTimeout(ctx, limits.ConnectTime)
	defer cancel()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	ips, err := d.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	ips = slices.DeleteFunc(ips, func(ip netip.Addr) bool { return !d.allows(ip) })
	if len(ips) == 0 {
		return nil, refuseAddress()
	}
	var failed error
	for _, ip := range ips[:min(len(ips), limits.Addresses)] {
		conn, err := d.try(ctx, network, net.JoinHostPort(ip.String(), port))
		if err == nil {
			return conn, nil
		}
		failed = errors.Join(failed, err)
	}
	return nil, fmt.Errorf("no address of %s answers: %w", host, failed)
}

func (d dialer) try(ctx context.Context, network, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, limits.AddressTime)
	defer cancel()
	return d.dial(ctx, network, addr)
}

// lookup gives the addresses of host. An IP is its own; localhost and all names
// under it are this machine, whatever the resolver thinks (RFC 6761 §6.3).
func (d dialer) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil
	}
	found, err := d.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	ips := make([]netip.Addr, len(found))
	for i, ip := range found {
		ips[i] = ip.Unmap() // net.Resolver writes IPv4 as IPv4-mapped IPv6
	}
	return ips, nil
}

// allows says whether ip may be dialled: global unicast, or an exception. No network and
// no exception contains an address with a zone, nor IPv4 written as IPv6.
func (d dialer) allows(ip netip.Addr) bool {
	in := func(p netip.Prefix) bool { return p.Contains(ip) }
	if slices.ContainsFunc(d.exceptions, in) {
		return true
	}
	return (ip.Is4() || globalUnicast.Contains(ip)) && !slices.ContainsFunc(notPublic, in)
}

// isOddIP knows hosts that some readers take for an IP and others for a name:
// "2130706433", "0177.0.0.1", "0x7f.1" (WHATWG URL §3.5, "ends in a number").
func isOddIP(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	last := host[strings.LastIndex(host, ".")+1:]
	hex, isHex := strings.CutPrefix(last, "0x")
	return strings.Trim(last, "0123456789") == "" || isHex && strings.Trim(hex, "0123456789abcdef") == ""
}

func refuseAddress() error {
	return activity.Refuse(activity.Denied, "address_refused", "this address does not lead to a public server")
}

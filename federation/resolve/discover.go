package resolve

import (
	"context"
	"net"
	"strings"

	"golang.org/x/net/publicsuffix"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// discover refuses (Denied) a host that we know nobody of where we have met too many of
// the same domain lately. Partners an admin has named one by one.
func (f *Finder) discover(ctx context.Context, host string) error {
	if !f.gate.Open() || f.gate.IsOwn(host) {
		return nil
	}
	isPartner := func(ctx context.Context, host string) (bool, error) { return f.db.IsPartner(ctx, host, f.now()) }
	for _, knows := range []func(context.Context, string) (bool, error){f.db.KnowsHost, isPartner} {
		if is, err := knows(ctx, host); err != nil || is {
			return err
		}
	}
	domain, may := Domain(host), false
	err := f.db.InTx(ctx, func(tx *store.Tx) (err error) {
		may, err = tx.Discover(ctx, domain, host, limits.NewHosts, limits.NewHostsWithin)
		return err
	})
	if err == nil && !may {
		err = activity.Refuse(activity.Denied, "many_new_hosts", "%s has more new hosts than are looked at in a day", domain)
	}
	return err
}

// Domain is the domain that somebody has registered, of a host: what is
// below it is theirs. Providers who rent out names of their own count as one.
func Domain(host string) string {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	if net.ParseIP(strings.Trim(name, "[]")) != nil {
		return name
	}
	suffix, official := publicsuffix.PublicSuffix(name)
	for !official && strings.Contains(suffix, ".") {
		_, suffix, _ = strings.Cut(suffix, ".")
		suffix, official = publicsuffix.PublicSuffix(suffix)
	}
	rest, ok := strings.CutSuffix(name, "."+suffix)
	if !ok {
		return name
	}
	return rest[strings.LastIndexByte(rest, '.')+1:] + "." + suffix
}

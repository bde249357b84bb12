package policy

import (
	"context"
	"encoding/json"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// The reasons of what goes beyond what was agreed: no word for it, a file larger than a
// partner takes, more posts in a minute.
const (
	NotGranted = "not_granted"
	LargeFile  = "large_file"
	TooFast    = "too_fast"
)

// TakesFile refuses (TooLarge, "large_file") a file of so many bytes of ours that a host
// does not take.
func (g *Gate) TakesFile(ctx context.Context, host string, size int64) error {
	if size == 0 || g.IsOwn(host) {
		return nil
	}
	_, takes, err := g.Grants(ctx, host)
	if err == nil {
		err = FitsFile(host, takes, size)
	}
	return err
}

// FitsFile is TakesFile where it is known what the host takes.
func FitsFile(host string, takes agreement.Grant, size int64) error {
	if takes.FileSize == 0 || size <= takes.FileSize {
		return nil
	}
	return activity.Refuse(activity.TooLarge, LargeFile, "%s takes files of at most %.3g MB by the agreement with it, and one of these has %.3g: send a smaller one, or none", host, float64(takes.FileSize)/1e6, float64(size)/1e6)
}

// Grants are what we let the people of a host do here, and what it lets ours do there,
// now. In open federation who is no partner, or not yet, may do everything, but for who has
// been one until it was stopped: see Gate.Passes.
func (g *Gate) Grants(ctx context.Context, host string) (lets, takes agreement.Grant, err error) {
	lets, takes, _, err = g.Granted(ctx, host)
	return lets, takes, err
}

// Granted is Grants, and whether the host is a partner now: where it is not, both are empty
// and say nothing.
func (g *Gate) Granted(ctx context.Context, host string) (lets, takes agreement.Grant, passes bool, err error) {
	p, err := g.partner(ctx, host)
	if err == nil {
		lets, err = read(p.Lets)
	}
	if err == nil {
		takes, err = read(p.Takes)
	}
	return lets, takes, p.Lets != nil, err
}

// everything is what may be done where nobody has to be asked.
var everything = agreement.Everything().Raw()

// partner is a host as what it grants counts now: without grants where it is no partner.
func (g *Gate) partner(ctx context.Context, host string) (store.Partner, error) {
	all := store.Partner{Host: host, Lets: everything, Takes: everything}
	if g.IsOwn(host) {
		return all, nil
	}
	p, known, err := activity.Optional(g.rows.Partner(ctx, host))
	switch {
	case err != nil:
		return store.Partner{}, err
	case known && p.Passes(g.now()):
		return p, nil
	case !g.open || known && !p.IsEarly(g.now()):
		return store.Partner{Host: host}, nil
	}
	if stopped, err := g.rows.Stopped(ctx, host); err != nil || stopped {
		return store.Partner{Host: host}, err
	}
	return all, nil
}

// HasSigned says whether a host has signed an agreement with us, whatever it is worth now.
func (g *Gate) HasSigned(ctx context.Context, host string) (bool, error) {
	p, known, err := activity.Optional(g.rows.Partner(ctx, host))
	return known && p.Agreement != "", err
}

func read(raw json.RawMessage) (grant agreement.Grant, err error) {
	if raw != nil {
		err = json.Unmarshal(raw, &grant)
	}
	return grant, err
}

// Lets refuses (Denied, "not_granted") what somebody of a host may not do here: what
// the word names. who is "" for their server, which asks for all its people.
func (g *Gate) Lets(ctx context.Context, w agreement.Word, host string, who activity.ID) error {
	is, err := g.IsLet(ctx, w, host, who)
	if err == nil && !is {
		err = activity.Refuse(activity.Denied, NotGranted, "%s may not do this here (%s): the agreement does not grant it", host, w)
	}
	return err
}

// IsLet says whether Lets lets it.
func (g *Gate) IsLet(ctx context.Context, w agreement.Word, host string, who activity.ID) (bool, error) {
	p, err := g.partner(ctx, host)
	if err != nil {
		return false, err
	}
	lets, err := read(p.Lets)
	return err == nil && lets.Lets(w, who), err
}

// Agreeing are those of these hosts whom we let do one thing and who let us do another.
// While an agreement is suspended it grants nothing, and it is not known what it will:
// what is for that host waits, and this is asked again.
func (g *Gate) Agreeing(ctx context.Context, lets, takes agreement.Word, hosts []string) (map[string]bool, error) {
	named, err := g.db.PartnersNamed(ctx, hosts)
	if err != nil {
		return nil, err
	}
	stranger, err := g.strangers(ctx, hosts)
	if err != nil {
		return nil, err
	}
	agreeing := map[string]bool{}
	for _, host := range hosts {
		if agreeing[host], err = g.agrees(named[host], stranger(host), lets, takes); err != nil {
			return nil, err
		}
	}
	return agreeing, nil
}

// agrees: stranger says whether it may do what everybody may.
func (g *Gate) agrees(p *store.Partner, stranger bool, lets, takes agreement.Word) (bool, error) {
	switch {
	case p == nil || p.IsEarly(g.now()):
		return stranger, nil
	case !p.IsAt(g.now()):
		return false, nil
	case p.Suspended:
		return true, nil
	}
	here, err := read(p.Lets)
	if err != nil {
		return false, err
	}
	there, err := read(p.Takes)
	return here.Lets(lets, "") && there.Lets(takes, ""), err
}

// Takes refuses (Denied, "not_granted") what one of ours may not do at a host.
func (g *Gate) Takes(ctx context.Context, w agreement.Word, host string, who activity.ID) error {
	p, err := g.partner(ctx, host)
	if err != nil {
		return err
	}
	takes, err := read(p.Takes)
	if err == nil && !takes.Lets(w, who) {
		err = activity.Refuse(activity.Denied, NotGranted, "%s does not let you do this (%s): ask your admin about the agreement with it", host, w)
	}
	return err
}

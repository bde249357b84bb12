// Package policy is the one gate between this instance and every other
// organisation. All that enters or leaves asks Allow with (direction, host,
// what), and gets nil or a Denied fault: deny by default, no second place
// decides, nothing is cached, so that an admin's word counts at once.
package policy

import (
	"context"
	"slices"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// Direction is which way something wants to go.
type Direction string

// The four directions.
const (
	Accept Direction = "accept" // an activity comes in
	Send   Direction = "send"   // an activity goes out
	Fetch  Direction = "fetch"  // we read from them
	Serve  Direction = "serve"  // they read from us
)

// NotAPartner is the reason of every refusal by this package, but for Suspended: nothing
// goes to a partner whose agreement is suspended, and what waits for it is not lost; and
// for Revoked: its people do not speak by a card either.
const (
	NotAPartner = "not_a_partner"
	Suspended   = "partner_suspended"
	Revoked     = "partner_revoked"
)

// Gate decides.
type Gate struct {
	db   *store.Store
	rows partners
	own  []string
	open bool
	now  func() time.Time
}

// New makes the gate of an instance with these names of its own. open lets
// every host pass; otherwise only partners do.
func New(db *store.Store, open bool, own ...string) *Gate {
	return &Gate{db: db, rows: db, own: own, open: open, now: time.Now}
}

// At is the same gate by another clock.
func (g *Gate) At(now func() time.Time) *Gate {
	by := *g
	by.now = now
	return &by
}

// In is the same gate that reads what is granted in a transaction, once for each host.
func (g *Gate) In(tx *store.Tx) *Gate {
	by := *g
	by.rows = tx
	return &by
}

// partners is where it is kept what is granted.
type partners interface {
	Partner(ctx context.Context, host string) (store.Partner, error)
	Ended(ctx context.Context, host string) (string, error)
	Stopped(ctx context.Context, host string) (bool, error)
}

// Open says that every host may pass.
func (g *Gate) Open() bool { return g.open }

// IsOwn says whether a host is one of our own names.
func (g *Gate) IsOwn(host string) bool { return slices.Contains(g.own, host) }

// Allow says whether something may go in a direction between us and host, a
// clean host name (activity.ID.Host). Who wanted in from outside and was
// refused is noted with what it tried.
func (g *Gate) Allow(ctx context.Context, d Direction, host, tried string) error {
	if host == "" {
		return activity.Refuse(activity.Denied, NotAPartner, "this has no host")
	}
	is, err := g.Passes(ctx, host)
	if err != nil || is {
		return err
	}
	return g.refuse(ctx, d, host, tried)
}

// Passes says whether something may go to and come from a host now: in open federation all
// do but those with whom an agreement stands still, winds down or was revoked.
func (g *Gate) Passes(ctx context.Context, host string) (bool, error) {
	if g.IsOwn(host) {
		return true, nil
	}
	if !g.open {
		p, known, err := activity.Optional(g.rows.Partner(ctx, host))
		return known && p.Passes(g.now()), err
	}
	stopped, err := g.rows.Stopped(ctx, host)
	return !stopped, err
}

func (g *Gate) refuse(ctx context.Context, d Direction, host, tried string) error {
	if d == Accept || d == Serve {
		err := g.db.InTx(ctx, func(tx *store.Tx) error { return tx.Knock(ctx, host, string(d)+": "+tried) })
		if err != nil {
			return err
		}
	}
	if d == Send || d == Fetch {
		if p, err := g.db.Partner(ctx, host); err == nil && p.Suspended {
			return activity.Refuse(activity.Later, Suspended, "the agreement with %s is suspended; what is for it waits", host)
		}
	}
	return activity.Refuse(activity.Denied, NotAPartner, "%s is not a partner of this instance; an admin can change that", host)
}

// Sendable are those of these hosts that something may be sent to, as Allow has it,
// now or when they are suspended no more.
func (g *Gate) Sendable(ctx context.Context, hosts []string) (map[string]bool, error) {
	may, err := g.db.PartnersAmong(ctx, hosts, g.now())
	if err != nil {
		return nil, err
	}
	for host := range may {
		may[host] = true // what is for a suspended one waits for it
	}
	stranger, err := g.strangers(ctx, hosts)
	if err != nil {
		return nil, err
	}
	for _, host := range hosts {
		if host != "" && (g.IsOwn(host) || stranger(host)) {
			may[host] = true
		}
	}
	return may, nil
}

// AllowAll asks Allow for every host that an activity or object names, which has
// passed activity.CheckDocument: its properties are spelled as we look for them. It is
// one question to the database for all of them. guests may be named though they are no
// partners: nothing is sent to them or fetched from them for that.
func (g *Gate) AllowAll(ctx context.Context, d Direction, raw []byte, guests ...string) error {
	var named []Mention
	var hosts []string
	err := eachHost(raw, func(m Mention) error {
		if !g.IsOwn(m.Host) && !slices.Contains(guests, m.Host) {
			named, hosts = append(named, m), append(hosts, m.Host)
		}
		return nil
	})
	if err != nil || len(named) == 0 {
		return err
	}
	shut, err := g.shut(ctx, hosts)
	if err != nil {
		return err
	}
	for _, m := range named {
		if shut(m.Host) {
			return g.refuse(ctx, d, m.Host, m.Place)
		}
	}
	return nil
}

// strangers says which of these hosts may do what everybody may, in open federation: all but
// who was stopped, as Passes has it.
func (g *Gate) strangers(ctx context.Context, hosts []string) (func(host string) bool, error) {
	if !g.open {
		return func(string) bool { return false }, nil
	}
	stopped, err := g.db.StoppedAmong(ctx, hosts)
	return func(host string) bool { return !stopped[host] }, err
}

// shut says which of these hosts may not pass.
func (g *Gate) shut(ctx context.Context, hosts []string) (func(host string) bool, error) {
	if g.open {
		stranger, err := g.strangers(ctx, hosts)
		return func(host string) bool { return !stranger(host) }, err
	}
	partners, err := g.db.PartnersAmong(ctx, hosts, g.now())
	return func(host string) bool { return !partners[host] }, err
}

// Fetching is the gate as the HTTP client asks it: before each request and each
// redirect.
func (g *Gate) Fetching() Fetching { return Fetching{g} }

// Between is the gate of what two instances tell each other of their agreements: it
// lets everybody pass but ourselves.
func (g *Gate) Between() Between { return Between{g} }

// Between asks nothing about partners.
type Between struct{ gate *Gate }

// Allow refuses our own hosts.
func (b Between) Allow(_ context.Context, host string) error {
	if host == "" || b.gate.IsOwn(host) {
		return activity.Refuse(activity.Denied, NotAPartner, "agreements are made with another host")
	}
	return nil
}

// Issuing is the gate for one question, to whoever it is: which keys the instance actor of
// a host has, by which it signs the cards of its people (see package card).
func (g *Gate) Issuing(host string) Issuing { return Issuing{g, host} }

// Issuing lets one host pass.
type Issuing struct {
	gate *Gate
	host string
}

// Allow refuses all others, and ourselves.
func (i Issuing) Allow(_ context.Context, host string) error {
	if host == i.host && !i.gate.IsOwn(host) {
		return nil
	}
	return activity.Refuse(activity.Denied, NotAPartner, "%s was not asked for its keys", host)
}

// NeedsCard says whether people of a host speak in a group elsewhere by the card of their
// company, which has no agreement with ours. Where ours is suspended, or was revoked and
// none has come after it, they do not speak at all (Denied, Suspended or Revoked).
func (g *Gate) NeedsCard(ctx context.Context, host string) (bool, error) {
	if g.IsOwn(host) {
		return false, nil
	}
	p, known, err := activity.Optional(g.rows.Partner(ctx, host))
	switch {
	case err != nil:
		return false, err
	case !known:
		return g.unrevoked(ctx, host)
	case p.Suspended:
		return false, activity.Refuse(activity.Denied, Suspended, "the agreement with %s is suspended", host)
	}
	return !p.Passes(g.now()), nil
}

// unrevoked refuses whose last agreement with us was revoked.
func (g *Gate) unrevoked(ctx context.Context, host string) (bool, error) {
	final, err := g.rows.Ended(ctx, host)
	if err == nil && final == string(agreement.Revoked) {
		err = activity.Refuse(activity.Denied, Revoked, "the agreement with %s was revoked", host)
	}
	return err == nil, err
}

// Fetching asks for one direction only.
type Fetching struct{ gate *Gate }

// Allow says whether we may speak to host.
func (f Fetching) Allow(ctx context.Context, host string) error {
	return f.gate.Allow(ctx, Fetch, host, "")
}

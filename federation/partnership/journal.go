package partnership

import (
	"context"
	"encoding/json"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// Entry is all that is known of an agreement, as it is kept outside of the database: what
// this side has decided and told nobody is found nowhere else after a restore.
type Entry struct {
	ID        activity.ID     `json:"id"`
	Host      string          `json:"host"`
	Other     activity.ID     `json:"other"`
	Key       string          `json:"key"`
	Seen      uint32          `json:"seen"`
	Knowledge json.RawMessage `json:"knowledge"`
}

// Journal are all agreements as they are now.
func (d *Desk) Journal(ctx context.Context) ([]Entry, error) {
	all, err := d.db.Partnerships(ctx, "")
	entries := make([]Entry, len(all))
	for i, p := range all {
		entries[i] = Entry{ID: p.ID, Host: p.Host, Other: p.Other, Key: p.Key, Seen: p.Seen, Knowledge: p.Knowledge}
	}
	return entries, err
}

// Fence is for after a restore from a backup: what the journal (nil: there is none) knows
// better is taken from it, and every agreement begins a new epoch, suspended, until the
// other side has shown what it knows and an admin resumes. Partners by our word alone have
// nothing to show, and who was shut out since the backup is one again: they wait for an
// admin too. It returns the hosts.
func (d *Desk) Fence(ctx context.Context, journal []Entry) (hosts []string, err error) {
	all, err := d.Journal(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range journal {
		if at := slices.IndexFunc(all, func(o Entry) bool { return o.ID == e.ID }); at >= 0 {
			all[at] = e
		} else {
			all = append(all, e)
		}
	}
	for _, e := range all {
		fenced := false
		err := d.db.InTx(ctx, func(tx *store.Tx) error {
			fenced, err = d.fence(ctx, tx, e)
			return err
		})
		if err != nil {
			return hosts, err
		}
		if fenced && !slices.Contains(hosts, e.Host) {
			hosts = append(hosts, e.Host)
		}
	}
	allowed, err := d.fenceAllowed(ctx)
	return append(hosts, allowed...), err
}

// fenceAllowed suspends who is a partner by our word alone: see Resume.
func (d *Desk) fenceAllowed(ctx context.Context) (hosts []string, err error) {
	partners, err := d.db.Partners(ctx)
	for _, p := range partners {
		if err != nil || p.Agreement != "" || p.Suspended {
			continue
		}
		hosts = append(hosts, p.Host)
		err = d.db.InTx(ctx, func(tx *store.Tx) error {
			p.Suspended = true
			tx.Audit(ctx, store.Decision{What: "partner.fenced", About: p.Host})
			return tx.PutPartner(ctx, p)
		})
	}
	return hosts, err
}

// fence is false where nothing has to be resumed.
func (d *Desk) fence(ctx context.Context, tx *store.Tx, e Entry) (bool, error) {
	f, last, before, err := d.recall(ctx, tx, e)
	if err != nil {
		return false, err
	}
	if !f.State(d.now()).IsOver() || last.Mode.IsFinal() {
		f.Fence(last, d.now())
	}
	if f.Digest() == before {
		return false, nil
	}
	tx.Audit(ctx, store.Decision{What: "partnership.fenced", About: e.Host, Details: map[string]string{"agreement": string(e.ID)}})
	return !f.State(d.now()).IsOver(), d.keep(ctx, tx, f, Update)
}

// recall is an agreement with what an entry knows better, the last register of this side
// in the entry, and the digest of what the database knew, "" for nothing.
func (d *Desk) recall(ctx context.Context, tx *store.Tx, e Entry) (f file, last agreement.Register, before string, err error) {
	then, err := d.open(store.Partnership{ID: e.ID, Host: e.Host, Other: e.Other, Key: e.Key, Seen: e.Seen, Knowledge: e.Knowledge})
	if err != nil {
		return f, last, "", err
	}
	last, _ = then.Register(then.Me)
	f, known, err := activity.Optional(d.reopen(ctx, tx, then.row))
	if err != nil || !known {
		return then, last, "", err
	}
	before = f.Digest()
	k := then.Knows()
	k.Registers = slices.DeleteFunc(k.Registers, func(r agreement.Register) bool { return r.Owner == f.Me })
	_, err = f.Merge(k, d.now())
	f.row.Key = e.Key
	return f, last, before, err
}

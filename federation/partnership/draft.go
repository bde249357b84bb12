package partnership

import (
	"context"
	"encoding/json"
	"errors"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// Draft prepares an offer, or changes what is prepared already: nothing of it leaves until
// it is proposed, so that one admin can prepare what another one sends. Errors are those of
// Propose.
func (d *Desk) Draft(ctx context.Context, host string, change func(Proposal) Proposal) error {
	return d.db.InTx(ctx, func(tx *store.Tx) error {
		if err := turns(ctx, tx, host); err != nil {
			return err
		}
		if err := d.mayPropose(ctx, tx, host); err != nil {
			return err
		}
		p, err := d.prepared(ctx, tx, host)
		if err != nil {
			return err
		}
		p = change(p)
		if _, err := d.sketch(host, p); err != nil {
			return err
		}
		raw, err := json.Marshal(p)
		if err != nil {
			return err
		}
		tx.Audit(ctx, store.Decision{What: "partnership.drafted", About: host})
		return tx.Prepare(ctx, host, raw)
	})
}

// ProposeBy offers what is prepared, with a change; where nothing is prepared, what is usual.
func (d *Desk) ProposeBy(ctx context.Context, host string, change func(Proposal) Proposal) error {
	p, err := d.prepared(ctx, d.db, host)
	if err != nil {
		return err
	}
	return d.Propose(ctx, host, change(p))
}

func (d *Desk) prepared(ctx context.Context, in interface {
	Prepared(context.Context, string) (map[string]json.RawMessage, error)
}, host string) (p Proposal, err error) {
	all, err := in.Prepared(ctx, host)
	if err != nil || all[host] == nil {
		return Usual(), err
	}
	return p, json.Unmarshal(all[host], &p)
}

// discard forgets what is prepared for a host; where nothing is, why stays.
func (d *Desk) discard(ctx context.Context, host string, why error) error {
	return d.db.InTx(ctx, func(tx *store.Tx) error {
		was, err := tx.Unprepare(ctx, host)
		if err == nil && !was {
			return why
		}
		tx.Audit(ctx, store.Decision{What: "partnership.discarded", About: host})
		return err
	})
}

// sketch is how a proposal would read as terms: whose they are is known once the host has
// been asked.
func (d *Desk) sketch(host string, p Proposal) (Text, error) {
	me := d.house.InstanceActor()
	t, err := p.terms(agreement.Terms{Agreement: me, Version: 1, Parties: [2]activity.ID{me, activity.ID("https://" + host + "/")}}, me, d.now())
	f := file{Agreement: &agreement.Agreement{Me: me, Other: t.Other(me)}}
	return f.text(t), err
}

func nothing() agreement.Grant { return agreement.Grant{}.Canonical() }

// drafts adds what is prepared ("": for anybody) to how things stand.
func (d *Desk) drafts(ctx context.Context, host string, list []Standing, at map[string]int) ([]Standing, error) {
	all, err := d.db.Prepared(ctx, host)
	for to, raw := range all {
		var p Proposal
		text, bad := Text{}, json.Unmarshal(raw, &p)
		if bad == nil {
			text, bad = d.sketch(to, p)
		}
		if err = errors.Join(err, bad); err != nil {
			return nil, err
		}
		n, met := at[to]
		if !met {
			n, list = len(list), append(list, Standing{Host: to, State: agreement.StateDraft, Next: []string{"propose", "decline"}, Lets: nothing(), Takes: nothing(), InForce: []Text{}, Asked: []Text{}, Offered: []Text{}})
			at[to] = n
		}
		list[n].Drafted = &text
	}
	return list, err
}

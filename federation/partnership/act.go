package partnership

import (
	"context"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// Proposal is what an offer says. What is zero is as usual: from now, for a year,
// nothing granted.
type Proposal struct {
	Lets   agreement.Grant // what their people may do here
	Takes  agreement.Grant // what ours may do there
	From   time.Time
	Until  time.Time
	Reason string
	Data   agreement.DataTerms
}

// usualTerm is how long an agreement lasts where nobody has said.
const usualTerm = 365 * 24 * time.Hour

func (p Proposal) terms(t agreement.Terms, me activity.ID, now time.Time) (agreement.Terms, error) {
	if p.From.IsZero() {
		p.From = now
	}
	if p.Until.IsZero() {
		p.Until = p.From.Add(usualTerm)
	}
	t.From, t.Until, t.Reason = activity.At(p.From), activity.At(p.Until), p.Reason
	if t.Data = p.Data; t.Data == (agreement.DataTerms{}) {
		t.Data = agreement.UsualData()
	}
	t.Grants = [2]agreement.Grant{p.Lets, p.Takes}
	if t.Parties[0] != me {
		t.Grants = [2]agreement.Grant{p.Takes, p.Lets}
	}
	return t.Seal()
}

// Propose offers a new agreement to a host, whose instance actor is asked for at once.
// Conflict: "open_agreement" where there is one already, "declined_lately" within 30
// days of a refusal.
func (d *Desk) Propose(ctx context.Context, host string, p Proposal) error {
	other, err := d.meet(ctx, host)
	if err != nil {
		return err
	}
	me := d.house.InstanceActor()
	return d.db.InTx(ctx, func(tx *store.Tx) error {
		if err := d.mayPropose(ctx, tx, other.ID.Host()); err != nil {
			return err
		}
		id := activity.ID(d.house.URL + "/partnerships/" + store.NewKey(d.now()).String())
		t, err := p.terms(agreement.Terms{Agreement: id, Version: 1, Parties: [2]activity.ID{me, other.ID}}, me, d.now())
		if err != nil {
			return err
		}
		a, err := agreement.New(me, t)
		if err == nil {
			err = a.Offer(t, d.now())
		}
		if err != nil {
			return err
		}
		if _, err := tx.Unprepare(ctx, host); err != nil {
			return err
		}
		return d.keep(ctx, tx, file{store.Partnership{ID: id, Host: other.ID.Host(), Other: other.ID, Key: other.text()}, a}, Offer)
	})
}

func (d *Desk) mayPropose(ctx context.Context, tx *store.Tx, host string) error {
	if err := turns(ctx, tx, host); err != nil {
		return err
	}
	all, err := tx.Partnerships(ctx, host)
	if err != nil {
		return err
	}
	for _, p := range all {
		f, err := d.open(p)
		if err != nil {
			return err
		}
		at := f.DeclinedAt()
		switch state := f.State(d.now()); {
		case !state.IsOver():
			return activity.Refuse(activity.Conflict, "open_agreement", "there is an agreement with %s already, and it is %s: 'entente partner show %s' says what can be done", host, state, host)
		case state == agreement.StateDeclined && d.now().Sub(at) < limits.OfferPause:
			return activity.Refuse(activity.Conflict, "declined_lately", "an offer was declined on %s: talk to each other, and offer again after 30 days", at.Format(time.DateOnly))
		}
	}
	return nil
}

// Counter offers other terms than those that are offered or in force: a counter-offer,
// a change, a renewal. What a proposal does not say is as it was.
func (d *Desk) Counter(ctx context.Context, host string, change func(Proposal) Proposal) error {
	return d.act(ctx, host, Offer, "partnership.countered", func(a *agreement.Agreement, now time.Time) error {
		texts := a.InForce()
		if len(texts) == 0 {
			texts = a.Texts()
		}
		base := texts[len(texts)-1]
		p := change(Proposal{Lets: base.By(a.Me), Takes: base.By(a.Other), From: base.From.Time, Until: base.Until.Time, Data: base.Data})
		t, err := p.terms(a.Successor(base), a.Me, now)
		if err != nil {
			return err
		}
		return a.Offer(t, now)
	})
}

// Accept signs the last version that the other side has offered.
func (d *Desk) Accept(ctx context.Context, host string) error { return d.AcceptText(ctx, host, "") }

// AcceptText signs the last version that the other side has offered if it is the one of
// this hash, which somebody has read ("": whichever it is). Conflict: "no_offer",
// "other_terms".
func (d *Desk) AcceptText(ctx context.Context, host, hash string) error {
	return d.act(ctx, host, Accept, "partnership.accepted", func(a *agreement.Agreement, now time.Time) error {
		offers := a.Offers(a.Me, now)
		if len(offers) == 0 {
			return activity.Refuse(activity.Conflict, "no_offer", "%s has offered nothing that waits for an answer", host)
		}
		if hash != "" && hash != offers[0].Hash() {
			return activity.Refuse(activity.Conflict, "other_terms", "%s has offered other terms since: read them first", host)
		}
		return a.Accept(offers[0].Hash(), now)
	})
}

// Decline refuses what the other side has offered, or withdraws what was offered to it, or
// forgets what was prepared for it.
func (d *Desk) Decline(ctx context.Context, host, reason string) error {
	err := d.act(ctx, host, Reject, "partnership.refused", func(a *agreement.Agreement, now time.Time) error {
		if len(a.Offers(a.Me, now)) == 0 {
			return a.Withdraw(reason, now)
		}
		return a.Decline(reason, now)
	})
	if err != nil && activity.KindOf(err).Permanent() {
		err = d.discard(ctx, host, err)
	}
	return err
}

// Suspend stops everything both ways until this side resumes.
func (d *Desk) Suspend(ctx context.Context, host, reason string) error {
	return d.act(ctx, host, Update, "partnership.paused", func(a *agreement.Agreement, now time.Time) error {
		return a.Suspend(agreement.ByAdmin, reason, now)
	})
}

// Resume lifts this side's suspension; of a partner by our word alone, that of a fence.
func (d *Desk) Resume(ctx context.Context, host, reason string) error {
	if was, err := d.confirm(ctx, host, reason); err != nil || was {
		return err
	}
	return d.act(ctx, host, Update, "partnership.resumed", func(a *agreement.Agreement, now time.Time) error { return a.Resume(reason, now) })
}

// confirm says that a partner by our word alone is still one after a restore, and whether
// that was in question.
func (d *Desk) confirm(ctx context.Context, host, reason string) (was bool, err error) {
	err = d.db.InTx(ctx, func(tx *store.Tx) error {
		if err := turns(ctx, tx, host); err != nil {
			return err
		}
		p, known, err := activity.Optional(tx.Partner(ctx, host))
		if was = known && p.Agreement == "" && p.Suspended; err != nil || !was {
			return err
		}
		p.Suspended = false
		tx.Audit(ctx, store.Decision{What: "partner.confirmed", About: host, Details: map[string]string{"reason": reason}})
		if err := tx.Resume(ctx, host); err != nil {
			return err
		}
		return tx.PutPartner(ctx, p)
	})
	return was, err
}

// Narrow says what this side lets and takes at most, within the terms.
func (d *Desk) Narrow(ctx context.Context, host string, lets, takes agreement.Grant, reason string) error {
	return d.NarrowBy(ctx, host, func(Proposal) Proposal { return Proposal{Lets: lets, Takes: takes, Reason: reason} })
}

// NarrowBy changes what this side lets and takes at most; what is not changed stays.
func (d *Desk) NarrowBy(ctx context.Context, host string, change func(Proposal) Proposal) error {
	return d.act(ctx, host, Update, "partnership.narrowed", func(a *agreement.Agreement, now time.Time) error {
		own, _ := a.Register(a.Me)
		p := change(Proposal{Lets: own.Lets, Takes: own.Takes})
		return a.Narrow(p.Lets, p.Takes, p.Reason, now)
	})
}

// End begins the winding down.
func (d *Desk) End(ctx context.Context, host, reason string) error {
	return d.act(ctx, host, Delete, "partnership.terminated", func(a *agreement.Agreement, now time.Time) error { return a.End(reason, now) })
}

// Revoke stops everything at once, for good.
func (d *Desk) Revoke(ctx context.Context, host, reason string) error {
	return d.act(ctx, host, Delete, "partnership.cut", func(a *agreement.Agreement, now time.Time) error { return a.Revoke(reason, now) })
}

// act changes the current agreement with a host.
func (d *Desk) act(ctx context.Context, host, verb, what string, change func(*agreement.Agreement, time.Time) error) error {
	return d.db.InTx(ctx, func(tx *store.Tx) error {
		if err := turns(ctx, tx, host); err != nil {
			return err
		}
		f, err := d.current(ctx, tx, host)
		if err == nil {
			err = change(f.Agreement, d.now())
		}
		if err != nil {
			return err
		}
		tx.Audit(ctx, store.Decision{What: what, About: host, Details: map[string]string{"agreement": string(f.row.ID)}})
		return d.keep(ctx, tx, f, verb)
	})
}

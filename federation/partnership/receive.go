package partnership

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/limit"
	"entente.example/entente/federation/resolve"
	"entente.example/entente/store"
)

// How often we ask a host that we have never met for its key, all of them together, and
// for one address: the name of a host can be written by anybody.
var (
	addressPace      = limit.Rate{Burst: limits.StrangerKeysEach, Every: limits.StrangerKeysEachEvery}
	strangersPace    = limit.Rate{Burst: limits.StrangerKeys, Every: limits.StrangerKeysEvery}
	allStrangersPace = limit.Rate{Burst: limits.StrangersKeys, Every: limits.StrangersKeysEvery}
)

// Concerns says whether an activity is one between two instances, about agreements.
func Concerns(env activity.Envelope) bool {
	kind := activity.TypeOf(env.Object.Raw)
	return kind == kindPartnership || kind == kindDigest
}

// Receive takes in a message of another instance, whole, in one transaction: nil means
// that it is kept. It is believed for the proof that it carries, whoever brings it: from
// is where they come from, see limit.Address.
//
// Errors: Unauthenticated (no proof, a wrong one, "key_changed"), Denied (of somebody
// else's agreement; an offer of a stranger while too many wait), Invalid, TooLarge.
func (d *Desk) Receive(ctx context.Context, body json.RawMessage, from string) error {
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		return activity.Because(activity.Invalid, "unreadable_partnership", err, "this message cannot be read")
	}
	host := m.Actor.Host()
	if host == "" || m.Actor == d.house.InstanceActor() {
		return activity.Refuse(activity.Denied, "not_yours", "agreements are made with another instance")
	}
	if err := d.isForUs(m); err != nil {
		return err
	}
	k, err := m.Object.Read()
	if err != nil {
		return err
	}
	keys, err := d.believe(ctx, body, m.Actor, from)
	if err != nil {
		return err
	}
	return d.db.InTx(ctx, func(tx *store.Tx) error {
		ctx := store.By(ctx, host)
		if err := turns(ctx, tx, host); err != nil {
			return err
		}
		if m.Object.Type == kindDigest {
			return d.compare(ctx, tx, host, m)
		}
		return d.learn(ctx, tx, m, k, keys)
	})
}

// isForUs refuses what was said to somebody else, or long ago: whoever has got hold of it
// must not be able to say it again.
func (d *Desk) isForUs(m message) error {
	if !slices.Contains(m.To, d.house.InstanceActor()) {
		return activity.Refuse(activity.Denied, "not_for_us", "this was said to another instance")
	}
	if age := d.now().Sub(m.Published.Time); age > limits.ClockSkew || age < -limits.ClockSkew {
		return activity.Refuse(activity.Unauthenticated, "too_old", "this was said more than an hour ago, or by a clock that is wrong: say it again")
	}
	return nil
}

// believe verifies the proof of a message and gives the keys of its sender: those that we
// know, or where we have never met, those that its host shows now.
func (d *Desk) believe(ctx context.Context, body json.RawMessage, sender activity.ID, from string) (keys []string, err error) {
	other, known, err := d.known(ctx, sender.Host())
	if err == nil {
		err = d.isCompared(ctx, sender.Host())
	}
	if err != nil {
		return nil, err
	}
	if len(known) > 0 {
		if err = d.verify(body, sender, known); err != nil && sender == other {
			err = d.strange(ctx, sender, body, err)
		}
		return known, err
	}
	if err := d.mayAsk(sender.Host(), from); err != nil {
		return nil, err
	}
	if err := d.mayKnock(ctx, sender.Host()); err != nil {
		return nil, err
	}
	o, err := d.fetch(ctx, sender)
	if err != nil {
		return nil, activity.Because(activity.Unauthenticated, "unknown_key", err, "the instance that has sent this cannot be reached for its key; try again later")
	}
	return o.keys, d.verify(body, sender, o.keys)
}

// mayAsk refuses (TooMany) to ask a host that we have never met too often. What one address
// has too much of is not counted for the others.
func (d *Desk) mayAsk(host, from string) error {
	for _, p := range []struct {
		name string
		rate limit.Rate
	}{{from, addressPace}, {"host " + host, strangersPace}, {"all", allStrangersPace}} {
		if wait := d.strangers.Take(p.name, p.rate, d.now()); wait > 0 {
			return activity.After(wait, activity.Refuse(activity.TooMany, "asked_lately", "strangers make this instance ask for many keys: try again in %s", wait.Round(time.Second)))
		}
	}
	return nil
}

// known are the instance actor of a host that we have met, and its keys.
func (d *Desk) known(ctx context.Context, host string) (activity.ID, []string, error) {
	all, err := d.db.Partnerships(ctx, host)
	if err != nil || len(all) == 0 {
		return "", nil, err
	}
	return all[0].Other, strings.Fields(all[0].Key), nil
}

// learn takes in what is told of one agreement.
func (d *Desk) learn(ctx context.Context, tx *store.Tx, m message, k agreement.Knowledge, keys []string) error {
	p, had, err := activity.Optional(tx.Partnership(ctx, m.Object.ID))
	if err != nil {
		return err
	}
	f := file{row: p}
	if had {
		f, err = d.open(p)
	} else if err = d.mayOffer(ctx, tx, m.Actor.Host()); err == nil {
		f.Agreement, err = agreement.Begin(d.house.InstanceActor(), k)
		f.row = store.Partnership{ID: m.Object.ID, Host: m.Actor.Host(), Other: m.Actor, Key: strings.Join(keys, " ")}
	}
	if err == nil && (f.ID != m.Object.ID || f.Other != m.Actor) {
		err = activity.Refuse(activity.Denied, "not_yours", "this agreement is of somebody else")
	}
	if err == nil {
		err = d.verifyAll(ctx, f.Agreement, k, keys)
	}
	if err != nil {
		return err
	}
	was, _ := f.Register(f.Other)
	before, _ := f.Receipt(f.Other)
	changed, err := f.Merge(k, d.now())
	if err != nil {
		return err
	}
	f.row.HeardAt = d.now()
	if changed {
		tx.Audit(ctx, store.Decision{What: "partnership.learnt", About: f.row.Host, Details: map[string]string{"agreement": string(f.ID), "verb": m.Type}})
	}
	f.noteReceipt(ctx, tx, before)
	if err := d.cross(ctx, tx, f); err != nil {
		return err
	}
	verb := answer(f.Agreement, k)
	if now, _ := f.Register(f.Other); now.Epoch > was.Epoch {
		verb = Update // it was restored, and goes on only when it knows that we have heard
	}
	return d.keep(ctx, tx, f, verb)
}

// answer is the verb to tell the other side with, where we know what it has not told.
func answer(a *agreement.Agreement, told agreement.Knowledge) string {
	knows := a.Knows()
	for _, r := range knows.Registers {
		if !slices.ContainsFunc(told.Registers, r.Is) {
			return Update
		}
	}
	for _, c := range knows.Consents {
		if !slices.ContainsFunc(told.Consents, c.Is) {
			return Update
		}
	}
	for _, r := range knows.Receipts {
		if !slices.ContainsFunc(told.Receipts, r.Is) {
			return Update
		}
	}
	return ""
}

// mayOffer refuses more offers of a host than one, and one that comes too soon after a
// refusal.
func (d *Desk) mayOffer(ctx context.Context, tx *store.Tx, host string) error {
	all, err := tx.Partnerships(ctx, host)
	if err != nil {
		return err
	}
	open := 0
	for _, p := range all {
		if !p.IsOver {
			open++
		}
		f, err := d.open(p)
		if err != nil {
			return err
		}
		if f.State(d.now()) == agreement.StateDeclined && d.now().Sub(f.DeclinedAt()) < limits.OfferPause {
			return activity.Refuse(activity.Denied, "declined_lately", "an offer of yours was declined lately: talk to each other, and offer again after 30 days")
		}
	}
	if open > 1 {
		return activity.Refuse(activity.Denied, "many_offers", "there is an offer that waits for an answer: wait for it")
	}
	return nil
}

// mayKnock refuses more offers of strangers than somebody could read: of all whose names
// somebody has registered, and of one of them, who can make up any number of hosts.
func (d *Desk) mayKnock(ctx context.Context, host string) error {
	waiting, err := d.db.OpenOffers(ctx)
	if err != nil {
		return err
	}
	domains := map[string]int{}
	for _, other := range waiting {
		domains[resolve.Domain(other)]++
	}
	if own := domains[resolve.Domain(host)]; own >= limits.DomainOffers || own == 0 && len(domains) >= limits.OpenOffers {
		return activity.After(limits.OfferRetry, activity.Refuse(activity.TooMany, "many_offers", "there are many offers here that wait for an answer: try again later"))
	}
	return nil
}

// cross gives one of two open offers up, the same on both sides.
func (d *Desk) cross(ctx context.Context, tx *store.Tx, f file) error {
	all, err := tx.Partnerships(ctx, f.row.Host)
	if err != nil || f.State(d.now()) != agreement.StateProposed {
		return err
	}
	for _, p := range all {
		if p.ID == f.ID || p.IsOver {
			continue
		}
		o, err := d.open(p)
		if err != nil || o.State(d.now()) != agreement.StateProposed {
			return err
		}
		if f.Crosses(o.Agreement) == o.Agreement {
			f.Cross(d.now())
			return nil
		}
		o.Cross(d.now())
		if err := d.keep(ctx, tx, o, Undo); err != nil {
			return err
		}
	}
	return nil
}

// verifyAll looks at the proof of everything that is new: a consent is its party's, a
// register its owner's.
func (d *Desk) verifyAll(ctx context.Context, a *agreement.Agreement, k agreement.Knowledge, theirs []string) error {
	own, err := d.keys(ctx)
	if err != nil {
		return err
	}
	keys := map[activity.ID][]string{a.Me: mine(own), a.Other: theirs}
	for _, c := range k.Consents {
		if a.HasConsent(c) {
			continue
		}
		if err := d.verify(c.Signed, c.Party, keys[c.Party]); err != nil {
			return err
		}
	}
	for _, r := range k.Registers {
		if a.HasRegister(r) {
			continue
		}
		if err := d.verify(r.Signed, r.Owner, keys[r.Owner]); err != nil {
			return err
		}
	}
	for _, r := range k.Receipts {
		if r.Owner == a.Me || a.HasReceipt(r) {
			continue
		}
		if err := d.verify(r.Signed, r.Owner, keys[r.Owner]); err != nil {
			return err
		}
	}
	return nil
}

// compare answers a digest: what differs is told, and who has agreements that we do not
// know gets a digest of ours, so that it tells us.
func (d *Desk) compare(ctx context.Context, tx *store.Tx, host string, m message) error {
	all, err := tx.Partnerships(ctx, host)
	if err == nil && len(all) == 0 {
		err = activity.Refuse(activity.NotFound, "no_agreement", "none of these agreements is known here: tell them whole")
	}
	if err != nil {
		return err
	}
	unknown := len(m.Object.Agreements)
	for _, p := range all {
		f, err := d.open(p)
		if err != nil {
			return err
		}
		theirs, listed := m.Object.Agreements[p.ID]
		if listed {
			unknown--
		}
		verb := Update
		if len(f.Knows().Terms) == 0 || theirs == f.Digest() {
			verb = ""
		}
		if err := d.announced(&f, m.Object.Keys); err != nil {
			return err
		}
		f.row.HeardAt = d.now()
		if err := d.keep(ctx, tx, f, verb); err != nil {
			return err
		}
	}
	if unknown <= 0 {
		return nil
	}
	return tx.Enqueue(ctx, store.TellPartner{Host: host, Verb: Update})
}

// announced takes the keys that the other side has named, in a message that one of
// those known has signed.
func (d *Desk) announced(f *file, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	bad := func(k string) bool { _, err := httpsign.ParseMultikey(k); return err != nil }
	if len(keys) > limits.Keys || slices.ContainsFunc(keys, bad) {
		return activity.Refuse(activity.Invalid, "key_malformed", "a digest names at most %d keys", limits.Keys)
	}
	f.row.Key = strings.Join(keys, " ")
	return nil
}

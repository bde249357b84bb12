package partnership

import (
	"context"
	"encoding/json"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/proof"
	"entente.example/entente/store"
)

// The objects of these activities.
const (
	kindPartnership = "Partnership"
	kindDigest      = "StateDigest"
)

// message is an activity between two instances.
type message struct {
	Context   json.RawMessage `json:"@context"`
	ID        activity.ID     `json:"id"`
	Type      string          `json:"type"`
	Actor     activity.ID     `json:"actor"`
	To        []activity.ID   `json:"to"`
	Published activity.Time   `json:"published"`
	Object    object          `json:"object"`
}

// object is one of the two kinds.
type object struct {
	Type string      `json:"type"`
	ID   activity.ID `json:"id,omitempty"`

	agreement.Written

	Agreements map[activity.ID]string `json:"agreements,omitempty"` // the digest of each
	Keys       []string               `json:"keys,omitempty"`       // of the sender, from now on
}

// Tell brings what a job says to the other side. Twice is the same as once.
func (d *Desk) Tell(ctx context.Context, job store.TellPartner) error {
	about, to, err := d.about(ctx, job)
	if err != nil || to == "" {
		return err
	}
	o, err := d.fetch(ctx, to)
	if err == nil {
		err = d.recognise(ctx, o)
	}
	if err != nil {
		return err
	}
	keys, err := d.keys(ctx)
	if err != nil {
		return err
	}
	now := d.now()
	m := message{Context: activity.Context, ID: activity.ID(d.house.URL + "/partnerships/messages/" + store.NewKey(now).String()),
		Type: job.Verb, Actor: d.house.InstanceActor(), To: []activity.ID{o.ID}, Published: activity.At(now), Object: about}
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if raw, err = proof.Sign(raw, keys.Ed25519, now); err != nil {
		return err
	}
	err = d.client.Deliver(ctx, o.Inbox, raw, keys)
	if activity.KindOf(err) == activity.NotFound && about.Type == kindDigest {
		return d.tellAll(ctx, job.Host)
	}
	return err
}

// tellAll tells who knows nothing any more: it was restored from a backup, or begins anew.
func (d *Desk) tellAll(ctx context.Context, host string) error {
	return d.db.InTx(ctx, func(tx *store.Tx) error {
		all, err := tx.Partnerships(ctx, host)
		if err != nil {
			return err
		}
		for _, p := range all {
			if p.IsOver {
				continue
			}
			if err := tx.Enqueue(ctx, store.TellPartner{Host: host, Agreement: p.ID, Verb: Update}); err != nil {
				return err
			}
		}
		return nil
	})
}

// about is what a message says, and to whom; "" where there is nothing to say.
func (d *Desk) about(ctx context.Context, job store.TellPartner) (object, activity.ID, error) {
	if job.Agreement == "" {
		return d.digest(ctx, job.Host)
	}
	p, known, err := activity.Optional(d.db.Partnership(ctx, job.Agreement))
	if err != nil || !known {
		return object{}, "", err
	}
	f, err := d.open(p)
	if err != nil {
		return object{}, "", err
	}
	k := f.Knows()
	if len(k.Terms) == 0 {
		return object{}, "", nil
	}
	return object{Type: kindPartnership, ID: p.ID, Written: k.Write()}, p.Other, nil
}

// digest says how all agreements with a host stand.
func (d *Desk) digest(ctx context.Context, host string) (object, activity.ID, error) {
	all, err := d.db.Partnerships(ctx, host)
	if err != nil || len(all) == 0 {
		return object{}, "", err
	}
	keys, err := d.keys(ctx)
	if err != nil {
		return object{}, "", err
	}
	o := object{Type: kindDigest, Agreements: map[activity.ID]string{}, Keys: mine(keys)}
	for _, p := range all {
		f, err := d.open(p)
		if err != nil {
			return object{}, "", err
		}
		if len(f.Knows().Terms) > 0 {
			o.Agreements[p.ID] = f.Digest()
		}
	}
	return o, all[0].Other, nil
}

package partnership

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/activity/canonical"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/proof"
	"entente.example/entente/store"
)

// Circle is a list of organisations that somebody whom admins trust publishes and signs:
// a sector, a project. It proposes; it never makes an agreement.
type Circle struct {
	Type          string         `json:"type"` // "TrustCircle"
	Name          string         `json:"name"`
	Organisations []Organisation `json:"organisations"`
}

// Organisation is one of a Circle, with what it suggests for an agreement with it.
type Organisation struct {
	Host  string           `json:"host"`
	Name  string           `json:"name"`
	Lets  []agreement.Word `json:"lets,omitempty"`  // what their people may do here
	Takes []agreement.Word `json:"takes,omitempty"` // what ours may do there
}

// Proposal is what the circle suggests; where it suggests nothing, what is usual.
func (o Organisation) Proposal() Proposal {
	lets, _ := agreement.ReadWords(texts(o.Lets)) // ReadCircle has read them
	takes, _ := agreement.ReadWords(texts(o.Takes))
	return Change{Lets: GrantChange{Words: lets}, Takes: GrantChange{Words: takes}}.On(Usual())
}

// Choose are the organisations of these hosts; NotFound, "not_in_circle", where one is
// not in the list.
func (c Circle) Choose(hosts []string) (chosen []Organisation, err error) {
	for _, host := range hosts {
		at := slices.IndexFunc(c.Organisations, func(o Organisation) bool { return o.Host == host })
		if at < 0 {
			return nil, activity.Refuse(activity.NotFound, "not_in_circle", "%.100s is not in the list %.100s", host, c.Name)
		}
		chosen = append(chosen, c.Organisations[at])
	}
	return chosen, nil
}

// ReadCircle reads a list as it was written and checks it. Errors are those of
// canonical.JSON, and Invalid, "bad_circle", or TooLarge, "large_circle".
func ReadCircle(raw json.RawMessage) (c Circle, err error) {
	if len(raw) > limits.Discovery {
		return c, activity.Refuse(activity.TooLarge, "large_circle", "a circle has at most %d bytes", limits.Discovery)
	}
	text, err := canonical.JSON(raw)
	if err != nil {
		return c, err
	}
	if err = json.Unmarshal(text, &c); err != nil {
		return c, activity.Because(activity.Invalid, "bad_circle", err, "this circle cannot be read")
	}
	if len(c.Organisations) > limits.CircleOrganisations {
		return c, activity.Refuse(activity.TooLarge, "large_circle", "a circle has at most %d organisations", limits.CircleOrganisations)
	}
	if c.Type != "TrustCircle" || c.Name == "" || len(c.Name) > limits.GrantWord {
		return c, activity.Refuse(activity.Invalid, "bad_circle", "a circle has the type TrustCircle and a short name")
	}
	met := map[string]bool{}
	for _, o := range c.Organisations {
		host, err := activity.CleanHost(o.Host)
		_, badLets := agreement.ReadWords(texts(o.Lets))
		_, badTakes := agreement.ReadWords(texts(o.Takes))
		if err != nil || host != o.Host || met[host] || badLets != nil || badTakes != nil {
			return c, activity.Refuse(activity.Invalid, "bad_circle", "a circle names each organisation once, by its host, and suggests what this version knows: %.100q is not like that", o.Host)
		}
		met[host] = true
	}
	return c, nil
}

func texts(words []agreement.Word) (all []string) {
	for _, w := range words {
		all = append(all, string(w))
	}
	return all
}

// PublishCircle checks a list and signs it in the name of this instance.
func (d *Desk) PublishCircle(ctx context.Context, raw json.RawMessage) (json.RawMessage, error) {
	if _, err := ReadCircle(raw); err != nil {
		return nil, err
	}
	keys, err := d.keys(ctx)
	if err != nil {
		return nil, err
	}
	return proof.Sign(raw, keys.Ed25519, d.now())
}

// SubscribeCircle reads a list at an address and pins the key that has signed it, which
// the instance of its signer shows now: from then on only that key counts.
func (d *Desk) SubscribeCircle(ctx context.Context, address string) (store.TrustCircle, error) {
	raw, c, p, err := d.fetchCircle(ctx, address)
	if err != nil {
		return store.TrustCircle{}, err
	}
	signer := p.KeyID.WithoutFragment()
	o, err := d.fetch(ctx, signer)
	if err != nil {
		return store.TrustCircle{}, err
	}
	at := slices.IndexFunc(o.keys, func(key string) bool { return d.verify(raw, signer, []string{key}) == nil })
	if at < 0 {
		return store.TrustCircle{}, d.verify(raw, signer, o.keys)
	}
	kept := store.TrustCircle{URL: address, Name: c.Name, Signer: signer, Key: o.keys[at]}
	return kept, d.db.InTx(ctx, func(tx *store.Tx) error {
		tx.Audit(ctx, store.Decision{What: "circle.subscribed", About: address, Details: map[string]string{"signer": string(signer), "key": kept.Key}})
		return tx.PutTrustCircle(ctx, kept)
	})
}

// Circle is what a list that was subscribed to says now, if the key that was pinned has
// signed it (else Unauthenticated, "key_changed").
func (d *Desk) Circle(ctx context.Context, kept store.TrustCircle) (Circle, error) {
	_, c, p, err := d.fetchCircle(ctx, kept.URL)
	if err != nil {
		return Circle{}, err
	}
	key, err := httpsign.ParseMultikey(kept.Key)
	if err == nil {
		err = p.Verify(key, d.now())
	}
	if err != nil {
		return Circle{}, activity.Because(activity.Unauthenticated, "key_changed", err, "the list at "+kept.URL+" was changed on its way, or is signed by another key than "+kept.Key+": ask its publisher, then unsubscribe and subscribe anew")
	}
	return c, nil
}

func (d *Desk) fetchCircle(ctx context.Context, address string) (raw json.RawMessage, c Circle, p proof.Proof, err error) {
	if raw, err = d.client.File(ctx, address); err != nil {
		return nil, c, p, err
	}
	if c, err = ReadCircle(raw); err != nil {
		return nil, c, p, err
	}
	p, signed, err := proof.Read(raw)
	if err == nil && !signed {
		err = activity.Refuse(activity.Unauthenticated, "no_proof", "the list at %s is not signed: 'entente circle publish' signs one", address)
	}
	return raw, c, p, err
}

// UnsubscribeCircle forgets a list and its key.
func (d *Desk) UnsubscribeCircle(ctx context.Context, kept store.TrustCircle) error {
	return d.db.InTx(ctx, func(tx *store.Tx) error {
		tx.Audit(ctx, store.Decision{What: "circle.unsubscribed", About: kept.URL})
		return tx.RemoveTrustCircle(ctx, kept.URL)
	})
}

// FindCircle is the list of this address or name; NotFound, "no_circle".
func (d *Desk) FindCircle(ctx context.Context, name string) (store.TrustCircle, error) {
	all, err := d.db.TrustCircles(ctx)
	for _, c := range all {
		if c.URL == name || strings.EqualFold(c.Name, name) {
			return c, err
		}
	}
	if err == nil {
		err = activity.Refuse(activity.NotFound, "no_circle", "there is no list called %.100q here: see 'entente circle list'", name)
	}
	return store.TrustCircle{}, err
}

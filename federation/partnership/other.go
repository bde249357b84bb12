package partnership

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"slices"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/proof"
	"entente.example/entente/federation/remote"
)

// other is the instance actor of another host, as its own host shows it now.
type other struct {
	ID    activity.ID
	Inbox string
	keys  []string // Multikeys of Ed25519
}

// text is how keys are kept.
func (o other) text() string { return strings.Join(o.keys, " ") }

// meet finds the instance actor of a host, which the host itself names.
func (d *Desk) meet(ctx context.Context, host string) (other, error) {
	id, err := d.client.Application(ctx, host)
	if err != nil {
		return other{}, activity.Because(activity.KindOf(err), "no_instance", err, host+" shows no instance that makes agreements: 'entente partner allow' is for other software")
	}
	return d.fetch(ctx, id)
}

// fetch asks for an instance actor. Software that is not Entente has none that could
// sign an agreement: Invalid, "no_instance".
func (d *Desk) fetch(ctx context.Context, id activity.ID) (other, error) {
	keys, err := d.keys(ctx)
	if err != nil {
		return other{}, err
	}
	doc, err := d.client.Fetch(ctx, id, keys)
	if err != nil {
		return other{}, err
	}
	var a activity.Actor
	if err := json.Unmarshal(doc.Raw, &a); err != nil {
		return other{}, activity.Because(activity.Invalid, "no_instance", err, string(id)+" is no actor")
	}
	o := other{ID: a.ID, Inbox: string(a.Inbox.ID)}
	for _, k := range a.AssertionMethod {
		if key, err := httpsign.ParseMultikey(k.Value); err == nil && k.Controller == a.ID && activity.SameOrigin(k.ID, a.ID) {
			o.keys = append(o.keys, httpsign.EncodeMultikey(key))
		}
	}
	if a.Type != "Application" || a.ID != id || len(o.keys) == 0 || !activity.SameOrigin(activity.ID(o.Inbox), a.ID) {
		return other{}, activity.Refuse(activity.Invalid, "no_instance", "%s is no instance that makes agreements", id)
	}
	return o, nil
}

// verify says whether a document has a proof by one of these keys (Unauthenticated,
// "proof_wrong").
func (d *Desk) verify(doc json.RawMessage, party activity.ID, keys []string) error {
	p, ok, err := proof.Read(doc)
	if err != nil {
		return err
	}
	if !ok || !activity.SameOrigin(p.KeyID, party) {
		return activity.Refuse(activity.Unauthenticated, "no_proof", "what is said of an agreement carries the proof of who says it")
	}
	err = activity.Refuse(activity.Unauthenticated, "proof_wrong", "the proof is by no key of %s that is known here", party)
	for _, text := range keys {
		key, bad := httpsign.ParseMultikey(text)
		if bad != nil {
			continue
		}
		if err = p.Verify(key, d.now()); err == nil {
			return nil
		}
	}
	return err
}

// mine are the public keys that this instance has signed with, as long as they are kept.
func mine(keys remote.Keys) (texts []string) {
	for _, by := range []*remote.Keys{&keys, keys.Before} {
		if by == nil || by.Ed25519.Key == nil {
			continue
		}
		if key, ok := by.Ed25519.Key.Public().(ed25519.PublicKey); ok {
			texts = append(texts, httpsign.EncodeMultikey(key))
		}
	}
	return slices.Compact(texts)
}

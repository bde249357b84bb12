// Package succession is what is signed about who goes on with a group when its host
// does not: the host names an instance, and that instance accepts. Both are documents
// with a proof, so that every company in the group can keep them and judge a claim by
// them when the host is silent.
package succession

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/card"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/proof"
)

// Kind and accepted are the types of the two documents.
const (
	Kind     = "Succession"
	accepted = "SuccessionAcceptance"
)

// context says to readers of JSON-LD what the words mean.
var context = json.RawMessage(`["https://www.w3.org/ns/activitystreams","https://w3id.org/security/data-integrity/v1",` +
	`{"ent":"https://entente.example/ns#","Succession":"ent:Succession","SuccessionAcceptance":"ent:SuccessionAcceptance",` +
	`"group":{"@id":"ent:group","@type":"@id"},"successor":{"@id":"ent:successor","@type":"@id"},"silence":"ent:silence","version":"ent:version"}]`)

// Naming is what the host of a group says of its successor, signed by its instance actor.
// The one with the higher version counts.
type Naming struct {
	Context   json.RawMessage `json:"@context,omitempty"`
	Type      string          `json:"type"`
	Group     activity.ID     `json:"group"`
	Successor activity.ID     `json:"successor,omitempty"` // its instance actor; "": nobody
	Silence   int             `json:"silence"`             // days after which it may claim the group
	Version   int64           `json:"version"`             // milliseconds since 1970
}

// acceptance is a naming as its successor has signed it.
type acceptance struct {
	Context json.RawMessage `json:"@context,omitempty"`
	Type    string          `json:"type"`
	Actor   activity.ID     `json:"actor"`
	Object  json.RawMessage `json:"object"` // the naming, with its proof
}

// Statement is one of the two, read and not believed yet.
type Statement struct {
	Naming
	Named    json.RawMessage // as the host has signed it
	Accepted json.RawMessage // as the successor has signed it; nil: not yet

	proofs []proof.Proof
}

// Name signs a naming as the host of its group.
func Name(n Naming, by httpsign.Signer, now time.Time) (json.RawMessage, error) {
	n.Context, n.Type = context, Kind
	return signed(n, by, now)
}

// Accept signs a naming as the successor.
func Accept(s Statement, by httpsign.Signer, now time.Time) (json.RawMessage, error) {
	return signed(acceptance{context, accepted, s.Successor, s.Named}, by, now)
}

func signed(doc any, by httpsign.Signer, now time.Time) (json.RawMessage, error) {
	raw, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	return proof.Sign(raw, by, now)
}

// Read reads either document and refuses (Unauthenticated, "succession_malformed",
// "succession_wrong_signer") what its signers could not have said. It is believed once
// Verify has seen their keys.
func Read(raw json.RawMessage) (s Statement, err error) {
	s.Named = raw
	if activity.TypeOf(raw) == accepted {
		var a acceptance
		p, ok, err := proof.Read(raw)
		if err != nil || !ok || json.Unmarshal(raw, &a) != nil {
			return s, malformed(err)
		}
		s.Named, s.Accepted, s.proofs = a.Object, raw, append(s.proofs, p)
	}
	p, ok, err := proof.Read(s.Named)
	if err != nil || !ok || json.Unmarshal(s.Named, &s.Naming) != nil || s.Type != Kind || s.Version <= 0 ||
		s.Successor != "" && (s.Silence < limits.SilenceLeast || s.Silence > limits.SilenceMost) {
		return s, malformed(err)
	}
	s.proofs = append(s.proofs, p)
	signers := []activity.ID{s.Successor, card.Issuer(s.Group)}[2-len(s.proofs):]
	for i, p := range s.proofs {
		if signers[i] == "" || p.KeyID.WithoutFragment() != signers[i] {
			return s, reject("succession_wrong_signer", "a successor is named by the instance actor of the group's host, and accepts by its own")
		}
	}
	return s, nil
}

// Keys are those that Verify asks for.
func (s Statement) Keys() (ids activity.IDs) {
	for _, p := range s.proofs {
		ids = append(ids, p.KeyID)
	}
	return ids
}

// Verify believes the proofs by the keys that these instance actors show, or is
// Unauthenticated.
func (s Statement) Verify(by []activity.Actor, now time.Time) error {
	for _, p := range s.proofs {
		err := reject("succession_unknown_key", "the key %s, by which a succession is signed, is not known here", p.KeyID)
		for _, a := range by {
			i := slices.IndexFunc(a.AssertionMethod, func(k activity.Multikey) bool { return k.ID == p.KeyID })
			if i < 0 || a.ID != p.KeyID.WithoutFragment() {
				continue
			}
			key, bad := httpsign.ParseMultikey(a.AssertionMethod[i].Value)
			if bad == nil {
				err = p.Verify(key, now)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func malformed(why error) error {
	return activity.Because(activity.Unauthenticated, "succession_malformed", why, fmt.Sprintf("a succession names a group, an instance and %d to %d days, with the proofs of who says so", limits.SilenceLeast, limits.SilenceMost))
}

func reject(reason, say string, args ...any) error {
	return activity.Refuse(activity.Unauthenticated, reason, say, args...)
}

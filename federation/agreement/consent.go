package agreement

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// Consent is the signature of one party under one version of the terms. Two of them
// put it in force. It is never taken back: see Register.Refused.
type Consent struct {
	Type      string        `json:"type"` // "Consent"
	Agreement activity.ID   `json:"agreement"`
	Terms     string        `json:"terms"` // hash
	Party     activity.ID   `json:"party"`
	At        activity.Time `json:"at"`
	Expires   activity.Time `json:"expires"` // the other party's is later than At by then, or there is none

	Signed json.RawMessage `json:"-"` // with the proof of its party
}

func (t Terms) consent(party activity.ID, now time.Time) Consent {
	return Consent{Type: "Consent", Agreement: t.Agreement, Terms: t.Hash(), Party: party,
		At: stamp(now), Expires: stamp(now.Add(limits.OfferLife))}
}

// stamp is a moment as it is written.
func stamp(now time.Time) activity.Time { return activity.At(now.UTC().Truncate(time.Millisecond)) }

// compare orders consents to one text.
func (c Consent) compare(o Consent) int {
	return cmp.Or(strings.Compare(string(c.Party), string(o.Party)), c.At.Compare(o.At.Time), c.Expires.Compare(o.Expires.Time))
}

// Is says whether two consents are the same, whatever their proofs.
func (c Consent) Is(o Consent) bool { return c.Terms == o.Terms && c.compare(o) == 0 }

// answers says whether two consents make a contract: the later was given while the
// earlier stood.
func (c Consent) answers(o Consent) bool {
	first, second := c, o
	if second.At.Before(first.At.Time) {
		first, second = o, c
	}
	return !second.At.After(first.Expires.Time)
}

// isLate says that nothing can answer a consent any more, also not what is under way.
func (c Consent) isLate(now time.Time) bool { return now.After(c.Expires.Add(limits.OfferLate)) }

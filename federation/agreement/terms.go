package agreement

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"entente.example/entente/activity"
	"entente.example/entente/activity/canonical"
	"entente.example/entente/activity/limits"
)

// Terms are one version of what is agreed. They never change: a change is a new version.
type Terms struct {
	Type      string         `json:"type"` // "Terms"
	Agreement activity.ID    `json:"agreement"`
	Version   int            `json:"version"` // from 1
	Parties   [2]activity.ID `json:"parties"` // the instance actors; the first has proposed version 1
	From      activity.Time  `json:"from"`
	Until     activity.Time  `json:"until"`  // at most 24 months later
	Grants    [2]Grant       `json:"grants"` // what the party of the same place lets the other do
	Data      DataTerms      `json:"data"`
	Previous  string         `json:"previous,omitempty"` // hash of the version that these follow
	Reason    string         `json:"reason,omitempty"`   // for people

	raw  json.RawMessage // as received: what the hash is of
	hash string
}

// DataTerms say what becomes of copies.
type DataTerms struct {
	DeleteWithin   int    `json:"deleteWithin"`   // hours, after the end or a request
	ExportFor      int    `json:"exportFor"`      // days after the end
	AtEnd          string `json:"atEnd"`          // Deletes, or Keeps as a record
	IncidentWithin int    `json:"incidentWithin"` // hours, until the other side hears of one
}

// What becomes of copies at the end.
const (
	Deletes = "delete"
	Keeps   = "keep"
)

// UsualData are the data terms where nobody has said otherwise.
func UsualData() DataTerms {
	return DataTerms{DeleteWithin: 72, ExportFor: 30, AtEnd: Deletes, IncidentWithin: 24}
}

// maxHours is a year: more is no promise.
const maxHours = 366 * 24

func (t DataTerms) isSound() bool {
	within := func(n int) bool { return n >= 1 && n <= maxHours }
	return (t.AtEnd == Deletes || t.AtEnd == Keeps) && within(t.DeleteWithin) && within(t.IncidentWithin) && t.ExportFor >= 0 && t.ExportFor <= maxHours/24
}

// ReadTerms reads terms as they were sent and checks them. Errors are Invalid or
// TooLarge, and those of canonical.JSON.
func ReadTerms(raw json.RawMessage) (Terms, error) {
	text, err := canonical.JSON(raw)
	if err != nil {
		return Terms{}, err
	}
	var t Terms
	if err := json.Unmarshal(text, &t); err != nil {
		return Terms{}, activity.Because(activity.Invalid, "unreadable_terms", err, "these terms cannot be read")
	}
	sum := sha256.Sum256(text)
	t.raw, t.hash = text, hex.EncodeToString(sum[:])
	return t, t.Check()
}

// Seal makes terms that were written here as others will read them.
func (t Terms) Seal() (Terms, error) {
	t.Type = "Terms"
	raw, err := json.Marshal(t)
	if err != nil {
		return Terms{}, err
	}
	return ReadTerms(raw)
}

// Check says what is wrong with terms (Invalid, TooLarge).
func (t Terms) Check() error {
	wrong := func(reason, say string) error { return activity.Refuse(activity.Invalid, reason, "%s", say) }
	switch {
	case t.Type != "Terms" || t.Agreement == "" || t.Version < 1:
		return wrong("bad_terms", "terms name their agreement and their version")
	case t.Parties[0].Host() == "" || t.Parties[1].Host() == "" || t.Parties[0].Host() == t.Parties[1].Host():
		return wrong("bad_parties", "terms are between two instances")
	case !activity.SameOrigin(t.Agreement, t.Parties[0]) && !activity.SameOrigin(t.Agreement, t.Parties[1]):
		return wrong("bad_terms", "the id of an agreement is one of its parties'")
	case t.From.IsZero() || !t.Until.After(t.From.Time):
		return wrong("bad_term", "terms have a beginning, and an end after it")
	case t.Until.Sub(t.From.Time) > limits.AgreementTerm:
		return wrong("long_term", "terms last 24 months at most; renew them before they end")
	case t.Version > 1 && t.Previous == "":
		return wrong("bad_terms", "a later version names the one that it follows")
	case len([]rune(t.Reason)) > limits.AgreementReason:
		return wrong("long_reason", fmt.Sprintf("a reason has at most %d characters", limits.AgreementReason))
	case !t.Data.isSound():
		return wrong("bad_data_terms", fmt.Sprintf("data terms say whether copies are deleted or kept at the end, and within how many hours (1 to %d) or days (0 to %d)", maxHours, maxHours/24))
	}
	for _, g := range t.Grants {
		if err := g.check(); err != nil {
			return err
		}
	}
	return nil
}

// Raw is the canonical form.
func (t Terms) Raw() json.RawMessage { return t.raw }

// Hash is the SHA-256 of the canonical form (RFC 8785), in hexadecimal.
func (t Terms) Hash() string { return t.hash }

// Other is the party that me is not.
func (t Terms) Other(me activity.ID) activity.ID { return t.Parties[1-t.place(me)] }

// By is what a party lets the other do.
func (t Terms) By(party activity.ID) Grant { return t.Grants[t.place(party)] }

func (t Terms) place(party activity.ID) int {
	if t.Parties[1] == party {
		return 1
	}
	return 0
}

// IsParty says whether an actor is one of the two.
func (t Terms) IsParty(who activity.ID) bool { return who == t.Parties[0] || who == t.Parties[1] }

package agreement

import (
	"encoding/json"
	"maps"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// Written is knowledge as JSON: texts in canonical form, each consent and register with
// its proof.
type Written struct {
	Terms     []json.RawMessage `json:"terms,omitempty"`
	Consents  []json.RawMessage `json:"consents,omitempty"`
	Registers []json.RawMessage `json:"registers,omitempty"`
	Receipts  []json.RawMessage `json:"receipts,omitempty"`
}

// Write gives what was signed as it was signed.
func (k Knowledge) Write() (w Written) {
	for _, t := range k.Terms {
		w.Terms = append(w.Terms, t.raw)
	}
	for _, c := range k.Consents {
		w.Consents = append(w.Consents, c.Signed)
	}
	for _, r := range k.Registers {
		w.Registers = append(w.Registers, r.Signed)
	}
	for _, r := range k.Receipts {
		w.Receipts = append(w.Receipts, r.Signed)
	}
	return w
}

// Read reads what Write gives. Nothing is verified but the form of the terms. Errors are
// Invalid or TooLarge.
func (w Written) Read() (k Knowledge, err error) {
	if max(len(w.Terms), len(w.Registers), len(w.Receipts), len(w.Consents)/(2*limits.AgreementConsents)) > limits.AgreementTexts {
		return k, activity.Refuse(activity.TooLarge, "many_versions", "an agreement has at most %d versions: end it and offer a new one", limits.AgreementTexts)
	}
	for _, raw := range w.Terms {
		t, err := ReadTerms(raw)
		if err != nil {
			return k, err
		}
		k.Terms = append(k.Terms, t)
	}
	for _, raw := range w.Consents {
		c := Consent{Signed: raw}
		if err := json.Unmarshal(raw, &c); err != nil {
			return k, unreadable("consent", err)
		}
		k.Consents = append(k.Consents, c)
	}
	for _, raw := range w.Registers {
		r := Register{Signed: raw}
		if err := json.Unmarshal(raw, &r); err != nil {
			return k, unreadable("register", err)
		}
		k.Registers = append(k.Registers, r)
	}
	for _, raw := range w.Receipts {
		r := Receipt{Signed: raw}
		if err := json.Unmarshal(raw, &r); err != nil {
			return k, unreadable("receipt", err)
		}
		k.Receipts = append(k.Receipts, r)
	}
	return k, nil
}

func unreadable(what string, err error) error {
	return activity.Because(activity.Invalid, "unreadable_"+what, err, "this "+what+" cannot be read")
}

// All is everything known, drafts too, for Load.
func (a *Agreement) All() (k Knowledge, seen uint32) {
	k = a.Knows()
	k.Terms = nil
	for _, hash := range slices.Sorted(maps.Keys(a.terms)) {
		k.Terms = append(k.Terms, a.terms[hash])
	}
	return k, a.seen
}

// Load is an agreement as All gave it.
func Load(me activity.ID, k Knowledge, seen uint32) (*Agreement, error) {
	if len(k.Terms) == 0 {
		return nil, noTerms()
	}
	a, err := New(me, k.Terms[0])
	if err != nil {
		return nil, err
	}
	a.seen = seen
	for _, t := range k.Terms {
		a.terms[t.Hash()] = t
	}
	for _, c := range k.Consents {
		a.learnConsent(c)
	}
	for _, r := range k.Registers {
		a.registers[r.Owner] = r
	}
	for _, r := range k.Receipts {
		a.receipts[r.Owner] = r
	}
	return a, nil
}

func noTerms() error {
	return activity.Refuse(activity.Invalid, "no_terms", "this agreement has no terms")
}

// HasConsent says whether exactly this consent is known already, and so verified.
func (a *Agreement) HasConsent(c Consent) bool {
	return slices.ContainsFunc(a.consents[c.Terms], c.Is)
}

// HasRegister says whether this register, or one that has replaced it, is known already.
// Whoever has missed the later one tells the old one, signed by a key of old.
func (a *Agreement) HasRegister(r Register) bool {
	was, known := a.registers[r.Owner]
	return known && was.compare(r) >= 0
}

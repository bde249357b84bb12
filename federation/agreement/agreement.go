package agreement

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// Knowledge is what one side tells the other of an agreement: all of it, or a part.
// Whoever makes one of what was received has verified each proof: a consent is its
// party's, a register its owner's.
type Knowledge struct {
	Terms     []Terms
	Consents  []Consent
	Registers []Register
	Receipts  []Receipt
}

// Agreement is what the party Me knows of one agreement. Make one with New.
type Agreement struct {
	Me, Other activity.ID
	ID        activity.ID

	parties   [2]activity.ID
	terms     map[string]Terms
	consents  map[string][]Consent     // by terms
	registers map[activity.ID]Register // by owner
	receipts  map[activity.ID]Receipt  // by owner
	seen      uint32                   // the last epoch of our own that the other side has shown to know
}

// New is an agreement of which me knows only these terms, which nobody has signed. Me
// must be one of the parties (Denied, "not_a_party").
func New(me activity.ID, t Terms) (*Agreement, error) {
	if !t.IsParty(me) {
		return nil, activity.Refuse(activity.Denied, "not_a_party", "this agreement is between %s and %s", t.Parties[0].Host(), t.Parties[1].Host())
	}
	a := &Agreement{Me: me, Other: t.Other(me), ID: t.Agreement, parties: t.Parties,
		terms: map[string]Terms{}, consents: map[string][]Consent{}, registers: map[activity.ID]Register{}, receipts: map[activity.ID]Receipt{}}
	a.terms[t.Hash()] = t
	return a, nil
}

// Begin is an agreement of which me knows nothing yet but that another tells of it: what,
// is for Merge. Errors are those of New, and Invalid, "no_terms".
func Begin(me activity.ID, k Knowledge) (*Agreement, error) {
	if len(k.Terms) == 0 {
		return nil, noTerms()
	}
	a, err := New(me, k.Terms[0])
	if err == nil {
		clear(a.terms)
	}
	return a, err
}

// Clone is a copy that shares nothing that changes.
func (a *Agreement) Clone() *Agreement {
	b := *a
	b.terms, b.registers, b.receipts, b.consents = maps.Clone(a.terms), maps.Clone(a.registers), maps.Clone(a.receipts), map[string][]Consent{}
	for hash, given := range a.consents {
		b.consents[hash] = slices.Clone(given)
	}
	return &b
}

// Knows is all that can be told of the agreement: texts that somebody has signed, and
// both registers. The order is always the same.
func (a *Agreement) Knows() Knowledge {
	var k Knowledge
	for _, hash := range slices.Sorted(maps.Keys(a.terms)) {
		if len(a.consents[hash]) == 0 {
			continue // a draft: nothing leaves
		}
		k.Terms = append(k.Terms, a.terms[hash])
		k.Consents = append(k.Consents, a.consents[hash]...)
	}
	for _, party := range a.parties {
		if r, ok := a.registers[party]; ok {
			k.Registers = append(k.Registers, r)
		}
		if r, ok := a.receipts[party]; ok {
			k.Receipts = append(k.Receipts, r)
		}
	}
	return k
}

// Register is the last one known of a party.
func (a *Agreement) Register(owner activity.ID) (Register, bool) {
	r, ok := a.registers[owner]
	return r, ok
}

// Digest is the same for two sides that know the same: the SHA-256, in hexadecimal.
func (a *Agreement) Digest() string {
	k := a.Knows()
	sum := sha256.New()
	for _, t := range k.Terms {
		sum.Write(t.raw)
	}
	for _, c := range k.Consents {
		c.Signed = nil
		raw, _ := json.Marshal(c) // as body
		sum.Write(raw)
	}
	for _, r := range k.Registers {
		sum.Write(r.body())
	}
	for _, r := range k.Receipts {
		sum.Write(r.body())
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Merge learns what another has told. What is wrong, of others, or about another
// agreement is refused as a whole (Invalid, Denied, TooLarge) and nothing is learnt.
// Before that the clock has its say, so that what came too late has come too late.
// changed says that there is something new; the side's own register may be among it:
// it must be signed and told when its Signed is empty.
func (a *Agreement) Merge(k Knowledge, now time.Time) (changed bool, err error) {
	if err := a.check(k); err != nil {
		return false, err
	}
	changed = a.Settle(now)
	for _, t := range k.Terms {
		if _, known := a.terms[t.Hash()]; !known && signed(k, t.Hash()) {
			a.terms[t.Hash()] = t
			changed = true
		}
	}
	for _, c := range k.Consents {
		changed = a.learnConsent(c) || changed
	}
	for _, r := range k.Registers {
		changed = a.learnRegister(r, now) || changed
		if r.Owner == a.Me {
			a.seen = max(a.seen, r.Epoch)
		}
	}
	for _, r := range k.Receipts {
		changed = a.learnReceipt(r) || changed
	}
	return changed, nil
}

func signed(k Knowledge, hash string) bool {
	return slices.ContainsFunc(k.Consents, func(c Consent) bool { return c.Terms == hash })
}

func (a *Agreement) check(k Knowledge) error {
	texts := len(a.terms)
	for _, t := range k.Terms {
		if t.Agreement != a.ID || t.Parties != a.parties {
			return activity.Refuse(activity.Denied, "other_agreement", "these terms are of another agreement")
		}
		if err := t.Check(); err != nil {
			return err
		}
		if _, known := a.terms[t.Hash()]; !known {
			texts++
		}
	}
	if texts > limits.AgreementTexts {
		return activity.Refuse(activity.TooLarge, "many_versions", "an agreement has at most %d versions: end it and offer a new one", limits.AgreementTexts)
	}
	for _, c := range k.Consents {
		if c.Agreement != a.ID || !slices.Contains(a.parties[:], c.Party) || c.At.IsZero() || !c.Expires.After(c.At.Time) || c.Expires.Sub(c.At.Time) > limits.OfferLife {
			return activity.Refuse(activity.Denied, "bad_consent", "a consent is of a party, and stands for a while, 14 days at most")
		}
	}
	for _, r := range k.Registers {
		if r.Agreement != a.ID || !slices.Contains(a.parties[:], r.Owner) {
			return activity.Refuse(activity.Denied, "other_agreement", "this register is of another agreement")
		}
		if err := r.check(); err != nil {
			return err
		}
	}
	for _, r := range k.Receipts {
		if r.Agreement != a.ID || !slices.Contains(a.parties[:], r.Owner) {
			return activity.Refuse(activity.Denied, "other_agreement", "this receipt is of another agreement")
		}
		if err := r.check(); err != nil {
			return err
		}
	}
	return nil
}

// learnConsent keeps up to limits.AgreementConsents of a party to one text. One is enough; who
// gives more cannot make a contract undone by it.
func (a *Agreement) learnConsent(c Consent) bool {
	if _, known := a.terms[c.Terms]; !known || slices.ContainsFunc(a.consents[c.Terms], c.Is) || len(a.by(c.Terms, c.Party)) >= limits.AgreementConsents {
		return false
	}
	a.consents[c.Terms] = append(a.consents[c.Terms], c)
	slices.SortFunc(a.consents[c.Terms], Consent.compare)
	return true
}

// by are the consents of a party to a text.
func (a *Agreement) by(hash string, party activity.ID) (given []Consent) {
	for _, c := range a.consents[hash] {
		if c.Party == party {
			given = append(given, c)
		}
	}
	return given
}

// learnRegister keeps the greatest. A register of our own that we do not know of says
// that we have lost what we decided: we take it back, and stand still until somebody
// has looked.
func (a *Agreement) learnRegister(r Register, now time.Time) bool {
	was, known := a.registers[r.Owner]
	if known && r.compare(was) <= 0 {
		return false
	}
	a.registers[r.Owner] = r
	if r.Owner == a.Me && !r.Mode.IsFinal() {
		a.Fence(r, now)
	}
	return true
}

// Fence begins a new epoch in which the side has suspended the agreement: after a
// restore from a backup, with the last register of its own that is found elsewhere
// (journal; zero: there is none).
func (a *Agreement) Fence(journal Register, now time.Time) {
	last, known := a.registers[a.Me]
	if journal.Owner == a.Me && (!known || journal.compare(last) > 0) {
		last, known = journal, true
	}
	if !known {
		return // nothing was ever decided
	}
	if !last.Mode.IsFinal() {
		last = last.next(now, Suspended, Restored, "")
		last.Epoch, last.Counter = last.Epoch+1, 0
	}
	a.registers[a.Me] = last
}

// Crosses says which of two open offers between the same parties is kept: that of the
// lower id.
func (a *Agreement) Crosses(o *Agreement) (kept *Agreement) {
	if strings.Compare(string(a.ID), string(o.ID)) < 0 {
		return a
	}
	return o
}

package agreement

import (
	"encoding/json"
	"slices"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// What a side does alone or offers. Each act changes what it knows; what has no Signed
// afterwards (see Unsigned) must be signed and told. Errors are Conflict faults,
// "wrong_state", that say what can be done instead.

func (a *Agreement) wrongState(now time.Time, can string) error {
	return activity.Refuse(activity.Conflict, "wrong_state", "this agreement is %s: %s", a.State(now), can)
}

// Offer signs terms that are new: the first of a draft, a counter-offer, or a change or
// renewal of what is in force. They follow the latest version.
func (a *Agreement) Offer(t Terms, now time.Time) error {
	a.Settle(now)
	switch state := a.State(now); {
	case t.Agreement != a.ID || t.Parties != a.parties:
		return activity.Refuse(activity.Denied, "other_agreement", "these terms are of another agreement")
	case !slices.Contains([]State{StateDraft, StateProposed, StateActive, StateSuspended}, state):
		return a.wrongState(now, "make a new offer")
	case len(a.contracts()) == 0 && t.Version > limits.AgreementRounds:
		return activity.Refuse(activity.Conflict, "many_rounds", "after %d counter-offers talk to each other, then make a new offer", limits.AgreementRounds-1)
	case len(a.terms) >= limits.AgreementTexts:
		return activity.Refuse(activity.TooLarge, "many_versions", "an agreement has at most %d versions: end it and offer a new one", limits.AgreementTexts)
	case !t.Until.After(now):
		return activity.Refuse(activity.Invalid, "bad_term", "these terms end in the past")
	}
	if last := a.last(); t.Version != last.Version+1 && t.Hash() != last.Hash() {
		return activity.Refuse(activity.Conflict, "wrong_version", "there is a later version already: read it, and make yours number %d", last.Version+1)
	}
	a.terms[t.Hash()] = t
	a.sign(t, now)
	return nil
}

// Successor are the terms of the next version, as those of base say until somebody
// changes them. They must be sealed.
func (a *Agreement) Successor(base Terms) Terms {
	base.Version, base.Previous, base.Reason, base.raw, base.hash = a.last().Version+1, a.last().Hash(), "", nil, ""
	return base
}

func (a *Agreement) last() Terms {
	texts := a.Texts()
	return texts[len(texts)-1]
}

func (a *Agreement) sign(t Terms, now time.Time) {
	a.learnConsent(t.consent(a.Me, now))
	if _, ok := a.registers[a.Me]; !ok {
		a.registers[a.Me] = Register{Type: "Register", Agreement: a.ID, Owner: a.Me, Counter: 1, Mode: Live, Why: ByAdmin,
			At: stamp(now), Lets: Everything(), Takes: Everything()}
	}
}

// Accept signs what the other side has offered.
func (a *Agreement) Accept(hash string, now time.Time) error {
	a.Settle(now)
	if state := a.State(now); !slices.Contains([]State{StateProposed, StateActive, StateSuspended}, state) {
		return a.wrongState(now, "there is nothing to accept")
	}
	for _, t := range a.Offers(a.Me, now) {
		if t.Hash() == hash {
			a.sign(t, now)
			return nil
		}
	}
	return activity.Refuse(activity.Conflict, "no_offer", "this is not offered, or not any more")
}

// Decline refuses what the other side has offered: the agreement, where there is none
// yet, or a change of it.
func (a *Agreement) Decline(reason string, now time.Time) error {
	offers := a.Offers(a.Me, now)
	if len(offers) == 0 {
		return a.wrongState(now, "there is no offer to decline")
	}
	return a.refuse(offers, Declined, reason, now)
}

// Withdraw takes an offer of one's own back.
func (a *Agreement) Withdraw(reason string, now time.Time) error {
	offers := a.Offers(a.Other, now)
	if len(offers) == 0 {
		return a.wrongState(now, "there is no offer to withdraw")
	}
	return a.refuse(offers, Withdrawn, reason, now)
}

func (a *Agreement) refuse(offers []Terms, why Why, reason string, now time.Time) error {
	if len(a.contracts()) == 0 {
		a.decide(Terminated, why, reason, now)
		return nil
	}
	r := a.own().next(now, a.own().Mode, why, reason)
	for _, t := range offers {
		r.Refused = append(r.Refused, t.Hash())
	}
	r.Refused = sorted(r.Refused)
	a.registers[a.Me] = r
	return nil
}

// own is the side's register, or one before the first.
func (a *Agreement) own() Register {
	if r, ok := a.registers[a.Me]; ok {
		return r
	}
	return Register{Type: "Register", Agreement: a.ID, Owner: a.Me, Mode: Live}
}

func (a *Agreement) decide(mode Mode, why Why, reason string, now time.Time) {
	a.registers[a.Me] = a.own().next(now, mode, why, reason)
}

// Suspend stops everything until this side resumes. It can be said again, for another
// reason.
func (a *Agreement) Suspend(why Why, reason string, now time.Time) error {
	if state := a.State(now); state != StateActive && state != StateSuspended {
		return a.wrongState(now, "only what is active can be suspended")
	}
	a.decide(Suspended, why, reason, now)
	return nil
}

// Compared notes that people have compared the new key of the other side: what it has
// stopped can be resumed. It says whether there was anything of that kind.
func (a *Agreement) Compared(now time.Time) bool {
	own := a.own()
	if own.Mode != Suspended || own.Why != KeyChange {
		return false
	}
	own.Why = ByAdmin
	a.registers[a.Me] = own.next(now, Suspended, ByAdmin, "")
	return true
}

// Resume lifts this side's suspension; the other side's stays.
func (a *Agreement) Resume(reason string, now time.Time) error {
	own := a.own()
	switch {
	case a.State(now) != StateSuspended || own.Mode != Suspended:
		return a.wrongState(now, "this side has not suspended it")
	case own.Why == KeyChange:
		return activity.Refuse(activity.Conflict, "compare_first", "the other side has another key, which it has not announced: call its admin, and compare the words of 'entente partner verify' first")
	case own.Epoch > a.seen:
		return activity.Refuse(activity.Conflict, "not_confirmed", "after a restore the other side must have answered first, so that nothing it was told is forgotten")
	}
	a.decide(Live, ByAdmin, reason, now)
	return nil
}

// Narrow says what this side lets and takes from now on, at most; within the terms it
// can be widened again.
func (a *Agreement) Narrow(lets, takes Grant, reason string, now time.Time) error {
	if state := a.State(now); state != StateActive && state != StateSuspended {
		return a.wrongState(now, "there is nothing to narrow")
	}
	r := a.own().next(now, a.own().Mode, ByAdmin, reason)
	r.Lets, r.Takes = lets, takes
	if err := r.check(); err != nil {
		return err
	}
	a.registers[a.Me] = r
	return nil
}

// End begins the winding down.
func (a *Agreement) End(reason string, now time.Time) error {
	if state := a.State(now); state != StateActive && state != StateSuspended {
		return a.wrongState(now, "only what is active or suspended can be ended")
	}
	a.decide(Terminated, ByAdmin, reason, now)
	return nil
}

// Revoke stops everything at once and for good.
func (a *Agreement) Revoke(reason string, now time.Time) error {
	if state := a.State(now); !slices.Contains([]State{StateActive, StateSuspended, StateWindingDown}, state) {
		return a.wrongState(now, "there is nothing to revoke")
	}
	a.decide(Revoked, ByAdmin, reason, now)
	return nil
}

// Cross gives up an offer of one's own, or one that was received, since another one
// between the same two is kept.
func (a *Agreement) Cross(now time.Time) {
	if a.State(now) == StateProposed {
		a.decide(Terminated, Crossed, "", now)
	}
}

// Settle does what the clock demands: what was not answered in time is given up, and
// what has reached its end has ended, for good. It says whether that changed anything.
func (a *Agreement) Settle(now time.Time) bool {
	own, known := a.registers[a.Me]
	if !known || own.Mode.IsFinal() {
		return false
	}
	if len(a.contracts()) > 0 && !now.Before(a.until()) {
		a.decide(Terminated, Expired, "", a.until())
		return true
	}
	late := a.late(now)
	if len(late) == 0 {
		return false
	}
	if len(a.contracts()) == 0 {
		if a.open(now) == StateProposed {
			return false
		}
		a.decide(Terminated, Lapsed, "", now)
		return true
	}
	own = own.next(now, own.Mode, own.Why, own.Reason)
	own.Refused = sorted(append(own.Refused, late...))
	a.registers[a.Me] = own
	return true
}

// late are the hashes of one's own offers that were not answered in time.
func (a *Agreement) late(now time.Time) (hashes []string) {
	for hash := range a.terms {
		mine := a.by(hash, a.Me)
		if len(mine) > 0 && mine[len(mine)-1].isLate(now) && !a.isContract(hash) && !a.isRefused(hash) {
			hashes = append(hashes, hash)
		}
	}
	return hashes
}

// Unsigned are the consents, the register and the receipt of this side that are not signed yet.
func (a *Agreement) Unsigned() (k Knowledge) {
	for hash := range a.consents {
		for _, c := range a.by(hash, a.Me) {
			if c.Signed == nil {
				k.Consents = append(k.Consents, c)
			}
		}
	}
	if r, ok := a.registers[a.Me]; ok && r.Signed == nil {
		k.Registers = append(k.Registers, r)
	}
	if r, ok := a.receipts[a.Me]; ok && r.Signed == nil {
		k.Receipts = append(k.Receipts, r)
	}
	return k
}

// Unsign takes the proofs away with which this side has signed what is still told and
// that isStale says are no good any more; it says whether there were any.
func (a *Agreement) Unsign(isStale func(signed json.RawMessage) bool) (found bool) {
	stale := func(signed json.RawMessage) bool {
		is := signed != nil && isStale(signed)
		found = found || is
		return is
	}
	for hash, given := range a.consents {
		for i, c := range given {
			if c.Party == a.Me && stale(c.Signed) {
				a.consents[hash][i].Signed = nil
			}
		}
	}
	if r := a.registers[a.Me]; stale(r.Signed) {
		r.Signed = nil
		a.registers[a.Me] = r
	}
	if r := a.receipts[a.Me]; stale(r.Signed) {
		r.Signed = nil
		a.receipts[a.Me] = r
	}
	return found
}

// Sign keeps what Unsigned gave, with its proof.
func (a *Agreement) Sign(k Knowledge) {
	for _, c := range k.Consents {
		for i := range a.consents[c.Terms] {
			if a.consents[c.Terms][i].Is(c) {
				a.consents[c.Terms][i] = c
			}
		}
	}
	for _, r := range k.Registers {
		a.registers[a.Me] = r
	}
	for _, r := range k.Receipts {
		a.receipts[a.Me] = r
	}
}

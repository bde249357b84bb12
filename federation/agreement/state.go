package agreement

import (
	"maps"
	"slices"
	"strings"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// State is what an agreement is called. It follows from terms, registers and clock.
type State string

// The states. Those from ended on are for good.
const (
	StateDraft       State = "draft"
	StateProposed    State = "proposed"
	StateActive      State = "active"
	StateSuspended   State = "suspended"
	StateWindingDown State = "winding_down"
	StateRevoked     State = "revoked"
	StateEnded       State = "ended"
	StateDeclined    State = "declined"
	StateWithdrawn   State = "withdrawn"
	StateLapsed      State = "lapsed"
)

// IsOver says that nothing will come of it any more.
func (s State) IsOver() bool {
	return slices.Contains([]State{StateEnded, StateDeclined, StateWithdrawn, StateLapsed}, s)
}

// InForce says that both have signed, and neither has ended it.
func (s State) InForce() bool { return s == StateActive || s == StateSuspended }

// State is what the agreement is at a moment.
func (a *Agreement) State(now time.Time) State {
	final, at := a.Final()
	contract := len(a.contracts()) > 0
	switch {
	case !contract && final != "":
		return a.unmade()
	case !contract:
		return a.open(now)
	case final != "" && now.After(at.Add(limits.WindDown)), final == "" && now.After(a.until().Add(limits.WindDown)):
		return StateEnded
	case final == Revoked:
		return StateRevoked
	case final == Terminated, len(a.InForce()) == 0, !now.Before(a.until()):
		return StateWindingDown
	}
	for _, party := range a.parties {
		if r, ok := a.registers[party]; !ok || r.Mode == Suspended {
			return StateSuspended
		}
	}
	return StateActive
}

// Final is the gravest end that a side has decided, and when the first one was; ""
// where none has.
func (a *Agreement) Final() (mode Mode, at time.Time) {
	for _, r := range a.registers {
		if !r.Mode.IsFinal() {
			continue
		}
		if mode == "" || severities[r.Mode] > severities[mode] {
			mode = r.Mode
		}
		if at.IsZero() || r.At.Before(at) {
			at = r.At.Time
		}
	}
	return mode, at
}

// DeclinedAt is when an offer was declined: by our clock where we did. The other side does not
// make it earlier or later by what it says of itself.
func (a *Agreement) DeclinedAt() time.Time {
	own, theirs := a.registers[a.Me], a.registers[a.Other]
	if own.Mode.IsFinal() && own.Why == Declined {
		return own.At.Time
	}
	return theirs.At.Time
}

// unmade says how an offer ended of which nothing came. Who was refused cannot make it a
// withdrawal of their own.
func (a *Agreement) unmade() State {
	names := map[Why]State{Declined: StateDeclined, Withdrawn: StateWithdrawn, Crossed: StateWithdrawn}
	state := StateLapsed
	for _, party := range a.parties {
		if r := a.registers[party]; r.Mode.IsFinal() && names[r.Why] != "" && state != StateDeclined {
			state = names[r.Why]
		}
	}
	return state
}

// open is the state of what has no contract yet.
func (a *Agreement) open(now time.Time) State {
	state := StateDraft
	for _, given := range a.consents {
		for _, c := range given {
			if !now.After(c.Expires.Time) {
				return StateProposed
			}
			state = StateLapsed
		}
	}
	return state
}

// contracts are the texts that both have signed, by version and hash.
func (a *Agreement) contracts() []Terms {
	var both []Terms
	for hash, t := range a.terms {
		if a.isContract(hash) {
			both = append(both, t)
		}
	}
	slices.SortFunc(both, func(s, t Terms) int {
		if s.Version != t.Version {
			return s.Version - t.Version
		}
		return strings.Compare(s.Hash(), t.Hash())
	})
	return both
}

func (a *Agreement) isContract(hash string) bool {
	for _, one := range a.by(hash, a.parties[0]) {
		if slices.ContainsFunc(a.by(hash, a.parties[1]), one.answers) {
			return true
		}
	}
	return false
}

// InForce are the terms that count: the last version that both have signed and neither
// refuses. There are several where each side has signed the other's of the same
// version: then only what all of them grant is granted.
func (a *Agreement) InForce() []Terms {
	standing := slices.DeleteFunc(a.contracts(), func(t Terms) bool { return a.isRefused(t.Hash()) })
	if len(standing) == 0 {
		return nil
	}
	last := standing[len(standing)-1].Version
	return slices.DeleteFunc(standing, func(t Terms) bool { return t.Version < last })
}

func (a *Agreement) isRefused(hash string) bool {
	return a.registers[a.parties[0]].refuses(hash) || a.registers[a.parties[1]].refuses(hash)
}

// until is the first end of what is in force; where nothing is, of what was.
func (a *Agreement) until() (first time.Time) {
	texts := a.InForce()
	if len(texts) == 0 {
		texts = a.contracts()
	}
	for _, t := range texts {
		if first.IsZero() || t.Until.Before(first) {
			first = t.Until.Time
		}
	}
	return first
}

// Effective is what grantor lets the other side do at a moment:
// terms ∧ both registers ∧ the clock.
func (a *Agreement) Effective(grantor activity.ID, now time.Time) Grant {
	if from, until := a.Term(); now.Before(from) || !now.Before(until) {
		return Grant{}
	}
	return a.Granted(grantor)
}

// Granted is Effective but for the clock.
func (a *Agreement) Granted(grantor activity.ID) Grant {
	texts := a.InForce()
	giver, known := a.registers[grantor]
	taker, knownToo := a.registers[a.across(grantor)]
	if len(texts) == 0 || !known || !knownToo || giver.Mode != Live || taker.Mode != Live {
		return Grant{}
	}
	g := giver.Lets.Meet(taker.Takes)
	for _, t := range texts {
		g = g.Meet(t.By(grantor))
	}
	return g
}

// Term is from when until when what is in force counts.
func (a *Agreement) Term() (from, until time.Time) {
	for _, t := range a.InForce() {
		if t.From.After(from) {
			from = t.From.Time
		}
	}
	return from, a.until()
}

func (a *Agreement) across(party activity.ID) activity.ID {
	if party == a.parties[0] {
		return a.parties[1]
	}
	return a.parties[0]
}

// Offers are the texts that wait for the consent of party, the latest version first.
func (a *Agreement) Offers(party activity.ID, now time.Time) []Terms {
	var open []Terms
	stands := func(c Consent) bool { return !now.After(c.Expires.Time) }
	for hash, t := range a.terms {
		if len(a.by(hash, party)) == 0 && slices.ContainsFunc(a.by(hash, a.across(party)), stands) && !a.isRefused(hash) {
			open = append(open, t)
		}
	}
	slices.SortFunc(open, func(s, t Terms) int { return t.Version - s.Version })
	return open
}

// Texts are all versions known, drafts too, by version.
func (a *Agreement) Texts() []Terms {
	return slices.SortedFunc(maps.Values(a.terms), func(s, t Terms) int {
		if s.Version != t.Version {
			return s.Version - t.Version
		}
		return strings.Compare(s.Hash(), t.Hash())
	})
}

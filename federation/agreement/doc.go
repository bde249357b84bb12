// Package agreement is what two organisations have agreed on, as far as one of them
// knows: the terms that both signed, and one register per side, which only its owner
// writes. It decides; it neither stores, signs nor sends.
//
// What one side lets the other do is
//
//	terms ∧ the one register ∧ the other register ∧ the clock
//
// so each side narrows alone, both widen together, and a refusal wins. Nothing is
// granted by silence.
//
// Knowledge only grows: texts and consents are never taken back, a register gives way
// to a later one of its owner, and ended or revoked is for good. So what two sides
// know is merged by Merge, in any order and any number of times, and they end up
// knowing the same. An activity about a partnership is therefore only a carrier of
// knowledge: what its verb says is for people and for the audit log.
package agreement

package agreement

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// Mode is what a side wants of an agreement now.
type Mode string

// The modes. The last two are for good.
const (
	Live       Mode = "live"
	Suspended  Mode = "suspended"
	Terminated Mode = "terminated"
	Revoked    Mode = "revoked"
)

// severities order them; what is for good is not given up for anything lower.
var severities = map[Mode]int{Live: 0, Suspended: 1, Terminated: 2, Revoked: 3}

// IsFinal says that a mode is for good.
func (m Mode) IsFinal() bool { return m == Terminated || m == Revoked }

// Why is what has changed a register, for programs.
type Why string

// The reasons of this version.
const (
	ByAdmin   Why = "admin"     // somebody has decided it
	Declined  Why = "declined"  // the offer was not taken
	Withdrawn Why = "withdrawn" // the offer was taken back
	Lapsed    Why = "lapsed"    // nobody has answered the offer
	Crossed   Why = "crossed"   // both have made an offer: the one of the lower id is kept
	Expired   Why = "expired"   // its end was reached
	Restored  Why = "restored"  // its owner has lost what it had decided last
	KeyChange Why = "key"       // the other side has another key, unannounced
	Unheard   Why = "silence"   // the other side has sent no digest
)

// Register is what one side decides alone, any time. Later ones of the same owner
// replace it, in the order of (Epoch, Counter); an epoch begins when the owner may
// have forgotten its last ones.
type Register struct {
	Type      string        `json:"type"` // "Register"
	Agreement activity.ID   `json:"agreement"`
	Owner     activity.ID   `json:"owner"`
	Epoch     uint32        `json:"epoch"`
	Counter   uint32        `json:"counter"`
	Mode      Mode          `json:"mode"`
	Why       Why           `json:"why"`
	Reason    string        `json:"reason,omitempty"` // for people
	At        activity.Time `json:"at"`
	Lets      Grant         `json:"lets"`              // at most, to the other side
	Takes     Grant         `json:"takes"`             // at most, by the owner's own people there
	Refused   []string      `json:"refused,omitempty"` // hashes of terms that are not, or no longer, offered

	Signed json.RawMessage `json:"-"` // with the proof of its owner
}

// compare orders the registers of one owner: the one that counts is the greatest.
// Two of the same number are of an owner that has forgotten; the stricter counts.
func (r Register) compare(o Register) int {
	if by := cmp.Or(cmp.Compare(r.finality(), o.finality()), cmp.Compare(r.Epoch, o.Epoch), cmp.Compare(r.Counter, o.Counter),
		cmp.Compare(severities[r.Mode], severities[o.Mode])); by != 0 {
		return by
	}
	return bytes.Compare(r.body(), o.body())
}

// Is says whether two registers are the same, whatever their proofs.
func (r Register) Is(o Register) bool { return r.Owner == o.Owner && r.compare(o) == 0 }

func (r Register) finality() int {
	if !r.Mode.IsFinal() {
		return 0
	}
	return severities[r.Mode]
}

// body is the register without its proof, which differs with the moment of signing.
func (r Register) body() []byte {
	r.Signed = nil
	raw, err := json.Marshal(r)
	if err != nil {
		return nil // strings and numbers always have a JSON form
	}
	return raw
}

// next is the register that follows, by its owner. What a new key of the other side has
// stopped stays stopped by it, whatever else is decided meanwhile: see Compared.
func (r Register) next(now time.Time, mode Mode, why Why, reason string) Register {
	if r.Mode == Suspended && r.Why == KeyChange && mode == Suspended {
		why = KeyChange
	}
	r.Counter++
	r.Mode, r.Why, r.Reason, r.At, r.Signed = mode, why, reason, stamp(now), nil
	r.Refused = slices.Clone(r.Refused)
	return r
}

func (r Register) refuses(hash string) bool { return slices.Contains(r.Refused, hash) }

// check says what is wrong with a register that was received.
func (r Register) check() error {
	_, known := severities[r.Mode]
	switch {
	case r.Type != "Register" || !known || r.At.IsZero():
		return activity.Refuse(activity.Invalid, "bad_register", "a register has one of the modes live, suspended, terminated, revoked, and a time")
	case len(r.Refused) > limits.AgreementTexts || len([]rune(r.Reason)) > limits.AgreementReason || len(r.Why) > limits.GrantWord:
		return activity.Refuse(activity.TooLarge, "long_register", "this register is too long")
	}
	if err := r.Lets.check(); err != nil {
		return err
	}
	return r.Takes.check()
}

package activity

import (
	"encoding/json"

	"entente.example/entente/activity/limits"
)

// PublicKey is the RSA key that an actor signs requests with (security/v1).
type PublicKey struct {
	ID    ID     `json:"id"`
	Owner ID     `json:"owner"`
	PEM   string `json:"publicKeyPem"`
}

// Multikey is a key that an actor signs requests and documents with: Ed25519, as
// far as we read them (FEP-521a).
type Multikey struct {
	ID         ID     `json:"id"`
	Type       string `json:"type"` // "Multikey"
	Controller ID     `json:"controller"`
	Value      string `json:"publicKeyMultibase"` // "z6Mk..."
}

// Generator is the program behind an actor, and what it understands (FEP-844e).
type Generator struct {
	Type       string           `json:"type,omitempty"`
	Name       Text             `json:"name,omitempty"`
	Implements List[Implements] `json:"implements,omitempty"`
}

// UnmarshalJSON reads an object; anything else, as a link, is empty.
func (g *Generator) UnmarshalJSON(b []byte) error {
	type plain Generator
	var p plain
	if json.Unmarshal(b, &p) != nil {
		p = plain{}
	}
	*g = Generator(p)
	return nil
}

// Implements is one specification that a program follows, by its address.
type Implements struct {
	Name Text `json:"name,omitempty"`
	Href ID   `json:"href"`
}

// Implements says whether the program behind an actor claims to follow the
// specification at this address.
func (a Actor) Implements(href ID) bool {
	if a.Generator == nil {
		return false
	}
	for _, i := range a.Generator.Implements {
		if i.Href == href {
			return true
		}
	}
	return false
}

// KeyIDs are the ids of all the keys that the actor lists, each once.
func (a Actor) KeyIDs() IDs {
	var ids IDs
	for _, k := range a.PublicKey {
		if k.ID != "" && !ids.Has(k.ID) {
			ids = append(ids, k.ID)
		}
	}
	for _, k := range a.AssertionMethod {
		if !ids.Has(k.ID) {
			ids = append(ids, k.ID)
		}
	}
	return ids
}

// checkKeys refuses an actor with a key that nobody could believe is its own.
func (a Actor) checkKeys() error {
	for _, k := range a.PublicKey {
		if k.ID != "" && !SameOrigin(k.ID, a.ID) {
			return Refuse(Invalid, "foreign_key", "%.200s lists a key of another host", a.ID)
		}
		if k.Owner != "" && k.Owner != a.ID {
			return Refuse(Invalid, "foreign_key", "%.200s lists a key that belongs to someone else", a.ID)
		}
	}
	return nil
}

// ownKeys are the Multikeys of an actor that are its own: on its host, and under
// its control. Others are left out and not refused: assertionMethod may list keys
// of other kinds, and by reference, that we have no use for.
func (a Actor) ownKeys() List[Multikey] {
	var own List[Multikey]
	for _, k := range a.AssertionMethod {
		if k.Type == "Multikey" && k.Controller == a.ID && SameOrigin(k.ID, a.ID) && len(own) < limits.Keys {
			own = append(own, k)
		}
	}
	return own
}

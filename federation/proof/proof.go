package proof

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"time"
	"unicode/utf16"

	"entente.example/entente/activity"
	"entente.example/entente/activity/canonical"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/httpsign"
)

// What the proofs say that are made and read here (W3C Data Integrity §2.1).
const (
	kind    = "DataIntegrityProof"
	suite   = "eddsa-jcs-2022"
	purpose = "assertionMethod"
)

// The properties that have a meaning of their own.
const (
	proofName   = "proof"
	lds         = "signature"
	contextName = "@context"
	valueName   = "proofValue"
)

// Proof is one that came with a document, parsed, not believed yet: KeyID, its
// verificationMethod, is what the sender claims.
type Proof struct {
	KeyID   activity.ID
	hash    []byte    // of what is signed
	value   []byte    // the signature
	created time.Time // zero when not given
	expires time.Time // zero when not given
}

// properties of a JSON object, each in canonical form.
type properties map[string]json.RawMessage

// Read finds the proof of a document by eddsa-jcs-2022, alone or in a list of
// proofs by other suites. ok is false when there is none, or none of this kind: the
// document is then believed for other reasons or not at all.
//
// Errors are those of canonical.JSON, and Unauthenticated faults; see the list of reason
// codes at reject.
func Read(doc json.RawMessage) (p Proof, ok bool, err error) {
	var all properties
	if json.Unmarshal(doc, &all) == nil && all != nil && all[proofName] == nil {
		return Proof{}, false, nil
	}
	if all, err = open(doc); err != nil {
		return Proof{}, false, err
	}
	given, err := only(all[proofName])
	if err != nil || given == nil {
		return Proof{}, false, err
	}
	if p, err = given.read(); err != nil {
		return Proof{}, false, err
	}
	if err := all.follow(given); err != nil {
		return Proof{}, false, err
	}
	p.hash, err = all.hash(given)
	return p, err == nil, err
}

// Verify believes the proof or says why not: it is neither from the future nor
// expired, and the document is the one that was signed by that key. The error is an
// Unauthenticated fault.
func (p Proof) Verify(key ed25519.PublicKey, now time.Time) error {
	switch {
	case len(key) != ed25519.PublicKeySize:
		return reject("key_not_taken", "only keys of Ed25519 make proofs")
	case p.created.After(now.Add(limits.ClockSkew)):
		return reject("proof_in_future", "the proof is from the future; check the clock of your server")
	case !p.expires.IsZero() && now.After(p.expires):
		return reject("proof_expired", "the proof has expired")
	case !ed25519.Verify(key, p.hash, p.value):
		return reject("proof_wrong", "the proof is not by the key %.200s, or the document was changed", p.KeyID)
	}
	return nil
}

// open reads a document as canonical.JSON sees it: no name twice, no second meaning.
func open(doc []byte) (properties, error) {
	text, err := canonical.JSON(doc)
	if err != nil {
		return nil, err
	}
	var all properties
	if err := json.Unmarshal(text, &all); err != nil || all == nil {
		return nil, activity.Refuse(activity.Invalid, "bad_json", "this is not a JSON object")
	}
	return all, nil
}

// only is the one proof of our kind in raw, one or a list; nil when there is none.
func only(raw json.RawMessage) (found properties, err error) {
	for _, entry := range listOf(raw) {
		var p properties
		if json.Unmarshal(entry, &p) != nil || p.text("type") != kind || p.text("cryptosuite") != suite {
			continue
		}
		if found != nil {
			return nil, reject("proof_twice", "a document has one proof by %s", suite)
		}
		found = p
	}
	return found, nil
}

// read takes what is said in the proof.
func (given properties) read() (p Proof, err error) {
	p.KeyID = activity.ID(given.text("verificationMethod"))
	if p.KeyID == "" || len(p.KeyID) > limits.ID {
		return p, reject("proof_malformed", "verificationMethod is the id of a key")
	}
	if given.text("proofPurpose") != purpose {
		return p, reject("proof_malformed", "proofPurpose is %s", purpose)
	}
	if p.value, err = httpsign.DecodeMultibase(given.text(valueName)); err != nil || len(p.value) != ed25519.SignatureSize {
		return p, reject("proof_malformed", "proofValue is %d bytes in base58btc", ed25519.SignatureSize)
	}
	for name, at := range map[string]*time.Time{"created": &p.created, "expires": &p.expires} {
		if given[name] == nil {
			continue
		}
		if *at, err = time.Parse(time.RFC3339, given.text(name)); err != nil {
			return p, reject("proof_malformed", "%s is a time as in RFC 3339", name)
		}
	}
	return p, nil
}

// follow gives the document the @context of the proof, with which its own has to
// begin (W3C EdDSA Cryptosuites §3.3.2).
func (all properties) follow(given properties) error {
	if given[contextName] == nil {
		return nil
	}
	own, proven := listOf(all[contextName]), listOf(given[contextName])
	if len(own) < len(proven) {
		return reject("proof_context", "the @context of a document begins with that of its proof")
	}
	for i, entry := range proven {
		if !bytes.Equal(entry, own[i]) {
			return reject("proof_context", "the @context of a document begins with that of its proof")
		}
	}
	all[contextName] = given[contextName]
	return nil
}

// hash is what is signed (W3C EdDSA Cryptosuites §3.3.4): the hash of the proof
// without its value, then that of the document without proofs.
func (all properties) hash(given properties) ([]byte, error) {
	config, err := given.without(valueName)
	if err != nil {
		return nil, err
	}
	doc, err := all.without(proofName, lds)
	one, two := sha256.Sum256(config), sha256.Sum256(doc)
	return append(one[:], two[:]...), err
}

// without is the canonical form of what remains without some names. The values
// are canonical already, which leaves the names: hostile documents are read once.
func (all properties) without(names ...string) ([]byte, error) {
	rest := make([]string, 0, len(all))
	for name := range all {
		if !slices.Contains(names, name) {
			rest = append(rest, name)
		}
	}
	slices.SortFunc(rest, func(a, b string) int {
		return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
	})
	out := []byte("{")
	for i, name := range rest {
		if i > 0 {
			out = append(out, ',')
		}
		text, err := canonical.Of(name)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, text...), ':'), all[name]...)
	}
	return append(out, '}'), nil
}

// text is a property that holds a string, "" where it does not.
func (all properties) text(name string) (s string) {
	if json.Unmarshal(all[name], &s) != nil {
		return ""
	}
	return s
}

// listOf is what raw holds: one, or the entries of a list.
func listOf(raw json.RawMessage) (entries []json.RawMessage) {
	if json.Unmarshal(raw, &entries) != nil && raw != nil {
		return []json.RawMessage{raw}
	}
	return entries
}

// reject is the one door for what is not believed. The reasons: proof_twice,
// proof_malformed, proof_context, proof_in_future, proof_expired, key_not_taken,
// proof_wrong.
func reject(reason, say string, args ...any) error {
	return activity.Refuse(activity.Unauthenticated, reason, say, args...)
}

// Package proof makes and believes object integrity proofs: a signature inside a
// document, which stays with it wherever it is passed on (FEP-8b32; W3C Data
// Integrity, cryptosuite eddsa-jcs-2022), by keys of Ed25519.
//
// A proof is believed in two steps, because the key has to be found between:
//
//	p, ok, err := proof.Read(doc)  // who says it is? not believed yet
//	key := ...                     // the public key of p.KeyID
//	err = p.Verify(key, now)
//
// That the key belongs to the one for whom the document speaks remains for the
// caller to prove, by that actor's own document.
//
// # What is proven
//
// Everything in the document but two properties: "proof" itself, and "signature", a
// Linked Data Signature, which others put around and which is never read here.
// Of @context only the beginning that the proof repeats is proven. It is of no
// consequence: contexts are not read either.
//
// A proof does not wear out. It says who wrote this, not that they sent it now.
// Against what is repeated help the ids of activities.
package proof

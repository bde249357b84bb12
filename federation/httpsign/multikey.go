package httpsign

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"strings"

	"github.com/mr-tron/base58"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// ed25519Prefix says which kind of key follows (multicodec ed25519-pub, as a varint).
var ed25519Prefix = []byte{0xed, 0x01}

// EncodeMultikey writes a key as publicKeyMultibase, "z6Mk..." (FEP-521a; W3C
// Controlled Identifiers §2.2.2).
func EncodeMultikey(key ed25519.PublicKey) string {
	return EncodeMultibase(append(bytes.Clone(ed25519Prefix), key...))
}

// ParseMultikey reads publicKeyMultibase. The error is an Invalid fault:
// "key_malformed", or "key_not_taken" for a key of another kind than Ed25519.
func ParseMultikey(text string) (ed25519.PublicKey, error) {
	if strings.HasPrefix(text, "z") && len(text) > limits.Multibase && len(text) <= limits.PEM {
		return nil, notEd25519() // RSA, for one
	}
	b, err := DecodeMultibase(text)
	if err != nil {
		return nil, malformed(err)
	}
	key, isEd := bytes.CutPrefix(b, ed25519Prefix)
	switch {
	case !isEd:
		return nil, notEd25519()
	case len(key) != ed25519.PublicKeySize:
		return nil, malformed(errors.New("an Ed25519 key has 32 bytes"))
	}
	return key, nil
}

// EncodeMultibase writes b in base58btc behind a "z" (draft-multiformats-multibase).
func EncodeMultibase(b []byte) string { return "z" + base58.Encode(b) }

// DecodeMultibase reads what EncodeMultibase writes, up to what a signature needs.
// Other bases are not taken: in what we read, each of them is an error.
func DecodeMultibase(text string) ([]byte, error) {
	if len(text) < 2 || len(text) > limits.Multibase || text[0] != 'z' {
		return nil, errors.New(`not "z" and a short text in base58btc`)
	}
	return base58.Decode(text[1:])
}

func malformed(err error) error {
	return activity.Because(activity.Invalid, "key_malformed", err, "publicKeyMultibase is not a key in base58btc")
}

func notEd25519() error {
	return activity.Refuse(activity.Invalid, "key_not_taken", "of the keys in publicKeyMultibase, only those of Ed25519 are taken")
}

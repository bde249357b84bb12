package httpsign

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/activity/memory"
)

// The kinds of PEM blocks (RFC 7468 §10, §13; RFC 8017 appendix A.1.1).
const (
	spki  = "PUBLIC KEY"
	pkcs1 = "RSA PUBLIC KEY"
	pkcs8 = "PRIVATE KEY"
	begin = "-----BEGIN "
)

// NewKey makes an RSA key of limits.MinKeyBits, the size that everyone accepts.
func NewKey() (*rsa.PrivateKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, limits.MinKeyBits)
	if err != nil {
		return nil, activity.Because(activity.Internal, "cannot_make_key", err, "no key could be made")
	}
	return key, nil
}

// NewEd25519 makes a key for RFC 9421 and for object integrity proofs.
func NewEd25519() (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, activity.Because(activity.Internal, "cannot_make_key", err, "no key could be made")
	}
	return key, nil
}

// ParsePublicKey reads an actor's publicKeyPem: one PEM block, SPKI or PKCS#1, RSA
// of limits.MinKeyBits to limits.KeyBits. The error is an Invalid fault: "key_malformed" or
// "key_not_taken".
func ParsePublicKey(text string) (*rsa.PublicKey, error) {
	key, err := decodePublicKey(text)
	if err != nil {
		return nil, activity.Because(activity.Invalid, "key_malformed", err, "publicKeyPem is not one RSA key in PEM")
	}
	if !isSensible(key) {
		return nil, activity.Refuse(activity.Invalid, "key_not_taken", "only RSA keys of %d to %d bits are taken", limits.MinKeyBits, limits.KeyBits)
	}
	return key, nil
}

// decodePublicKey reads a key of any size.
func decodePublicKey(text string) (*rsa.PublicKey, error) {
	block, err := onlyBlock(text)
	if err != nil {
		return nil, err
	}
	switch block.Type {
	case spki:
		return asRSA(x509.ParsePKIXPublicKey(block.Bytes))
	case pkcs1:
		return x509.ParsePKCS1PublicKey(block.Bytes)
	}
	return nil, errors.New("a PEM block of another kind: " + block.Type)
}

// privateKeys remembers keys that were read lately, by the SHA-256 of their text: to read
// one is a quarter of what it costs to sign with it. Another key is another text, so none
// is used that is no more in use.
var privateKeys = memory.New[[sha256.Size]byte, crypto.Signer](256)

// ParsePrivateKey reads what EncodePrivateKey wrote: an *rsa.PrivateKey or an
// ed25519.PrivateKey, which others may be using, too. The error is an Internal fault,
// "key_malformed", and holds nothing of the key.
func ParsePrivateKey(text string) (crypto.Signer, error) {
	id := sha256.Sum256([]byte(text))
	if key, ok := privateKeys.Get(id); ok {
		return key, nil
	}
	key, err := decodePrivateKey(text)
	if err == nil {
		privateKeys.Put(id, key)
	}
	return key, err
}

func decodePrivateKey(text string) (crypto.Signer, error) {
	block, err := onlyBlock(text)
	if err == nil && block.Type != pkcs8 {
		err = errors.New("not a PKCS#8 block")
	}
	var key any
	if err == nil {
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, activity.Because(activity.Internal, "key_malformed", err, "a private key could not be read")
	}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return key, nil
	case ed25519.PrivateKey:
		return key, nil
	}
	return nil, activity.Refuse(activity.Internal, "key_malformed", "a private key is neither RSA nor Ed25519")
}

// EncodePublicKey writes SPKI, "BEGIN PUBLIC KEY", the only form that PeerTube reads.
func EncodePublicKey(key *rsa.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		panic(err) // every RSA key has this form; a nil one is a bug of the caller
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: spki, Bytes: der}))
}

// EncodePrivateKey writes an *rsa.PrivateKey or an ed25519.PrivateKey as PKCS#8,
// "BEGIN PRIVATE KEY", unencrypted. The error is an Internal fault,
// "key_malformed": the key contradicts itself.
func EncodePrivateKey(key crypto.Signer) (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", activity.Because(activity.Internal, "key_malformed", err, "a private key could not be written")
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: pkcs8, Bytes: der})), nil
}

// onlyBlock is the one PEM block in text. With two of them, two readers could
// see two keys.
func onlyBlock(text string) (*pem.Block, error) {
	if len(text) > limits.PEM {
		return nil, errors.New("too long for a key")
	}
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, begin) || strings.Count(text, begin) != 1 {
		return nil, errors.New("not one PEM block")
	}
	block, rest := pem.Decode([]byte(text))
	if block == nil || len(rest) > 0 {
		return nil, errors.New("a damaged PEM block")
	}
	return block, nil
}

func asRSA(key any, err error) (*rsa.PublicKey, error) {
	k, ok := key.(*rsa.PublicKey)
	if err == nil && !ok {
		err = errors.New("not an RSA key")
	}
	return k, err
}

func isSensible(key *rsa.PublicKey) bool {
	return key.N != nil && key.N.BitLen() >= limits.MinKeyBits && key.N.BitLen() <= limits.KeyBits
}

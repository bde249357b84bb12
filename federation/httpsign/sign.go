package httpsign

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/dunglas/httpsfv"

	"entente.example/entente/activity"
)

// Signer is who signs: a private key, *rsa.PrivateKey or ed25519.PrivateKey, and
// the address under which everyone can read the public one.
type Signer struct {
	KeyID activity.ID
	Key   crypto.Signer
}

// synchronisation is signed where it is set (FEP-8fcf).
const synchronisation = "collection-synchronization"

// Sign signs an outgoing request as in draft-cavage-12 §2 and §4.1, by an RSA key.
// It sets Host, Date and Signature, for a request with a body also Digest, and
// takes out what another signature left there. body is what will be sent, byte for
// byte. Set Content-Type and Collection-Synchronization before: they are signed
// too. Nothing signed may be changed afterwards. The query of r.URL is part of
// what is signed.
// The error is an Internal fault: "no_signing_key" or "cannot_sign".
func Sign(r *http.Request, body []byte, by Signer, now time.Time) error {
	key, isRSA := by.Key.(*rsa.PrivateKey)
	if !isRSA || !by.isUsable() {
		return noKey()
	}
	if err := prepare(r, now); err != nil {
		return cannotSign(err)
	}
	s := Signature{dialect: Cavage, covered: []string{target, "host", "date"}}
	if mustDigest(r, body) {
		r.Header.Set("Digest", "SHA-256="+sha256Of(body))
		s.covered = append(append(s.covered, "digest"), given(r, "content-type")...)
	}
	s.covered = append(s.covered, given(r, synchronisation)...)
	value, err := sign(s.signingString(r, onWire(r)), key)
	if err != nil {
		return cannotSign(err)
	}
	// The algorithm is rsa-sha256: some partners take hs2019 for SHA-512.
	r.Header.Set("Signature", fmt.Sprintf(`keyId="%s",algorithm="rsa-sha256",headers="%s",signature="%s"`,
		by.KeyID, strings.Join(s.covered, " "), base64.StdEncoding.EncodeToString(value)))
	return nil
}

// SignMessage is Sign by RFC 9421 §3.1, by an RSA key (rsa-v1_5-sha256) or one of
// Ed25519: it sets Signature-Input and Signature, and Content-Digest instead of
// Digest. It covers what each of the servers that read it asks for: @method, @target-uri
// and @authority, @query where there is one, and with a body content-type and
// content-digest. r.URL is absolute, as the partner's proxy sees it.
func SignMessage(r *http.Request, body []byte, by Signer, now time.Time) error {
	if !by.isUsable() {
		return noKey()
	}
	if err := prepare(r, now); err != nil {
		return cannotSign(err)
	}
	s := Signature{dialect: RFC9421, covered: []string{method, targetURI, authority}}
	s.origin = r.URL.Scheme + "://" + withoutDefaultPort(r.URL.Scheme, r.Host)
	if strings.Contains(onWire(r), "?") {
		s.covered = append(s.covered, query)
	}
	if mustDigest(r, body) {
		r.Header.Set(digestHeader, "sha-256=:"+sha256Of(body)+":")
		s.covered = append(append(s.covered, given(r, "content-type")...), contentDigest)
	}
	s.covered = append(s.covered, given(r, synchronisation)...)
	if err := s.write(r.Header, by.KeyID, now); err != nil {
		return cannotSign(err)
	}
	value, err := sign(s.base(r), by.Key)
	if err != nil {
		return cannotSign(err)
	}
	r.Header.Set("Signature", "sig1=:"+base64.StdEncoding.EncodeToString(value)+":")
	return nil
}

// write makes the parameters, and sets Signature-Input to them. Without alg: the
// key says it, and not every reader knows the names.
func (s *Signature) write(h http.Header, id activity.ID, now time.Time) (err error) {
	list := httpsfv.InnerList{Params: httpsfv.NewParams()}
	for _, name := range s.covered {
		list.Items = append(list.Items, httpsfv.NewItem(name))
	}
	list.Params.Add("created", now.Unix())
	list.Params.Add("keyid", string(id))
	s.params, err = httpsfv.Marshal(list)
	h.Set(inputHeader, "sig1="+s.params)
	return err
}

// given is the name of a header that the request has, or nothing.
func given(r *http.Request, name string) []string {
	if r.Header.Get(name) == "" {
		return nil
	}
	return []string{name}
}

// sign signs text with the one algorithm that we use for keys of that kind.
func sign(text string, key crypto.Signer) ([]byte, error) {
	if _, isEd := key.(ed25519.PrivateKey); isEd {
		return key.Sign(rand.Reader, []byte(text), crypto.Hash(0))
	}
	sum := sha256.Sum256([]byte(text))
	return key.Sign(rand.Reader, sum[:], crypto.SHA256)
}

// isUsable says whether there is a key, under an id that can be written down.
func (by Signer) isUsable() bool {
	isKey := false
	switch key := by.Key.(type) {
	case *rsa.PrivateKey:
		isKey = key != nil
	case ed25519.PrivateKey:
		isKey = len(key) == ed25519.PrivateKeySize
	}
	return isKey && by.KeyID != "" && !strings.ContainsAny(string(by.KeyID), "\"\\\r\n")
}

// prepare sets the headers that every signature covers, and takes out those of
// an earlier one.
func prepare(r *http.Request, now time.Time) error {
	if r.Host == "" {
		r.Host = r.URL.Host
	}
	if r.URL.Host == "" {
		return errors.New("the request has no absolute URL")
	}
	host, err := activity.CleanHost(r.Host)
	if err != nil {
		return err
	}
	r.Host = host // as it will be sent: net/http writes punycode, and we sign what it writes
	r.Header.Set("Date", now.UTC().Format(http.TimeFormat))
	for _, name := range []string{"Digest", digestHeader, "Signature", inputHeader} {
		r.Header.Del(name)
	}
	return nil
}

// mustDigest says whether the signature has to cover a body: also an empty one,
// or else somebody could add one.
func mustDigest(r *http.Request, body []byte) bool {
	return len(body) > 0 || (r.Method != http.MethodGet && r.Method != http.MethodHead)
}

func noKey() error {
	return activity.Refuse(activity.Internal, "no_signing_key", "there is no key to sign this with")
}

func cannotSign(err error) error {
	return activity.Because(activity.Internal, "cannot_sign", err, "this request could not be signed")
}

package httpsign

import (
	"crypto/rsa"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-fed/httpsig"

	"entente.example/entente/activity"
)

// Signer is who signs: a private key, and the address under which everyone can
// read the public one.
type Signer struct {
	KeyID activity.ID
	Key   *rsa.PrivateKey
}

// Sign signs an outgoing request (draft-cavage-12 §2 and §4.1). It sets Host, Date and
// Signature, for a request with a body also Digest, and replaces what was there.
// body is what will be sent, byte for byte. Set Content-Type before; it is signed
// too, when there is a body. Nothing signed may be changed afterwards.
// The query of r.URL is part of what is signed.
// The error is an Internal fault: "no_signing_key" or "cannot_sign".
func Sign(r *http.Request, body []byte, by Signer, now time.Time) error {
	if by.Key == nil || by.KeyID == "" || strings.ContainsAny(string(by.KeyID), "\"\\\r\n") {
		return activity.Refuse(activity.Internal, "no_signing_key", "there is no key to sign this with")
	}
	if err := prepare(r, now); err != nil {
		return activity.Because(activity.Internal, "cannot_sign", err, "this request could not be signed")
	}
	listed := []string{target, "host", "date"}
	if mustDigest(r, body) {
		if body == nil {
			body = []byte{} // go-fed digests everything but nil
		}
		listed = append(listed, "digest")
		if r.Header.Get("Content-Type") != "" {
			listed = append(listed, "content-type")
		}
	}
	if err := signListed(r, body, by, listed); err != nil {
		return activity.Because(activity.Internal, "cannot_sign", err, "this request could not be signed")
	}
	return nil
}

// prepare sets the headers that every signature covers, and takes out those of
// an earlier one.
func prepare(r *http.Request, now time.Time) error {
	if r.Host == "" {
		r.Host = r.URL.Host
	}
	host, err := activity.CleanHost(r.Host)
	if err != nil {
		return err
	}
	r.Host = host // as it will be sent: net/http writes punycode, and we sign what it writes
	r.Header.Set("Date", now.UTC().Format(http.TimeFormat))
	r.Header.Del("Digest")
	r.Header.Del("Signature")
	return nil
}

// signListed shows go-fed a copy of r: with Host among the headers, and with the
// whole target in the one place that go-fed copies without looking at it.
func signListed(r *http.Request, body []byte, by Signer, listed []string) error {
	wire := &http.Request{Method: r.Method, Header: r.Header.Clone(), URL: &url.URL{Path: r.URL.RequestURI()}}
	wire.Header.Set("Host", r.Host)
	signer, _, err := httpsig.NewSigner([]httpsig.Algorithm{httpsig.RSA_SHA256}, httpsig.DigestSha256, listed, httpsig.Signature, 0)
	if err != nil {
		return err
	}
	if err := signer.SignRequest(by.Key, string(by.KeyID), wire, body); err != nil {
		return err
	}
	if digest := wire.Header.Get("Digest"); digest != "" {
		r.Header.Set("Digest", digest)
	}
	// go-fed says hs2019 whatever it did; some partners take that for SHA-512.
	// The algorithm is not part of what is signed.
	said := wire.Header.Get("Signature")
	r.Header.Set("Signature", strings.Replace(said, `algorithm="hs2019"`, `algorithm="rsa-sha256"`, 1))
	return nil
}

// mustDigest says whether the signature has to cover a body: also an empty one,
// or else somebody could add one.
func mustDigest(r *http.Request, body []byte) bool {
	return len(body) > 0 || (r.Method != http.MethodGet && r.Method != http.MethodHead)
}

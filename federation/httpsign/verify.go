package httpsign

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"net/http"
	"slices"
	"strings"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// Verify believes the signature or says why not. It asks, in this order: does it
// cover enough (as Parse did, now knowing the body); is it neither too old nor from
// the future; is the request addressed to one of hosts, our own names; is the body the
// one that was signed; and only then, is the signature by that key. The order and
// the rules are the same for both dialects.
//
// body is the body as it came, byte for byte, already limited by the caller. key
// is the public key of s.KeyID: *rsa.PublicKey of limits.MinKeyBits to limits.KeyBits or, for
// RFC 9421, ed25519.PublicKey. Where the signature names its algorithm, it has to
// be one of that kind of key.
//
// Every error is an Unauthenticated fault.
func (s Signature) Verify(r *http.Request, body []byte, key crypto.PublicKey, now time.Time, hosts []string) error {
	if err := s.covers(r, body); err != nil {
		return err
	}
	if err := s.timely(r, now); err != nil {
		return err
	}
	if !isOurs(r.Host, hosts) {
		return reject("wrong_host", "this request was signed for another server")
	}
	if name, check := s.digest(); s.lists(name) {
		if err := check(r.Header, body); err != nil {
			return err
		}
	}
	if err := s.fits(key); err != nil {
		return err
	}
	if !s.isBy(key, r) {
		return reject("signature_wrong", "the signature is not by the key %.200s", s.KeyID)
	}
	return nil
}

// digest is the header of the dialect that holds the digest, and how it is read.
func (s Signature) digest() (string, func(http.Header, []byte) error) {
	if s.dialect == RFC9421 {
		return contentDigest, checkContentDigest
	}
	return "digest", checkDigest
}

// covers refuses a signature over less than a thief would have to keep.
func (s Signature) covers(r *http.Request, body []byte) error {
	value, hasTarget, hasHost, hasTime := s.header, s.lists(target), s.lists("host"), s.lists("date") || s.lists(created)
	if s.dialect == RFC9421 {
		value = s.component
		hasTarget = s.lists(method) && s.listsOneOf([]string{targetURI}, []string{requestTarget}, []string{path, query})
		hasHost = s.listsOneOf([]string{targetURI}, []string{authority})
		hasTime = !s.created.IsZero() // every parameter is signed
	}
	for _, name := range s.covered {
		if _, ok := value(r, name); !ok {
			return reject("header_missing", "the signature lists %.40q, which the request does not have", name)
		}
	}
	digest, _ := s.digest()
	switch {
	case !hasTarget:
		return reject("target_not_signed", "the signature has to cover (request-target); in RFC 9421, @method and @target-uri")
	case !hasHost:
		return reject("host_not_signed", "the signature has to cover host; in RFC 9421, @target-uri or @authority")
	case !hasTime:
		return reject("date_not_signed", "the signature has to cover date or (created); in RFC 9421, it needs created")
	case mustDigest(r, body) && !s.lists(digest):
		return reject("digest_not_signed", "the signature has to cover %s", digest)
	}
	return nil
}

// timely holds every signed time against now. Only what is signed counts, or a
// thief could lengthen the life of what he stole.
func (s Signature) timely(r *http.Request, now time.Time) error {
	var begins []time.Time
	if !s.created.IsZero() {
		begins = append(begins, s.created)
	}
	if s.lists("date") {
		text, _ := field(r, "date")
		date, err := http.ParseTime(text)
		if err != nil {
			return reject("date_malformed", "%.60q is not a date as in RFC 9110", text)
		}
		begins = append(begins, date)
	}
	for _, begin := range begins {
		end := begin.Add(limits.UsualSignatureLife)
		if !s.expires.IsZero() {
			end = s.expires
		}
		if last := begin.Add(limits.SignatureLife); end.After(last) {
			end = last
		}
		if begin.After(now.Add(limits.ClockSkew)) {
			return reject("date_in_future", "the signature is from the future; check the clock of your server")
		}
		if now.After(end.Add(limits.ClockSkew)) {
			return reject("signature_expired", "the signature is too old; check the clock of your server")
		}
	}
	return nil
}

// isOurs says whether a request for host came to the right server.
func isOurs(host string, hosts []string) bool {
	host = bare(host)
	return host != "" && slices.ContainsFunc(hosts, func(ours string) bool { return bare(ours) == host })
}

// bare is a clean host without the ports that mean nothing, "" when it is none.
func bare(host string) string {
	clean, err := activity.CleanHost(host)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.TrimSuffix(clean, ":443"), ":80")
}

// fits says whether keys of that kind and size are taken, and whether the
// signature claims to be by such a key.
func (s Signature) fits(key crypto.PublicKey) error {
	isTaken, isEd := false, false
	switch key := key.(type) {
	case *rsa.PublicKey:
		isTaken = key != nil && isSensible(key)
	case ed25519.PublicKey:
		isTaken, isEd = s.dialect == RFC9421 && len(key) == ed25519.PublicKeySize, true
	}
	if !isTaken {
		return reject("key_not_taken", "only RSA keys of %d to %d bits are taken and, in RFC 9421, those of Ed25519", limits.MinKeyBits, limits.KeyBits)
	}
	if s.dialect == RFC9421 && s.algorithm != "" && isEd != (s.algorithm == ed) {
		return reject("algorithm_mismatch", "the key is not one for the algorithm %.40q", s.algorithm)
	}
	return nil
}

// isBy does the arithmetic, with a key that fits.
func (s Signature) isBy(key crypto.PublicKey, r *http.Request) bool {
	public, _ := key.(*rsa.PublicKey)
	switch {
	case s.dialect != RFC9421:
		return s.isCavageBy(public, r)
	case public == nil:
		return ed25519.Verify(key.(ed25519.PublicKey), []byte(s.base(r)), s.value)
	case s.algorithm == rsaPSS:
		sum := sha512.Sum512([]byte(s.base(r)))
		return rsa.VerifyPSS(public, crypto.SHA512, sum[:], s.value, &rsa.PSSOptions{SaltLength: sha512.Size}) == nil
	default:
		sum := sha256.Sum256([]byte(s.base(r)))
		return rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], s.value) == nil
	}
}

// reject is the one door for what is not believed. The reasons of both dialects:
// unsigned, signature_malformed, parameter_twice, header_listed_twice, key_id_missing,
// signature_missing, algorithm_not_taken, header_missing, target_not_signed,
// host_not_signed, date_not_signed, digest_not_signed, date_malformed,
// date_in_future, signature_expired, wrong_host, digest_malformed, digest_mismatch,
// key_not_taken, signature_wrong. Of draft-cavage alone: signature_twice,
// created_needs_hs2019. Of RFC 9421 alone: too_many_signatures,
// component_not_taken, algorithm_mismatch.
func reject(reason, say string, args ...any) error {
	return activity.Refuse(activity.Unauthenticated, reason, say, args...)
}

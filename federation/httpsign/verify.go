package httpsign

import (
	"crypto"
	"crypto/rsa"
	_ "crypto/sha256" // so that crypto.SHA256.New works
	_ "crypto/sha512" // and crypto.SHA512.New
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente.example/entente/activity"
)

// How far a signature may lie from our time. The numbers are Mastodon's: a
// signature without expiry is good for about 1 h 5 min in all.
const (
	clockSkew   = time.Hour       // clocks of partners are that wrong, both ways
	lifetime    = 5 * time.Minute // when the sender does not say (expires)
	maxLifetime = 12 * time.Hour  // whatever the sender says
)

// Verify believes the signature or says why not. It asks, in this order: does it
// cover enough (as Parse did, now knowing the body); is it neither too old nor from
// the future; is the request addressed to one of hosts, our own names; is the body the
// one that was signed; and only then, is the signature by that key.
//
// body is the body as it came, byte for byte, already limited by the caller. key
// is the public key of s.KeyID, of which only *rsa.PublicKey of MinKeyBits to
// MaxKeyBits is believed. The target is the one on the wire, r.RequestURI: a router
// may have decoded or shortened r.URL. It is tried with its query and, for
// Mastodon before 4.3, without.
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
	if s.lists("digest") {
		if err := checkDigest(r.Header.Values("Digest"), body); err != nil {
			return err
		}
	}
	public, ok := key.(*rsa.PublicKey)
	if !ok || public == nil || !isTaken(public) {
		return reject("key_not_taken", "only RSA keys of %d to %d bits are taken", MinKeyBits, MaxKeyBits)
	}
	if !s.isBy(public, r) {
		return reject("signature_wrong", "the signature is not by the key %.200s", s.KeyID)
	}
	return nil
}

// covers refuses a signature over less than a thief would have to keep.
func (s Signature) covers(r *http.Request, body []byte) error {
	if (s.lists(created) || s.lists(expires)) && s.algorithm != hs2019 {
		return reject("created_needs_hs2019", "(created) and (expires) go with algorithm hs2019 only")
	}
	for _, name := range s.headers {
		if _, ok := s.header(r, name); !ok {
			return reject("header_missing", "the signature lists %.40q, which the request does not have", name)
		}
	}
	switch {
	case !s.lists(target):
		return reject("target_not_signed", "the signature has to cover (request-target)")
	case !s.lists("host"):
		return reject("host_not_signed", "the signature has to cover host")
	case !s.lists("date") && !s.lists(created):
		return reject("date_not_signed", "the signature has to cover date or (created)")
	case mustDigest(r, body) && !s.lists("digest"):
		return reject("digest_not_signed", "the signature has to cover digest")
	}
	return nil
}

// timely holds every signed time against now. Only what is signed counts, or a
// thief could lengthen the life of what he stole.
func (s Signature) timely(r *http.Request, now time.Time) error {
	var begins []time.Time
	if s.lists(created) {
		begins = append(begins, s.created)
	}
	if s.lists("date") {
		text, _ := s.header(r, "date")
		date, err := http.ParseTime(text)
		if err != nil {
			return reject("date_malformed", "%.60q is not a date as in RFC 9110", text)
		}
		begins = append(begins, date)
	}
	for _, begin := range begins {
		end := begin.Add(lifetime)
		if s.lists(expires) {
			end = s.expires
		}
		if last := begin.Add(maxLifetime); end.After(last) {
			end = last
		}
		if begin.After(now.Add(clockSkew)) {
			return reject("date_in_future", "the signature is from the future; check the clock of your server")
		}
		if now.After(end.Add(clockSkew)) {
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

// isBy tries each way of writing the target and each hash that the algorithm may mean.
func (s Signature) isBy(key *rsa.PublicKey, r *http.Request) bool {
	hashes := []crypto.Hash{crypto.SHA256}
	if s.algorithm == hs2019 {
		hashes = append(hashes, crypto.SHA512) // what the draft says; in practice nearly all mean SHA-256
	}
	for _, uri := range targets(r) {
		text := s.signingString(r, uri)
		for _, hash := range hashes {
			h := hash.New()
			h.Write([]byte(text))
			if rsa.VerifyPKCS1v15(key, hash, h.Sum(nil), s.value) == nil {
				return true
			}
		}
	}
	return false
}

// targets are the two readings of a request's target: with the query, without.
func targets(r *http.Request) []string {
	uri := r.RequestURI
	if !strings.HasPrefix(uri, "/") { // absolute form, or not from a server
		uri = r.URL.RequestURI()
	}
	path, _, hasQuery := strings.Cut(uri, "?")
	if !hasQuery {
		return []string{uri}
	}
	return []string{uri, path}
}

// signingString is what was signed (draft-cavage-12 §2.3), with uri as the target.
func (s Signature) signingString(r *http.Request, uri string) string {
	lines := make([]string, len(s.headers))
	for i, name := range s.headers {
		value, _ := s.header(r, name)
		if name == target {
			value = strings.ToLower(r.Method) + " " + uri
		}
		lines[i] = name + ": " + value
	}
	return strings.Join(lines, "\n")
}

// header is what a listed name stands for in r, and whether r has it at all.
func (s Signature) header(r *http.Request, name string) (string, bool) {
	switch name {
	case target:
		return "", true
	case created:
		return strconv.FormatInt(s.created.Unix(), 10), !s.created.IsZero()
	case expires:
		return strconv.FormatInt(s.expires.Unix(), 10), !s.expires.IsZero()
	case "host":
		return r.Host, r.Host != ""
	}
	values := slices.Clone(r.Header.Values(name))
	for i, v := range values {
		values[i] = strings.TrimSpace(v)
	}
	return strings.Join(values, ", "), len(values) > 0
}

func (s Signature) lists(name string) bool { return slices.Contains(s.headers, name) }

// reject is the one door for what is not believed. The reasons: unsigned,
// signature_twice, rfc9421_not_taken, signature_malformed, parameter_twice,
// key_id_missing, signature_missing, algorithm_not_taken, header_listed_twice,
// created_needs_hs2019, header_missing, target_not_signed, host_not_signed,
// date_not_signed, digest_not_signed, date_malformed, date_in_future,
// signature_expired, wrong_host, digest_malformed, digest_mismatch,
// key_not_taken, signature_wrong.
func reject(reason, say string, args ...any) error {
	return activity.Refuse(activity.Unauthenticated, reason, say, args...)
}

package httpsign

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente.example/entente/activity/limits"
)

// The names in a list of signed headers that are not headers (draft-cavage-12 §2.3).
const (
	target  = "(request-target)"
	created = "(created)"
	expires = "(expires)"
)

// hs2019 hides which algorithm was used; only it may come with times of its own.
const hs2019 = "hs2019"

// readCavage reads the Signature header, or "Authorization: Signature ..."
// (draft-cavage-12 §2.1, §3.1, §4.1).
func readCavage(h http.Header) (Signature, error) {
	text, err := only(h)
	if err != nil {
		return Signature{}, err
	}
	return read(text)
}

// only finds the one signature among the headers.
func only(h http.Header) (string, error) {
	found := slices.Clone(h.Values("Signature"))
	for _, credentials := range h.Values("Authorization") {
		if scheme, params, _ := strings.Cut(credentials, " "); strings.EqualFold(scheme, "Signature") {
			found = append(found, params)
		}
	}
	switch {
	case len(found) == 0:
		return "", reject("unsigned", "this request needs an HTTP signature")
	case len(found) > 1:
		return "", reject("signature_twice", "a request has one signature; this one has %d", len(found))
	case len(found[0]) > limits.SignatureHeader:
		return "", reject("signature_malformed", "a Signature header has at most %d bytes", limits.SignatureHeader)
	}
	return found[0], nil
}

// read makes a Signature of the text of the header, without the request.
func read(text string) (Signature, error) {
	given, err := params(text)
	if err != nil {
		return Signature{}, err
	}
	s := Signature{dialect: Cavage, algorithm: strings.ToLower(given["algorithm"])}
	if s.KeyID, err = keyID(given["keyId"]); err != nil {
		return s, err
	}
	switch {
	case given["signature"] == "":
		return s, reject("signature_missing", "the signature has no signature parameter")
	case s.algorithm != "" && s.algorithm != "rsa-sha256" && s.algorithm != hs2019:
		return s, reject("algorithm_not_taken", "algorithm %.40q is not taken; use rsa-sha256 or hs2019", s.algorithm)
	}
	if s.value, err = base64.StdEncoding.Strict().DecodeString(given["signature"]); err != nil {
		return s, reject("signature_malformed", "the signature is not base64")
	}
	s.covered = listed(given)
	if err := listedOnce(s.covered); err != nil {
		return s, err
	}
	return s, s.readTimes(given)
}

// listed splits the list of signed headers; without one it is the date alone
// (draft-cavage-12 §2.1.6), which covers never accepts.
func listed(given map[string]string) []string {
	text, ok := given["headers"]
	switch {
	case ok:
		return strings.Fields(strings.ToLower(text))
	case strings.EqualFold(given["algorithm"], hs2019):
		return []string{created}
	}
	return []string{"date"}
}

// readTimes keeps the times that are signed; any other, a thief could have added.
func (s *Signature) readTimes(given map[string]string) (err error) {
	if (s.lists(created) || s.lists(expires)) && s.algorithm != hs2019 {
		return reject("created_needs_hs2019", "(created) and (expires) go with algorithm hs2019 only")
	}
	if s.created, err = moment(given, "created"); err != nil {
		return err
	}
	if s.expires, err = moment(given, "expires"); err != nil {
		return err
	}
	if !s.lists(created) {
		s.created = time.Time{}
	}
	if !s.lists(expires) {
		s.expires = time.Time{}
	}
	return nil
}

// moment reads a time in whole seconds since 1970; zero when it is not given.
func moment(given map[string]string, name string) (time.Time, error) {
	text, ok := given[name]
	if !ok {
		return time.Time{}, nil
	}
	seconds, err := strconv.ParseUint(text, 10, 40) // the year 36812 is late enough
	if err != nil {
		return time.Time{}, reject("signature_malformed", "%q is not in whole seconds since 1970", name)
	}
	return time.Unix(int64(seconds), 0), nil
}

// params splits the parameters of a signature. Commas may stand inside quotes;
// a backslash may not stand anywhere, since readers disagree on what it means.
func params(text string) (map[string]string, error) {
	given := map[string]string{}
	for more := true; more; {
		var name, value string
		ok := !strings.ContainsAny(text, "\\\r\n")
		if ok {
			name, value, text, more, ok = param(text)
		}
		if !ok {
			return nil, reject("signature_malformed", `a signature is written as name="value",name="value"`)
		}
		if _, twice := given[name]; twice {
			return nil, reject("parameter_twice", "the signature has %.40q twice", name)
		}
		given[name] = value
	}
	return given, nil
}

// param takes the first parameter off text: name=value or name="value", then a
// comma when there are more.
func param(text string) (name, value, rest string, more, ok bool) {
	name, text, ok = strings.Cut(text, "=")
	name, text = strings.Trim(name, " \t"), strings.TrimLeft(text, " \t")
	if !ok || name == "" || strings.ContainsAny(name, "\", \t") {
		return "", "", "", false, false
	}
	quoted, isQuoted := strings.CutPrefix(text, `"`)
	if !isQuoted {
		value, rest, more = strings.Cut(text, ",")
		value = strings.TrimRight(value, " \t")
		return name, value, rest, more, value != "" && !strings.ContainsAny(value, "\" \t=")
	}
	value, rest, ok = strings.Cut(quoted, `"`)
	rest = strings.TrimLeft(rest, " \t")
	if ok && rest == "" {
		return name, value, "", false, true
	}
	rest, more = strings.CutPrefix(rest, ",")
	return name, value, rest, more, ok && more
}

// isCavageBy tries each way of writing the target, with its query and, for Mastodon
// before 4.3, without, and each hash that the algorithm may mean.
func (s Signature) isCavageBy(key *rsa.PublicKey, r *http.Request) bool {
	for _, uri := range targets(r) {
		text := []byte(s.signingString(r, uri))
		sum := sha256.Sum256(text)
		if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], s.value) == nil {
			return true
		}
		if s.algorithm != hs2019 {
			continue
		}
		long := sha512.Sum512(text) // what the draft says; in practice nearly all mean SHA-256
		if rsa.VerifyPKCS1v15(key, crypto.SHA512, long[:], s.value) == nil {
			return true
		}
	}
	return false
}

// targets are the two readings of a request's target: with the query, without.
func targets(r *http.Request) []string {
	uri := onWire(r)
	path, _, hasQuery := strings.Cut(uri, "?")
	if !hasQuery {
		return []string{uri}
	}
	return []string{uri, path}
}

// signingString is what was signed (draft-cavage-12 §2.3), with uri as the target.
func (s Signature) signingString(r *http.Request, uri string) string {
	lines := make([]string, len(s.covered))
	for i, name := range s.covered {
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
	}
	return field(r, name)
}

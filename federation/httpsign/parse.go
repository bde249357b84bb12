package httpsign

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente.example/entente/activity"
)

const (
	maxHeader = 8 << 10 // bytes of a Signature header; one by the largest key that we take has 1.4 kB
	maxListed = 32      // headers that a signature may list; the fediverse lists seven at most
)

// The names in a list of signed headers that are not headers (draft-cavage-12 §2.3).
const (
	target  = "(request-target)"
	created = "(created)"
	expires = "(expires)"
)

// hs2019 hides which algorithm was used; only it may come with times of its own.
const hs2019 = "hs2019"

// Signature is one that came with a request, parsed, not believed yet: KeyID is
// what the sender claims.
type Signature struct {
	KeyID     activity.ID
	algorithm string    // rsa-sha256, hs2019, or "" when it was not said
	headers   []string  // in the order signed, lower case
	created   time.Time // zero when not given
	expires   time.Time // zero when not given
	value     []byte
}

// Parse reads the Signature header, or "Authorization: Signature ..."
// (draft-cavage-12 §2.1, §3.1, §4.1), and makes sure that it is worth a look at
// the key: each header that it lists is there, and it covers (request-target), host, a
// time (date or created) and, for anything but GET and HEAD, digest.
//
// Every error is an Unauthenticated fault; see the list of reason codes at reject.
// The reason "unsigned" means that there is no signature at all. An RFC 9421
// signature is refused, and never read as one of ours.
func Parse(r *http.Request) (Signature, error) {
	text, err := only(r.Header)
	if err != nil {
		return Signature{}, err
	}
	s, err := read(text)
	if err == nil {
		err = s.covers(r, nil)
	}
	if err != nil {
		return Signature{}, err
	}
	return s, nil
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
	case len(h.Values("Signature-Input")) > 0:
		return "", reject("rfc9421_not_taken", "RFC 9421 signatures are not understood here; sign as in draft-cavage-12")
	case len(found) == 0:
		return "", reject("unsigned", "this request needs an HTTP signature")
	case len(found) > 1:
		return "", reject("signature_twice", "a request has one signature; this one has %d", len(found))
	case len(found[0]) > maxHeader:
		return "", reject("signature_malformed", "a Signature header has at most %d bytes", maxHeader)
	}
	return found[0], nil
}

// read makes a Signature of the text of the header, without the request.
func read(text string) (Signature, error) {
	given, err := params(text)
	if err != nil {
		return Signature{}, err
	}
	s := Signature{KeyID: activity.ID(given["keyId"]), algorithm: strings.ToLower(given["algorithm"])}
	switch {
	case s.KeyID == "" || len(s.KeyID) > activity.MaxID:
		return s, reject("key_id_missing", "the signature has no usable keyId")
	case given["signature"] == "":
		return s, reject("signature_missing", "the signature has no signature parameter")
	case s.algorithm != "" && s.algorithm != "rsa-sha256" && s.algorithm != hs2019:
		return s, reject("algorithm_not_taken", "algorithm %.40q is not taken; use rsa-sha256 or hs2019", s.algorithm)
	}
	if s.value, err = base64.StdEncoding.Strict().DecodeString(given["signature"]); err != nil {
		return s, reject("signature_malformed", "the signature is not base64")
	}
	if s.headers, err = listed(given); err != nil {
		return s, err
	}
	if s.created, err = moment(given, "created"); err != nil {
		return s, err
	}
	s.expires, err = moment(given, "expires")
	return s, err
}

// listed splits the list of signed headers; without one it is the date alone
// (draft-cavage-12 §2.1.6), which covers never accepts.
func listed(given map[string]string) ([]string, error) {
	text, ok := given["headers"]
	if !ok && strings.EqualFold(given["algorithm"], hs2019) {
		return []string{created}, nil
	}
	if !ok {
		return []string{"date"}, nil
	}
	names := strings.Fields(strings.ToLower(text))
	if len(names) == 0 || len(names) > maxListed {
		return nil, reject("signature_malformed", "a signature lists 1 to %d headers", maxListed)
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return nil, reject("header_listed_twice", "the signature lists %.40q twice", name)
		}
	}
	return names, nil
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

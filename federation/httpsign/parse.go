package httpsign

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// Dialect is how a request is signed.
type Dialect string

// The dialects of the fediverse. They share the header Signature and nothing else.
const (
	Cavage  Dialect = "cavage"  // draft-cavage-http-signatures-12
	RFC9421 Dialect = "rfc9421" // HTTP Message Signatures
)

// Signature is one that came with a request, parsed, not believed yet: KeyID is
// what the sender claims.
type Signature struct {
	KeyID     activity.ID
	dialect   Dialect
	algorithm string    // lower case; "" when it was not said
	covered   []string  // what is signed, in that order, in the names of the dialect
	created   time.Time // zero when not given, or not signed
	expires   time.Time // zero when not given, or not signed
	value     []byte

	// RFC 9421 only: the text of @signature-params, our public URL, and see At.
	params, origin, fragment string
}

// At is the signature as the one of somebody who signs a @target-uri with this
// fragment, as in "#main-key". Fedify does when it fetches a key, although no
// request carries a fragment (RFC 9421 §2.2.2, RFC 9110 §7.1). What is asked for is
// the same with and without it.
func (s Signature) At(fragment string) Signature {
	s.fragment = fragment
	return s
}

// Dialect is how the request was signed.
func (s Signature) Dialect() Dialect { return s.dialect }

// Covers says whether the signature is over the header name, in any case. Headers
// that it does not cover may be anybody's.
func (s Signature) Covers(name string) bool { return s.lists(strings.ToLower(name)) }

// Parse reads the signature of a request in either dialect, and makes sure that it is
// worth a look at the key: each part that it covers is there, and it covers the
// method, the target, our host, a time and, for anything but GET and HEAD, the
// digest of the body.
//
// The header Signature-Input alone decides on the dialect: with it the request
// is signed by RFC 9421 or not at all, and never read again as draft-cavage. Of
// several signatures by RFC 9421 the first counts, which is the sender's: those
// on the way add theirs behind. origin is our public URL, as
// "https://social.example", of which @target-uri is made, since behind a proxy
// nothing else says what the sender saw.
//
// Every error is an Unauthenticated fault; see the list of reason codes at reject.
// The reason "unsigned" means that there is no signature at all.
func Parse(r *http.Request, origin string) (Signature, error) {
	read := readCavage
	if len(r.Header.Values(inputHeader)) > 0 {
		read = readMessage
	}
	s, err := read(r.Header)
	if err != nil {
		return Signature{}, err
	}
	s.origin = strings.TrimSuffix(origin, "/")
	if err := s.covers(r, nil); err != nil {
		return Signature{}, err
	}
	return s, nil
}

// listedOnce refuses a list that is empty, too long, or has the same name twice.
func listedOnce(names []string) error {
	if len(names) == 0 || len(names) > limits.SignedParts {
		return reject("signature_malformed", "a signature covers 1 to %d parts of a request", limits.SignedParts)
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return reject("header_listed_twice", "the signature lists %.40q twice", name)
		}
	}
	return nil
}

// keyID is the claimed id of a key.
func keyID(text string) (activity.ID, error) {
	if text == "" || len(text) > limits.ID {
		return "", reject("key_id_missing", "the signature has no usable keyId")
	}
	return activity.ID(text), nil
}

func (s Signature) lists(name string) bool { return slices.Contains(s.covered, name) }

// listsOneOf says whether all names of one of sets are covered.
func (s Signature) listsOneOf(sets ...[]string) bool {
	return slices.ContainsFunc(sets, func(set []string) bool {
		return !slices.ContainsFunc(set, func(name string) bool { return !s.lists(name) })
	})
}

// onWire is the target of the request line. Not r.URL: a router may have decoded
// or shortened it.
func onWire(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		return r.RequestURI
	}
	return r.URL.RequestURI() // absolute form, or not from a server
}

// field is the value of a header as both dialects sign it (draft-cavage-12 §2.3,
// RFC 9421 §2.1), and whether the request has it.
func field(r *http.Request, name string) (string, bool) {
	if name == "host" {
		return r.Host, r.Host != ""
	}
	values := slices.Clone(r.Header.Values(name))
	for i, v := range values {
		values[i] = strings.TrimSpace(v)
	}
	return strings.Join(values, ", "), len(values) > 0
}

package httpsign

import (
	"net/http"
	"strings"
	"time"

	"github.com/dunglas/httpsfv"

	"entente.example/entente/activity/limits"
)

const (
	inputHeader  = "Signature-Input"
	digestHeader = "Content-Digest"
)

// The algorithms of RFC 9421 §3.3 that are taken. The kind of the key decides when a
// signature does not say; RSA is rsaPKCS1 then, as everybody does it.
const (
	rsaPKCS1 = "rsa-v1_5-sha256"
	rsaPSS   = "rsa-pss-sha512"
	ed       = "ed25519"
)

// The derived components of RFC 9421 §2.2 that are understood.
const (
	method        = "@method"
	targetURI     = "@target-uri"
	authority     = "@authority"
	scheme        = "@scheme"
	requestTarget = "@request-target"
	path          = "@path"
	query         = "@query"
	contentDigest = "content-digest"
)

// AcceptSignature asks for a signature that Verify believes (RFC 9421 §5.1): the
// value of the Accept-Signature header of a 401 to a request with a body.
// AcceptSignatureGET is for one without: it has nothing to digest.
const (
	AcceptSignature    = `sig1=("@method" "@target-uri" "@authority" "content-digest");created`
	AcceptSignatureGET = `sig1=("@method" "@target-uri" "@authority");created`
)

// readMessage reads the first signature of Signature-Input (RFC 9421 §4.1), and
// its value in Signature.
func readMessage(h http.Header) (Signature, error) {
	inputs, err := dictionary(h, inputHeader, "signature_malformed")
	if err != nil {
		return Signature{}, err
	}
	values, err := dictionary(h, "Signature", "signature_malformed")
	if err != nil {
		return Signature{}, err
	}
	labels := inputs.Names()
	if len(labels) == 0 || len(labels) > limits.Signatures {
		return Signature{}, reject("too_many_signatures", "a request has 1 to %d signatures; this one has %d", limits.Signatures, len(labels))
	}
	first, _ := inputs.Get(labels[0])
	list, ok := first.(httpsfv.InnerList)
	if !ok {
		return Signature{}, reject("signature_malformed", "Signature-Input holds lists of what is signed")
	}
	s, err := readInput(list)
	if err != nil {
		return Signature{}, err
	}
	value, _ := values.Get(labels[0])
	item, _ := value.(httpsfv.Item)
	if s.value, ok = item.Value.([]byte); !ok || len(s.value) == 0 {
		return Signature{}, reject("signature_missing", "Signature holds no bytes under the label of Signature-Input")
	}
	return s, nil
}

// readInput reads what is covered, and the parameters, of which some are asked
// for and the others only signed (RFC 9421 §2.3).
func readInput(list httpsfv.InnerList) (s Signature, err error) {
	s.dialect = RFC9421
	if s.covered, err = components(list.Items); err != nil {
		return s, err
	}
	if s.params, err = httpsfv.Marshal(list); err != nil {
		return s, reject("signature_malformed", "Signature-Input cannot be written as it was read")
	}
	id, _ := parameter[string](list, "keyid")
	if s.KeyID, err = keyID(id); err != nil {
		return s, err
	}
	s.algorithm, _ = parameter[string](list, "alg")
	if _, given := list.Params.Get("alg"); given && s.algorithm != rsaPKCS1 && s.algorithm != rsaPSS && s.algorithm != ed {
		return s, reject("algorithm_not_taken", "alg %.40q is not taken; use %s or %s", s.algorithm, ed, rsaPKCS1)
	}
	for name, at := range map[string]*time.Time{"created": &s.created, "expires": &s.expires} {
		seconds, ok := parameter[int64](list, name)
		if _, given := list.Params.Get(name); given && (!ok || seconds < 0) {
			return s, reject("signature_malformed", "%q is not in whole seconds since 1970", name)
		}
		if ok {
			*at = time.Unix(seconds, 0)
		}
	}
	return s, nil
}

// parameter is one of the signature's, when it is there and of that type.
func parameter[T any](list httpsfv.InnerList, name string) (T, bool) {
	value, _ := list.Params.Get(name)
	v, ok := value.(T)
	return v, ok
}

// components are the names of what is covered. One with a parameter means
// something else than its name (RFC 9421 §2.1, §2.2.8, §2.4), and none of those are
// understood.
func components(items []httpsfv.Item) ([]string, error) {
	names := make([]string, 0, min(len(items), limits.SignedParts))
	for _, item := range items {
		name, ok := item.Value.(string)
		if !ok {
			return nil, reject("signature_malformed", "Signature-Input lists strings")
		}
		if len(item.Params.Names()) > 0 || name != strings.ToLower(name) || name == "" || name[0] == '@' && !isDerived(name) {
			return nil, reject("component_not_taken", "the component %.40q is not understood; cover %s, %s, %s and %s", name, method, targetURI, authority, contentDigest)
		}
		names = append(names, name)
	}
	return names, listedOnce(names)
}

func isDerived(name string) bool {
	switch name {
	case method, targetURI, authority, scheme, requestTarget, path, query:
		return true
	}
	return false
}

// base is what is signed (RFC 9421 §2.5).
func (s Signature) base(r *http.Request) string {
	var b strings.Builder
	for _, name := range s.covered {
		value, _ := s.component(r, name)
		b.WriteString(`"` + name + `": ` + value + "\n")
	}
	b.WriteString(`"@signature-params": ` + s.params)
	return b.String()
}

// component is the value of a covered name, and whether the request has it at
// all (RFC 9421 §2.1, §2.2).
func (s Signature) component(r *http.Request, name string) (string, bool) {
	wire := onWire(r)
	before, after, _ := strings.Cut(wire, "?")
	protocol, _, _ := strings.Cut(s.origin, "://")
	switch name {
	case method:
		return r.Method, true
	case targetURI:
		return s.origin + wire + s.fragment, true
	case authority:
		return withoutDefaultPort(protocol, strings.ToLower(r.Host)), r.Host != ""
	case scheme:
		return protocol, true
	case requestTarget:
		return wire, true
	case path:
		return before, true
	case query:
		return "?" + after, true
	}
	return field(r, name)
}

func withoutDefaultPort(scheme, host string) string {
	if scheme == "http" {
		return strings.TrimSuffix(host, ":80")
	}
	return strings.TrimSuffix(host, ":443")
}

// dictionary reads a structured header (RFC 9651 §3.2) in which nothing comes
// twice. By the book the last of two wins, and with it whoever could add one.
func dictionary(h http.Header, name, reason string) (*httpsfv.Dictionary, error) {
	text := strings.Join(h.Values(name), ", ")
	if len(text) > limits.SignatureHeader {
		return nil, reject(reason, "%s has at most %d bytes", name, limits.SignatureHeader)
	}
	d, err := httpsfv.UnmarshalDictionary([]string{text})
	if err != nil {
		return nil, reject(reason, "%s is not a dictionary as in RFC 9651", name)
	}
	members, parameters := 0, 0
	for _, label := range d.Names() {
		member, _ := d.Get(label)
		members++
		parameters += countParameters(member)
	}
	if members > 0 && outsideQuotes(text, ',') != members-1 || outsideQuotes(text, ';') != parameters {
		return nil, reject("parameter_twice", "%s has a name twice", name)
	}
	return d, nil
}

func countParameters(m httpsfv.Member) int {
	switch m := m.(type) {
	case httpsfv.Item:
		return len(m.Params.Names())
	case httpsfv.InnerList:
		n := len(m.Params.Names())
		for _, item := range m.Items {
			n += len(item.Params.Names())
		}
		return n
	}
	return 0
}

// outsideQuotes counts a character in the text of a valid structured header, strings
// apart.
func outsideQuotes(text string, c byte) (n int) {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch {
		case quoted && text[i] == '\\':
			i++
		case text[i] == '"':
			quoted = !quoted
		case !quoted && text[i] == c:
			n++
		}
	}
	return n
}

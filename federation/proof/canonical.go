package proof

import (
	"github.com/gowebpki/jcs"

	"entente.example/entente/activity"
)

// Canonical writes a JSON value as everybody writes it (RFC 8785): names sorted by
// UTF-16 code units, numbers as in ECMAScript, no blanks. Two texts have the same
// canonical form when they mean the same, and a canonical text is its own.
//
// The caller limits the length. Errors are Invalid faults, "bad_json", for what is
// not one JSON value in UTF-8, has a name twice, half a surrogate pair or a number
// beyond float64, or TooLarge, "too_deep", beyond activity.MaxDepth levels.
func Canonical(doc []byte) ([]byte, error) {
	if isTooDeep(doc) {
		return nil, activity.Refuse(activity.TooLarge, "too_deep", "a document has at most %d levels", activity.MaxDepth)
	}
	out, err := jcs.Transform(doc)
	if err != nil {
		return nil, activity.Because(activity.Invalid, "bad_json", err, "this is not JSON that has one meaning (RFC 8785)")
	}
	return out, nil
}

// isTooDeep counts brackets outside of strings.
func isTooDeep(doc []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(doc); i++ {
		switch c := doc[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > activity.MaxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

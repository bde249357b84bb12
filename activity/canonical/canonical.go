// Package canonical writes JSON in the one form that everybody gives it, so that it can
// be hashed and signed.
package canonical

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// JSON writes a JSON value as everybody writes it (RFC 8785): names sorted by
// UTF-16 code units, numbers as in ECMAScript, no blanks. Two texts have the same
// canonical form when they mean the same, and a canonical text is its own.
//
// The caller limits the length, to which the work is in proportion. Errors are
// Invalid faults, "bad_json", for what is not one JSON value in UTF-8, has a name
// twice, half a surrogate pair or a number beyond float64, or TooLarge,
// "too_deep", beyond limits.Depth levels.
func JSON(doc []byte) ([]byte, error) {
	if isTooDeep(doc) {
		return nil, activity.Refuse(activity.TooLarge, "too_deep", "a document has at most %d levels", limits.Depth)
	}
	err := errors.New("not JSON in UTF-8")
	w := writer{in: doc, out: make([]byte, 0, len(doc))}
	if json.Valid(doc) && utf8.Valid(doc) {
		err = w.value()
	}
	if err != nil {
		return nil, activity.Because(activity.Invalid, "bad_json", err, "this is not JSON that has one meaning (RFC 8785)")
	}
	return w.out, nil
}

// Of is JSON of a Go value, as encoding/json writes it.
func Of(value any) ([]byte, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return JSON(text)
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
			if depth++; depth > limits.Depth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// writer goes once through a value that is valid JSON.
type writer struct {
	in, out []byte
	at      int
}

// next is the byte at which the next name, value or end starts.
func (w *writer) next() byte {
	for strings.IndexByte(" \t\r\n,:", w.in[w.at]) >= 0 {
		w.at++
	}
	return w.in[w.at]
}

func (w *writer) value() error {
	switch w.next() {
	case '{':
		return w.object()
	case '[':
		return w.list()
	case '"':
		_, err := w.text()
		return err
	case 't', 'f', 'n':
		w.out = append(w.out, w.word()...)
		return nil
	}
	return w.number()
}

func (w *writer) list() error {
	w.at++
	w.out = append(w.out, '[')
	for first := true; w.next() != ']'; first = false {
		if !first {
			w.out = append(w.out, ',')
		}
		if err := w.value(); err != nil {
			return err
		}
	}
	w.at++
	w.out = append(w.out, ']')
	return nil
}

// member is a property as it stands in the output: its name, and where.
type member struct {
	name     string
	from, to int
}

func (w *writer) object() error {
	w.at++
	w.out = append(w.out, '{')
	var members []member
	for w.next() != '}' {
		if len(members) > 0 {
			w.out = append(w.out, ',')
		}
		m := member{from: len(w.out)}
		var err error
		if m.name, err = w.text(); err != nil {
			return err
		}
		w.out = append(w.out, ':')
		if err := w.value(); err != nil {
			return err
		}
		m.to = len(w.out)
		members = append(members, m)
	}
	w.at++
	w.out = append(w.out, '}')
	return w.sort(members)
}

// sort puts the members at the end of the output in order (RFC 8785 §3.2.3).
func (w *writer) sort(members []member) error {
	byName := func(a, b member) int { return compareUTF16(a.name, b.name) }
	if !slices.IsSortedFunc(members, byName) {
		start := members[0].from
		was := bytes.Clone(w.out[start:])
		slices.SortFunc(members, byName)
		w.out = w.out[:start]
		for _, m := range members {
			w.out = append(append(w.out, was[m.from-start:m.to-start]...), ',')
		}
		w.out[len(w.out)-1] = '}'
	}
	for i := 1; i < len(members); i++ {
		if members[i].name == members[i-1].name {
			return errors.New("a name is there twice")
		}
	}
	return nil
}

// compareUTF16 is the order of the code units of UTF-16.
func compareUTF16(a, b string) int {
	for a != "" && b != "" {
		one, sizeA := utf8.DecodeRuneInString(a)
		two, sizeB := utf8.DecodeRuneInString(b)
		if one != two {
			return cmp.Compare(rank(one), rank(two))
		}
		a, b = a[sizeA:], b[sizeB:]
	}
	return cmp.Compare(len(a), len(b))
}

// rank puts what needs two code units, of which the first is a surrogate, before
// what comes after the surrogates.
func rank(r rune) rune {
	if r >= 0xE000 && r <= 0xFFFF {
		return r + utf8.MaxRune
	}
	return r
}

// word is the number, or the true, false or null, that comes next.
func (w *writer) word() []byte {
	start := w.at
	for w.at < len(w.in) && strings.IndexByte(" \t\r\n,]}", w.in[w.at]) < 0 {
		w.at++
	}
	return w.in[start:w.at]
}

// number writes what ECMAScript would (RFC 8785 §3.2.2.3).
func (w *writer) number() error {
	f, err := strconv.ParseFloat(string(w.word()), 64)
	switch abs := math.Abs(f); {
	case err != nil:
		return errors.New("a number is beyond float64")
	case f == 0:
		w.out = append(w.out, '0') // also for -0
	case abs < 1e-6 || abs >= 1e21:
		start := len(w.out)
		w.out = strconv.AppendFloat(w.out, f, 'e', -1, 64)
		if end := len(w.out); w.out[end-2] == '0' && bytes.IndexByte(w.out[start:], 'e') == end-4-start { // 1e-07
			w.out = append(w.out[:end-2], w.out[end-1])
		}
	default:
		w.out = strconv.AppendFloat(w.out, f, 'f', -1, 64)
	}
	return nil
}

// text writes the string that comes next (RFC 8785 §3.2.2.2), and gives what it says.
func (w *writer) text() (string, error) {
	start := w.at
	escaped := false
	for w.at++; w.in[w.at] != '"'; w.at++ {
		if w.in[w.at] == '\\' {
			escaped = true
			w.at++
		}
	}
	w.at++
	quoted := w.in[start:w.at]
	if !escaped {
		w.out = append(w.out, quoted...)
		return string(quoted[1 : len(quoted)-1]), nil
	}
	says, err := unescape(quoted[1 : len(quoted)-1])
	w.out = appendQuoted(w.out, says)
	return string(says), err
}

// unescape reads what stands between the quotes of a JSON string.
func unescape(text []byte) ([]byte, error) {
	says := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			says = append(says, text[i])
			continue
		}
		i++
		if text[i] != 'u' {
			says = append(says, "\"\\/\b\f\n\r\t"[strings.IndexByte(`"\/bfnrt`, text[i])])
			continue
		}
		r := codeUnit(text[i-1:])
		if i += 4; utf16.IsSurrogate(r) {
			r = utf16.DecodeRune(r, codeUnit(text[i+1:]))
			if i += 6; r == utf8.RuneError {
				return nil, errors.New("half a surrogate pair")
			}
		}
		says = utf8.AppendRune(says, r)
	}
	return says, nil
}

// codeUnit is the \uXXXX with which text begins, 0 where it does not.
func codeUnit(text []byte) rune {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0
	}
	unit, _ := strconv.ParseUint(string(text[2:6]), 16, 16) // valid JSON has four digits
	return rune(unit)
}

// appendQuoted writes text with the escapes that it needs, and no other.
func appendQuoted(out, text []byte) []byte {
	out = append(out, '"')
	for _, c := range text {
		short := strings.IndexByte("\"\\\b\f\n\r\t", c)
		switch {
		case short >= 0:
			out = append(out, '\\', `"\bfnrt`[short])
		case c < ' ':
			out = append(out, '\\', 'u', '0', '0', '0'+c>>4, "0123456789abcdef"[c&15])
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}

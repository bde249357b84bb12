package activity

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxDepth is how deep a document may be nested: real ones have 7 levels, and
// deeper ones are made to exhaust readers.
const MaxDepth = 64

// CheckDocument looks through a document of a partner before anything reads it: one
// JSON object in UTF-8, at most MaxDepth levels deep, that means the same to
// every reader. So it has no @graph, @included or @reverse, with which a reader
// of JSON-LD sees another document than we do (CVE-2022-24307 and its
// family), and no
// object has two names that Go takes for one: encoding/json reads "ID" for "id",
// and the last one wins. Inside @context, which is never read, names that differ
// in case are harmless.
//
// Errors are Invalid faults, "bad_json", "name_twice" and "reframed", or
// TooLarge, "too_deep".
func CheckDocument(raw []byte) error {
	if !utf8.Valid(raw) || !bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")) {
		return Refuse(Invalid, "bad_json", "this is not a JSON object in UTF-8")
	}
	var in inspector
	if err := in.walk(raw); err != nil { // first, since json.Valid has a depth limit of its own
		return err
	}
	if !json.Valid(raw) {
		return notJSON()
	}
	if hasNUL(raw) {
		return Refuse(Invalid, "bad_json", "NUL characters are not taken") // Postgres cannot keep them
	}
	return nil
}

// hasNUL looks for an escaped NUL character in valid JSON: \u0000 behind an even
// number of backslashes.
func hasNUL(raw []byte) bool {
	for {
		at := bytes.Index(raw, []byte(`\u0000`))
		if at < 0 {
			return false
		}
		before := raw[:at]
		if (len(before)-len(bytes.TrimRight(before, `\`)))%2 == 0 {
			return true
		}
		raw = raw[at+1:]
	}
}

// inspector knows where in a document it is: in these levels, outermost first.
type inspector struct{ levels []level }

// level is an object or a list that has not ended yet.
type level struct {
	isObject  bool
	inContext bool            // somewhere under @context
	wantsName bool            // the next string is the name of a property
	names     map[string]bool // so far
	name      string          // the last one
}

// walk reads the brackets, the commas and the strings, which is enough to know
// the names; whether the rest is JSON is for json.Valid to say.
func (in *inspector) walk(raw []byte) error {
	for i := 0; i < len(raw); i++ {
		var err error
		switch raw[i] {
		case '{', '[':
			err = in.enter(raw[i] == '{')
		case '}', ']':
			err = in.leave()
		case ',':
			if at := in.at(); at != nil {
				at.wantsName = at.isObject
			}
		case '"':
			start := i
			i = endOfString(raw, i)
			if at := in.at(); at != nil && at.wantsName {
				err = at.take(raw[start:min(i+1, len(raw))])
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// at is the innermost level, nil outside of all.
func (in *inspector) at() *level {
	if len(in.levels) == 0 {
		return nil
	}
	return &in.levels[len(in.levels)-1]
}

func (in *inspector) enter(isObject bool) error {
	if len(in.levels) == MaxDepth {
		return Refuse(TooLarge, "too_deep", "a document has at most %d levels", MaxDepth)
	}
	at := in.at()
	inContext := at != nil && (at.inContext || at.isObject && at.name == "@context")
	in.levels = append(in.levels, level{isObject: isObject, wantsName: isObject, inContext: inContext})
	return nil
}

func (in *inspector) leave() error {
	if len(in.levels) == 0 {
		return notJSON()
	}
	in.levels = in.levels[:len(in.levels)-1]
	return nil
}

// take reads the name of a property, and adds it to those of its object.
func (l *level) take(quoted []byte) error {
	l.wantsName = false
	var ok bool
	if l.name, ok = unquote(quoted); !ok {
		return notJSON()
	}
	switch l.name {
	case "@graph", "@included", "@reverse":
		return Refuse(Invalid, "reframed", "documents with %s are not read", l.name)
	}
	key := l.name
	if !l.inContext {
		key = strings.Map(foldRune, key)
	}
	if l.names[key] {
		return Refuse(Invalid, "name_twice", "an object has %.60q twice", l.name)
	}
	if l.names == nil {
		l.names = map[string]bool{}
	}
	l.names[key] = true
	return nil
}

// unquote is the text of a JSON string; most have no escapes.
func unquote(quoted []byte) (text string, ok bool) {
	if bytes.IndexByte(quoted, '\\') >= 0 {
		err := json.Unmarshal(quoted, &text)
		return text, err == nil
	}
	if len(quoted) < 2 || quoted[len(quoted)-1] != '"' {
		return "", false
	}
	return string(quoted[1 : len(quoted)-1]), true
}

// endOfString is the index of the quote that ends the string that starts at i.
func endOfString(raw []byte, i int) int {
	for i++; i < len(raw) && raw[i] != '"'; i++ {
		if raw[i] == '\\' {
			i++
		}
	}
	return i
}

// foldRune is the smallest rune of those that encoding/json takes for r.
func foldRune(r rune) rune {
	if 'a' <= r && r <= 'z' {
		return r - 'a' + 'A' // no rune of theirs is smaller, and most names are of these
	}
	for {
		other := unicode.SimpleFold(r)
		if other <= r {
			return other
		}
		r = other
	}
}

func notJSON() error { return Refuse(Invalid, "bad_json", "this is not JSON") }

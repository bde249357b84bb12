package activity

import (
	"bytes"
	"encoding/json"
	"slices"
	"unicode"
	"unicode/utf8"

	"entente.example/entente/activity/limits"
)

// CheckDocument looks through a document of a partner before anything reads it: one
// JSON object in UTF-8, at most limits.Depth levels deep, that means the same to
// every reader. So it has no @graph, @included or @reverse, with which a reader
// of JSON-LD sees another document than we do (CVE-2022-24307 and its
// family), its context leaves the terms that say who does what to their meaning (see
// definition), and no object has two names that Go takes for one: encoding/json reads
// "ID" for "id", and the last one wins. Inside @context, where nothing else is read,
// names that differ in case are harmless. For the same reason a property that we read is spelled as
// it should be: others would not see it, and neither does policy.
//
// Errors are Invalid faults, "bad_json", "name_twice", "name_in_other_case" and
// "reframed", or TooLarge, "too_deep" and "many_names".
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

// inspector knows where in a document it is: in the first levels, outermost first.
// Those behind have ended, and lend their memory to the next.
type inspector struct {
	levels [limits.Depth]level
	depth  int
}

// level is an object or a list that has not ended yet.
type level struct {
	isObject  bool
	inContext bool            // somewhere under @context
	wantsName bool            // the next string is the name of a property
	names     []string        // so far, while they are few
	many      map[string]bool // all of them, once they are many
	name      string          // the last one
	owes      string          // the term that is being defined, and has not got its own meaning yet
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
			err = in.next()
		case '"':
			start := i
			i = endOfString(raw, i)
			if at := in.at(); at != nil && at.wantsName {
				err = at.take(raw[start:min(i+1, len(raw))])
			} else if at != nil && at.inContext {
				in.define(raw[start:min(i+1, len(raw))])
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
	if in.depth == 0 {
		return nil
	}
	return &in.levels[in.depth-1]
}

func (in *inspector) enter(isObject bool) error {
	if in.depth == limits.Depth {
		return Refuse(TooLarge, "too_deep", "a document has at most %d levels", limits.Depth)
	}
	at := in.at()
	inContext := at != nil && (at.inContext || at.isObject && at.name == "@context")
	next := &in.levels[in.depth]
	*next = level{isObject: isObject, wantsName: isObject, inContext: inContext, names: next.names[:0]}
	in.depth++
	return nil
}

// next is behind a property, or behind what is in a list.
func (in *inspector) next() error {
	at := in.at()
	if at == nil {
		return nil // json.Valid says what is wrong
	}
	at.wantsName = at.isObject
	return at.defined()
}

func (in *inspector) leave() error {
	at := in.at()
	if at == nil {
		return notJSON()
	}
	in.depth--
	return at.defined()
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
		key = fold(key)
	}
	if l.has(key) {
		return Refuse(Invalid, "name_twice", "an object has %.60q twice", l.name)
	}
	if len(l.many) > limits.Properties {
		return Refuse(TooLarge, "many_names", "an object has at most %d properties", limits.Properties)
	}
	if known := spellings()[key]; !l.inContext && known != "" && known != l.name {
		return Refuse(Invalid, "name_in_other_case", "a property is called %.60q, not %.60q", known, l.name)
	}
	if l.inContext && definition(l.name) != "" {
		l.owes = l.name
	}
	return nil
}

// has says whether the name is there already, and adds it. Few names are found
// sooner in a list.
func (l *level) has(key string) bool {
	if l.many == nil && len(l.names) < 16 {
		was := slices.Contains(l.names, key)
		l.names = append(l.names, key)
		return was
	}
	if l.many == nil {
		l.many = make(map[string]bool, 2*len(l.names))
		for _, name := range l.names {
			l.many[name] = true
		}
	}
	was := l.many[key]
	l.many[key] = true
	return was
}

// unquote is the text of a JSON string; most have no escapes.
func unquote(quoted []byte) (text string, ok bool) {
	if bytes.IndexByte(quoted, '\\') >= 0 || !utf8.Valid(quoted) {
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

// foldRune is the one rune for all that encoding/json takes for r: the smallest, but
// for letters the small one, of which most names are.
func foldRune(r rune) rune {
	if 'a' <= r && r <= 'z' {
		return r
	}
	for {
		other := unicode.SimpleFold(r)
		if other <= r {
			if 'A' <= other && other <= 'Z' {
				return other - 'A' + 'a'
			}
			return other
		}
		r = other
	}
}

func notJSON() error { return Refuse(Invalid, "bad_json", "this is not JSON") }

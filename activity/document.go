package activity

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxDepth is how deep a document may be nested: real ones stay under 20, and a
// deeper one only serves to exhaust a parser.
const MaxDepth = 64

// CheckDocument looks through a document of another server before anything reads
// it: one JSON object in UTF-8, at most MaxDepth levels deep, that means the same
// to every reader. For that it has no @graph, @included or @reverse, with which a
// reader of JSON-LD sees another document than we do (CVE-2022-24307 and its
// family), and no object has two names that Go takes for one: encoding/json reads
// "ID" for "id", and the last one wins. Inside @context, which is never read,
// such names are common and harmless.
//
// Errors are Invalid faults, "bad_json", "name_twice" and "reframed", or
// TooLarge, "too_deep".
func CheckDocument(raw json.RawMessage) error {
	if !utf8.Valid(raw) || !bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")) {
		return Refuse(Invalid, "bad_json", "this is not a JSON object in UTF-8")
	}
	if bytes.Contains(raw, []byte(`\u0000`)) {
		return Refuse(Invalid, "bad_json", "NUL characters are not taken")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := inspectValue(d, 0, false); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return Refuse(Invalid, "bad_json", "something follows the JSON object")
	}
	return nil
}

// inspectValue reads one value, which may hold others.
func inspectValue(d *json.Decoder, depth int, inContext bool) error {
	token, err := next(d)
	if err != nil {
		return err
	}
	delim, holds := token.(json.Delim)
	if !holds {
		return nil
	}
	if depth == MaxDepth {
		return Refuse(TooLarge, "too_deep", "a document has at most %d levels", MaxDepth)
	}
	names := map[string]bool{}
	for d.More() {
		within := inContext
		if delim == '{' {
			name, err := inspectName(d, names, inContext)
			if err != nil {
				return err
			}
			within = inContext || name == "@context"
		}
		if err := inspectValue(d, depth+1, within); err != nil {
			return err
		}
	}
	_, err = next(d) // the closing bracket
	return err
}

// inspectName reads the name of a property, and adds it to those of its object.
func inspectName(d *json.Decoder, names map[string]bool, inContext bool) (string, error) {
	token, err := next(d)
	if err != nil {
		return "", err
	}
	name, _ := token.(string)
	switch name {
	case "@graph", "@included", "@reverse":
		return "", Refuse(Invalid, "reframed", "documents with %s are not read", name)
	}
	key := name
	if !inContext {
		key = strings.Map(foldRune, name)
	}
	if names[key] {
		return "", Refuse(Invalid, "name_twice", "an object has %.60q twice", name)
	}
	names[key] = true
	return name, nil
}

func next(d *json.Decoder) (json.Token, error) {
	token, err := d.Token()
	if err != nil {
		return nil, Because(Invalid, "bad_json", err, "this is not JSON")
	}
	return token, nil
}

// foldRune is the smallest rune of those that encoding/json takes for r.
func foldRune(r rune) rune {
	for {
		other := unicode.SimpleFold(r)
		if other <= r {
			return other
		}
		r = other
	}
}

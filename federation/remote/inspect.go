package remote

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"entente.example/entente/activity"
)

// Inspect looks through a document of a partner before anything reads it: one
// JSON object in UTF-8, at most MaxDepth levels deep, that means the same to
// every reader. For that it has no @graph, @included or @reverse, with which a
// reader of JSON-LD sees another document than we do (interop.md §7 row 6), and no object has two names
// that Go takes for one: encoding/json reads "ID" for "id", and the last one wins.
// Inside @context, which is never read, such names are common and harmless.
//
// Errors are Invalid faults, "not_json", "name_twice" and "reframed", or TooLarge,
// "too_deep".
func Inspect(raw []byte) error {
	if !utf8.Valid(raw) || !bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")) {
		return activity.Refuse(activity.Invalid, "not_json", "this is not a JSON object in UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := inspectValue(d, 0, false); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return activity.Refuse(activity.Invalid, "not_json", "something follows the JSON object")
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
		return activity.Refuse(activity.TooLarge, "too_deep", "a document has at most %d levels", MaxDepth)
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
		return "", activity.Refuse(activity.Invalid, "reframed", "documents with %s are not read", name)
	}
	key := name
	if !inContext {
		key = strings.Map(foldRune, name)
	}
	if names[key] {
		return "", activity.Refuse(activity.Invalid, "name_twice", "an object has %.60q twice", name)
	}
	names[key] = true
	return name, nil
}

func next(d *json.Decoder) (json.Token, error) {
	token, err := d.Token()
	if err != nil {
		return nil, activity.Because(activity.Invalid, "not_json", err, "this is not JSON")
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

package activity

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/idna"

	"entente.example/entente/activity/limits"
)

// ID is the IRI that names an actor, an object, an activity or a collection
// everywhere (ActivityPub §3.1).
type ID string

// Public is the address that means "everyone" (ActivityPub §5.6).
const Public ID = "https://www.w3.org/ns/activitystreams#Public"

// URL parses the ID: http or https, a host, no user info, at most limits.ID bytes.
// The error is an Invalid fault.
func (id ID) URL() (*url.URL, error) {
	u, err := url.Parse(string(id))
	if err != nil || len(id) > limits.ID || u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, Refuse(Invalid, "bad_id", "%.100q is not the http address of anything", string(id))
	}
	return u, nil
}

// Host is the normalised host of the ID, "" when it has none.
func (id ID) Host() string {
	u, err := id.URL()
	if err != nil {
		return ""
	}
	host, _ := CleanHost(u.Host)
	if u.Scheme == "http" {
		return strings.TrimSuffix(host, ":80")
	}
	return strings.TrimSuffix(host, ":443")
}

// WithoutFragment is the ID up to its '#': the document that holds it.
func (id ID) WithoutFragment() ID {
	s, _, _ := strings.Cut(string(id), "#")
	return ID(s)
}

// SameOrigin says whether two IDs have the same scheme, host and port, and so
// the same owner (FEP-fe34). An ID without a host has no origin at all.
func SameOrigin(a, b ID) bool {
	ua, errA := a.URL()
	ub, errB := b.URL()
	return errA == nil && errB == nil && ua.Scheme == ub.Scheme && a.Host() != "" && a.Host() == b.Host()
}

// hostNames is idna.Lookup but for the underscore: by the book no host has one,
// and some servers do.
var hostNames = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(false))

// CleanHost normalises a host name with an optional port: lower case, punycode
// (IDNA 2008), no trailing dot. What is not a host name is an Invalid fault.
func CleanHost(host string) (string, error) {
	name, port, hasPort := strings.Cut(host, ":")
	if strings.HasPrefix(host, "[") { // an IPv6 literal
		return strings.ToLower(host), nil
	}
	name = strings.TrimSuffix(name, ".")
	ascii, err := hostNames.ToASCII(name)
	if err != nil || ascii == "" || len(ascii) > limits.Host || strings.Trim(ascii, "abcdefghijklmnopqrstuvwxyz0123456789.-_") != "" || (hasPort && !isPort(port)) {
		return "", Refuse(Invalid, "bad_host", "%.100q is not a host name", host)
	}
	if hasPort {
		return ascii + ":" + port, nil
	}
	return ascii, nil
}

// ShownHost is a host as people may read it, in its own script where all letters
// of a label are of one, else in punycode: Cyrillic letters among Latin ones are
// meant to deceive (CVE-2023-42451), and so are names all in letters that look
// Latin. It takes what CleanHost takes.
func ShownHost(host string) (string, error) {
	ascii, err := CleanHost(host)
	if err != nil || !strings.Contains(ascii, "xn--") {
		return ascii, err
	}
	name, port, hasPort := strings.Cut(ascii, ":")
	shown, err := hostNames.ToUnicode(name)
	if err != nil || !plainlyWritten(shown) {
		return ascii, nil //nolint:nilerr // punycode says it as well
	}
	if hasPort {
		shown += ":" + port
	}
	return shown, nil
}

// lookalikes are the Cyrillic and Greek letters that look like Latin ones.
const lookalikes = "аеорсухіјѕһԁԛԝӏвкмнтьυνοαρκιχγτ"

// plainlyWritten says whether each label of a host name is in one script, and no
// label consists of letters only that look Latin.
func plainlyWritten(name string) bool {
	for label := range strings.SplitSeq(name, ".") {
		scripts, other := map[string]bool{}, false
		for _, r := range label {
			script := scriptOf(r)
			if script == "Hiragana" || script == "Katakana" {
				script = "Han" // Japanese is written in three
			}
			scripts[script] = true
			other = other || script != "Latin" && script != "" && !strings.ContainsRune(lookalikes, r)
		}
		delete(scripts, "")
		if len(scripts) > 1 || (scripts["Cyrillic"] || scripts["Greek"]) && !other {
			return false
		}
	}
	return true
}

// scriptOf is the script of a letter, "" for what all scripts share.
func scriptOf(r rune) string {
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			if name == "Common" || name == "Inherited" {
				return ""
			}
			return name
		}
	}
	return "unknown"
}

func isPort(s string) bool {
	return len(s) > 0 && len(s) <= 5 && strings.Trim(s, "0123456789") == ""
}

// IsPublic knows the three spellings of Public in use.
func (id ID) IsPublic() bool { return id == Public || id == "as:Public" || id == "Public" }

// IDs are the ids in a property that holds one or many links or objects:
// "x", ["x", {"id": "y"}], {"id": "x"}, {"href": "x"}, null.
type IDs []ID

// UnmarshalJSON takes every shape above; what has no id is left out.
func (ids *IDs) UnmarshalJSON(b []byte) error {
	*ids = nil
	eachValue(b, func(v json.RawMessage) bool {
		if id := idOf(v); id != "" {
			*ids = append(*ids, id)
		}
		return len(*ids) <= limits.Addressees // with one more, Audience.check refuses
	})
	return nil
}

// First is the first ID, "" when there is none.
func (ids IDs) First() ID {
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}

// Has says whether id is among them; Public is found in each of its spellings.
func (ids IDs) Has(id ID) bool {
	if id == Public {
		return slices.ContainsFunc(ids, ID.IsPublic)
	}
	return slices.Contains(ids, id)
}

// Ref is a property that holds exactly one thing, as a link or embedded.
type Ref struct {
	ID  ID
	Raw json.RawMessage // the embedded object; nil when only its id was sent
}

// UnmarshalJSON takes "x", {"id": "x", ...} or a list, of which the first counts.
func (r *Ref) UnmarshalJSON(b []byte) error {
	*r = Ref{}
	eachValue(b, func(v json.RawMessage) bool {
		r.ID = idOf(v)
		if v[0] == '{' {
			r.Raw = slices.Clone(v)
		}
		return r.IsZero()
	})
	return nil
}

// Refs is a property that holds one or many things, as links or embedded.
type Refs []Ref

// UnmarshalJSON takes what Ref takes, all of a list.
func (rs *Refs) UnmarshalJSON(b []byte) error {
	*rs = nil
	eachValue(b, func(v json.RawMessage) bool {
		var r Ref
		if v[0] != '[' {
			_ = r.UnmarshalJSON(v) // never fails
		}
		*rs = append(*rs, r)
		return len(*rs) < limits.Addressees
	})
	return nil
}

// MarshalJSON gives back the embedded object, else the id.
func (r Ref) MarshalJSON() ([]byte, error) {
	if r.Raw != nil {
		return r.Raw, nil
	}
	return json.Marshal(r.ID)
}

// IsZero leaves an empty Ref out of documents ("omitzero").
func (r Ref) IsZero() bool { return r.ID == "" && r.Raw == nil }

// TypeOf is the first type of a raw object, "" when it has none.
func TypeOf(raw json.RawMessage) string {
	return typesOf(raw).First()
}

// typesOf are all types of a raw object.
func typesOf(raw json.RawMessage) (types Names) {
	c := NewCursor(raw)
	for name := range c.Properties() {
		if v := c.Skip(); name == "type" {
			_ = types.UnmarshalJSON(v) // never fails
			return types
		}
	}
	return nil
}

// Names reads "x" or ["x", "y"].
type Names []string

// UnmarshalJSON keeps the strings and leaves the rest out.
func (n *Names) UnmarshalJSON(b []byte) error {
	*n = nil
	eachValue(b, func(v json.RawMessage) bool {
		if s := NewCursor(v).Text(); s != "" {
			*n = append(*n, s)
		}
		return len(*n) < limits.Entries
	})
	return nil
}

// First is the first name, "" when there is none.
func (n Names) First() string {
	if len(n) == 0 {
		return ""
	}
	return n[0]
}

// eachValue calls fn for the one value or for each of the list, until it has had
// enough; null is none.
func eachValue(b []byte, fn func(json.RawMessage) (more bool)) {
	c := NewCursor(b)
	if c.Next() != '[' {
		if v := c.Skip(); len(v) > 0 && v[0] != 'n' {
			fn(v)
		}
		return
	}
	for range c.Entries() {
		if v := c.Skip(); len(v) > 0 && v[0] != 'n' && !fn(v) {
			return
		}
	}
}

// idOf is the id that a value stands for: the string itself, or of an object its
// id, else where it links to. Policy looks at both.
func idOf(raw json.RawMessage) ID {
	if raw[0] == '"' {
		text, _ := unquote(raw)
		return shortID(text)
	}
	var href string
	c := NewCursor(raw)
	for name := range c.Properties() {
		switch {
		case name == "id" && c.Next() == '"':
			return shortID(c.Text())
		case name == "href":
			href = c.Text()
		default:
			c.Skip()
		}
	}
	return shortID(href)
}

// shortID is "" for what is too long to be stored.
func shortID(s string) ID {
	if len(s) > limits.ID {
		return ""
	}
	return ID(s)
}

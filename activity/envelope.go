package activity

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// Context is the @context of everything that we write. It is never processed:
// other software compares the first string literally.
var Context = json.RawMessage(`["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1",` +
	`{"manuallyApprovesFollowers":"as:manuallyApprovesFollowers","sensitive":"as:sensitive","Hashtag":"as:Hashtag",` +
	`"toot":"http://joinmastodon.org/ns#","featured":{"@id":"toot:featured","@type":"@id"},"discoverable":"toot:discoverable","indexable":"toot:indexable",` +
	`"lemmy":"https://join-lemmy.org/ns#","postingRestrictedToMods":"lemmy:postingRestrictedToMods",` +
	`"webfinger":"https://purl.archive.org/socialweb/webfinger#webfinger"}]`)

// Envelope is what every activity carries (ActivityStreams §2.2).
type Envelope struct {
	Context   json.RawMessage `json:"@context,omitempty"`
	ID        ID              `json:"id,omitempty"`
	Type      string          `json:"type"`
	Actor     Ref             `json:"actor"`
	Object    Ref             `json:"object,omitzero"`
	Target    Ref             `json:"target,omitzero"`
	Published Time            `json:"published,omitzero"`
	Audience
}

// Head gives the envelope itself: every activity embeds one.
func (e *Envelope) Head() *Envelope { return e }

// UnmarshalJSON of a type written as a list takes its first entry.
func (e *Envelope) fix(raw json.RawMessage) {
	if e.Type == "" {
		e.Type = TypeOf(raw)
	}
}

// MaxDepth is how deep a document may be nested: real ones stay under 20, and a
// deeper one only serves to exhaust a parser.
const MaxDepth = 64

// ReadEnvelope parses the envelope of an activity and refuses (Invalid) what
// cannot be one: no JSON object, no type, no actor, too deep, or with JSON-LD
// keywords that would make it mean something else to another reader.
func ReadEnvelope(raw json.RawMessage) (Envelope, error) {
	var e Envelope
	if err := CheckDocument(raw); err != nil {
		return e, err
	}
	if err := json.Unmarshal(raw, &loose{&e}); err != nil {
		return e, Because(Invalid, "not_an_activity", err, "this is not an ActivityStreams activity")
	}
	e.fix(raw)
	switch {
	case e.Type == "":
		return e, Refuse(Invalid, "no_type", "an activity needs a type")
	case e.Actor.ID == "":
		return e, Refuse(Invalid, "no_actor", "an activity needs an actor")
	}
	if _, err := e.Actor.ID.URL(); err != nil {
		return e, err
	}
	return e, nil
}

// loose reads an envelope whose type may be a list and whose id may be null.
type loose struct{ *Envelope }

func (l *loose) UnmarshalJSON(b []byte) error {
	type plain Envelope // without methods
	var w struct {
		plain
		ID   Text  `json:"id"`
		Type Names `json:"type"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*l.Envelope = Envelope(w.plain)
	l.Envelope.ID, l.Envelope.Type = ID(w.ID), w.Type.First()
	return nil
}

// CheckDocument refuses (Invalid, TooLarge) JSON that no honest sender writes:
// not an object, nested over MaxDepth, or re-framed with @graph, @included or
// @reverse (CVE-2022-24307 and its family).
func CheckDocument(raw json.RawMessage) error {
	if !utf8.Valid(raw) || !json.Valid(raw) || firstByte(raw) != '{' {
		return Refuse(Invalid, "bad_json", "this is not a JSON object")
	}
	if bytes.Contains(raw, []byte(`\u0000`)) {
		return Refuse(Invalid, "bad_json", "NUL characters are not taken")
	}
	if depth(raw) > MaxDepth {
		return Refuse(TooLarge, "too_deep", "a document may be nested %d levels deep", MaxDepth)
	}
	var top map[string]json.RawMessage
	if err := json.Unmarshal(raw, &top); err != nil {
		return Because(Invalid, "bad_json", err, "this is not a JSON object")
	}
	for _, k := range []string{"@graph", "@included", "@reverse"} {
		if _, ok := top[k]; ok {
			return Refuse(Invalid, "reframed", "%s is not taken: send plain ActivityStreams JSON", k)
		}
	}
	return nil
}

func firstByte(raw []byte) byte {
	for _, c := range raw {
		if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
	}
	return 0
}

// depth is the deepest nesting of valid JSON, found without recursion.
func depth(raw []byte) int {
	now, most, inText := 0, 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '{' || c == '[':
			now++
			most = max(most, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return most
}

package activity

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxNote is the longest text that we let our own people write, in runes.
const MaxNote = 5000

// Note is something that somebody wrote: a Note, or one of its relatives
// (Article, Page, Question, Event, Video...), told apart by Type.
type Note struct {
	Context      json.RawMessage  `json:"@context,omitempty"`
	ID           ID               `json:"id"`
	Type         string           `json:"type"`
	AttributedTo IDs              `json:"attributedTo,omitempty"`
	Name         Text             `json:"name,omitempty"`    // title, plain text
	Summary      Text             `json:"summary,omitempty"` // content warning, or abstract
	Content      Text             `json:"content,omitempty"` // sanitised HTML
	ContentMap   map[string]Text  `json:"contentMap,omitempty"`
	Source       *Source          `json:"source,omitempty"` // what the author typed
	InReplyTo    IDs              `json:"inReplyTo,omitempty"`
	Thread       Ref              `json:"context,omitzero"`
	Conversation Text             `json:"conversation,omitempty"`
	Published    Time             `json:"published,omitzero"`
	Updated      Time             `json:"updated,omitzero"`
	URL          IDs              `json:"url,omitempty"`
	Sensitive    Flag             `json:"sensitive,omitempty"`
	Tag          List[Tag]        `json:"tag,omitempty"`
	Attachment   List[Attachment] `json:"attachment,omitempty"`
	OneOf        List[PollOption] `json:"oneOf,omitempty"`
	AnyOf        List[PollOption] `json:"anyOf,omitempty"`
	Audience
}

// Source is the text before it became HTML (ActivityPub §3.3).
type Source struct {
	Content   Text `json:"content"`
	MediaType Text `json:"mediaType"`
}

// UnmarshalJSON reads an object; anything else is empty.
func (s *Source) UnmarshalJSON(b []byte) error {
	type plain Source
	var p plain
	_ = json.Unmarshal(b, &p)
	*s = Source(p)
	return nil
}

// Tag is a Mention, a Hashtag or an Emoji.
type Tag struct {
	Type string `json:"type"`
	Href Text   `json:"href,omitempty"`
	Name Text   `json:"name,omitempty"`
}

// PollOption is one answer of a Question, and how many have chosen it.
type PollOption struct {
	Type    Text  `json:"type,omitempty"`
	Name    Text  `json:"name"`
	Replies Tally `json:"replies,omitzero"`
}

// Tally is a collection of which only the number counts.
type Tally struct {
	Type  Text `json:"type,omitempty"`
	Total int  `json:"totalItems"`
}

// UnmarshalJSON reads an object; anything else (a link to it) counts nothing.
func (t *Tally) UnmarshalJSON(b []byte) error {
	type plain Tally
	var p plain
	if json.Unmarshal(b, &p) != nil {
		p = plain{}
	}
	*t = Tally(p)
	return nil
}

// noteTypes are what is stored and shown like a Note.
var noteTypes = []string{"Note", "Article", "Page", "Question", "Event", "Video", "Image", "Audio", "Document", "ChatMessage", "Story", "Album"}

// IsNoteType says whether objects of this type are stored as notes.
func IsNoteType(t string) bool { return slices.Contains(noteTypes, t) }

// ReadNote parses a note as others send it; its HTML is sanitised. Refused
// (Invalid): another type, no id, no author on the origin of the id.
func ReadNote(raw json.RawMessage) (Note, error) { return ReadNoteOf("", raw) }

// ReadNoteOf is ReadNote for what the actor with the id by has just sent. Its
// author is by where the note names none, or names the group that by wrote it for
// (Mobilizon: attributedTo is the group, actor the person).
func ReadNoteOf(by ID, raw json.RawMessage) (Note, error) {
	var n Note
	if err := CheckDocument(raw); err != nil {
		return n, err
	}
	types := typesOf(raw)
	at := slices.IndexFunc(types, IsNoteType)
	if at < 0 {
		return n, Refuse(Invalid, "not_a_note", "objects of the type %.50q are not shown", types.First())
	}
	type plain Note
	w := struct {
		*plain
		ID         Text       `json:"id"`
		Type       Names      `json:"type"`
		ContentMap contentMap `json:"contentMap"`
		Actor      Ref        `json:"actor"`
	}{plain: (*plain)(&n)}
	if err := json.Unmarshal(raw, &w); err != nil {
		return n, Because(Invalid, "not_a_note", err, "this object cannot be read")
	}
	n.ID, n.Type, n.ContentMap = ID(w.ID), types[at], w.ContentMap.texts
	if n.Content == "" {
		n.Content = w.ContentMap.first
	}
	if _, err := n.ID.URL(); err != nil {
		return n, err
	}
	n.writtenBy(by, w.Actor.ID)
	if n.Author() == "" {
		return n, Refuse(Invalid, "foreign_author", "%.200s has no author on its own host", n.ID)
	}
	n.clean()
	return n, n.Audience.check()
}

// Author is who wrote it: the first of attributedTo that shares the origin of
// the note, since nobody else could vouch for it (FEP-fe34).
func (n Note) Author() ID {
	for _, id := range n.AttributedTo {
		if SameOrigin(id, n.ID) {
			return id
		}
	}
	return ""
}

// writtenBy puts the sender first among the authors where the note leaves that
// to its actor. Who is named besides is where it was posted.
func (n *Note) writtenBy(by, actor ID) {
	if !SameOrigin(by, n.ID) || n.AttributedTo.Has(by) || len(n.AttributedTo) > 0 && actor != by {
		return
	}
	n.Groups = append(n.Groups, n.AttributedTo...)
	n.AttributedTo = append(IDs{by}, n.AttributedTo...)
}

// clean keeps what may be stored and shown: no markup that runs, no more than the
// limits, no page of another host and no JSON as it was sent, which Postgres may
// not take.
func (n *Note) clean() {
	n.Content, n.Name, n.Summary = Text(Sanitise(string(n.Content))), name(n.Name), summary(n.Summary)
	n.Tag, n.Attachment = head(n.Tag, maxTags), files(n.Attachment)
	n.OneOf, n.AnyOf = head(n.OneOf, maxEntries), head(n.AnyOf, maxEntries)
	for lang, text := range n.ContentMap {
		n.ContentMap[lang] = Text(Sanitise(string(text)))
	}
	n.URL = slices.DeleteFunc(n.URL, func(u ID) bool { return u.Host() != n.ID.Host() })
	n.Context, n.Thread.Raw = nil, nil
}

// Says reports whether two versions say the same to a reader: what they are
// called, their text, warning, files and answers. How many have voted is no part.
func (n Note) Says(other Note) bool {
	return n.Name == other.Name && n.Summary == other.Summary && n.Content == other.Content && n.Sensitive == other.Sensitive &&
		maps.Equal(n.ContentMap, other.ContentMap) &&
		slices.EqualFunc(n.Attachment, other.Attachment, func(a, b Attachment) bool { return reflect.DeepEqual(a, b) }) &&
		slices.EqualFunc(n.OneOf, other.OneOf, PollOption.says) && slices.EqualFunc(n.AnyOf, other.AnyOf, PollOption.says)
}

func (o PollOption) says(other PollOption) bool { return o.Name == other.Name }

// IsEdited says whether it was changed after it was published: some send updated
// with everything.
func (n Note) IsEdited() bool { return !n.Updated.IsZero() && n.Updated.After(n.Published.Time) }

// VersionAt is when this version was written.
func (n Note) VersionAt() Time {
	if n.IsEdited() {
		return n.Updated
	}
	return n.Published
}

// Language is the one language of the note, "" when unknown (BCP 47).
func (n Note) Language() string {
	if len(n.ContentMap) == 1 {
		for lang := range n.ContentMap {
			return lang
		}
	}
	return ""
}

// Page is where people read it: url, else the id.
func (n Note) Page() ID {
	if len(n.URL) > 0 {
		return n.URL[0]
	}
	return n.ID
}

// Mentions are the actors named in the text, which is what notifies them.
func (n Note) Mentions() IDs {
	var ids IDs
	for _, t := range n.Tag {
		if id := shortID(string(t.Href)); t.Type == "Mention" && id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

// Hashtags are the words that it is tagged with, in lower case, without #, each
// once: the first maxHashtags of a length that people use.
func (n Note) Hashtags() []string {
	words, seen := []string{}, map[string]bool{"": true}
	for _, t := range n.Tag {
		if t.Type != "Hashtag" || len(words) == maxHashtags {
			continue
		}
		word := strings.ToLower(strings.TrimPrefix(string(t.Name), "#"))
		if len(word) <= maxHashtag && !seen[word] {
			seen[word] = true
			words = append(words, word)
		}
	}
	return words
}

// CheckText refuses (Invalid) a text that our people may not post.
func CheckText(text string) error {
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		return Refuse(Invalid, "empty_text", "a post needs some text")
	case n > MaxNote:
		return Refuse(Invalid, "long_text", "a post has at most %d characters; this one has %d", MaxNote, n)
	}
	return nil
}

// contentMap is the text by language, and the one that the author wrote first
// (interop §3.1).
type contentMap struct {
	texts map[string]Text
	first Text
}

// UnmarshalJSON never fails on well-formed JSON; some send a string. What is not
// the code of a language is left out, and so are those after maxLanguages.
func (m *contentMap) UnmarshalJSON(b []byte) error {
	*m = contentMap{}
	d := json.NewDecoder(bytes.NewReader(b))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil
	}
	m.texts = map[string]Text{}
	for d.More() && len(m.texts) < maxLanguages {
		var text Text
		token, err := d.Token()
		if err != nil || d.Decode(&text) != nil {
			return err
		}
		lang, _ := token.(string)
		if lang == "" || len(lang) > maxLanguage {
			continue
		}
		if len(m.texts) == 0 {
			m.first = text
		}
		m.texts[lang] = text
	}
	return nil
}

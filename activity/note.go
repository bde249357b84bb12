package activity

import (
	"cmp"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"entente.example/entente/activity/limits"
)

// MaxNote is the longest text that we let our own people write, in runes.
const MaxNote = 5000

// Note is something that somebody wrote: a Note, or one of its relatives
// (Article, Page, Question, Event, Video...), told apart by Type.
type Note struct {
	Context      json.RawMessage    `json:"@context,omitempty"`
	ID           ID                 `json:"id"`
	Type         string             `json:"type"`
	AttributedTo IDs                `json:"attributedTo,omitempty"`
	Name         Text               `json:"name,omitempty"`    // title, plain text
	Summary      Text               `json:"summary,omitempty"` // content warning, or abstract
	Content      Text               `json:"content,omitempty"` // sanitised HTML
	ContentMap   map[string]Text    `json:"contentMap,omitempty"`
	Source       *Source            `json:"source,omitempty"` // what the author typed
	InReplyTo    IDs                `json:"inReplyTo,omitempty"`
	Thread       Ref                `json:"context,omitzero"`
	Conversation Text               `json:"conversation,omitempty"`
	Replies      Ref                `json:"replies,omitzero"`
	Published    Time               `json:"published,omitzero"`
	Updated      Time               `json:"updated,omitzero"`
	URL          IDs                `json:"url,omitempty"`
	Sensitive    Flag               `json:"sensitive,omitempty"`
	Tag          List[Tag]          `json:"tag,omitempty"`
	Attachment   List[Attachment]   `json:"attachment,omitempty"`
	Start        Time               `json:"startTime,omitzero"` // of an Event
	Place        Place              `json:"location,omitempty"` // of an Event, on one line
	Lang         Language           `json:"language,omitempty"` // where ContentMap does not tell
	Policy       *InteractionPolicy `json:"interactionPolicy,omitempty"`
	Approved     Ref                `json:"replyAuthorization,omitzero"` // by the author of what it answers (GoToSocial)
	Topic        Topic              `json:"target,omitzero"`             // where its group keeps it: see Filed
	Quoting
	Question
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

// noteTypes are what is stored and shown like a Note.
var noteTypes = []string{"Note", "Article", "Page", "Question", "Event", "Video", "Image", "Audio", "Document", "ChatMessage", "Story", "Album"}

// IsNoteType says whether objects of this type are stored as notes.
func IsNoteType(t string) bool { return slices.Contains(noteTypes, t) }

// ReadNote parses a note as others send it; its HTML is sanitised. Refused
// (Invalid): another type, no id, no author on the origin of the id.
func ReadNote(raw json.RawMessage) (Note, error) { return ReadNoteOf("", raw) }

// ReadNoteOf is ReadNote for what the actor with the id by has just sent. Its
// author is by where the note names none, or names the group that by wrote it for
// (Mobilizon: attributedTo is the group, actor the person). What was fetched is by its actor
// there, as it would be if they had sent it.
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
	n.Type = types[at]
	actor, err := n.read(raw)
	if err != nil {
		return n, Because(Invalid, "not_a_note", err, "this object cannot be read")
	}
	if _, err := n.ID.URL(); err != nil {
		return n, err
	}
	n.writtenBy(cmp.Or(by, actor), actor)
	if n.Author() == "" {
		return n, Refuse(Invalid, "foreign_author", "%.200s has no author on its own host", n.ID)
	}
	n.clean()
	return n, n.Audience.check()
}

// read fills in what was sent, in all the shapes that it is sent in, and gives the
// actor of the object where it has one.
func (n *Note) read(raw json.RawMessage) (actor ID, err error) {
	type plain Note
	w := struct {
		*plain
		ID         Text             `json:"id"`
		Type       Names            `json:"type"`
		ContentMap contentMap       `json:"contentMap"`
		NameMap    contentMap       `json:"nameMap"`
		SummaryMap contentMap       `json:"summaryMap"`
		Actor      Ref              `json:"actor"`
		URL        addresses        `json:"url"`
		Icon       addresses        `json:"icon"`
		Image      List[Attachment] `json:"image"`
	}{plain: (*plain)(n)}
	if err := json.Unmarshal(raw, &w); err != nil {
		return "", err
	}
	n.ID, n.ContentMap, n.URL = ID(w.ID), w.ContentMap.texts, w.URL.pages()
	n.Content, n.Name, n.Summary = cmp.Or(n.Content, w.ContentMap.first), cmp.Or(n.Name, w.NameMap.first), cmp.Or(n.Summary, w.SummaryMap.first)
	if len(n.ContentMap) > 1 {
		n.Lang = w.ContentMap.lang
	}
	n.attach(w.URL, w.Icon, w.Image)
	return w.Actor.ID, nil
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
	n.Tag, n.Attachment = head(n.Tag, limits.Tags), files(n.Attachment)
	n.Question.clean()
	for lang, text := range n.ContentMap {
		n.ContentMap[lang] = Text(Sanitise(string(text)))
	}
	n.URL = slices.DeleteFunc(n.URL, func(u ID) bool { return u.Host() != n.ID.Host() })
	if !SameOrigin(n.ID, n.Replies.ID) {
		n.Replies = Ref{}
	}
	n.Context, n.Thread.Raw, n.Replies.Raw, n.Approved.Raw = nil, nil, nil, nil
	n.Quoting.settle(n.Tag)
	if n.Quote.ID == n.ID { // a ring of one
		n.Quoting = Quoting{}
	}
}

// Says reports whether two versions say the same to a reader: what they are
// called, their text, warning, files and answers. How many have voted is no part.
func (n Note) Says(other Note) bool {
	return n.Name == other.Name && n.Summary == other.Summary && n.Content == other.Content && n.Sensitive == other.Sensitive &&
		maps.Equal(n.ContentMap, other.ContentMap) &&
		slices.EqualFunc(n.Attachment, other.Attachment, func(a, b Attachment) bool { return reflect.DeepEqual(a, b) }) &&
		n.SameAnswers(other.Question) && n.Start.Equal(other.Start.Time) && n.Place == other.Place
}

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

// attach adds the files that are elsewhere than in attachment: the picture of a
// Lemmy post or of an event, and what plays of a PeerTube video.
func (n *Note) attach(at, icon addresses, image List[Attachment]) {
	if file, ok := at.played(); ok && len(n.Attachment) == 0 {
		file.Type, file.Preview = Text(n.Type), icon.largest().Href
		n.Attachment = append(n.Attachment, file)
	}
	for _, picture := range image {
		if !slices.ContainsFunc(n.Attachment, func(a Attachment) bool { return a.URL.First() == picture.URL.First() }) {
			picture.Type = cmp.Or(picture.Type, "Image")
			n.Attachment = append(n.Attachment, picture)
		}
	}
}

// Language is the language of the text, of several the author's first; "" when
// unknown (BCP 47).
func (n Note) Language() string {
	if len(n.ContentMap) == 1 {
		for lang := range n.ContentMap {
			return lang
		}
	}
	return string(n.Lang)
}

// IsArticle says whether it is more than a short text: it has a title, its summary
// is an abstract, and the whole is read on its own page (interop §3.1).
func (n Note) IsArticle() bool {
	return slices.Contains([]string{"Article", "Page", "Event", "Video", "Audio", "Image", "Document", "Album", "Story"}, n.Type)
}

// Page is where people read it: url, else the id.
func (n Note) Page() ID {
	return webPage(n.URL, n.ID)
}

// Link is the page of others that it is about (Lemmy: a Link among the files), else
// its own.
func (n Note) Link() ID {
	for _, a := range n.Attachment {
		if a.Type == "Link" && a.Kind() == "" {
			return a.URL.First()
		}
	}
	return n.Page()
}

// Files are what is attached but links to pages.
func (n Note) Files() List[Attachment] {
	return slices.DeleteFunc(slices.Clone(n.Attachment), func(a Attachment) bool { return !a.IsFile() })
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
// once: the first limits.Hashtags of a length that people use.
func (n Note) Hashtags() []string {
	words, seen := []string{}, map[string]bool{"": true}
	for _, t := range n.Tag {
		if word := t.Hashtag(); !seen[word] && len(words) < limits.Hashtags {
			seen[word] = true
			words = append(words, word)
		}
	}
	return words
}

// Hashtag is the word of a hashtag in lower case, without #: its name, however it
// is spelled, else the end of its address. "" for other tags, and where it is longer
// than people use.
func (t Tag) Hashtag() string {
	if t.Type != "Hashtag" {
		return ""
	}
	word := string(t.Name)
	if u, err := ID(t.Href).URL(); word == "" && err == nil {
		word = u.Path[strings.LastIndexByte(u.Path, '/')+1:]
	}
	word = strings.ToLower(strings.TrimSpace(strings.TrimLeft(word, "#＃ ")))
	if len(word) > limits.Hashtag {
		return ""
	}
	return word
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

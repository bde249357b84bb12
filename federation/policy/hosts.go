package policy

import (
	"encoding/json"
	"slices"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// Mention is a host that a document names, and where.
type Mention struct {
	Host  string
	Place string // "Create object inReplyTo"
}

// speaking are the properties whose ids are spoken to, believed or answered.
// url, icon, image, attachment and the like are display only: nothing is
// fetched from them and pages do not load them.
var speaking = []string{"actor", "attributedTo", "object", "target", "origin", "instrument", "result", "inReplyTo",
	"to", "cc", "bto", "bcc", "audience", "tag", "items", "orderedItems", "proof", "verificationMethod",
	"quote", "quoteUri", "quoteUrl", "quoteURL", "_misskey_quote", "quoteAuthorization", "interactingObject", "interactionTarget"}

// Mentioned lists every host in a document, each once: its own id, who speaks
// in it, what it is about and whom it is for, embedded objects included.
func Mentioned(raw []byte) []Mention {
	var found []Mention
	_ = eachHost(raw, func(m Mention) error {
		found = append(found, m)
		return nil
	})
	return found
}

// eachHost calls ask for every host in a document until it refuses one. What
// cannot be looked through to its end is refused as well.
func eachHost(raw []byte, ask func(Mention) error) error {
	if !json.Valid(raw) {
		return activity.Refuse(activity.Invalid, "bad_json", "this is not JSON")
	}
	w := walk{ask: ask, doc: activity.NewCursor(raw), path: []string{activity.TypeOf(raw)}, origins: map[string]bool{}, hosts: map[string]bool{}}
	w.value(0, false)
	return w.err
}

type walk struct {
	ask     func(Mention) error
	doc     *activity.Cursor
	origins map[string]bool // looked at, as they are written
	hosts   map[string]bool // asked for
	path    []string        // the properties down to here
	err     error           // the first refusal, which ends it
}

// value goes through the next value; a tag is one in the property of that name.
func (w *walk) value(depth int, isTag bool) {
	if depth > limits.Depth && w.err == nil {
		w.err = activity.Refuse(activity.TooLarge, "too_deep", "a document has at most %d levels", limits.Depth)
	}
	next := w.doc.Next()
	switch {
	case w.err != nil:
		w.doc.Skip()
	case next == '[':
		for range w.doc.Entries() {
			w.value(depth+1, isTag)
		}
	case next == '{' && isTag:
		w.tag()
	case next == '{':
		w.object(depth)
	default:
		w.id(w.doc.Text())
	}
}

// object looks at the id and at the link, whichever of them our readers take, and
// at what else speaks.
func (w *walk) object(depth int) {
	for name := range w.doc.Properties() {
		w.path = append(w.path, name)
		switch {
		case name == "id" || name == "href":
			w.id(w.doc.Text())
		case slices.Contains(speaking, name):
			w.value(depth+1, name == "tag")
		default:
			w.doc.Skip()
		}
		w.path = w.path[:len(w.path)-1]
	}
}

// tag looks at mentions and links to objects; hashtags and emoji only name a page
// and a picture.
func (w *walk) tag() {
	var kind, id, href string
	for name := range w.doc.Properties() {
		switch name {
		case "type":
			kind = w.doc.Text()
		case "id":
			id = w.doc.Text()
		case "href":
			href = w.doc.Text()
		default:
			w.doc.Skip()
		}
	}
	if kind != "Hashtag" && kind != "Emoji" {
		w.id(id)
		w.id(href)
	}
}

// id asks for the host of an id, once. It costs too much to take apart each of
// a hundred thousand ids, so one that begins like another is known.
func (w *walk) id(text string) {
	id, origin := activity.ID(text), originOf(text)
	if origin == "" || w.err != nil || id.IsPublic() || w.origins[origin] {
		return
	}
	if len(w.origins) == limits.Origins {
		w.err = activity.Refuse(activity.TooLarge, "many_hosts", "this names more than %d hosts", limits.Origins)
		return
	}
	host := id.Host()
	if host == "" { // of this id: another one that begins so may have one
		origin = text
	}
	w.origins[origin] = true
	if host != "" && !w.hosts[host] {
		w.hosts[host] = true
		w.err = w.ask(Mention{host, strings.Join(w.path, " ")})
	}
}

// originOf is an id up to its path, "" where it is not on the web.
func originOf(id string) string {
	scheme, rest, _ := strings.Cut(id, "://")
	if !strings.EqualFold(scheme, "https") && !strings.EqualFold(scheme, "http") {
		return ""
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	return scheme + "://" + rest
}

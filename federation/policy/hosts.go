package policy

import (
	"bytes"
	"encoding/json"

	"entente.example/entente/activity"
)

// Mention is a host that a document names, and where.
type Mention struct {
	Host  string
	Place string // "Create object.inReplyTo"
}

// speaking are the properties whose ids are spoken to, believed or answered.
// url, icon, image, attachment and the like are display only: nothing is
// fetched from them and pages do not load them.
var speaking = []string{"actor", "attributedTo", "object", "target", "origin", "instrument", "result", "inReplyTo",
	"to", "cc", "bto", "bcc", "audience", "tag", "items", "orderedItems"}

// Mentioned lists every host in a document, each once: its own id, who speaks
// in it, what it is about and whom it is for, embedded objects included.
func Mentioned(raw []byte) []Mention {
	w := walk{seen: map[string]bool{}, kind: activity.TypeOf(raw)}
	w.value(bytes.TrimSpace(raw), "", 0)
	return w.found
}

type walk struct {
	kind  string
	seen  map[string]bool
	found []Mention
}

func (w *walk) value(raw json.RawMessage, place string, depth int) {
	if len(raw) == 0 || depth > activity.MaxDepth {
		return
	}
	switch raw[0] {
	case '"':
		var id activity.ID
		if json.Unmarshal(raw, &id) == nil {
			w.note(id, place)
		}
	case '[':
		var many []json.RawMessage
		_ = json.Unmarshal(raw, &many)
		for _, v := range many {
			w.value(v, place, depth+1)
		}
	case '{':
		w.object(raw, place, depth)
	}
}

func (w *walk) object(raw json.RawMessage, place string, depth int) {
	var o map[string]json.RawMessage
	_ = json.Unmarshal(raw, &o)
	w.value(o["id"], place+" id", depth+1)
	if t := activity.TypeOf(raw); t == "Mention" || t == "Link" {
		w.value(o["href"], place+" "+t, depth+1)
	}
	for _, p := range speaking {
		if p == "tag" {
			w.tags(o[p], place, depth)
			continue
		}
		w.value(o[p], place+" "+p, depth+1)
	}
}

// tags looks at mentions and links to objects; hashtags and emoji only name a
// page and a picture.
func (w *walk) tags(raw json.RawMessage, place string, depth int) {
	var tags activity.List[map[string]json.RawMessage]
	_ = json.Unmarshal(raw, &tags)
	for _, t := range tags {
		var kind string
		_ = json.Unmarshal(t["type"], &kind)
		if kind != "Hashtag" && kind != "Emoji" {
			w.value(t["href"], place+" tag", depth+1)
		}
	}
}

func (w *walk) note(id activity.ID, place string) {
	host := id.Host()
	if host == "" || id.IsPublic() || w.seen[host] {
		return
	}
	w.seen[host] = true
	w.found = append(w.found, Mention{host, w.kind + place})
}

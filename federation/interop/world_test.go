package interop_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"entente.example/entente/activity"
)

// A world is what can be fetched while one scene is played: what was recorded,
// and something plain for ids that nobody has recorded.
type world struct {
	library library
	key     string                          // public, of everybody in this world (PEM)
	says    map[activity.ID]json.RawMessage // documents before all others
	gone    map[activity.ID]bool            // what has been deleted
	roles   map[activity.ID]string          // what an id has to be, from where it was named
	keys    map[activity.ID]activity.ID     // whose a key is that has an address of its own
	lists   []activity.ID                   // collections that were named
	finger  json.RawMessage                 // what every host but the honest one says of every handle
	honest  string
	group   activity.ID                        // that unknown notes are posted in, "" for none
	writer  func(note activity.ID) activity.ID // of notes that nobody has recorded
}

func newWorld(l library, key string) *world {
	return &world{library: l, key: key, says: map[activity.ID]json.RawMessage{}, gone: map[activity.ID]bool{}, roles: map[activity.ID]string{}, keys: map[activity.ID]activity.ID{}}
}

// document is what the host of an id serves under it, nil for nothing.
func (w *world) document(id activity.ID) json.RawMessage {
	if doc, ok := w.says[id]; ok {
		return doc
	}
	if bare := activity.ID(strings.TrimSuffix(string(id), "/")); w.roles[bare] != "" && string(bare) == origin(bare) {
		id = bare // the host alone is asked for as "/"
	}
	if strings.Contains(string(id), "/.well-known/webfinger") && id.Host() != w.honest {
		return w.finger
	}
	doc := w.found(id)
	w.learn(doc)
	return doc
}

func (w *world) found(id activity.ID) json.RawMessage {
	role := w.roles[id]
	if done := w.library.find(id, anActivity); done != nil {
		return done
	}
	switch {
	case w.library.find(id, anActor) != nil || activity.IsActorType(role):
		return w.actor(id)
	case w.library.find(id, aNote) != nil || role == "Note":
		return w.note(id)
	}
	if owner, ok := w.keys[id]; ok {
		return w.actor(owner)
	}
	return nil
}

// actor is a recorded actor with a key that we have, on top of a plain one for
// what the recording leaves out.
func (w *world) actor(id activity.ID) json.RawMessage {
	recorded := w.library.find(id, anActor)
	role := w.roles[id]
	if role == "" || role == "Note" {
		role = look(id)
	}
	base := strings.TrimSuffix(string(id), "/")
	doc := map[string]any{"@context": activity.Context, "id": id, "type": role, "preferredUsername": username(id),
		"inbox": base + "/inbox", "outbox": base + "/outbox", "followers": w.list(id, "/followers", "subscribers")}
	if role == "Group" {
		doc["attributedTo"], doc["featured"] = w.list(id, "/moderators"), w.list(id, "/featured", "pinned")
	}
	for _, name := range []string{"wall", "keyPackages"} {
		if id := w.list(id, "/"+name); slices.Contains(w.lists, id) {
			doc[name] = id
		}
	}
	overlay(doc, recorded)
	doc["publicKey"] = map[string]any{"id": w.keyID(id), "owner": id, "publicKeyPem": w.key}
	return encode(doc)
}

// keyID is the id of an actor's key, as it was recorded.
func (w *world) keyID(actor activity.ID) activity.ID {
	var a struct {
		Keys activity.List[activity.PublicKey] `json:"publicKey"`
	}
	if json.Unmarshal(w.library.find(actor, anActor), &a) == nil && len(a.Keys) > 0 && activity.SameOrigin(a.Keys[0].ID, actor) {
		return a.Keys[0].ID
	}
	return actor + "#main-key"
}

// list is the collection of an actor that was named, else one with a usual address.
func (w *world) list(owner activity.ID, usual string, other ...string) activity.ID {
	for _, id := range w.lists {
		for _, word := range append(other, usual[1:]) {
			if strings.HasPrefix(string(id), string(owner)) && strings.Contains(string(id), word) {
				return id
			}
		}
	}
	return activity.ID(strings.TrimSuffix(string(owner), "/") + usual)
}

// note is a recorded note; one of which only a stub was recorded gets what a
// note needs.
func (w *world) note(id activity.ID) json.RawMessage {
	recorded := w.library.find(id, aNote)
	var n activity.Note
	if json.Unmarshal(recorded, &n) == nil && n.Content+n.Name+n.Summary != "" {
		if len(n.AttributedTo) > 0 {
			return recorded
		}
		doc := map[string]any{"attributedTo": w.writer(id)} // left out in some
		overlay(doc, recorded)
		return encode(doc)
	}
	author := w.writer(id)
	doc := map[string]any{"@context": activity.Context, "id": id, "type": "Note", "attributedTo": author, "content": "<p>Somebody wrote this.</p>",
		"to": []activity.ID{activity.Public}, "cc": []activity.ID{w.list(author, "/followers")}, "published": "2026-08-01T10:00:00Z"}
	if w.group != "" {
		doc["to"], doc["audience"] = []activity.ID{w.group, activity.Public}, w.group
	}
	w.roles[author] = look(author)
	overlay(doc, recorded)
	return encode(doc)
}

func overlay(doc map[string]any, recorded json.RawMessage) {
	var more map[string]any
	if json.Unmarshal(recorded, &more) == nil {
		maps.Copy(doc, more)
	}
}

func encode(doc any) json.RawMessage {
	raw, err := json.Marshal(doc)
	if err != nil {
		panic(err) // maps and strings always have a JSON form
	}
	return raw
}

var (
	groupish   = regexp.MustCompile(`/(c|m|club|communities|category|video-channels)/|/(@(my)?group|localtestgroup|my-forum)$`)
	collection = regexp.MustCompile(`/(followers|subscribers|following|members|moderators|featured|pinned|outbox|wall|history|keyPackages)/?$`)
	accountish = regexp.MustCompile(`/(users|u)/[^/]+$`)
	notUsual   = regexp.MustCompile(`[^a-z0-9_.-]+`)
)

// look guesses from its address whether an actor is a group.
func look(id activity.ID) string {
	if groupish.MatchString(string(id)) {
		return "Group"
	}
	return "Person"
}

// username is the last word of an address.
func username(id activity.ID) string {
	words := strings.FieldsFunc(strings.ToLower(string(id)), func(r rune) bool { return r == '/' || r == '@' || r == '~' })
	return notUsual.ReplaceAllString(words[len(words)-1], "_")
}

// learn notes what the ids in a document have to be.
func (w *world) learn(raw json.RawMessage) {
	var many []json.RawMessage
	if json.Unmarshal(raw, &many) == nil {
		for _, v := range many {
			w.learn(v)
		}
		return
	}
	var o map[string]json.RawMessage
	if json.Unmarshal(raw, &o) != nil {
		return
	}
	verb := activity.TypeOf(raw)
	var id activity.ID
	if json.Unmarshal(o["id"], &id) == nil && activity.IsActorType(verb) {
		w.roles[id] = verb
	}
	delete(o, "@context")
	for _, name := range slices.Sorted(maps.Keys(o)) {
		v := o[name]
		w.learn(v)
		var ids activity.IDs
		_ = ids.UnmarshalJSON(v)
		for _, id := range ids {
			w.meet(id, w.role(o, verb, name, id))
		}
	}
}

// role is what the value of a property is.
func (w *world) role(o map[string]json.RawMessage, verb, name string, id activity.ID) string {
	switch name {
	case "actor", "attributedTo", "to", "cc", "target":
		return look(id)
	case "href":
		if verb == "Mention" {
			return look(id)
		}
	case "audience":
		return "Group"
	case "inReplyTo":
		return "Note"
	case "object":
		return objectOf(o, verb, id)
	}
	return ""
}

// objectOf is what the object of an activity is.
func objectOf(o map[string]json.RawMessage, verb string, id activity.ID) string {
	switch {
	case verb == "Follow", verb == "Block", strings.Contains(string(o["target"]), "moderators"), strings.Contains(string(o["actor"]), string(id)):
		return look(id)
	case verb == "Flag" && accountish.MatchString(string(id)):
		return "Person"
	case verb == "Join" || verb == "Leave":
		return "Event"
	}
	return "Note"
}

func (w *world) meet(id activity.ID, role string) {
	switch {
	case role == "" || id.IsPublic() || id.Host() == "":
	case collection.MatchString(string(id)):
		w.lists = append(w.lists, id)
	case w.roles[id] == "" || role == "Group":
		w.roles[id] = role
	}
}

// origin is scheme, host and port of an id.
func origin(id activity.ID) string {
	u, err := id.URL()
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

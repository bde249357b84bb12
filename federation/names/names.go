// Package names knows what this instance is called, and how it names its things.
package names

import (
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// House is what this instance is called, and how it names its things.
type House struct {
	Host string // in handles: "acme.example", a port allowed
	URL  string // "https://social.acme.example", no slash at the end
}

// InstanceActor is the id of the instance itself, which signs every fetch.
func (h House) InstanceActor() activity.ID { return activity.ID(h.URL + "/actor") }

// PersonID is the id of one of our people.
func (h House) PersonID(username string) activity.ID {
	return activity.ID(h.URL + "/users/" + username)
}

// LevelIn is what our people may do in a group, as far as it has told us: "" where it has
// not, and its host judges.
func (h House) LevelIn(group store.Actor) activity.Level {
	if group.Local {
		return activity.Invites
	}
	return group.Companies.Level(h.Host, activity.ID(h.URL).Host())
}

// GroupID is the id of one of our groups.
func (h House) GroupID(username string) activity.ID {
	return activity.ID(h.URL + "/groups/" + username)
}

// NoteID is the id of something that one of our people wrote.
func (h House) NoteID(key store.Key) activity.ID {
	return activity.ID(h.URL + "/notes/" + key.String())
}

// RepliesID is the collection of the answers to one of our notes.
func (h House) RepliesID(note activity.ID) activity.ID { return note + "/replies" }

// ThreadID is the collection of the posts of a thread that one of our notes began.
func (h House) ThreadID(first activity.ID) activity.ID { return first + "/context" }

// SynchronisationID is where a partner reads who of its people follow one of ours.
func (h House) SynchronisationID(actor activity.ID) activity.ID {
	return actor + "/followers_synchronization"
}

// SuccessionID is where the successor of a group reads who is in it.
func (h House) SuccessionID(group activity.ID) activity.ID { return group + "/succession" }

// ActivityID is the id of something that one of ours did.
func (h House) ActivityID(key store.Key) activity.ID {
	return activity.ID(h.URL + "/activities/" + key.String())
}

// ActorPage is where people see an actor: "/@alice", "/@bea@globex.example".
func (h House) ActorPage(a store.Actor) activity.ID { return activity.ID(h.URL + "/@" + a.Handle()) }

// NotePage is where people read a note.
func (h House) NotePage(author store.Actor, key store.Key) activity.ID {
	return h.ActorPage(author) + activity.ID("/"+key.String())
}

// Handle is "alice@acme.example" for our own people too.
func (h House) Handle(a store.Actor) string { return string(a.Username) + "@" + a.Host }

// SharedInbox is where other servers deliver what concerns many of us.
func (h House) SharedInbox() activity.ID { return activity.ID(h.URL + "/inbox") }

// Owns says whether an id is one of ours by its address.
func (h House) Owns(id activity.ID) bool {
	return id == activity.ID(h.URL) || strings.HasPrefix(string(id), h.URL+"/")
}

// MediaURL is where partners get a picture that one of our people has attached.
func (h House) MediaURL(key store.Key) activity.ID {
	return activity.ID(h.URL + "/media/" + key.String())
}

// MediaKey reads the key in such an address.
func (h House) MediaKey(url activity.ID) (store.Key, bool) {
	text, ok := strings.CutPrefix(string(url), h.URL+"/media/")
	if !ok {
		return 0, false
	}
	key, err := store.ParseKey(text)
	return key, err == nil
}

// Hosts are the names that we answer to.
func (h House) Hosts() []string {
	host := activity.ID(h.URL).Host()
	if host == h.Host {
		return []string{host}
	}
	return []string{host, h.Host}
}

// StampID is the id of the leave that one of our people gave.
func (h House) StampID(key store.Key) activity.ID {
	return activity.ID(h.URL + "/stamps/" + key.String())
}

// NoteKey reads the key in the id of one of our notes.
func (h House) NoteKey(id activity.ID) (store.Key, bool) { return h.key("/notes/", id) }

// StampKey reads the key in the id of one of our stamps.
func (h House) StampKey(id activity.ID) (store.Key, bool) { return h.key("/stamps/", id) }

func (h House) key(place string, id activity.ID) (store.Key, bool) {
	text, ok := strings.CutPrefix(string(id), h.URL+place)
	if !ok {
		return 0, false
	}
	key, err := store.ParseKey(text)
	return key, err == nil
}

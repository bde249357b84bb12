package interop_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// create: what was written is here as it was sent, and the one of ours sees it.
func (s *scene) create(e act) effect {
	author := s.meet(e.Actor.ID)
	objects := s.objects(e)
	if objects[0]["mediaType"] == "message/mls" {
		return s.sealed(objects[0])
	}
	for _, o := range objects {
		s.surround(author, e, o)
	}
	return func() string {
		var seen string
		for _, o := range objects {
			if seen = s.kept(e, o); seen == "" {
				return ""
			}
		}
		return seen
	}
}

// sealed: it waits for the one of ours whom it names, as it was sent.
func (s *scene) sealed(o map[string]any) effect {
	return func() string {
		waiting, err := s.db.SealedFor(s.t.Context(), s.watch.Key, store.Page{})
		s.must(err)
		for _, m := range waiting {
			var kept map[string]any
			if s.must(json.Unmarshal(m.Raw, &kept)); reflect.DeepEqual(kept, o) {
				return "kept unread, as it came, for whom it names"
			}
		}
		return ""
	}
}

// converse: what somebody wrote in a conversation is known when its owner says so.
func (s *scene) converse(e, inner act) effect {
	s.joins(store.Follow, s.watch, s.meet(e.Actor.ID), true, "")
	s.meet(inner.Actor.ID)
	note := s.objects(inner)[0]
	note["attributedTo"] = inner.Actor.ID
	s.world.says[inner.Object.ID] = encode(note) // its own host serves it
	return func() string {
		if n, err := s.db.Note(s.t.Context(), inner.Object.ID); err != nil || n.AuthorKey != s.key(inner.Actor.ID) || !same(n.Note, note) {
			return ""
		}
		return "what was written in the conversation is known, as its author's host has it"
	}
}

// objects are the one or many things that were written.
func (s *scene) objects(e act) []map[string]any {
	var whole struct {
		Object json.RawMessage `json:"object"`
	}
	s.must(json.Unmarshal(e.raw, &whole))
	var many []map[string]any
	if json.Unmarshal(whole.Object, &many) == nil {
		return many
	}
	raw := whole.Object
	if e.Object.Raw == nil {
		raw = s.world.document(e.Object.ID)
	}
	one := map[string]any{}
	overlay(one, raw)
	return []map[string]any{one}
}

// surround makes the author somebody whom the one of ours follows, puts both in
// the group that it is posted in, and writes what of ours it answers.
func (s *scene) surround(author store.Actor, e act, o map[string]any) {
	var n activity.Note
	plain := maps.Clone(o)
	delete(plain, "type") // some have a list, which only ReadNote reads
	s.must(json.Unmarshal(encode(plain), &n))
	s.joins(store.Follow, s.watch, author, true, "")
	for _, id := range append(e.Audience.All(), n.Audience.All()...) {
		if look(id) != "Group" || collection.MatchString(string(id)) {
			continue
		}
		s.world.group = id
		group := s.meet(id)
		s.joins(store.Membership, author, group, true, "")
		s.joins(store.Membership, s.watch, group, true, "")
	}
	kind := "Note"
	if n.Content == "" && n.Name != "" {
		kind = "Question" // a vote answers one
	}
	s.ownNote(n.InReplyTo.First(), e, kind)
}

// kept says how the one of ours sees what was written, "" when it is not here as
// it was sent.
func (s *scene) kept(e act, o map[string]any) string {
	id, _ := o["id"].(string)
	n, err := s.db.Note(s.t.Context(), activity.ID(id))
	if err != nil || n.AuthorKey != s.key(e.Actor.ID) || !same(n.Note, o) {
		return ""
	}
	group, _ := s.db.ActorByKey(s.t.Context(), n.GroupKey)
	switch {
	case s.home(n) && n.Admitted:
		return n.Type + " kept, and taken in by its group; on the home page of a member"
	case s.home(n):
		return n.Type + " kept; on the home page of a follower"
	case s.told("mention"):
		return n.Type + " kept; who it is for is told"
	case n.GroupKey != 0 && !group.Local:
		return n.Type + " kept, until its group announces it"
	}
	return n.Type + " kept"
}

// same says whether a kept note has the words of the object that was sent.
func same(n activity.Note, o map[string]any) bool {
	var sent activity.Note
	if json.Unmarshal(encode(o), &sent) != nil {
		return false
	}
	texts := []activity.Text{sent.Content}
	if sent.Content == "" && len(sent.ContentMap) > 0 {
		texts = slices.Collect(maps.Values(sent.ContentMap))
	}
	kept := func(text activity.Text) bool { return string(n.Content) == activity.Sanitise(string(text)) }
	return slices.ContainsFunc(texts, kept) && string(n.Name) == activity.PlainText(string(sent.Name)) &&
		string(n.Summary) == activity.Sanitise(string(sent.Summary)) && reflect.DeepEqual(n.OneOf, sent.OneOf) && reflect.DeepEqual(n.AnyOf, sent.AnyOf)
}

// update: what was known in an older version is known in the newer one.
func (s *scene) update(e act) effect {
	if kindOf(e.Object.Raw) == anActor {
		return s.updateActor(e)
	}
	after := s.objects(e)[0]
	older := maps.Clone(after)
	delete(older, "updated")
	for _, name := range []string{"content", "name", "contentMap"} {
		delete(older, name)
	}
	older["content"] = "<p>The first version.</p>"
	first := s.written(e, older)
	was := s.create(first)
	s.perform(first)
	if was() == "" {
		s.t.Log("the first version was not taken")
	}
	return func() string {
		n, err := s.db.Note(s.t.Context(), e.Object.ID)
		if err != nil || !same(n.Note, after) || string(n.Content) == older["content"] {
			return ""
		}
		return n.Type + " edited"
	}
}

// written is the Create of an object.
func (s *scene) written(e act, object map[string]any) act {
	a := e.before("Create")
	a.Object.Raw = encode(object)
	s.world.learn(a.Object.Raw)
	a.raw = encode(a.Envelope)
	return a
}

// updateActor: the profile was another one before. Where somebody else says that
// it has changed, its own host has the new one.
func (s *scene) updateActor(e act) effect {
	id := e.Object.ID
	before := s.meet(id)
	before.Name, before.Summary = "Before", "<p>before</p>"
	s.tx(func(tx *store.Tx) error { _, err := tx.PutActor(s.t.Context(), before); return err })
	if id != e.Actor.ID {
		s.joins(store.Moderator, s.meet(e.Actor.ID), before, true, "")
	}
	doc, sent := map[string]any{}, map[string]any{}
	overlay(doc, s.world.document(id))
	overlay(doc, e.Object.Raw)
	overlay(sent, e.Object.Raw)
	doc["publicKey"] = map[string]any{"id": s.world.keyID(id), "owner": id, "publicKeyPem": s.world.key}
	s.world.says[id] = encode(doc)
	return func() string {
		a, err := s.db.Actor(s.t.Context(), id)
		summary, _ := sent["summary"].(string)
		if err != nil || string(a.Name) != sent["name"] || string(a.Summary) != activity.Sanitise(summary) {
			return ""
		}
		return "profile of " + string(id) + " changed"
	}
}

// remove: what was known is gone, and its address remembered.
func (s *scene) remove(e act) effect {
	id := e.Object.ID
	if id == e.Actor.ID {
		s.meet(id)
		return func() string {
			if a, err := s.db.Actor(s.t.Context(), id); err != nil || a.DeletedAt.IsZero() {
				return ""
			}
			return string(id) + " is gone, with all that it wrote and did"
		}
	}
	s.posted(e)
	had := s.key(id) != 0
	s.world.gone[id] = true
	return func() string {
		buried, err := s.db.Buried(s.t.Context(), id)
		s.must(err)
		switch {
		case buried.IsZero() || s.key(id) != 0:
			return ""
		case had:
			return "deleted; its address is remembered as gone"
		}
		return "never seen; its address is remembered as gone"
	}
}

// lock: what answers it is for moderators only.
func (s *scene) lock(e act) effect {
	s.posted(e)
	return func() string {
		if is, err := s.db.IsLocked(s.t.Context(), s.key(e.Object.ID)); err != nil || !is {
			return ""
		}
		return "locked: only moderators can answer"
	}
}

// posted makes what an activity is about be there, in the group that it names.
func (s *scene) posted(e act) {
	id := e.Object.ID
	for _, whom := range e.Audience.All() {
		isTheirs := activity.SameOrigin(whom, e.Actor.ID) || !activity.SameOrigin(s.world.group, e.Actor.ID)
		if look(whom) == "Group" && !collection.MatchString(string(whom)) && isTheirs {
			s.world.group = whom
		}
	}
	note := map[string]any{}
	if !strings.Contains(string(id), "keyPackage") {
		overlay(note, s.world.note(id))
		first := s.written(e, note)
		first.Actor = activity.Ref{ID: activity.ID(note["attributedTo"].(string))}
		first.raw = encode(first.Envelope)
		was := s.create(first)
		s.perform(first)
		s.announced(id)
		if was() == "" {
			s.t.Log("what is to be deleted was not taken")
		}
	}
}

// announced makes a group elsewhere take in what was posted in it.
func (s *scene) announced(note activity.ID) {
	group := s.world.group
	if group == "" || origin(group) == s.URL {
		return
	}
	a, err := read(encode(map[string]any{"id": group + "#announce-before", "type": "Announce", "actor": group, "object": note, "to": activity.Public}))
	s.must(err)
	s.perform(a)
}

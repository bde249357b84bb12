package interop_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// arrange makes what an activity needs to mean something, and gives the effect
// that it has to have.
func (s *scene) arrange(e act) effect {
	s.t.Helper()
	switch e.Type {
	case "Follow":
		return s.follow(e)
	case "Accept", "Reject":
		return s.answer(e)
	case "Undo":
		return s.undo(e)
	case "Create":
		return s.create(e)
	case "Update":
		return s.update(e)
	case "Delete":
		return s.remove(e)
	case "Like":
		return s.like(e)
	case "EmojiReact":
		return s.react(e)
	case "Announce":
		return s.announce(e)
	case "Block":
		return s.block(e)
	case "Add", "Remove":
		return s.shelve(e)
	case "Join", "Leave":
		return s.attend(e)
	case "Move":
		return s.move(e)
	case "Invite":
		return s.invite(e)
	case "Lock":
		return s.lock(e)
	}
	return s.plead(e)
}

// plead: what is asked of admins and authors.
func (s *scene) plead(e act) effect {
	switch e.Type {
	case "QuoteRequest", "LikeRequest", "ReplyRequest", "AnnounceRequest":
		return s.ask(e)
	case "Flag":
		return s.flag(e)
	case "Resolve":
		return s.resolve(e)
	}
	return s.unknown
}

// unknown is kept as it is, since no handler knows it.
func (s *scene) unknown() string {
	if s.outcome(s.t.Context()) == store.Unknown {
		return "kept as unknown"
	}
	return ""
}

// follow: the edge is there, accepted, and the answer has come back.
func (s *scene) follow(e act) effect {
	return func() string {
		kind, say := store.Follow, "follows"
		if look(e.Object.ID) == "Group" {
			kind, say = store.Membership, "is a member of"
		}
		if !s.edge(kind, e.Actor.ID, e.Object.ID) || !s.partner.received("Accept", e.ID) {
			return ""
		}
		return fmt.Sprintf("%s %s; the Accept came back", say, e.Object.ID)
	}
}

// answer: what one of ours had asked for is granted, or refused.
func (s *scene) answer(e act) effect {
	inner := e.inside(s.world.library)
	if inner.Type != "Follow" && !strings.Contains(string(e.Object.ID), "follow") {
		return s.leave(e, inner)
	}
	kind, other := store.Follow, s.meet(e.Actor.ID)
	if other.IsGroup() {
		kind = store.Membership
	}
	s.joins(kind, s.watch, other, e.Type == "Reject", e.Object.ID)
	return func() string {
		switch is := s.edge(kind, s.watch.ID, other.ID); {
		case e.Type == "Accept" && is:
			return fmt.Sprintf("%s is now accepted by %s", kind, other.ID)
		case e.Type == "Reject" && !is:
			return fmt.Sprintf("%s is refused by %s", kind, other.ID)
		}
		return ""
	}
}

// undo: what was there because of the inner activity is there no more, what was
// gone is back, and what nobody knows has no effect when it comes.
func (s *scene) undo(e act) effect {
	inner := e.inside(s.world.library)
	made := s.arrange(inner)
	if inner.Type != "" {
		s.perform(inner)
	}
	did := made()
	if inner.Type == "Delete" {
		delete(s.world.gone, inner.Object.ID) // its host serves it again
	}
	return func() string {
		gone, err := s.db.Buried(s.t.Context(), e.Object.ID)
		s.must(err)
		switch {
		case !slices.Contains(listed, inner.Type) && !gone.IsZero():
			return "the " + inner.Type + " is remembered as taken back"
		case did == "" || !slices.Contains(listed, inner.Type):
			return ""
		case inner.Type == "Delete" && s.key(inner.Object.ID) != 0:
			return "what was deleted is here again"
		case inner.Type != "Delete" && made() == "":
			return "no more: " + did
		}
		return ""
	}
}

// invite: somebody elsewhere, who is a moderator of a group of ours, asks one of ours in.
func (s *scene) invite(e act) effect {
	if !activity.SameOrigin(e.Object.ID, s.watch.ID) {
		return s.unknown
	}
	group, keeper := s.person(e.Object.ID, "Group"), s.meet(e.Actor.ID)
	for _, kind := range []string{store.Membership, store.Moderator} {
		s.joins(kind, keeper, group, true, "")
	}
	return func() string {
		if !s.edge(store.Invitation, s.watch.ID, e.Object.ID) || !s.told("group_invite") {
			return ""
		}
		return fmt.Sprintf("%s is invited to %s, and told", s.watch.ID, e.Object.ID)
	}
}

// move: who followed has asked the new one, which says that it is the old one; where
// the new one tells, the old one says where it went.
func (s *scene) move(e act) effect {
	s.world.roles[e.Object.ID] = "Person"
	s.joins(store.Follow, s.watch, s.meet(e.Object.ID), true, "")
	s.says(e.Target.ID, "alsoKnownAs", []activity.ID{e.Object.ID})
	if e.Actor.ID == e.Target.ID {
		s.says(e.Object.ID, "movedTo", e.Target.ID)
	}
	return func() string {
		if _, err := s.db.Edge(s.t.Context(), store.Follow, s.watch.Key, s.key(e.Target.ID)); err != nil {
			return ""
		}
		return fmt.Sprintf("who follows %s asks to follow %s", e.Object.ID, e.Target.ID)
	}
}

// says lets an actor elsewhere say more of itself, unless what was recorded says it.
func (s *scene) says(id activity.ID, property string, value any) {
	var doc map[string]any
	if json.Unmarshal(s.world.actor(id), &doc) == nil && doc[property] == nil {
		doc[property] = value
		s.world.says[id] = encode(doc)
	}
}

// like: the edge is there, and an author of ours knows it.
func (s *scene) like(e act) effect {
	local := s.ownNote(e.Object.ID, e, "Note")
	return func() string {
		switch {
		case !s.edge(store.Like, e.Actor.ID, e.Object.ID):
			return ""
		case local && s.told("favourite"):
			return "likes a note of ours; its author is told"
		case !local:
			return "likes a note that was fetched"
		}
		return ""
	}
}

// react: the emoji is beside the note.
func (s *scene) react(e act) effect {
	s.ownNote(e.Object.ID, e, "Note")
	return func() string {
		r, err := s.db.ReactionByIRI(s.t.Context(), e.ID)
		if err != nil {
			return ""
		}
		return "puts " + r.Emoji + " beside a note"
	}
}

// ownNote writes the note that an activity is about, if it is one of ours.
func (s *scene) ownNote(id activity.ID, e act, kind string) bool {
	if origin(id) != s.URL {
		return false
	}
	if _, err := s.db.Note(s.t.Context(), id); err == nil {
		return true
	}
	for _, whom := range e.Audience.All() {
		if origin(whom) == s.URL && look(whom) == "Person" && s.key(whom) == 0 && !collection.MatchString(string(whom)) {
			s.watch = s.person(whom, "Person")
			break
		}
	}
	s.wrote(s.watch, activity.Note{ID: id, Type: kind, Content: "<p>We wrote this.</p>", Audience: activity.Audience{To: activity.IDs{activity.Public}}})
	return true
}

// announce: a boost is an edge; what a group announces is in the group, or is
// done as its member did it.
func (s *scene) announce(e act) effect {
	booster := s.meet(e.Actor.ID)
	kind := store.Follow
	if booster.IsGroup() {
		kind, s.world.group = store.Membership, booster.ID
	}
	s.joins(kind, s.watch, booster, true, "")
	if inner := e.inside(s.world.library); inner.Type != "" {
		return s.inGroup(booster, inner)
	}
	s.ownNote(e.Object.ID, e, "Note")
	return func() string {
		n, err := s.db.Note(s.t.Context(), e.Object.ID)
		switch {
		case err != nil || !s.home(n):
			return ""
		case booster.IsGroup() && n.Admitted && n.GroupKey == booster.Key:
			return n.Type + " taken in by the group; on the home page of a member"
		case s.edge(store.Boost, e.Actor.ID, n.ID):
			return n.Type + " boosted; on the home page of a follower"
		}
		return ""
	}
}

// inGroup: what a member did in a group is done here too. A Like that the member's
// own host does not confirm has at least shown what it was for.
func (s *scene) inGroup(group store.Actor, inner act) effect {
	done := s.arrange(inner)
	return func() string {
		if is := done(); is != "" {
			return "in its group: " + is
		}
		n, err := s.db.Note(s.t.Context(), inner.Object.ID)
		if err != nil || inner.Type != "Like" || n.GroupKey != group.Key || !n.Admitted || !s.home(n) {
			return ""
		}
		return fmt.Sprintf("in its group: %s taken in; the Like is not believed: its own host does not confirm it", n.Type)
	}
}

// block: the two are apart, or somebody is out of a group.
func (s *scene) block(e act) effect {
	if e.Target.ID == "" {
		s.joins(store.Follow, s.watch, s.meet(e.Actor.ID), true, "")
		return func() string {
			if s.edge(store.Block, e.Actor.ID, e.Object.ID) && !s.edge(store.Follow, s.watch.ID, e.Actor.ID) {
				return "blocks " + string(e.Object.ID) + ", who follows no more"
			}
			return ""
		}
	}
	s.world.group = e.Target.ID
	group, out := s.meet(e.Target.ID), s.meet(e.Object.ID)
	s.joins(store.Membership, s.watch, group, true, "")
	s.joins(store.Membership, out, group, true, "")
	return func() string {
		if s.edge(store.Ban, e.Object.ID, e.Target.ID) && !s.edge(store.Membership, e.Object.ID, e.Target.ID) {
			return string(e.Object.ID) + " is kept out of the group"
		}
		return ""
	}
}

// shelve: a note is featured, or somebody moderates; or no more.
func (s *scene) shelve(e act) effect {
	if inner := e.inside(s.world.library); inner.Type == "Create" {
		return s.converse(e, inner)
	}
	if collected.MatchString(string(e.Target.ID)) {
		return s.collect(e)
	}
	owner := e.Actor.ID
	if group := activity.ID(collection.ReplaceAllString(string(e.Target.ID), "")); look(group) == "Group" {
		owner = group
		s.world.group = group
		s.joins(store.Membership, s.watch, s.meet(group), true, "")
	}
	kind, from, to, say := store.Feature, owner, e.Object.ID, "featured"
	if strings.HasSuffix(string(e.Target.ID), "/moderators") {
		kind, from, to, say = store.Moderator, e.Object.ID, owner, "a moderator"
	}
	if e.Type == "Add" {
		return func() string {
			if s.edge(kind, from, to) {
				return string(e.Object.ID) + " is " + say
			}
			return ""
		}
	}
	s.perform(e.before("Add"))
	did := s.edge(kind, from, to)
	return func() string {
		if did && !s.edge(kind, from, to) {
			return string(e.Object.ID) + " is " + say + " no more"
		}
		return ""
	}
}

// before is what was done earlier to the same object.
func (a act) before(verb string) act {
	a.Type, a.ID = verb, a.ID+"-before"
	a.raw = encode(a.Envelope)
	return a
}

// attend: somebody takes part in an event of ours, or no more.
func (s *scene) attend(e act) effect {
	s.ownNote(e.Object.ID, e, "Event")
	if e.Type == "Join" {
		return func() string {
			if s.edge("attend", e.Actor.ID, e.Object.ID) {
				return "attends an event of ours"
			}
			return ""
		}
	}
	s.perform(e.before("Join"))
	did := s.edge("attend", e.Actor.ID, e.Object.ID)
	return func() string {
		if did && !s.edge("attend", e.Actor.ID, e.Object.ID) {
			return "attends an event of ours no more"
		}
		return ""
	}
}

// key is that of a known actor or note, 0 for none.
func (s *scene) key(id activity.ID) store.Key {
	if a, err := s.db.Actor(s.t.Context(), id); err == nil {
		return a.Key
	}
	n, _ := s.db.Note(s.t.Context(), id)
	return n.Key
}

func (s *scene) edge(kind string, from, to activity.ID) bool {
	is, err := s.db.HasEdge(s.t.Context(), kind, s.key(from), s.key(to))
	s.must(err)
	return is
}

// told says whether the one of ours was told something of this kind.
func (s *scene) told(kind string) bool {
	ns, err := s.db.Notifications(s.t.Context(), s.watch.Key, store.Page{})
	s.must(err)
	return slices.ContainsFunc(ns, func(n store.Notification) bool { return n.Kind == kind })
}

// home says whether the one of ours sees a note at home, or wrote it.
func (s *scene) home(n store.Note) bool {
	es, err := s.db.Home(s.t.Context(), s.watch.Key, store.Page{})
	s.must(err)
	return n.AuthorKey == s.watch.Key || slices.ContainsFunc(es, func(e store.Entry) bool { return e.Note.Key == n.Key })
}

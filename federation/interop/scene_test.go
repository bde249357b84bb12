package interop_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/store"
)

// listed are the activity types that have an effect.
var listed = federation.Types()

// bystander is the instance of those to whom nothing is addressed, and who see
// it because they follow somebody or are in a group.
const bystander = "https://here.example"

// An act is an activity with the document that it was read from.
type act struct {
	activity.Envelope
	raw json.RawMessage
}

func read(raw json.RawMessage) (act, error) {
	e, err := activity.ReadEnvelope(raw)
	return act{e, raw}, err
}

// A scene is one activity and all that must be there before it means something.
type scene struct {
	*instance
	world *world
	watch store.Actor // the one of ours whom it concerns, or who only sees it
}

// An effect says what has become of an activity, "" while there is nothing.
type effect func() string

// play delivers an activity to the instance of whom it concerns.
func (s *stage) play(t *testing.T, d document, l library) row {
	r := row{document: d, verb: activity.TypeOf(d.raw)}
	a, err := read(d.raw)
	if err != nil {
		r.reason = activity.FaultOf(err).Reason
		return r
	}
	whom := concerned(a, l)
	if activity.SameOrigin(whom, a.Actor.ID) { // of one host only: we are another one
		a, whom = moved(a, whom)
	}
	sc := s.scene(t, a, whom, l)
	effect := sc.arrange(a)
	if was := effect(); was != "" {
		t.Errorf("before it was delivered: %s", was)
	}
	status, reason := sc.perform(a)
	r.effect, r.reason = effect(), reason
	if r.effect == "" && status == 202 {
		r.reason = s.outcome(t.Context())
	}
	return r
}

func (s *stage) scene(t *testing.T, a act, whom activity.ID, l library) *scene {
	t.Helper()
	w := newWorld(l, httpsign.EncodePublicKey(&s.keys.theirs.PublicKey))
	w.learn(a.raw)
	w.learn(a.inside(l).raw)
	w.writer = func(note activity.ID) activity.ID { return writer(a, note) }
	s.partner.plays(w)
	url := bystander
	if whom != "" {
		url = origin(whom)
	}
	sc := &scene{instance: s.found(t, url, true), world: w}
	if whom == "" || look(whom) == "Group" || sc.isNote(whom) {
		sc.watch = sc.person(activity.ID(url+"/users/bea"), "Person")
	}
	switch {
	case whom == "" || sc.isNote(whom):
	case look(whom) == "Group":
		sc.person(whom, "Group")
	default:
		sc.watch = sc.person(whom, "Person")
	}
	return sc
}

func (s *scene) isNote(id activity.ID) bool {
	role := s.world.roles[id]
	return role == "Note" || role == "Event"
}

// concerned is the one of ours that an activity is about or addressed to, or the
// note of ours; "" when it is not about any of ours.
func concerned(e act, l library) activity.ID {
	inner := e.inside(l)
	switch e.Type {
	case "Follow", "Join", "Leave", "QuoteRequest", "LikeRequest", "Flag":
		return e.Object.ID
	case "Invite":
		return e.Target.ID
	case "Accept", "Reject":
		if inner.Actor.ID != "" {
			return inner.Actor.ID
		}
		return e.To.First()
	case "Undo", "Resolve":
		if inner.Type != "" {
			return concerned(inner, l)
		}
	case "Block":
		if e.Target.ID == "" {
			return e.Object.ID
		}
		return foreign(e, e.Object.ID)
	case "Add":
		if inner.Type == "Create" { // ours only see it
			return ""
		}
		return foreign(e, e.Object.ID)
	case "Like", "EmojiReact", "Remove":
		return foreign(e, e.Object.ID)
	case "Announce":
		if inner.Type == "" {
			return foreign(e, e.Object.ID)
		}
	case "Create", "Update", "Delete":
		if kindOf(e.Object.Raw) != anActor {
			return addressed(e)
		}
	}
	return ""
}

// foreign is those of the ids that are on another host than the actor's.
func foreign(e act, ids ...activity.ID) activity.ID {
	for _, id := range ids {
		if id.Host() != "" && !id.IsPublic() && !activity.SameOrigin(id, e.Actor.ID) && !collection.MatchString(string(id)) {
			return id
		}
	}
	return ""
}

// addressed is the first one elsewhere who is addressed or named, for a direct
// message also somebody at the same host.
func addressed(e act) activity.ID {
	var n activity.Note
	_ = json.Unmarshal(e.Object.Raw, &n)
	all := slices.Concat(e.Audience.All(), n.Audience.All(), n.Mentions())
	if id := foreign(e, all...); id != "" || slices.ContainsFunc(all, activity.ID.IsPublic) {
		return id
	}
	for _, id := range all {
		if id != e.Actor.ID && look(id) == "Person" && !collection.MatchString(string(id)) {
			return id
		}
	}
	return ""
}

// inside is the activity that another one carries or names; one without a type
// when there is none.
func (a act) inside(l library) act {
	raw := a.Object.Raw
	if raw == nil {
		raw = l.find(a.Object.ID, anActivity)
	}
	if kindOf(raw) != anActivity {
		return act{}
	}
	inner, err := read(raw)
	if err != nil {
		return act{}
	}
	return inner
}

// moved makes one of theirs one of ours: the same, at another host.
func moved(a act, id activity.ID) (act, activity.ID) {
	to := bystander + strings.TrimPrefix(string(id), origin(id))
	text := strings.NewReplacer(`"`+string(id)+`"`, `"`+to+`"`, `"`+string(id)+`/`, `"`+to+`/`).Replace(string(a.raw))
	a, _ = read(json.RawMessage(text)) // it was one before
	return a, activity.ID(to)
}

// writer is who wrote a note that nobody has recorded: who now changes it, or
// somebody of its host to whom the activity is addressed.
func writer(e act, note activity.ID) activity.ID {
	if e.Object.Raw != nil && kindOf(e.Object.Raw) == anActivity {
		inner, _ := read(e.Object.Raw)
		return writer(inner, note)
	}
	own := slices.Contains([]string{"Create", "Update", "Delete", "Announce"}, e.Type) && !strings.HasSuffix(string(e.Actor.ID), "/owner") // of a magazine
	if own && activity.SameOrigin(e.Actor.ID, note) && look(e.Actor.ID) == "Person" {
		return e.Actor.ID
	}
	for _, id := range e.Audience.All() {
		if activity.SameOrigin(id, note) && !collection.MatchString(string(id)) && look(id) == "Person" && id != e.Actor.ID {
			return id
		}
	}
	return activity.ID(origin(note) + "/users/author")
}

// perform delivers an activity as its actor, and does what is to be done then.
func (s *scene) perform(a act) (status int, reason string) {
	s.t.Helper()
	key := s.world.keyID(a.Actor.ID)
	s.world.keys[key] = a.Actor.ID
	status, reason = s.post(a.raw, httpsign.Signer{KeyID: key, Key: s.keys.theirs})
	s.settle()
	return status, reason
}

// meet makes somebody elsewhere known here, as a search does.
func (s *scene) meet(id activity.ID) store.Actor {
	s.t.Helper()
	if a, err := s.db.Actor(s.t.Context(), id); err == nil {
		return a
	}
	_, err := s.Search(s.t.Context(), s.watch, string(id), true)
	s.must(err)
	a, err := s.db.Actor(s.t.Context(), id)
	if err != nil {
		s.t.Logf("%s cannot be met: %v", id, err)
	}
	return a
}

// joins puts an edge between two that are known.
func (s *scene) joins(kind string, from, to store.Actor, accepted bool, by activity.ID) {
	s.t.Helper()
	if from.Key != 0 && to.Key != 0 {
		s.tx(func(tx *store.Tx) error {
			_, err := tx.PutEdge(s.t.Context(), store.Edge{Kind: kind, Actor: from.Key, Object: to.Key, Accepted: accepted, IRI: by})
			return err
		})
	}
}

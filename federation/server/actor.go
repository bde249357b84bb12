package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// instanceActor is served to everybody: it signs every fetch of ours, so others
// must be able to read its key before they trust us (interop §1.5).
func (s *Server) instanceActor(r *http.Request, _ store.Reader) (any, error) {
	a, err := s.db.Actor(r.Context(), s.house.InstanceActor())
	if err != nil {
		return nil, err
	}
	return federation.Document(a), nil
}

// actor is one of our people or groups.
func (s *Server) actor(r *http.Request, who store.Reader) (any, error) {
	a, err := s.named(r, who)
	if err != nil {
		return nil, err
	}
	if a, err = s.withTopics(r, a, who); err != nil {
		return nil, err
	}
	if a.Companies, err = s.companies(r, a, who); err != nil {
		return nil, err
	}
	return s.profile(r, a)
}

// profile is the document of an actor: of a person, without the word for it, what their
// letters cannot do without.
func (s *Server) profile(r *http.Request, a store.Actor) (activity.Actor, error) {
	granted, err := s.grants(r, agreement.Profile)
	doc := federation.Document(a)
	if err == nil && a.IsGroup() {
		doc.Succession, err = s.succession(r, a)
	}
	if granted || a.IsGroup() {
		return doc, err
	}
	return activity.Actor{Context: doc.Context, ID: doc.ID, Type: doc.Type, Username: doc.Username, Inbox: doc.Inbox, Outbox: doc.Outbox,
		Followers: doc.Followers, Endpoints: doc.Endpoints, PublicKey: doc.PublicKey, AssertionMethod: doc.AssertionMethod,
		ManuallyApproves: doc.ManuallyApproves, Webfinger: doc.Webfinger}, err
}

// directory finds people of ours by how their name begins: their documents. Who does not
// say who they are finds nobody, also in open federation.
func (s *Server) directory(r *http.Request, who store.Reader) (any, error) {
	if who == (store.Reader{}) {
		return nil, activity.Refuse(activity.Unauthenticated, "unsigned", "the directory is for who signs the request")
	}
	people, err := s.db.PeopleLike(r.Context(), r.URL.Query().Get("q"), who)
	if err != nil {
		return nil, err
	}
	found := []any{}
	for _, a := range people {
		doc, err := s.profile(r, a)
		if err != nil {
			return nil, err
		}
		doc.Context = nil
		found = append(found, doc)
	}
	c := activity.NewCollection(activity.ID(s.house.URL+"/directory?"+r.URL.Query().Encode()), len(found))
	c.First, c.Items = "", found
	return c, nil
}

// named is the local actor that a path names, if the reader may know it.
func (s *Server) named(r *http.Request, who store.Reader) (store.Actor, error) {
	a, err := s.db.KnownActor(r.Context(), activity.ID(s.house.URL+actorPath(r)), who)
	if err == nil && !a.DeletedAt.IsZero() {
		err = activity.Refuse(activity.Gone, "gone", "this actor is gone")
	}
	if err == nil {
		err = s.mayMeet(r, a, who)
	}
	return a, err
}

// mayMeet: of a closed group only who belongs to it finds more than of a secret one, and
// who has the word for it.
func (s *Server) mayMeet(r *http.Request, a store.Actor, who store.Reader) error {
	if !a.IsGroup() || a.Access() != activity.AccessClosed {
		return nil
	}
	if granted, err := s.grants(r, agreement.SeeClosed); err != nil || granted {
		return err
	}
	belongs, err := s.db.Belongs(r.Context(), a.Key, who)
	if err == nil && !belongs {
		err = activity.ErrNotFound()
	}
	return err
}

// actorPath is "/users/alice" of "/users/alice/followers".
func actorPath(r *http.Request) string {
	base := "/users/"
	if len(r.URL.Path) > 8 && r.URL.Path[:8] == "/groups/" {
		base = "/groups/"
	}
	return base + r.PathValue("name")
}

// note is something that one of our people wrote.
func (s *Server) note(r *http.Request, who store.Reader) (any, error) {
	n, err := s.visible(r, who)
	if err != nil {
		return nil, err
	}
	return s.noteDocument(n), nil
}

func (s *Server) noteDocument(n store.Note) activity.Note {
	doc := n.Note
	doc.Context = activity.Context
	return doc
}

// visible is the note that a path names: what the reader may not see is missing,
// what was deleted is gone.
func (s *Server) visible(r *http.Request, who store.Reader) (store.Note, error) {
	key, err := store.ParseKey(r.PathValue("key"))
	if err != nil {
		return store.Note{}, err
	}
	n, err := s.db.VisibleNote(r.Context(), key, who)
	if err == nil && !n.Local {
		return n, activity.ErrNotFound()
	}
	if activity.KindOf(err) == activity.NotFound {
		open, errGone := s.db.WasOpen(r.Context(), s.house.NoteID(key))
		if errGone != nil {
			return n, errGone
		}
		if open {
			err = activity.Refuse(activity.Gone, "gone", "this was deleted")
		}
	}
	return n, err
}

// recorded is something that one of ours did, for those whom it reached. All
// questions are asked whatever the first one gives, so that the time that it takes
// tells nothing.
func (s *Server) recorded(r *http.Request, who store.Reader) (any, error) {
	key, err := store.ParseKey(r.PathValue("key"))
	if err != nil {
		return nil, err
	}
	rec, found, err := activity.Optional(s.db.RecordedByKey(r.Context(), key))
	if err != nil {
		return nil, err
	}
	if len(rec.Raw) == 0 { // nothing, or nothing any more: is looked through all the same: nobody can tell by the time
		rec.Raw = decoy
	}
	env, errRead := activity.ReadEnvelope(rec.Raw)
	reached, err := s.db.Reaches(r.Context(), rec.Actor, env.Audience, who)
	if err != nil {
		return nil, err
	}
	note, readable, err := s.carries(r.Context(), env, who)
	if err != nil {
		return nil, err
	}
	undone, err := s.db.AnyTakenBack(r.Context(), spoken(env))
	if err != nil {
		return nil, err
	}
	if !found || errRead != nil || !rec.Local || !reached || !readable || undone {
		return nil, activity.ErrNotFound()
	}
	return present(rec.Raw, env, note)
}

// spoken is an activity, with that which it passes on.
func spoken(e activity.Envelope) []activity.Envelope {
	all := []activity.Envelope{e}
	for e.Type == "Announce" && e.Object.Raw != nil {
		inner, err := activity.ReadEnvelope(e.Object.Raw)
		if err != nil {
			break
		}
		e, all = inner, append(all, inner)
	}
	return all
}

// present is what was said without what its author has changed in the note since, of which
// it has the id, as it has of a note that only comes with it, and of an actor, whose document
// says to each reader what they may know.
func present(raw json.RawMessage, e activity.Envelope, note store.Note) (any, error) {
	old := false
	for inner := e; inner.Object.Raw != nil; {
		if activity.IsActorType(activity.TypeOf(inner.Object.Raw)) {
			old = true
			break
		}
		if activity.IsNoteType(activity.TypeOf(inner.Object.Raw)) {
			n, err := activity.ReadNote(inner.Object.Raw)
			old = err != nil || !n.Updated.Equal(note.Updated.Time)
			break
		}
		var err error
		if inner, err = activity.ReadEnvelope(inner.Object.Raw); err != nil {
			break
		}
	}
	if !old && e.Instrument.Raw == nil {
		return raw, nil
	}
	var as map[string]any
	if err := json.Unmarshal(raw, &as); err != nil {
		return nil, err
	}
	if old {
		as["object"] = e.Object.ID
	}
	if e.Instrument.Raw != nil {
		as["instrument"] = e.Instrument.ID
	}
	delete(as, "proof")
	return as, nil
}

// decoy is an activity of the usual size that nobody did.
var decoy = json.RawMessage(`{"@context":` + string(activity.Context) + `,"id":"https://decoy.invalid/activities/1","type":"Create","actor":"https://decoy.invalid/users/nobody",` +
	`"published":"2026-01-01T00:00:00.000Z","to":["https://decoy.invalid/users/nobody/followers"],"cc":["https://decoy.invalid/users/somebody"],` +
	`"object":{"id":"https://decoy.invalid/notes/1","type":"Note","attributedTo":"https://decoy.invalid/users/nobody","content":"<p>Nobody has said this.</p>",` +
	`"contentMap":{"en":"<p>Nobody has said this.</p>"},"source":{"content":"Nobody has said this.","mediaType":"text/markdown"},"published":"2026-01-01T00:00:00.000Z",` +
	`"to":["https://decoy.invalid/users/nobody/followers"],"cc":["https://decoy.invalid/users/somebody"],"url":"https://decoy.invalid/@nobody/1",` +
	`"replies":{"id":"https://decoy.invalid/notes/1/replies","type":"Collection"},"interactionPolicy":{"canQuote":{"automaticApproval":["https://decoy.invalid/users/nobody"]}}},` +
	`"proof":{"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","proofPurpose":"assertionMethod","verificationMethod":"https://decoy.invalid/users/nobody#ed25519-key",` +
	`"created":"2026-01-01T00:00:00Z","proofValue":"z3sXaxjKs4M3BRicwWA9peyNPJvJqxtGsDmpt1jjoHCjgeUf71TRFz56osPSfDErszyLp5Ks1EhYSgpDaNM977Rg2"}}`)

// carries says whether the reader may read now what an activity carries, a note, and may
// know the groups that it names. What takes something back carries nothing.
func (s *Server) carries(ctx context.Context, e activity.Envelope, who store.Reader) (store.Note, bool, error) {
	named := names(e)
	for e.Object.Raw != nil && !activity.IsNoteType(activity.TypeOf(e.Object.Raw)) {
		inner, err := activity.ReadEnvelope(e.Object.Raw)
		if err != nil {
			break
		}
		e, named = inner, append(named, names(inner)...)
	}
	known, errKnown := s.db.KnowsGroups(ctx, named, who)
	id := cmp.Or(e.Object.ID, activity.ID(s.house.URL))
	note, visible, errVisible := activity.Optional(s.db.VisibleNoteByIRI(ctx, id, who))
	isHere, errHere := s.db.HasNote(ctx, id)
	_, isOurs := s.house.NoteKey(id)
	isNote := isHere || isOurs || e.Object.Raw != nil && activity.IsNoteType(activity.TypeOf(e.Object.Raw))
	return note, known && (visible || !isNote || e.Type == "Delete" || e.Type == "Undo"), errors.Join(errKnown, errVisible, errHere)
}

// names are the ids of all that an activity says who did something, to whom and for whom.
func names(e activity.Envelope) []activity.ID {
	return append(e.Audience.All(), e.Actor.ID, e.Object.ID, e.Target.ID)
}

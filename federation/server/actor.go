package server

import (
	"cmp"
	"context"
	"net/http"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// instanceActor is served to everybody: it signs every fetch of ours, so others
// must be able to read its key before they trust us (interop §1.5).
func (s *Server) instanceActor(r *http.Request, _ store.Reader) (any, error) {
	a, err := s.db.Actor(r.Context(), s.house.InstanceActor())
	if err != nil {
		return nil, err
	}
	return withContext(a.Actor), nil
}

// actor is one of our people or groups.
func (s *Server) actor(r *http.Request, who store.Reader) (any, error) {
	a, err := s.named(r, who)
	if err != nil {
		return nil, err
	}
	return withContext(a.Actor), nil
}

// named is the local actor that a path names, if the reader may know it.
func (s *Server) named(r *http.Request, who store.Reader) (store.Actor, error) {
	a, err := s.db.Actor(r.Context(), activity.ID(s.house.URL+actorPath(r)))
	switch {
	case err != nil:
		return a, err
	case !a.DeletedAt.IsZero():
		return a, activity.Refuse(activity.Gone, "gone", "this actor is gone")
	case !a.Usable():
		return a, activity.ErrNotFound()
	}
	return a, s.mayKnow(r.Context(), a, who)
}

// mayKnow: a group is known to the companies that take part in it.
func (s *Server) mayKnow(ctx context.Context, a store.Actor, who store.Reader) error {
	if !a.IsGroup() {
		return nil
	}
	group, err := s.db.Group(ctx, a.Key)
	if err != nil || group.Takes(who.Host) || s.gate.IsOwn(who.Host) {
		return err
	}
	handles, err := s.db.HandleHosts(ctx, who.Host)
	if err == nil && !group.Takes(handles...) {
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

func withContext(a activity.Actor) activity.Actor {
	a.Context = activity.Context
	return a
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

// recorded is something that one of ours did, for those whom it reached.
func (s *Server) recorded(r *http.Request, who store.Reader) (any, error) {
	key, err := store.ParseKey(r.PathValue("key"))
	if err != nil {
		return nil, err
	}
	rec, err := s.db.RecordedByKey(r.Context(), key)
	if err != nil {
		return nil, err
	}
	env, err := activity.ReadEnvelope(rec.Raw)
	if err != nil || !rec.Local {
		return nil, activity.ErrNotFound()
	}
	if reached, err := s.db.Reaches(r.Context(), env.Audience, who); err != nil || !reached {
		return nil, cmp.Or(err, activity.ErrNotFound())
	}
	if err := s.mayRead(r.Context(), env, who); err != nil {
		return nil, err
	}
	return rec.Raw, nil
}

// mayRead: what an activity carries is read only by who may read it now. What
// takes something back carries nothing.
func (s *Server) mayRead(ctx context.Context, e activity.Envelope, who store.Reader) error {
	for e.Object.Raw != nil && !activity.IsNoteType(activity.TypeOf(e.Object.Raw)) {
		inner, err := activity.ReadEnvelope(e.Object.Raw)
		if err != nil {
			break
		}
		e = inner
	}
	if e.Type == "Delete" || e.Type == "Undo" {
		return nil
	}
	_, isNote := s.house.NoteKey(e.Object.ID)
	if !isNote && (e.Object.Raw == nil || !activity.IsNoteType(activity.TypeOf(e.Object.Raw))) {
		return nil
	}
	_, err := s.db.VisibleNoteByIRI(ctx, e.Object.ID, who)
	return err
}

package server

import (
	"net/http"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// stamp is the leave that one of our people gave, for those who may read what it
// is about (FEP-044f). Once taken back, it is as if it had never been. What it is
// about is looked for also where there is none: nobody can tell by the time.
func (s *Server) stamp(r *http.Request, who store.Reader) (any, error) {
	key, err := store.ParseKey(r.PathValue("key"))
	if err != nil {
		return nil, err
	}
	stamp, found, err := activity.Optional(s.db.Stamp(r.Context(), key))
	if err != nil {
		return nil, err
	}
	target, err := s.db.VisibleNote(r.Context(), stamp.Target, who)
	if err == nil && (!found || !stamp.RevokedAt.IsZero()) {
		err = activity.ErrNotFound()
	}
	if err != nil {
		return nil, err
	}
	return federation.Stamp{Context: activity.Context, ID: s.house.StampID(key), Type: federation.StampType(stamp.Kind),
		AttributedTo: target.Note.Author(), InteractingObject: stamp.Object, InteractionTarget: target.ID}, nil
}

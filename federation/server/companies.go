package server

import (
	"net/http"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// companies are those of a group that its document names to a reader: whose company takes
// part in it, and has somebody in it where it is secret. Nobody else is told of any.
func (s *Server) companies(r *http.Request, group store.Actor, who store.Reader) (activity.Seats, error) {
	if !group.IsGroup() || who.Host == "" || who.Groupless {
		return nil, nil
	}
	taken, err := s.db.TakenAmong(r.Context(), group.Key, []string{who.Host})
	if err == nil && len(taken) > 0 && group.Access() == activity.AccessSecret {
		var enters bool
		if enters, err = s.db.Enters(r.Context(), who, group); !enters {
			taken = nil
		}
	}
	if err != nil || len(taken) == 0 {
		return nil, err
	}
	g, err := s.db.Group(r.Context(), group.Key)
	return g.Seats(), err
}

package server

import (
	"encoding/json"
	"net/http"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/succession"
	"entente.example/entente/store"
)

// succession is what was said of who goes on with a group, for companies with people in it.
func (s *Server) succession(r *http.Request, group store.Actor) (json.RawMessage, error) {
	is, known, err := activity.Optional(s.db.Succession(r.Context(), group.Key))
	if err != nil {
		return nil, err
	}
	asker, _ := r.Context().Value(asking{}).(store.Actor)
	n, err := s.db.PeopleIn(r.Context(), group.Key, asker.Reader().Host)
	if err != nil || !known || n == 0 {
		return nil, err
	}
	if is.Accepted != nil {
		return is.Accepted, nil
	}
	return is.Named, nil
}

// succeeding is what the successor of a group needs to go on with it, a page of its people
// at a time. To all others there is nothing.
func (s *Server) succeeding(r *http.Request, who store.Reader) (any, error) {
	a, err := s.named(r, who)
	if err != nil {
		return nil, err
	}
	asker, _ := r.Context().Value(asking{}).(store.Actor)
	is, known, err := activity.Optional(s.db.Succession(r.Context(), a.Key))
	if err == nil && (!known || is.Accepted == nil || asker.ID != is.Successor) {
		err = activity.ErrNotFound()
	}
	if err != nil {
		return nil, err
	}
	g, err := s.db.Group(r.Context(), a.Key)
	if err != nil {
		return nil, err
	}
	id, after := s.house.SuccessionID(a.ID), store.Key(0)
	c := succession.Copy{Context: activity.Context, ID: id, Type: succession.KindCopy, People: []succession.Person{},
		Settings: succession.Settings{Companies: []string{}, Posting: string(g.Posting), Inviting: string(g.Inviting), Reviewed: g.Reviewed}}
	for _, seat := range g.Seats() {
		c.Settings.Companies = append(c.Settings.Companies, seat.String())
	}
	if page := r.URL.Query().Get("page"); page != "" {
		if after, err = store.ParseKey(page); err != nil {
			return nil, err
		}
		c.ID = id + activity.ID("?page="+page)
	}
	people, err := s.db.PeopleOf(r.Context(), a.Key, after, limits.SynchronisationPage)
	for _, p := range people {
		c.People = append(c.People, succession.Person{ID: p.IRI, Role: p.Role})
	}
	if len(people) == limits.SynchronisationPage {
		c.Next = id + activity.ID("?page="+people[len(people)-1].Edge.String())
	}
	return c, err
}

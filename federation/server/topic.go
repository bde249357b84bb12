package server

import (
	"net/http"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// topic is a topic of a group: the ids of the discussions in it that the reader may see,
// newest first. Who does not come into a group is told of none.
func (s *Server) topic(r *http.Request, who store.Reader) (any, error) {
	group, err := s.named(r, who)
	if err != nil {
		return nil, err
	}
	if group, err = s.withTopics(r, group, who); err != nil {
		return nil, err
	}
	topic, ok := group.Topic(group.NewTopic(r.PathValue("topic"), "").ID)
	if !ok {
		return nil, activity.ErrNotFound()
	}
	if r.URL.Query().Get("page") == "" {
		n, err := s.db.CountTopic(r.Context(), group.Key, topic.ID, who)
		c := activity.NewCollection(topic.ID, n)
		c.AttributedTo = group.ID
		return c, err
	}
	p, err := pageOf(r)
	if err != nil {
		return nil, err
	}
	entries, err := s.db.TopicWall(r.Context(), group.Key, topic.ID, who, p)
	var items []any
	for _, e := range entries {
		items = append(items, e.Note.ID)
	}
	return s.partOf(r, topic.ID, p, len(entries), func(i int) store.Key { return entries[i].Key }, items), err
}

// withTopics is a group as the reader may know it: what is talked about in it only who
// comes into it.
func (s *Server) withTopics(r *http.Request, group store.Actor, who store.Reader) (store.Actor, error) {
	if len(group.Streams) == 0 {
		return group, nil
	}
	enters, err := s.db.Enters(r.Context(), who, group)
	if !enters {
		group.Streams = nil
	}
	return group, err
}

package entity

import "entente.example/entente/store"

// Topic is a topic of a group: ours.
type Topic struct {
	ID   string `json:"id"` // within the group
	URI  string `json:"uri"`
	Name string `json:"name"`
}

// NewTopics are those of a group, in its order.
func NewTopics(group store.Actor) []Topic {
	topics := []Topic{}
	for _, t := range group.Streams {
		topics = append(topics, Topic{t.Key(), string(t.ID), string(t.Name)})
	}
	return topics
}

// TopicOf is the topic that a note is in, nil for none.
func TopicOf(n store.Note, group store.Actor) *Topic {
	t := group.TopicOf(n.Note)
	if t.ID == "" {
		return nil
	}
	return &Topic{t.Key(), string(t.ID), string(t.Name)}
}

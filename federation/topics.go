package federation

import (
	"context"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// The topics of a group of ours are in its document, as its streams. Who looks after it
// makes, renames and removes them; its members hear of it as of every change of the group.

// MakeTopic gives a group a topic with a name of its own.
func (s *Service) MakeTopic(ctx context.Context, me, group store.Actor, name string) (made activity.Topic, err error) {
	called, err := activity.NewTopicName(name)
	if err != nil {
		return made, err
	}
	err = s.changeTopics(ctx, me, group, func(tx *store.Tx, group *store.Actor) error {
		if _, taken := group.Called(called); taken {
			return topicTaken()
		}
		if len(group.Streams) >= limits.Topics {
			return activity.Refuse(activity.Conflict, "many_topics", "a group has at most %d topics: remove one first", limits.Topics)
		}
		made = group.NewTopic(store.NewKey(tx.Now).String(), called)
		group.Streams = append(group.Streams, made)
		return nil
	})
	return made, err
}

// RenameTopic calls the topic with this key something else.
func (s *Service) RenameTopic(ctx context.Context, me, group store.Actor, key, name string) (renamed activity.Topic, err error) {
	called, err := activity.NewTopicName(name)
	if err != nil {
		return renamed, err
	}
	err = s.changeTopics(ctx, me, group, func(_ *store.Tx, group *store.Actor) error {
		at := topicAt(*group, key)
		if at < 0 {
			return activity.ErrNotFound()
		}
		if by, taken := group.Called(called); taken && by.ID != group.Streams[at].ID {
			return topicTaken()
		}
		group.Streams[at].Name = called
		renamed = group.Streams[at]
		return nil
	})
	return renamed, err
}

// RemoveTopic takes the topic with this key away; what was in it is in none.
func (s *Service) RemoveTopic(ctx context.Context, me, group store.Actor, key string) error {
	return s.changeTopics(ctx, me, group, func(_ *store.Tx, group *store.Actor) error {
		at := topicAt(*group, key)
		if at < 0 {
			return activity.ErrNotFound()
		}
		group.Streams = slices.Delete(group.Streams, at, at+1)
		return nil
	})
}

func topicAt(group store.Actor, key string) int {
	return slices.IndexFunc(group.Streams, func(t activity.Topic) bool { return t.Key() == key })
}

func topicTaken() error {
	return activity.Refuse(activity.Conflict, "topic_taken", "this group has a topic of that name: choose another name")
}

// changeTopics changes those of a group as it is now, and tells its members.
func (s *Service) changeTopics(ctx context.Context, me, group store.Actor, change func(*store.Tx, *store.Actor) error) error {
	return s.asGroup(ctx, me, group, store.Moderator, func(tx *store.Tx) error {
		now, err := tx.ActorByKey(ctx, group.Key)
		if err != nil {
			return err
		}
		now.Streams = slices.Clone(now.Streams) // the others are shared
		if err := change(tx, &now); err != nil {
			return err
		}
		_, err = s.rewrite(ctx, tx, now)
		return err
	})
}

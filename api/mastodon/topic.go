package mastodon

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/api"
	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/store"
)

// topic is one of a group, with what it is to be called.
type topic struct {
	accountPath
	Topic string `path:"topic"`
	Name  string `param:"name"`
}

// newTopic is what one is to be called that a group has not yet.
type newTopic struct {
	accountPath
	Name string `param:"name"`
}

// topics are those of a group, for who comes into it; others are told of none.
func (a *API) topics(ctx context.Context, me store.Viewer, in accountPath) ([]entity.Topic, error) {
	group, err := a.group(ctx, me, in.ID)
	if err != nil {
		return nil, err
	}
	enters, err := a.db.Enters(ctx, me.Reader(), group)
	if !enters {
		group.Streams = nil
	}
	return entity.NewTopics(group), err
}

func (a *API) makeTopic(ctx context.Context, me store.Viewer, in newTopic) ([]entity.Topic, error) {
	return a.sorting(ctx, me, in.accountPath, func(group store.Actor) error {
		_, err := a.engine.MakeTopic(ctx, me.Actor, group, in.Name)
		return err
	})
}

func (a *API) renameTopic(ctx context.Context, me store.Viewer, in topic) ([]entity.Topic, error) {
	return a.sorting(ctx, me, in.accountPath, func(group store.Actor) error {
		_, err := a.engine.RenameTopic(ctx, me.Actor, group, in.Topic, in.Name)
		return err
	})
}

func (a *API) removeTopic(ctx context.Context, me store.Viewer, in topic) ([]entity.Topic, error) {
	return a.sorting(ctx, me, in.accountPath, func(group store.Actor) error {
		return a.engine.RemoveTopic(ctx, me.Actor, group, in.Topic)
	})
}

// sorting changes the topics of a group and shows them as they are then.
func (a *API) sorting(ctx context.Context, me store.Viewer, in accountPath, do func(group store.Actor) error) ([]entity.Topic, error) {
	group, err := a.group(ctx, me, in.ID)
	if err == nil {
		err = do(group)
	}
	if err != nil {
		return nil, err
	}
	return a.topics(ctx, me, in)
}

// moveToTopic puts a post in another topic of its group, "" in none.
func (a *API) moveToTopic(ctx context.Context, me store.Viewer, in struct {
	waitingPost
	Topic string `param:"topic"`
}) (entity.Group, error) {
	return a.toPost(ctx, me, in.waitingPost, func(ctx context.Context, me store.Actor, n store.Note) error {
		return a.engine.MoveToTopic(ctx, me, n, in.Topic)
	})
}

type groupPage struct {
	accountPage
	Topic string `param:"topic"` // by its id; "": all
}

// groupTimeline is what was posted in a group, or in one of its topics; NotFound where it
// has not that one.
func (a *API) groupTimeline(ctx context.Context, me store.Viewer, in groupPage) (api.List[entity.Status], error) {
	group, err := a.group(ctx, me, in.ID)
	if err != nil {
		return api.List[entity.Status]{}, err
	}
	if in.Topic == "" {
		entries, err := a.db.GroupWall(ctx, group.Key, me.Reader(), in.Rows())
		return a.timeline(ctx, me, in.Page, entries, err)
	}
	enters, err := a.db.Enters(ctx, me.Reader(), group)
	if err != nil {
		return api.List[entity.Status]{}, err
	}
	topic, is := group.Topic(group.NewTopic(in.Topic, "").ID)
	if !enters || !is {
		return api.List[entity.Status]{}, activity.ErrNotFound()
	}
	entries, err := a.db.TopicWall(ctx, group.Key, topic.ID, me.Reader(), in.Rows())
	return a.timeline(ctx, me, in.Page, entries, err)
}

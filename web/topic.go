package web

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// sorts are the topics that a form offers, and the key of the one that is chosen.
type sorts struct {
	Topics []activity.Topic
	Is     string
}

// topicIn is the topic of its group that a post is in, and where the discussions of that are;
// zero and "" for no topic.
func topicIn(group store.Actor, n store.Note) (t activity.Topic, path string) {
	if t = group.TopicOf(n.Note); t.ID == "" {
		return t, ""
	}
	return t, actorPath(group) + "?topic=" + t.Key()
}

// chosen is the topic that a visitor looks at in a group, zero for all; NotFound where it has
// none of that name, or they do not come into it.
func (v *visit) chosen(group store.Actor, enters bool) (activity.Topic, error) {
	key := v.URL.Query().Get("topic")
	if key == "" || !group.IsGroup() {
		return activity.Topic{}, nil
	}
	t, ok := group.Topic(group.NewTopic(key, "").ID)
	if !ok || !enters {
		return t, activity.ErrNotFound()
	}
	return t, nil
}

// wallOf is what an actor wrote, or what was posted in a group, or in one of its topics.
func (w *Web) wallOf(ctx context.Context, v *visit, a store.Actor, t activity.Topic, p store.Page) ([]store.Entry, error) {
	switch {
	case t.ID != "":
		return w.db.TopicWall(ctx, a.Key, t.ID, v.viewer.Reader(), p)
	case a.IsGroup():
		return w.db.GroupWall(ctx, a.Key, v.viewer.Reader(), p)
	}
	return w.db.Wall(ctx, a.Key, v.viewer.Reader(), p)
}

// sortable tells the page of a discussion into which topics its reader may move it: who
// looks after its group may, wherever that lives, and who wrote it and is in the group, if
// their company does not only read along.
func (w *Web) sortable(ctx context.Context, v *visit, t *thread) error {
	n := t.Post.Note
	if n.In() == 0 || n.InReplyTo.First() != "" || len(t.Post.Group.Streams) == 0 {
		return nil
	}
	may, err := w.db.HasEdge(ctx, store.Moderator, v.me().Key, n.In())
	if err == nil && !may && t.Post.Mine && !t.Post.Silent {
		may, err = w.db.IsMember(ctx, v.me().Key, n.In())
	}
	if may {
		t.Topics = t.Post.Group.Streams
	}
	return err
}

// moveToTopic puts a discussion in the topic that was chosen for it.
func (w *Web) moveToTopic(ctx context.Context, v *visit) (answer, error) {
	return w.onNote(func(ctx context.Context, me store.Actor, n store.Note) error {
		return w.engine.MoveToTopic(ctx, me, n, v.text("topic"))
	})(ctx, v)
}

// changeTopics makes, renames or removes a topic of a group.
func (w *Web) changeTopics(ctx context.Context, v *visit) (answer, error) {
	group, err := w.managed(ctx, v)
	if err != nil {
		return answer{}, err
	}
	m := managePage{}
	switch do, key, name := v.text("do"), v.text("topic"), v.text("name"); do {
	case "add":
		m.Topic = name
		_, err = w.engine.MakeTopic(ctx, v.me(), group, name)
	case "rename":
		_, err = w.engine.RenameTopic(ctx, v.me(), group, key, name)
	case "remove":
		err = w.engine.RemoveTopic(ctx, v.me(), group, key)
	default:
		err = activity.ErrNotFound()
	}
	return w.managedOr(ctx, v, group, err, m)
}

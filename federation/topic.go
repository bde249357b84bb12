package federation

import (
	"cmp"
	"context"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// In which topic of its group a discussion is, is said by who began it, in its target
// (FEP-400e), and later by who looks after the group or began it: an Add to the topic, or a
// Remove from it. The group tells it to the members, and its clock says which word is the
// last: who began a discussion elsewhere sees their own word until the group's comes.

// sorter may say in which topic a discussion is.
var sorter = right{"who began the discussion in a group, or a moderator", maySort}

// filing is a discussion with the group to whose topics the target of an Add or Remove belongs.
type filing struct {
	group     store.Actor
	note      store.Note
	moderates bool // the actor
}

// filing is nil where the target is no topic of the group that the object is in, or the
// actor has no part in that: who has not learns nothing of what is in it. What another group
// says that somebody said counts for nothing.
func (d *Deed) filing(ctx context.Context) (*filing, error) {
	group, ok, err := activity.Optional(d.Tx.Actor(ctx, activity.TopicOwner(d.Head.Target.ID)))
	if err != nil || !ok || !group.MayKeep(d.Head.Target.ID) || d.from != 0 && d.from != group.Key {
		return nil, err
	}
	moderates := d.mayModerate(ctx, group.Key)
	if !moderates {
		if is, err := d.IsMember(ctx, d.Actor.Key, group.Key); err != nil || !is {
			return nil, err
		}
	}
	n, ok, err := activity.Optional(d.Note(ctx, d.Head.Object.ID))
	if err != nil || !ok || n.GroupKey != group.Key {
		return nil, err
	}
	return &filing{group, n, moderates}, nil
}

// maySort: of a group elsewhere only the group's own word counts, and our people's until then.
func maySort(ctx context.Context, d *Deed, _ Handler) (bool, error) {
	f, err := d.filing(ctx)
	if err != nil || f == nil {
		return false, err
	}
	return f.moderates || f.note.AuthorKey == d.Actor.Key && (f.group.Local || d.Local), nil
}

// over is the group in which the actor sorts what is not theirs, "" for none.
func (f *filing) over(actor store.Actor) activity.ID {
	if f.note.AuthorKey == actor.Key {
		return ""
	}
	return f.group.ID
}

// check refuses (Invalid) what is in no topic, and on the host what is in none of the
// group's, or has not been taken in by it.
func (f *filing) check(topic activity.ID, out bool) error {
	_, known := f.group.Topic(topic)
	switch {
	case f.note.InReplyTo.First() != "":
		return activity.TopicOfAnswer()
	case f.group.Local && !f.note.Admitted:
		return activity.ErrNotFound()
	case f.group.Local && !out && !known:
		return activity.UnknownTopic()
	case f.group.Local && out && f.note.Topic.ID != topic:
		return activity.Refuse(activity.Conflict, "not_in_topic", "this is in another topic by now: look again")
	}
	return nil
}

// file moves the discussion to a topic, out of all where that is zero.
func (d *Deed) file(ctx context.Context, f *filing, topic activity.Topic) error {
	d.group = f.group.Key
	return d.File(ctx, f.note.Key, topic, d.filedAt(f.group))
}

// filedAt is when the group has said something: zero where it has not yet.
func (d *Deed) filedAt(group store.Actor) time.Time {
	switch {
	case !group.Local && d.Local:
		return time.Time{}
	case d.at.IsZero() || d.at.After(d.Now): // nothing is said in the future
		return d.Now
	}
	return d.at
}

// target is the topic that an Add puts a discussion in.
func (f *filing) target(topic activity.ID) activity.Topic {
	n := f.note.Note
	n.Topic = activity.Topic{ID: topic}
	return f.group.Filed(n, f.group.Local)
}

// echoed takes note that a group has heard what one of ours said of its topics, and when.
func (d *Deed) echoed(ctx context.Context, actor store.Actor, inner activity.Envelope) error {
	if inner.Type != "Add" && inner.Type != "Remove" {
		return nil
	}
	in := &Deed{Tx: d.Tx, Service: d.Service, Actor: actor, Head: &inner, from: d.Actor.Key, at: d.Head.Published.Time}
	f, err := in.filing(ctx)
	if err != nil || f == nil || f.check(inner.Target.ID, inner.Type == "Remove") != nil {
		return err
	}
	if inner.Type == "Remove" {
		return in.file(ctx, f, activity.Topic{})
	}
	return in.file(ctx, f, f.target(inner.Target.ID))
}

// MoveToTopic puts a discussion in the topic of its group with this key, "" in none, by who
// began it or looks after the group; others are Denied.
func (s *Service) MoveToTopic(ctx context.Context, me store.Actor, n store.Note, key string) error {
	group, ok, err := activity.Optional(s.db.ActorByKey(ctx, n.In()))
	if err != nil || !ok {
		return cmp.Or(err, notYours())
	}
	is := group.TopicOf(n.Note)
	to, known := group.Topic(group.NewTopic(key, "").ID)
	var h Handler = &Add{}
	switch {
	case key == "":
		h, to = &Remove{}, is
	case !known:
		return activity.UnknownTopic()
	}
	if key == is.Key() {
		return nil
	}
	head := h.Head()
	head.Object, head.Target, head.To = activity.Ref{ID: n.ID}, activity.Ref{ID: to.ID}, activity.IDs{group.ID}
	_, err = s.submit(ctx, me, h)
	return err
}

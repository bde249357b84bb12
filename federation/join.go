package federation

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Join asks to be a member of a group, or to attend an event (ActivityStreams
// vocabulary, as Smithereen and Mobilizon do).
type Join struct{ activity.Envelope }

// Leave ends what a Join began.
type Leave struct{ activity.Envelope }

var (
	_ = define[Join]("Join", forItself)
	_ = define[Leave]("Leave", forItself)
)

// attendance is the edge of who attends an event.
const attendance = "attend"

// Needs the group or event.
func (j *Join) Needs() activity.IDs { return activity.IDs{j.Object.ID} }

// Verify: a group may be joined as it may be followed; an event by who sees it.
func (j *Join) Verify(ctx context.Context, d *Deed) error {
	_, isEvent, err := d.event(ctx)
	if err != nil || isEvent {
		return err
	}
	target, err := d.asked(ctx)
	if err == nil && !target.IsGroup() {
		err = activity.Refuse(activity.Invalid, "not_joinable", "only groups and events can be joined")
	}
	return err
}

// Apply writes the wish and grants it where nobody must be asked.
func (j *Join) Apply(ctx context.Context, d *Deed) error {
	event, isEvent, err := d.event(ctx)
	if err != nil {
		return err
	}
	if !isEvent {
		return d.ask(ctx)
	}
	_, err = d.PutEdge(ctx, store.Edge{Kind: attendance, Actor: d.Actor.Key, Object: event.Key, Accepted: true, IRI: d.IRI})
	return err
}

// Again answers again, as for a Follow.
func (j *Join) Again(ctx context.Context, d *Deed) error { return j.Apply(ctx, d) }

// Verify: everybody may leave what they are in.
func (l *Leave) Verify(ctx context.Context, d *Deed) error {
	_, err := d.leaves(ctx)
	return err
}

// Apply cuts the membership or attendance.
func (l *Leave) Apply(ctx context.Context, d *Deed) error {
	e, err := d.leaves(ctx)
	if err != nil {
		return err
	}
	if _, err = d.CutEdge(ctx, e.Kind, e.Actor, e.Object); err != nil || e.Kind != store.Membership {
		return err
	}
	return d.left(ctx, e)
}

func (l *Leave) takesBack() {}

// Join makes me a member of a group, or asks its host to. What is sent is a
// Follow: every software with groups takes it, few take a Join.
func (s *Service) Join(ctx context.Context, me, group store.Actor) error {
	if !group.IsGroup() {
		return activity.ErrNotFound()
	}
	return s.Follow(ctx, me, group)
}

// Leave ends my membership of a group; its owner cannot (Conflict).
func (s *Service) Leave(ctx context.Context, me, group store.Actor) error {
	if !group.IsGroup() {
		return activity.ErrNotFound()
	}
	return s.Unfollow(ctx, me, group)
}

// event is the event that a Join or Leave is about, if it is one that the actor
// may see.
func (d *Deed) event(ctx context.Context) (store.Note, bool, error) {
	n, ok, err := activity.Optional(d.seen(ctx, d.Head.Object.ID))
	return n, ok && n.Type == "Event", err
}

func (d *Deed) leaves(ctx context.Context) (store.Edge, error) {
	id, err := object(d.Head)
	if err != nil {
		return store.Edge{}, err
	}
	if event, isEvent, err := d.event(ctx); err != nil || isEvent {
		if err != nil {
			return store.Edge{}, err
		}
		return d.Edge(ctx, attendance, d.Actor.Key, event.Key)
	}
	group, err := d.Tx.Actor(ctx, id)
	if err != nil {
		return store.Edge{}, err
	}
	return d.Edge(ctx, store.Membership, d.Actor.Key, group.Key)
}

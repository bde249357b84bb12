package federation

import (
	"context"
	"encoding/json"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Add puts something into a collection of an actor (ActivityPub §7.8): a note
// into what it features, a discussion into a topic of its group (FEP-400e), the answer to a question,
// somebody among the moderators of a group (FEP-1b12), and by the owner of a conversation what somebody wrote in it (FEP-171b).
type Add struct {
	activity.Envelope
	told   json.RawMessage // see Announce
	proven bool
}

// Remove takes something out of a collection of an actor (ActivityPub §7.9).
type Remove struct{ activity.Envelope }

var (
	_ = define[Add]("Add", converser, sorter, asker, owner)
	_ = define[Remove]("Remove", sorter, asker, owner)
)

// Needs what is added.
func (a *Add) Needs() activity.IDs {
	if said, _, ok := a.said(); ok {
		return said.Needs()
	}
	return activity.IDs{a.Object.ID}
}

// Helpful is to whose collection: the group is among those addressed.
func (a *Add) Helpful() activity.IDs { return a.Audience.All() }

// Verify: the collection is the actor's own, or one of a group that it moderates.
func (a *Add) Verify(ctx context.Context, d *Deed) error {
	if _, _, ok := a.said(); ok {
		return nil
	}
	if d.isKeyPackage() {
		return d.mayKeyPackage(ctx)
	}
	if f, err := d.filing(ctx); err != nil {
		return err
	} else if f != nil {
		return f.check(a.Target.ID, false)
	}
	_, err := d.shelf(ctx)
	return err
}

// Apply puts it there.
func (a *Add) Apply(ctx context.Context, d *Deed) error {
	if said, inner, ok := a.said(); ok {
		return d.join(ctx, said, inner)
	}
	if d.isKeyPackage() {
		return d.PutKeyPackage(ctx, d.Actor.Key, a.Object.ID)
	}
	if f, err := d.filing(ctx); err != nil {
		return err
	} else if f != nil {
		return d.file(ctx, f, f.target(a.Target.ID))
	}
	e, err := d.shelf(ctx)
	if err != nil {
		return err
	}
	if d.group, err = d.shelfGroup(ctx, e); err != nil {
		return err
	}
	if e.Kind == store.Answer {
		return d.PutAnswer(ctx, e)
	}
	isNew, err := d.PutEdge(ctx, e)
	if err == nil && isNew && e.Kind == store.Boost {
		err = d.FanBoost(ctx, e)
	}
	return err
}

// Needs what is removed.
func (r *Remove) Needs() activity.IDs { return activity.IDs{r.Object.ID} }

// Helpful is from whose collection.
func (r *Remove) Helpful() activity.IDs { return r.Audience.All() }

// Verify: as for Add.
func (r *Remove) Verify(ctx context.Context, d *Deed) error {
	if d.isKeyPackage() {
		return d.mayKeyPackage(ctx)
	}
	if f, err := d.filing(ctx); err != nil {
		return err
	} else if f != nil {
		return f.check(r.Target.ID, true)
	}
	_, err := d.shelf(ctx)
	return err
}

// Apply takes it out.
func (r *Remove) Apply(ctx context.Context, d *Deed) error {
	if d.isKeyPackage() {
		return d.DropKeyPackage(ctx, d.Actor.Key, r.Object.ID)
	}
	if f, err := d.filing(ctx); err != nil {
		return err
	} else if f != nil {
		return d.file(ctx, f, activity.Topic{})
	}
	e, err := d.shelf(ctx)
	if err == nil && e.Kind == store.Moderator {
		err = d.spares(ctx, e.Actor, e.Object)
	}
	if err == nil {
		d.group, err = d.shelfGroup(ctx, e)
	}
	if err == nil {
		_, err = d.CutEdge(ctx, e.Kind, e.Actor, e.Object)
	}
	return err
}

func (r *Remove) takesBack() {}

// shelfGroup is the group whose shelf a moderator has changed, or in which an answer is
// marked; 0 where the shelf is the actor's own.
func (d *Deed) shelfGroup(ctx context.Context, e store.Edge) (store.Key, error) {
	switch {
	case e.Kind == store.Moderator:
		return e.Object, nil
	case e.Kind == store.Feature && e.Actor != d.Actor.Key:
		return e.Actor, nil
	case e.Kind == store.Answer:
		question, err := d.NoteByKey(ctx, e.Actor)
		return question.In(), err
	}
	return 0, nil
}

// shelf is the edge that an Add makes and a Remove cuts.
func (d *Deed) shelf(ctx context.Context) (store.Edge, error) {
	target := d.Head.Target.ID
	if is, err := d.isAnswer(ctx); err != nil {
		return store.Edge{}, err
	} else if is {
		return d.markedAnswer(ctx)
	}
	owner, err := d.shelfOwner(ctx, target)
	if err != nil {
		return store.Edge{}, err
	}
	e := store.Edge{Key: store.NewKey(d.Now), Accepted: true, IRI: d.IRI}
	if owner.Wall.ID == target { // what others wrote there reaches who follows its owner
		n, err := d.Note(ctx, d.Head.Object.ID)
		if err == nil && !isOpen(n) {
			err = activity.ErrNotFound()
		}
		e.Kind, e.Actor, e.Object = store.Boost, owner.Key, n.Key
		return e, err
	}
	if owner.Featured.ID == target {
		n, err := d.Note(ctx, d.Head.Object.ID)
		if err == nil && n.AuthorKey != owner.Key && n.GroupKey != owner.Key {
			err = activity.Refuse(activity.Denied, "not_yours", "an actor features what is its own")
		}
		e.Kind, e.Actor, e.Object = store.Feature, owner.Key, n.Key
		return e, err
	}
	who, err := d.Tx.Actor(ctx, d.Head.Object.ID)
	e.Kind, e.Actor, e.Object = store.Moderator, who.Key, owner.Key
	return e, err
}

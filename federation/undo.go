package federation

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Undo takes back an activity of the same actor (ActivityPub §7.12).
type Undo struct {
	activity.Envelope
	again json.RawMessage // what a Delete had removed, as its own host has it again
}

var _ = define[Undo]("Undo", doer)

// undone is the activity inside, as far as it was sent.
func (u *Undo) undone() activity.Envelope {
	var inner activity.Envelope
	if u.Object.Raw != nil {
		inner, _ = activity.ReadEnvelope(u.Object.Raw)
	}
	inner.ID = u.Object.ID
	return inner
}

// Asks for what a Delete had removed, which an Undo brings back.
func (u *Undo) Asks() activity.IDs {
	if inner := u.undone(); inner.Type == "Delete" {
		return activity.IDs{inner.Object.ID}
	}
	return nil
}

// Told what it is.
func (u *Undo) Told(raw json.RawMessage) { u.again = raw }

// Helpful is who wrote that, what it answers and where it was posted.
func (u *Undo) Helpful() activity.IDs {
	n, err := activity.ReadNote(u.again)
	if err != nil {
		return nil
	}
	return append(activity.IDs{n.Author(), n.InReplyTo.First()}, n.Groups...)
}

// Verify: it says what is taken back.
func (u *Undo) Verify(ctx context.Context, d *Deed) error {
	inner := u.undone()
	switch {
	case inner.ID == "" && inner.Type == "":
		return activity.Refuse(activity.Invalid, "no_object", "an Undo needs the activity that it takes back, or its id")
	case inner.Type == "Delete":
		return u.mayRestore(ctx, d)
	}
	return nil
}

// Apply cuts what the activity had made, and remembers that it was taken back: it has
// no effect when it arrives, late or again.
func (u *Undo) Apply(ctx context.Context, d *Deed) error {
	inner := u.undone()
	if inner.Type == "Delete" {
		return u.restore(ctx, d)
	}
	if s, is := u.unnamed(); is {
		return d.unnamed(ctx, s)
	}
	r, reacted, err := activity.Optional(d.reaction(ctx, inner))
	if err != nil {
		return err
	}
	e, ok, err := activity.Optional(d.edgeOf(ctx, inner))
	if err != nil {
		return err
	}
	if inner.ID != "" {
		if err := d.Bury(ctx, inner.ID, d.didIt(inner)); err != nil {
			return err
		}
	}
	switch {
	case reacted:
		return d.unreact(ctx, r, inner.ID)
	case ok && e.Kind == store.Membership:
		if err := d.withdraw(ctx, e, inner.ID); err != nil {
			return err
		}
		return d.left(ctx, e)
	case ok:
		return d.withdraw(ctx, e, inner.ID)
	}
	if was, err := d.unshare(ctx, inner); err != nil || was || inner.ID != "" {
		return err
	}
	return nothingToUndo()
}

func nothingToUndo() error {
	return activity.Refuse(activity.NotFound, "nothing_to_undo", "there is nothing to undo")
}

// left takes away what somebody was in a group that they are not in any more.
func (d *Deed) left(ctx context.Context, e store.Edge) error {
	_, still, err := activity.Optional(d.Edge(ctx, e.Kind, e.Actor, e.Object))
	if err != nil || still {
		return err
	}
	before, err := d.Predecessors(ctx, e.Object)
	for _, group := range append(before, e.Object) {
		if err == nil {
			err = d.CutMember(ctx, e.Actor, group)
		}
	}
	return err
}

// withdraw takes what an activity made out of an edge. The id of one that never came
// means all of it, for not everybody keeps the ids of activities; when it comes after
// all, it meant only that one: see putBack.
func (d *Deed) withdraw(ctx context.Context, e store.Edge, id activity.ID) error {
	if e.Kind == store.Like || e.Kind == store.Boost || e.Kind == store.Lock {
		note, ok, err := activity.Optional(d.NoteByKey(ctx, e.Object))
		if err != nil {
			return err
		}
		if d.group = note.In(); ok && e.Kind == store.Lock {
			d.group, err = d.over(ctx, note)
		}
		if err != nil {
			return err
		}
	}
	if e.Kind == store.Ban {
		d.group = e.Object
	}
	if e.StandsFor(id) {
		return d.Withdraw(ctx, e, id)
	}
	if e.Kind == store.Like {
		if err := d.CutReactionsByLike(ctx, e.Object, e.Actor); err != nil {
			return err
		}
	}
	for _, made := range e.MadeBy() {
		if made != "" {
			if err := d.BuryUnless(ctx, made, d.Actor.ID, id); err != nil {
				return err
			}
		}
	}
	return d.CutEdgeByKey(ctx, e.Key)
}

// putBack does again what an Undo had taken back in place of this activity, which the
// Undo names and which had not come yet.
func (s *Service) putBack(ctx context.Context, tx *store.Tx, late activity.Envelope) error {
	actor, err := tx.Actor(ctx, late.Actor.ID)
	if err != nil {
		return err
	}
	ids, err := tx.Exhume(ctx, late.ID, actor.ID)
	for _, id := range ids {
		if err == nil {
			err = s.doAgain(ctx, tx, actor, id)
		}
	}
	return err
}

// doAgain applies what is on record of an actor elsewhere, if it still may be.
func (s *Service) doAgain(ctx context.Context, tx *store.Tx, actor store.Actor, id activity.ID) error {
	rec, ok, err := activity.Optional(tx.Recorded(ctx, id))
	if err != nil || !ok || rec.Actor != actor.Key || len(rec.Raw) == 0 {
		return err
	}
	h, _, err := parse(rec.Raw)
	if err != nil || h == nil {
		return err
	}
	d := &Deed{Tx: tx, Service: s, Actor: actor, Head: h.Head(), IRI: id, Raw: rec.Raw, Local: rec.Local, Key: rec.Key}
	if err := d.verify(ctx, h); err != nil {
		if activity.KindOf(err).Permanent() {
			return nil
		}
		return err
	}
	return h.Apply(ctx, d)
}

func (u *Undo) takesBack() {}

// restored is the note that comes back, and its place here; ok is false where its
// own host does not have it.
func (u *Undo) restored(ctx context.Context, d *Deed) (row store.Note, ok bool, err error) {
	n, err := activity.ReadNote(u.again)
	if err != nil {
		return row, false, nil
	}
	author, ok, err := activity.Optional(d.Tx.Actor(ctx, n.Author()))
	if err != nil || !ok || author.Local || !author.Usable() {
		return row, false, err
	}
	if err := d.WithoutFiles(ctx, d.Tx, author, &n); err != nil {
		return row, false, err
	}
	row, err = d.Place(ctx, d.Tx, author, n)
	return row, err == nil, err
}

// mayRestore: only what is known to be gone comes back, and it is judged like a Create of
// it: an Undo is no way around that. What a moderator brings back needs the words of who
// wrote it; its place in the group is judged by takeIn.
func (u *Undo) mayRestore(ctx context.Context, d *Deed) error {
	row, ok, err := u.restored(ctx, d)
	if err != nil || !ok {
		return err
	}
	if here, err := d.HasNote(ctx, row.ID); err != nil || here {
		return err // nothing comes of it
	}
	gone, err := d.Buried(ctx, row.ID)
	switch {
	case err != nil:
		return err
	case gone.IsZero():
		return nothingToUndo()
	case row.AuthorKey == d.Actor.Key:
		return d.mayBring(ctx, row, false)
	}
	as := *d
	if as.Actor, err = d.ActorByKey(ctx, row.AuthorKey); err != nil {
		return err
	}
	return as.mayPublish(ctx, row)
}

// restore forgets that something is gone, and brings it back.
func (u *Undo) restore(ctx context.Context, d *Deed) error {
	row, ok, err := u.restored(ctx, d)
	if err != nil {
		return err
	}
	if !ok {
		_, err := d.Unbury(ctx, u.undone().Object.ID, d.Actor.ID)
		return err
	}
	if _, err := d.Unbury(ctx, row.ID, row.Note.Author()); err != nil {
		return err
	}
	isNew, err := d.PutNote(ctx, row)
	if err != nil || !isNew {
		return err
	}
	if group := d.from; group != 0 && row.GroupKey == group {
		g, err := d.ActorByKey(ctx, group)
		if err != nil {
			return err
		}
		return d.takeIn(ctx, row, g)
	}
	return d.show(ctx, row)
}

// edgeKinds are the edges that activities of a type make.
var edgeKinds = map[string][]string{
	"Follow": {store.Follow, store.Membership, store.Frozen(store.Follow), store.Frozen(store.Membership)},
	"Join":   {store.Membership, store.Frozen(store.Membership), attendance}, "Like": {store.Like},
	"Announce": {store.Boost}, "Block": {store.Block, store.Ban}, "Invite": {store.Invitation}, "Lock": {store.Lock},
}

// edgeOf is the edge that an activity made: found by the activity's id, else by
// the two that it names. Ids that never came are no reason to find none: Lemmy makes a
// new one for each Undo.
func (d *Deed) edgeOf(ctx context.Context, inner activity.Envelope) (store.Edge, error) {
	e, ok, err := activity.Optional(d.EdgeByIRI(ctx, inner.ID))
	if err != nil || ok {
		return e, err
	}
	came, err := d.came(ctx, &inner)
	if err != nil {
		return e, err
	}
	subject, object, err := d.ends(ctx, inner)
	if err != nil {
		return e, err
	}
	for _, kind := range edgeKinds[inner.Type] {
		if e, ok, err = activity.Optional(d.Edge(ctx, kind, subject, object)); err != nil || ok && (!came || e.StandsFor(inner.ID)) {
			return e, err
		}
	}
	return store.Edge{}, activity.ErrNotFound()
}

// came says that the id of an activity is the one that it came under, or was taken back
// under: an Undo of it takes back nothing that another activity has made. What is on
// record of it counts, and not what the Undo says.
func (d *Deed) came(ctx context.Context, inner *activity.Envelope) (bool, error) {
	if inner.ID == "" {
		return false, nil
	}
	rec, was, err := activity.Optional(d.Recorded(ctx, inner.ID))
	if err != nil {
		return false, err
	}
	if was {
		if env, err := activity.ReadEnvelope(rec.Raw); err == nil && rec.Actor == d.Actor.Key {
			env.ID = inner.ID
			*inner = env
		}
		return true, nil
	}
	return d.TakenBack(ctx, inner.ID, d.didIt(*inner))
}

// didIt is who did what an Undo takes back: whom it names, where a moderator takes it
// back, else whoever says it.
func (d *Deed) didIt(inner activity.Envelope) activity.ID { return cmp.Or(inner.Actor.ID, d.Actor.ID) }

// ends are the keys of the two that an activity connects.
func (d *Deed) ends(ctx context.Context, inner activity.Envelope) (subject, object store.Key, err error) {
	subject = d.Actor.Key
	a, errActor := d.Tx.Actor(ctx, inner.Object.ID)
	if errActor == nil {
		if inner.Type == "Invite" { // the edge is the guest's
			who, err := d.Tx.Actor(ctx, inner.Target.ID)
			return who.Key, a.Key, err
		}
		if inner.Type == "Block" && inner.Target.ID != "" { // a ban: the edge is the banned one's
			group, err := d.Tx.Actor(ctx, inner.Target.ID)
			return a.Key, group.Key, err
		}
		return subject, a.Key, nil
	}
	n, errNote := d.Note(ctx, inner.Object.ID)
	if errNote == nil {
		if inner.Type == "Lock" {
			over, err := d.over(ctx, n)
			return d.locker(n, over), n.Key, err
		}
		return subject, n.Key, nil
	}
	if activity.KindOf(errActor) == activity.NotFound {
		return 0, 0, errNote
	}
	return 0, 0, errors.Join(errActor, errNote)
}

// undoEdge is the way back for our own people: it cuts the edge from me to object
// and tells to. Nothing there: nothing to do.
func (s *Service) undoEdge(ctx context.Context, me store.Actor, verb, kind string, object store.Key, objectID activity.ID, to activity.Audience) error {
	e, ok, err := activity.Optional(s.db.Edge(ctx, kind, me.Key, object))
	if err != nil || !ok {
		return err
	}
	var undos []Handler
	for _, made := range e.MadeBy() { // all that it stands for, or it would stay
		u := &Undo{}
		if u.Object, err = embedded(verb, made, me.ID, objectID); err != nil {
			return err
		}
		u.Audience = to
		undos = append(undos, u)
	}
	return s.submitAll(ctx, me, undos, func(*Deed) {})
}

// embedded is an earlier activity as the object of a later one: not everybody
// keeps the ids of activities, but all know who did what to what.
func embedded(verb string, id, actor, object activity.ID) (activity.Ref, error) {
	raw, err := json.Marshal(activity.Envelope{ID: id, Type: verb, Actor: activity.Ref{ID: actor}, Object: activity.Ref{ID: object}})
	return activity.Ref{ID: id, Raw: raw}, err
}

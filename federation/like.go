package federation

import (
	"cmp"
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Like is one actor's approval of one note (ActivityPub §7.10).
type Like struct{ activity.Envelope }

var _ = define[Like]("Like", forItself)

// Needs the note.
func (l *Like) Needs() activity.IDs { return activity.IDs{l.Object.ID} }

// Verify: you can only like what you can see.
func (l *Like) Verify(ctx context.Context, d *Deed) error {
	_, err := d.seen(ctx, l.Object.ID)
	return err
}

// Apply writes the like and tells the author.
func (l *Like) Apply(ctx context.Context, d *Deed) error {
	note, err := d.Note(ctx, l.Object.ID)
	if err != nil {
		return err
	}
	if _, err := d.PutEdge(ctx, store.Edge{Kind: store.Like, Actor: d.Actor.Key, Object: note.Key, Accepted: true, IRI: d.IRI}); err != nil {
		return err
	}
	if err := d.react(ctx, note, l.Envelope, true); err != nil {
		return err
	}
	d.group = note.In()
	return d.Notify(ctx, note.AuthorKey, "favourite", d.Actor.Key, note.Key)
}

// Like makes me like a note; twice is once.
func (s *Service) Like(ctx context.Context, me store.Actor, n store.Note) error {
	if liked, err := s.db.HasEdge(ctx, store.Like, me.Key, n.Key); err != nil || liked {
		return err
	}
	l := &Like{}
	l.Object = activity.Ref{ID: n.ID}
	var err error
	if l.Audience, err = s.toward(ctx, n); err != nil {
		return err
	}
	_, err = s.submit(ctx, me, l)
	return err
}

// Unlike takes it back.
func (s *Service) Unlike(ctx context.Context, me store.Actor, n store.Note) error {
	to, err := s.toward(ctx, n)
	if err != nil {
		return err
	}
	return s.undoEdge(ctx, me, "Like", store.Like, n.Key, n.ID, to)
}

// seen is the note with this id if the actor may see it, else NotFound: Denied
// would tell. Who of a partner's people sees what is not ours is for their own
// servers to know: there it is enough that their server does. Who is in a group of ours
// we know.
func (d *Deed) seen(ctx context.Context, id activity.ID) (store.Note, error) {
	if id == "" {
		return store.Note{}, activity.ErrNotFound()
	}
	if d.from != 0 { // its host says that they are in the group
		if n, ok, err := activity.Optional(d.Note(ctx, id)); err != nil || ok && n.In() == d.from {
			return n, err
		}
	}
	n, ok, err := activity.Optional(d.VisibleNoteByIRI(ctx, id, d.Actor.Reader()))
	if err != nil || ok || d.Actor.Local {
		return n, cmp.Or(err, missing(ok))
	}
	n, ok, err = activity.Optional(d.VisibleNoteByIRI(ctx, id, store.Reader{Host: d.Actor.ID.Host()}))
	if err != nil || !ok || n.Local {
		return n, cmp.Or(err, activity.ErrNotFound())
	}
	group, isIn, err := activity.Optional(d.ActorByKey(ctx, n.GroupKey))
	return n, cmp.Or(err, missing(!isIn || !group.Local))
}

func missing(found bool) error {
	if found {
		return nil
	}
	return activity.ErrNotFound()
}

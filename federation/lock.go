package federation

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Lock keeps everybody but moderators from answering a post, and what answers it
// (Lemmy, Mbin).
type Lock struct{ activity.Envelope }

var _ = define[Lock]("Lock", author, moderator)

// Needs the note.
func (l *Lock) Needs() activity.IDs { return activity.IDs{l.Object.ID} }

// Verify: it is there.
func (l *Lock) Verify(ctx context.Context, d *Deed) error {
	_, err := d.Note(ctx, l.Object.ID)
	return err
}

// Apply closes the thread from there on.
func (l *Lock) Apply(ctx context.Context, d *Deed) error {
	note, err := d.Note(ctx, l.Object.ID)
	if err != nil {
		return err
	}
	if d.group, err = d.over(ctx, note); err != nil {
		return err
	}
	_, err = d.PutEdge(ctx, store.Edge{Kind: store.Lock, Actor: d.locker(note, d.group), Object: note.Key, Accepted: true, IRI: d.IRI})
	return err
}

// locker is in whose name a note is locked: its author's, or that of the group over it,
// whose moderators may all lift what one of them has done.
func (d *Deed) locker(n store.Note, over store.Key) store.Key {
	if n.AuthorKey == d.Actor.Key {
		return n.AuthorKey
	}
	return over
}

func threadLocked() error {
	return activity.Refuse(activity.Denied, "locked", "this thread is locked: only moderators can answer; begin a new one")
}

// unlocked refuses what mayAnswer would, of what one of ours has not posted yet.
func (s *Service) unlocked(ctx context.Context, me store.Actor, n activity.Note) error {
	parent, ok, err := activity.Optional(s.db.Note(ctx, n.InReplyTo.First()))
	if err != nil || !ok {
		return err
	}
	locked, err := s.db.IsLocked(ctx, parent.Key)
	if err != nil || !locked {
		return err
	}
	around, err := s.db.Around(ctx, parent)
	if err != nil {
		return err
	}
	moderates, err := s.db.HasEdge(ctx, store.Moderator, me.Key, around)
	if err == nil && !moderates {
		err = threadLocked()
	}
	return err
}

// mayAnswer: where a thread is locked only moderators answer. What is posted in a group
// elsewhere is for its host to judge, but our own people hear of it at once, also that who
// is not in a group has no say in its thread.
func (d *Deed) mayAnswer(ctx context.Context, n store.Note, group store.Actor) error {
	if !group.Local && !d.Local {
		return nil
	}
	parent, err := d.parent(ctx, n)
	if err != nil || parent.Key == 0 {
		return err
	}
	around, err := d.Around(ctx, parent)
	if err != nil {
		return err
	}
	locked, err := d.IsLocked(ctx, parent.Key)
	if err != nil {
		return err
	}
	if locked && !d.mayModerate(ctx, around) {
		byModerator, err := d.HasEdge(ctx, store.Moderator, n.AuthorKey, around)
		if err == nil && !byModerator {
			err = threadLocked()
		}
		return err
	}
	if d.Local && n.ReplyTo == 0 && n.AuthorKey == d.Actor.Key {
		return activity.Refuse(activity.Denied, "members_answer", "this is in the thread of a group, where only its members answer: join it, or answer what was posted in it")
	}
	return nil
}

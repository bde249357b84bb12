package resolve

import (
	"cmp"
	"context"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// MayBring refuses (Denied, "not_granted") a note from elsewhere for which the agreement
// with its author's company lacks a word. Every note is asked this, in whatever way it
// comes: sent, fetched, changed or brought back.
func (f *Finder) MayBring(ctx context.Context, tx *store.Tx, author store.Actor, n store.Note) error {
	words, err := f.words(ctx, tx, author, n)
	if err == nil {
		err = f.mayTell(ctx, tx, author, n)
	}
	if err != nil {
		return err
	}
	gate := f.gate.In(tx)
	for _, w := range words {
		if err := gate.Lets(ctx, w, author.ID.Host(), author.Speaks()); err != nil {
			return err
		}
	}
	return nil
}

// words are those that a note of somebody elsewhere takes: what is in a group is about
// the company that keeps the group.
func (f *Finder) words(ctx context.Context, tx *store.Tx, author store.Actor, n store.Note) (words []agreement.Word, err error) {
	parent, _, err := activity.Optional(tx.Note(ctx, n.InReplyTo.First()))
	if err != nil {
		return nil, err
	}
	group, inGroup, err := activity.Optional(tx.ActorByKey(ctx, n.GroupKey))
	answers := n.InReplyTo.First() != ""
	switch {
	case inGroup && group.Local && !answers:
		words = append(words, agreement.Post)
	case !inGroup && n.Visibility == activity.VisibleDirect: // see mayTell
	case inGroup && group.Local, parent.Local:
		words = append(words, agreement.Comment)
	}
	if n.Type == "Event" {
		words = append(words, agreement.Event)
	}
	if author.IsProgram() {
		words = append(words, agreement.Bot)
	}
	return words, err
}

// mayTell is the part of MayBring that no group elsewhere can stand for: what is for some
// of our people alone. Who is in the group has asked to hear what is said there; of all
// others it is only its author who says that it is said in a group.
func (f *Finder) mayTell(ctx context.Context, tx *store.Tx, author store.Actor, n store.Note) error {
	group, inGroup, err := activity.Optional(tx.ActorByKey(ctx, n.GroupKey))
	if err != nil || n.Visibility != activity.VisibleDirect || inGroup && group.Local {
		return err
	}
	for _, id := range n.Audience.All() {
		if !f.gate.IsOwn(id.Host()) {
			continue
		}
		who, _, err := activity.Optional(tx.Actor(ctx, id))
		if err != nil {
			return err
		}
		if is, err := tx.IsMember(ctx, who.Key, n.GroupKey); err != nil || !is {
			return cmp.Or(err, f.gate.In(tx).Lets(ctx, agreement.Direct, author.ID.Host(), author.Speaks()))
		}
	}
	return nil
}

// MayKeep is MayBring for what was fetched or announced. What is in a group elsewhere was perhaps
// announced by it, and is for its host to judge, unless it answers ours outside of it.
func (f *Finder) MayKeep(ctx context.Context, tx *store.Tx, author store.Actor, n store.Note) error {
	group, inGroup, err := activity.Optional(tx.ActorByKey(ctx, n.GroupKey))
	if err != nil {
		return err
	}
	parent, answers, err := activity.Optional(tx.Note(ctx, n.InReplyTo.First()))
	if err != nil {
		return err
	}
	if inGroup && !group.Local && (!answers || parent.GroupKey == group.Key) {
		return f.mayTell(ctx, tx, author, n)
	}
	return f.MayBring(ctx, tx, author, n)
}

// WithoutFiles leaves out the files of a note from where the agreement lets nobody send
// us some: what it says is still to be read.
func (f *Finder) WithoutFiles(ctx context.Context, tx *store.Tx, author store.Actor, n *activity.Note) error {
	if author.Local || len(n.Files()) == 0 {
		return nil
	}
	lets, err := f.gate.In(tx).IsLet(ctx, agreement.UploadFile, author.ID.Host(), author.Speaks())
	if !lets {
		n.Attachment = slices.DeleteFunc(slices.Clone(n.Attachment), activity.Attachment.IsFile)
	}
	return err
}

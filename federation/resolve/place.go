package resolve

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Place finds a note's place here: the keys behind what it names. It reads only.
func (f *Finder) Place(ctx context.Context, tx *store.Tx, author store.Actor, n activity.Note) (store.Note, error) {
	at := tx.Now
	if !n.Published.IsZero() && n.Published.Before(at) {
		at = n.Published.Time
	}
	row := store.Note{Note: n, Key: store.NewKey(at), AuthorKey: author.Key, Local: author.Local}
	if author.Local {
		if at, ok := f.NoteKey(n.ID); ok {
			row.Key = at
		}
	}
	row.ThreadKey = row.Key
	parent, answers, err := activity.Optional(tx.Note(ctx, n.InReplyTo.First()))
	if err != nil {
		return row, err
	}
	if answers {
		row.ReplyTo, row.ThreadKey = parent.Key, parent.ThreadKey
	}
	if err := f.address(ctx, tx, &row, parent); err != nil {
		return row, err
	}
	collections := []activity.ID{author.Followers.ID}
	if group, ok, err := activity.Optional(tx.ActorByKey(ctx, row.GroupKey)); err != nil {
		return row, err
	} else if ok {
		collections = append(collections, group.Followers.ID)
	}
	row.Visibility = n.Audience.Visibility(collections...)
	return row, nil
}

// address resolves who is addressed by name, and which group it is posted in:
// the one in audience, else one among to and cc, else that of what it answers.
func (f *Finder) address(ctx context.Context, tx *store.Tx, row *store.Note, parent store.Note) error {
	keys, err := tx.ActorKeys(ctx, row.Audience.All())
	if err != nil {
		return err
	}
	row.Addressed = keys
	found, err := tx.ActorsByKey(ctx, keys...)
	if err != nil {
		return err
	}
	for _, a := range found {
		if a.IsGroup() && a.Key != row.AuthorKey && (row.GroupKey == 0 || row.Groups.Has(a.ID)) {
			row.GroupKey = a.Key
		}
	}
	if row.GroupKey == 0 {
		row.GroupKey = parent.GroupKey
	}
	return nil
}

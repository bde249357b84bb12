package resolve

import (
	"context"
	"slices"

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
	if err := f.address(ctx, tx, &row, author, parent); err != nil {
		return row, err
	}
	if answers && parent.ID != n.ID {
		is, err := belongs(ctx, tx, &row, parent)
		if err != nil {
			return row, err
		}
		if is {
			row.ReplyTo, row.ThreadKey = parent.Key, parent.ThreadKey
		}
	}
	group, _, err := activity.Optional(tx.ActorByKey(ctx, row.GroupKey))
	if err != nil {
		return row, err
	}
	row.Topic, row.Visibility = group.Filed(n, group.Local), visibility(n, author, group)
	return row, nil
}

// visibility is who may see a note in a group, Key 0 for none: in one for members only
// they alone, however wide its author has addressed it.
func visibility(n activity.Note, author, group store.Actor) activity.Visibility {
	switch {
	case group.Key == 0:
		return n.Audience.Visibility(author.Followers.ID)
	case group.Access().Shut():
		return activity.VisibleFollowers
	}
	return n.Audience.Visibility(author.Followers.ID, group.Followers.ID)
}

// address resolves who is addressed by name, and which group it is posted in.
func (f *Finder) address(ctx context.Context, tx *store.Tx, row *store.Note, author store.Actor, parent store.Note) error {
	keys, err := tx.ActorKeys(ctx, row.Audience.All())
	if err != nil {
		return err
	}
	row.Addressed = keys
	row.GroupKey, err = f.container(ctx, tx, row, author, parent)
	return err
}

// container is the group that a note is posted in, 0 for none: the one in
// audience; else the first of those in to and cc that it is in, and then that of what it
// answers, unless it is told to some people alone.
func (f *Finder) container(ctx context.Context, tx *store.Tx, row *store.Note, author store.Actor, parent store.Note) (store.Key, error) {
	for _, id := range row.Groups {
		group, ok, err := activity.Optional(tx.Actor(ctx, id))
		if err != nil || ok && group.IsGroup() && group.Key != row.AuthorKey {
			return group.Key, err
		}
	}
	found, err := tx.ActorsByKey(ctx, append(slices.Clone(row.Addressed), parent.GroupKey)...)
	if err != nil {
		return 0, err
	}
	byID := map[activity.ID]store.Actor{}
	for _, a := range found {
		byID[a.ID] = a
	}
	named := row.Audience.All()
	if around := found[parent.GroupKey]; row.Audience.Visibility(around.Followers.ID) != activity.VisibleDirect {
		named = append(named, around.ID)
	}
	for _, id := range named {
		group, ok := byID[id]
		if !ok || !group.IsGroup() || group.Key == row.AuthorKey {
			continue
		}
		if is, err := isIn(ctx, tx, row, author, group, parent); err != nil || is {
			return group.Key, err
		}
	}
	return 0, nil
}

// isIn says whether a note that names a group, or answers what is in it, is posted there:
// by a member, as far as we can know, since who names a group from outside only mentions
// it. Of both elsewhere we know too little: what is for nobody besides is in it (Lemmy's
// private communities, forums of Friendica), as is what answers in a group for members
// only. The rest is for its author's followers, until the group announces it (FEP-1b12).
func isIn(ctx context.Context, tx *store.Tx, row *store.Note, author, group store.Actor, parent store.Note) (bool, error) {
	if !group.Local && !row.Local {
		isAnswer := parent.GroupKey == group.Key && group.Access().Shut()
		if isAnswer || row.Audience.Visibility(author.Followers.ID) == activity.VisibleDirect {
			return true, nil
		}
	}
	return tx.IsMember(ctx, row.AuthorKey, group.Key)
}

// belongs says whether a note is in the thread of what it answers. In a group that is for
// what is posted there too. In an open one others answer besides, who mention or reply and
// know no groups (Mastodon), unless they are banned, the thread is locked, or what is said
// waits for a moderator. An answer from outside that is left alone is an ordinary post.
func belongs(ctx context.Context, tx *store.Tx, row *store.Note, parent store.Note) (bool, error) {
	around, err := tx.Around(ctx, parent)
	if err != nil || around == 0 || around == row.GroupKey || around == row.AuthorKey {
		return err == nil, err
	}
	group, err := tx.ActorByKey(ctx, around)
	if err != nil || group.Access().Shut() {
		return false, err
	}
	if may, err := tx.HasEdge(ctx, store.Moderator, row.AuthorKey, around); err != nil || may {
		return may, err
	}
	if hears, err := tx.Hears(ctx, around, row.AuthorKey); err != nil || !hears || !group.Local {
		return hears, err
	}
	locked, err := tx.IsLocked(ctx, parent.Key)
	return !locked, err
}

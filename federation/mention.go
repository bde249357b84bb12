package federation

import (
	"context"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// mayName: in an open federation a stranger does not call many people at once, by a
// new note or an edit. Partners are no strangers, nor are members of a group.
func (d *Deed) mayName(ctx context.Context, n store.Note) error {
	if d.Local || !d.Gate().Open() || n.GroupKey != 0 {
		return nil
	}
	called, err := d.called(ctx, n)
	if err != nil || called <= limits.StrangerMentions {
		return err
	}
	followers, err := d.CountTo(ctx, store.Follow, d.Actor.Key)
	if err == nil && followers == 0 {
		err = activity.Refuse(activity.Denied, "stranger_mentions", "who is followed by nobody here names at most %d people at once", limits.StrangerMentions)
	}
	return err
}

// called is how many people a note names who do not take part already in what it
// answers, where somebody wrote that who is no stranger.
func (d *Deed) called(ctx context.Context, n store.Note) (int, error) {
	named := n.Mentions()
	parent, ok, err := activity.Optional(d.NoteByKey(ctx, n.ReplyTo))
	if err != nil || !ok {
		return len(named), err
	}
	if !parent.Local {
		if followers, err := d.CountTo(ctx, store.Follow, parent.AuthorKey); err != nil || followers == 0 {
			return len(named), err
		}
	}
	there := append(parent.Mentions(), parent.Note.Author())
	return len(slices.DeleteFunc(slices.Clone(named), there.Has)), nil
}

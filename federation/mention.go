package federation

import (
	"context"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// mayName: a stranger does not call many people at once, nor one after the other, by
// a new note or an edit. Partners are no strangers, nor is who is followed here, nor
// are members of a group: of those, what is too much tells nobody, see mayTell. A
// refusal is for good, and only the record says so: the sender has its 202.
func (d *Deed) mayName(ctx context.Context, n store.Note) error {
	if d.Local || !d.Gate().Open() || n.GroupKey != 0 {
		return nil
	}
	if followers, err := d.CountTo(ctx, store.Follow, d.Actor.Key); err != nil || followers > 0 {
		return err
	}
	if partner, err := d.IsPartner(ctx, d.Actor.ID.Host(), d.Now); err != nil || partner {
		return err
	}
	called, isAnswer, err := d.called(ctx, n)
	if err == nil && called > limits.StrangerMentions {
		err = activity.Refuse(activity.Denied, "stranger_mentions", "who is followed by nobody here names at most %d people at once", limits.StrangerMentions)
	}
	if err != nil || isAnswer {
		return err
	}
	told, err := d.concerned(ctx, n)
	if err != nil {
		return err
	}
	friends, strangers, err := d.divide(ctx, byWord(n), told)
	if err != nil || len(strangers) == 0 || len(friends) > 0 {
		return err
	}
	within, err := d.withinBudget(ctx, byWord(n), len(strangers))
	if err == nil && !within {
		err = tooManyContacts()
	}
	return err
}

// called is how many people a note names who do not take part already in what it
// answers, where somebody wrote that who is no stranger: then it is an answer.
func (d *Deed) called(ctx context.Context, n store.Note) (many int, isAnswer bool, err error) {
	named := n.Mentions()
	parent, ok, err := activity.Optional(d.NoteByKey(ctx, n.ReplyTo))
	if err != nil || !ok {
		return len(named), false, err
	}
	if !parent.Local {
		if followers, err := d.CountTo(ctx, store.Follow, parent.AuthorKey); err != nil || followers == 0 {
			return len(named), false, err
		}
	}
	there := append(parent.Mentions(), parent.Note.Author())
	return len(slices.DeleteFunc(slices.Clone(named), there.Has)), true, nil
}

// mayTell are those of our people who are told of a note: all, but once its author, or
// their domain, has met enough of them in a day, only those who know the author. The
// note itself has its place all the same, with who follows the author and in its
// thread. What is judged at the same moment elsewhere does not count yet: a few more
// are harmless, and nobody waits.
func (d *Deed) mayTell(ctx context.Context, n store.Note, told []store.Key) ([]store.Key, error) {
	if n.Local || len(told) == 0 {
		return told, nil
	}
	told, err := d.mayCall(ctx, n, told)
	if err != nil || len(told) == 0 {
		return nil, err
	}
	friends, strangers, err := d.divide(ctx, byWord(n), told)
	if err != nil || len(strangers) == 0 {
		return friends, err
	}
	within, err := d.withinBudget(ctx, byWord(n), len(strangers))
	if err != nil {
		return nil, err
	}
	if !within {
		d.log.InfoContext(ctx, "strangers are not told", "reason", "first_contacts", "note", n.ID, "people", len(strangers))
		return friends, nil
	}
	return append(friends, strangers...), d.Meet(ctx, byWord(n).Contact, strangers)
}

// mayCall are those of some who may be told of a note of somebody elsewhere: all if the
// agreement lets its author name people, else whom it is for alone, and whom it answers.
// A note is not refused for the names in it: that would take it from everybody else. In a
// group elsewhere its host lets its members be called.
func (d *Deed) mayCall(ctx context.Context, n store.Note, some []store.Key) ([]store.Key, error) {
	author := n.Note.Author()
	lets, err := d.Gate().In(d.Tx).IsLet(ctx, agreement.Mention, author.Host(), author)
	if err != nil || lets || n.Visibility == activity.VisibleDirect {
		return some, err
	}
	parent, err := d.parent(ctx, n)
	if err != nil {
		return nil, err
	}
	group, _, err := activity.Optional(d.ActorByKey(ctx, n.GroupKey))
	var may []store.Key
	for _, key := range some {
		is := key == parent.AuthorKey
		if err == nil && !is && group.Key != 0 && !group.Local {
			is, err = d.IsMember(ctx, key, group.Key)
		}
		if is {
			may = append(may, key)
		}
	}
	return may, err
}

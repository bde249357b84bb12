package federation

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// The host of a group gives each company a level there (product §8.6). Its own people
// have none: they may do what the group lets its members do.

// reaches refuses (Denied, "company_level") what is above the level of somebody's company
// in a group of ours; in one elsewhere its host judges.
func reaches(ctx context.Context, in groups, who, group store.Actor, level store.Level) error {
	if !group.Local || who.Local || who.Key == group.Key {
		return nil
	}
	g, err := in.Group(ctx, group.Key)
	if err == nil && !g.LevelOf(who).Has(level) {
		err = activity.Refuse(activity.Denied, "company_level", "in this group the people of %s may not do this (%s): its owner can change that", who.Host, level)
	}
	return err
}

// mayChange: who elsewhere changes what they wrote in a group of ours is still in it, and their
// company may still write.
func (d *Deed) mayChange(ctx context.Context, n store.Note) error {
	group, ok, err := activity.Optional(d.ActorByKey(ctx, n.In()))
	if err != nil || !ok || !group.Local || d.Local {
		return err
	}
	is, err := d.IsMember(ctx, d.Actor.Key, group.Key)
	if err == nil && !is {
		err = notAMember()
	}
	if err != nil {
		return err
	}
	return reaches(ctx, d.Tx, d.Actor, group, store.Comments)
}

// begins is the level that a note needs: what answers something in the group comments.
func begins(ctx context.Context, in groups, group store.Actor, n activity.Note) (store.Level, error) {
	parent, ok, err := activity.Optional(in.Note(ctx, n.InReplyTo.First()))
	if err == nil && ok && parent.GroupKey == group.Key {
		return store.Comments, nil
	}
	return store.Posts, err
}

func notAMember() error {
	return activity.Refuse(activity.Denied, "not_a_member", "only members of the group can post in it: join it first")
}

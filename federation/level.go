package federation

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// The host of a group gives each company a level there (product §8.6). Its own people
// have none: they may do what the group lets its members do.

// reaches refuses (Denied, "company_level") what is above the level of somebody's company
// in a group of ours, and of our own people in one elsewhere that has told us theirs. Its
// host judges all the same.
func (s *Service) reaches(ctx context.Context, in groups, who, group store.Actor, level activity.Level) error {
	if group.Local == who.Local || who.Key == group.Key {
		return nil
	}
	has := s.LevelIn(group)
	if group.Local {
		g, err := in.Group(ctx, group.Key)
		if err != nil {
			return err
		}
		has = g.LevelOf(who)
	} else if has == "" {
		return nil
	}
	if !has.Has(level) {
		return activity.Refuse(activity.Denied, "company_level", "in this group the people of %s may not do this (%s): ask its owner at %s to change that", who.Host, level, group.Host)
	}
	return nil
}

// mayChange: who changes what they wrote in a group is still in it, as far as we judge that,
// and their company may still write.
func (d *Deed) mayChange(ctx context.Context, n store.Note) error {
	group, ok, err := activity.Optional(d.ActorByKey(ctx, n.In()))
	if err != nil || !ok {
		return err
	}
	if group.Local && d.Actor.Key != group.Key {
		is, err := d.IsMember(ctx, d.Actor.Key, group.Key)
		if err == nil && !is {
			err = notAMember()
		}
		if err != nil {
			return err
		}
	}
	return d.reaches(ctx, d.Tx, d.Actor, group, activity.Comments)
}

// withCompanies is the document of an actor of ours for who takes part in it: that of a group
// says with which companies.
func withCompanies(ctx context.Context, in groups, a store.Actor) (activity.Actor, error) {
	doc := Document(a)
	if !a.IsGroup() {
		return doc, nil
	}
	g, err := in.Group(ctx, a.Key)
	doc.Companies = g.Seats()
	return doc, err
}

// begins is the level that a note needs: what answers something in the group comments.
func begins(ctx context.Context, in groups, group store.Actor, n activity.Note) (activity.Level, error) {
	parent, ok, err := activity.Optional(in.Note(ctx, n.InReplyTo.First()))
	if err == nil && ok && parent.GroupKey == group.Key {
		return activity.Comments, nil
	}
	return activity.Posts, err
}

func notAMember() error {
	return activity.Refuse(activity.Denied, "not_a_member", "only members of the group can post in it: join it first")
}

// introducesGroup sends the document of a group of ours to the first of a company who comes
// in: before that they were not told its topics and companies, or not when they changed.
func (d *Deed) introducesGroup(ctx context.Context, e store.Edge) error {
	if e.Kind != store.Membership {
		return nil
	}
	group, err := d.ActorByKey(ctx, e.Object)
	if err != nil || !group.Local {
		return err
	}
	who, err := d.ActorByKey(ctx, e.Actor)
	if err != nil || who.Local {
		return err
	}
	if n, err := d.PeopleIn(ctx, group.Key, who.ID.Host()); err != nil || n > 1 {
		return err
	}
	doc, err := withCompanies(ctx, d.Tx, group)
	if err != nil {
		return err
	}
	u, err := update(group.ID, doc, activity.Audience{To: activity.IDs{who.ID}})
	if err == nil {
		_, err = d.Do(ctx, group, u)
	}
	return err
}

package federation

import (
	"context"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Settings are what may be changed of a group; nil stays as it is.
type Settings struct {
	Name, Summary     *string
	Access            *activity.Access
	Companies         *[]string
	Posting, Inviting *store.Circles
	Reviewed          *bool
}

// ChangeGroup changes a group of ours, by an owner, and tells its members. What was
// known cannot become secret, nor is a secret told to others afterwards (Conflict). The
// people of a company that is taken off read and hear nothing more from then on; that they
// are out, with all who were invited from there, is told by Dismiss.
func (s *Service) ChangeGroup(ctx context.Context, me, group store.Actor, to Settings) (store.Actor, error) {
	var companies []string
	set(&companies, to.Companies)
	seats, err := s.seats(ctx, companies)
	if err != nil {
		return group, err
	}
	err = s.asGroup(ctx, me, group, store.Owner, func(tx *store.Tx) error {
		g, err := tx.Group(ctx, group.Key)
		if err == nil {
			group, err = tx.ActorByKey(ctx, group.Key) // as it is now
		}
		if err != nil {
			return err
		}
		if to.Companies == nil {
			seats = g.Seats()
		}
		draft, err := to.onto(group, g)
		if err != nil {
			return err
		}
		if draft.Access != g.Access || !slices.Equal(seats, g.Seats()) {
			tx.Audit(ctx, decided("group.changed", me, group, draft.Access, seats))
		}
		if err := tx.ChangeGroup(ctx, draft.onto(g, seats)); err != nil {
			return err
		}
		if to.Companies != nil {
			if err := tx.Enqueue(ctx, store.Dismiss{Group: group.Key}); err != nil {
				return err
			}
		}
		to.dress(draft, &group.Actor)
		group, err = s.rewrite(ctx, tx, group)
		return err
	})
	return group, err
}

// dress makes the document of a group say what a draft says; its summary stays where none
// is given.
func (to Settings) dress(draft GroupDraft, doc *activity.Actor) {
	summary := doc.Summary
	draft.dress(doc)
	if to.Summary == nil {
		doc.Summary = summary
	}
}

// onto is a group as it will be.
func (to Settings) onto(group store.Actor, g store.Group) (GroupDraft, error) {
	draft := GroupDraft{Name: string(group.Name), Access: g.Access, Posting: g.Posting, Inviting: g.Inviting, Reviewed: g.Reviewed}
	set(&draft.Name, to.Name)
	set(&draft.Summary, to.Summary)
	set(&draft.Access, to.Access)
	set(&draft.Posting, to.Posting)
	set(&draft.Inviting, to.Inviting)
	set(&draft.Reviewed, to.Reviewed)
	if draft.Access != g.Access && (g.Access == activity.AccessSecret || draft.Access == activity.AccessSecret) {
		return draft, activity.Refuse(activity.Conflict, "access_stays", "a secret group stays secret, and another one cannot become secret: open a new group")
	}
	return draft, draft.complete()
}

func set[T any](field *T, to *T) {
	if to != nil {
		*field = *to
	}
}

// rewrite keeps a group's new document and sends it to where its members are.
func (s *Service) rewrite(ctx context.Context, tx *store.Tx, group store.Actor) (store.Actor, error) {
	group.Updated = activity.At(tx.Now)
	group, err := tx.PutActor(ctx, group)
	if err != nil {
		return group, err
	}
	audience, err := audienceOf(ctx, tx, group)
	if err != nil {
		return group, err
	}
	doc, err := withCompanies(ctx, tx, group)
	if err != nil {
		return group, err
	}
	u, err := update(group.ID, doc, audience)
	if err == nil {
		_, err = s.do(ctx, tx, group, u)
	}
	return group, err
}

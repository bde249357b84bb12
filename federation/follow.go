package federation

import (
	"cmp"
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Follow asks to see what an actor posts; of a group it asks to be a member
// (ActivityPub §7.5, FEP-1b12).
type Follow struct{ activity.Envelope }

var _ = define[Follow]("Follow", forItself)

// Needs whom it is about.
func (f *Follow) Needs() activity.IDs { return activity.IDs{f.Object.ID} }

// Verify: one of the two is ours, and neither has blocked the other.
func (f *Follow) Verify(ctx context.Context, d *Deed) error {
	_, err := d.asked(ctx)
	return err
}

// Apply writes the wish and, where nobody must be asked, grants it.
func (f *Follow) Apply(ctx context.Context, d *Deed) error { return d.ask(ctx) }

// Again answers again: the first answer may have been lost (interop: Lemmy).
func (f *Follow) Again(ctx context.Context, d *Deed) error { return d.ask(ctx) }

// Follow makes me follow target; of a group it is a wish to join.
func (s *Service) Follow(ctx context.Context, me, target store.Actor) error {
	if target.ByCard() { // an agreement may have begun since: then their own host says how they are reached
		if err := s.Errand().Ensure(ctx, target.ID); err != nil {
			return err
		}
	}
	f := &Follow{}
	f.Object, f.To = activity.Ref{ID: target.ID}, activity.IDs{target.ID}
	_, err := s.submit(ctx, me, f)
	return err
}

// Unfollow takes it back, and a wish not yet granted too; of a group it is to
// leave it, which its owner cannot (Conflict).
func (s *Service) Unfollow(ctx context.Context, me, target store.Actor) error {
	if owns, err := s.db.HasEdge(ctx, store.Owner, me.Key, target.Key); err != nil || owns {
		if err == nil {
			err = ownerStays()
		}
		return err
	}
	return s.undoEdge(ctx, me, "Follow", target.Bond(), target.Key, target.ID, activity.Audience{To: activity.IDs{target.ID}})
}

// asked is whom a Follow or Join asks, if it may. What Verify was told is true for Apply.
func (d *Deed) asked(ctx context.Context) (store.Actor, error) {
	if d.asks != nil {
		return *d.asks, nil
	}
	id, err := object(d.Head)
	if err != nil {
		return store.Actor{}, err
	}
	target, err := d.Tx.Actor(ctx, id)
	switch {
	case err != nil:
		return target, err
	case !target.Usable():
		return target, activity.ErrNotFound()
	case target.Type == "Application" && target.Local:
		return target, activity.Refuse(activity.Denied, "not_followable", "the instance itself cannot be followed")
	case target.IsGroup() && target.MovedTo.ID != "":
		return target, movedOn(target)
	case target.Key == d.Actor.Key:
		return target, activity.Refuse(activity.Invalid, "self_follow", "nobody follows themselves")
	case !target.Local && !d.Local:
		return target, activity.Refuse(activity.Invalid, "not_for_us", "neither of the two lives here")
	}
	if hidden, err := d.hides(ctx, target); err != nil || hidden {
		return target, cmp.Or(err, activity.ErrNotFound())
	}
	blocked, err := d.Blocked(ctx, d.Actor.Key, target.Key)
	if err == nil && blocked {
		err = activity.ErrNotFound() // being blocked is nobody's business
	}
	if err == nil {
		d.asks = &target
	}
	return target, err
}

// hides says whether to the actor a group is not there: a secret one that they do not
// know, a closed one of ours that does not take their company.
func (d *Deed) hides(ctx context.Context, group store.Actor) (bool, error) {
	if !group.IsGroup() {
		return false, nil
	}
	knows, err := d.Knows(ctx, d.Actor.Reader(), group.Key)
	if err != nil || knows || !group.Access().Shut() {
		return false, err
	}
	if group.Access() == activity.AccessSecret || !group.Local {
		return group.Access() == activity.AccessSecret, nil
	}
	g, err := d.Group(ctx, group.Key)
	return g.LevelOf(d.Actor) == "", err
}

// ask writes the wish of a Follow or Join. What we can decide ourselves is
// answered at once, as the one who was asked.
func (d *Deed) ask(ctx context.Context) error {
	target, err := d.asked(ctx)
	if err != nil {
		return err
	}
	refusal, err := d.refusal(ctx, target)
	if err != nil {
		return err
	}
	if refusal != "" {
		return d.refuse(ctx, target, refusal)
	}
	may, err := d.comesUnasked(ctx, target)
	if err != nil {
		return err
	}
	wish := store.Edge{Kind: target.Bond(), Actor: d.Actor.Key, Object: target.Key, IRI: d.IRI}
	wish.Accepted = may && target.Local && !d.Local // ours wait for the Accept, which shows them what there is
	isNew := false
	if wish.Accepted {
		err = d.Welcome(ctx, wish)
	} else {
		isNew, err = d.PutEdge(ctx, wish)
	}
	switch {
	case err == nil && isNew && !target.Local:
		return remind(ctx, d.Tx, store.Fan{Activity: d.Key, Sender: d.Actor.Key}, 1)
	case err == nil && isNew && !may:
		return d.tellAsked(ctx, target)
	case err != nil || !target.Local || !may:
		return err
	}
	if err := d.Notify(ctx, target.Key, "follow", d.Actor.Key, 0); err != nil {
		return err
	}
	if err := d.comesAlong(ctx, target); err != nil {
		return err
	}
	return d.answer(ctx, target, &Accept{})
}

// comesUnasked says whether nobody has to be asked for this wish: the one who is asked
// lets all in, has invited or expects this one, or said yes before and the answer was lost.
func (d *Deed) comesUnasked(ctx context.Context, target store.Actor) (bool, error) {
	if !target.ManuallyApproves {
		return true, nil
	}
	if is, err := d.HasEdge(ctx, target.Bond(), d.Actor.Key, target.Key); err != nil || is || !target.IsGroup() {
		return is, err
	}
	if is, err := d.HasEdge(ctx, store.Invitation, d.Actor.Key, target.Key); err != nil || is || len(target.AlsoKnownAs) == 0 {
		return is, err
	}
	role, err := d.Expects(ctx, target.Key, d.Actor.ID)
	return role != "", err
}

// tellAsked tells who has to answer a wish: of a group its moderators who are here.
func (d *Deed) tellAsked(ctx context.Context, target store.Actor) error {
	if !target.IsGroup() {
		return d.Notify(ctx, target.Key, "follow_request", d.Actor.Key, 0)
	}
	return d.tellModerators(ctx, target.Key, "group_request", 0)
}

func (d *Deed) tellModerators(ctx context.Context, group store.Key, kind string, note store.Key) error {
	mods, err := d.EdgesTo(ctx, store.Moderator, group, store.Page{Limit: store.PageMax})
	for _, m := range mods {
		if err == nil {
			err = d.Notify(ctx, m.Actor, kind, d.Actor.Key, note)
		}
	}
	return err
}

// refusal is the reason why somebody may not join a group of ours, "" if they may.
func (d *Deed) refusal(ctx context.Context, target store.Actor) (string, error) {
	if !target.Local || !target.IsGroup() {
		return "", nil
	}
	group, err := d.Group(ctx, target.Key)
	if err != nil {
		return "", err
	}
	if group.LevelOf(d.Actor) == "" {
		return "company_not_in_group", nil
	}
	banned, err := d.HasEdge(ctx, store.Ban, d.Actor.Key, target.Key)
	if err == nil && !banned && len(target.AlsoKnownAs) > 0 {
		banned, err = d.expectsBanned(ctx, target)
	}
	if err == nil && banned {
		return "banned", nil
	}
	return "", err
}

func (d *Deed) refuse(ctx context.Context, target store.Actor, reason string) error {
	if d.Local {
		return activity.Refuse(activity.Denied, reason, "you cannot join this group; its owner can change that")
	}
	return d.answer(ctx, target, &Reject{})
}

// answer sends Accept or Reject of this activity to who asked.
func (d *Deed) answer(ctx context.Context, as store.Actor, h Handler) error {
	head := h.Head()
	head.Object, head.To = activity.Ref{ID: d.Head.ID, Raw: d.Raw}, activity.IDs{d.Actor.ID}
	_, err := d.Do(ctx, as, h)
	return err
}

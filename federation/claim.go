package federation

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/card"
	"entente.example/entente/federation/resolve"
	"entente.example/entente/federation/succession"
	"entente.example/entente/store"
)

// The successor of a group claims it when its host is silent. Whoever hears the claim
// believes their own ears: it counts where the two have signed for it, as far as is known
// here, and the host was not heard of here for so long, nor answers now.

// days is a number of them.
func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

// silence refuses (Denied, "host_alive") what counts only when the host of a group is
// silent for as long as was agreed.
func silence(ctx context.Context, in interface {
	Sign(ctx context.Context, host string) (store.Sign, error)
}, group store.Actor, is store.Succession, now time.Time) error {
	sign, err := in.Sign(ctx, group.ID.Host())
	if err != nil {
		return err
	}
	last := time.UnixMilli(is.Version)
	if sign.HeardAt.After(last) {
		last = sign.HeardAt
	}
	if now.Sub(last) < days(is.Silence) {
		return hostAlive(group, last)
	}
	return nil
}

func hostAlive(group store.Actor, last time.Time) error {
	return activity.Refuse(activity.Denied, "host_alive", "the host of this group, %s, was heard of here at %s: it is claimed only after the silence that was agreed", group.ID.Host(), last.UTC().Format(time.RFC3339))
}

// weigh finds out, for the claim of a group, what cannot be asked in a transaction: the
// group that claims it as it is now, what both have signed since we heard of it last, and
// whether the host answers. It says whether it was such a claim.
func (s *Service) weigh(ctx context.Context, r *resolve.Errand, h Handler) (bool, error) {
	m, moves := h.(*Move)
	if !moves || !m.isPulled() {
		return false, nil
	}
	group, known, err := activity.Optional(s.db.Actor(ctx, m.Object.ID))
	if err != nil || !known || !group.IsGroup() {
		return false, err
	}
	if err := r.Refresh(ctx, m.Target.ID); err != nil {
		return true, err
	}
	if m.Instrument.Raw != nil {
		if err := s.learnNewer(ctx, r, group, m.Instrument.Raw); err != nil {
			return true, err
		}
	}
	m.unanswered = group.Local || !r.Answers(ctx, card.Issuer(group.ID))
	return true, nil
}

// learnNewer takes a later signature under what is known of a group's successor, if it is one.
func (s *Service) learnNewer(ctx context.Context, r *resolve.Errand, group store.Actor, raw json.RawMessage) error {
	said, err := r.Statement(ctx, raw)
	if err != nil || said.Group != group.ID || group.Local {
		if activity.KindOf(err).Permanent() || err == nil {
			return nil // judged by what is known
		}
		return err
	}
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		was, known, err := activity.Optional(tx.Succession(ctx, group.Key))
		if err != nil || !known || was.Successor != said.Successor {
			return err // whom its host has not named to us is nobody to us
		}
		_, err = tx.LearnSuccession(ctx, resolve.Succession(group, said))
		return err
	})
}

// mayClaim refuses a claim of a group, by what is known here. The host of the group itself
// believes it when it is back after it was away: when it heard of nobody at all for so long.
func (d *Deed) mayClaim(ctx context.Context, m *Move, group store.Actor) error {
	if d.Local {
		return nil // judged by Claim; said again it may be to a host that is back
	}
	is, known, err := activity.Optional(d.Tx.Succession(ctx, group.Key))
	if err == nil && (!known || is.Accepted == nil || !activity.SameOrigin(is.Successor, d.Actor.ID)) {
		err = activity.Refuse(activity.Denied, "not_successor", "this host is not the successor of that group, as far as is known here")
	}
	if err != nil {
		return err
	}
	if group.Local {
		return d.wasAway(ctx, group, is)
	}
	if !m.unanswered {
		return hostAlive(group, d.now())
	}
	return silence(ctx, d.Tx, group, is, d.now())
}

// wasAway refuses the claim of a group of ours while we are here, and were.
func (d *Deed) wasAway(ctx context.Context, group store.Actor, is store.Succession) error {
	sign, err := d.Sign(ctx, store.Anybody)
	away := sign.SilentUntil.Sub(latest(sign.SilentFrom, time.UnixMilli(is.Since)))
	if err == nil && (away < days(is.Silence) || d.now().Sub(sign.SilentUntil) > limits.BackFor) {
		err = hostAlive(group, d.now())
	}
	return err
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Claim goes on with a group whose host is silent, by an admin of its successor. Said
// again, it is told again. Conflict or Denied: "not_named", "no_member_here", "host_alive".
func (s *Service) Claim(ctx context.Context, by string, group store.Actor) error {
	is, known, err := activity.Optional(s.db.Succession(ctx, group.Key))
	if err == nil && (!known || is.Successor != s.InstanceActor() || is.Accepted == nil || group.Local) {
		err = activity.Refuse(activity.Conflict, "not_named", "this instance has not accepted to go on with this group")
	}
	if err == nil {
		err = isHeard(ctx, s.db, group)
	}
	if err == nil && is.ClaimedAt.IsZero() {
		if err = silence(ctx, s.db, group, is, s.now()); err == nil && s.Errand().Answers(ctx, card.Issuer(group.ID)) {
			err = hostAlive(group, s.now())
		}
	}
	if err != nil {
		return err
	}
	if is.ClaimedAt.IsZero() {
		err = s.db.InTx(ctx, func(tx *store.Tx) error { return s.takeClaimed(ctx, tx, by, group) })
	}
	if err != nil {
		return err
	}
	return s.sayClaim(ctx, group, 0)
}

// takeClaimed makes the group in which a claimed one goes on, with an owner of ours.
func (s *Service) takeClaimed(ctx context.Context, tx *store.Tx, by string, group store.Actor) error {
	if err := tx.TakeTurns(ctx, group.ID); err != nil {
		return err
	}
	is, err := tx.Succession(ctx, group.Key)
	if err != nil || !is.ClaimedAt.IsZero() {
		return err
	}
	settings := succession.Settings{Posting: string(store.AllMembers), Inviting: string(store.ModeratorsOnly)}
	if is.Settings != nil {
		if err := json.Unmarshal(is.Settings, &settings); err != nil {
			return err
		}
	}
	heir, err := s.inherit(ctx, tx, group, settings)
	if err != nil {
		return err
	}
	if err := tx.ExpectIn(ctx, group.Key, heir.Key); err != nil {
		return err
	}
	owner, err := tx.Heir(ctx, group.Key, 0)
	if err != nil {
		return err
	}
	for _, kind := range []string{store.Membership, store.Moderator, store.Owner} {
		if _, err := tx.PutEdge(ctx, store.Edge{Kind: kind, Actor: owner.Key, Object: heir.Key, Accepted: true}); err != nil {
			return err
		}
	}
	tx.Audit(ctx, store.Decision{Who: by, What: "group.claimed", About: string(group.ID), Details: map[string]string{"heir": string(heir.ID), "owner": string(owner.ID)}})
	return tx.Came(ctx, heir.Key, owner.ID)
}

// sayClaim says a claim to the hosts of whom people have not come yet, and to the one that
// was silent, if it was not said within this time.
func (s *Service) sayClaim(ctx context.Context, group store.Actor, within time.Duration) error {
	is, err := s.db.Succession(ctx, group.Key)
	if err != nil {
		return err
	}
	heir, err := s.db.ActorByKey(ctx, is.Heir)
	if err != nil {
		return err
	}
	inboxes, err := s.awaited(ctx, group, heir)
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		if due, err := tx.Claim(ctx, group.Key, s.now(), within); err != nil || !due {
			return err
		}
		m := &Move{}
		m.Object, m.Target, m.Instrument = activity.Ref{ID: group.ID}, activity.Ref{ID: heir.ID}, activity.Ref{Raw: is.Accepted}
		m.Companies = activity.List[activity.Text]{activity.Text(group.ID.Host())} // whose agreement may be suspended by its silence
		_, err := s.do(ctx, tx, heir, m, inboxes...)
		return err
	})
}

// awaited are the inboxes of the instances of whom people are expected. One that cannot be
// found now is told another day.
func (s *Service) awaited(ctx context.Context, group, heir store.Actor) (inboxes []string, err error) {
	people, err := s.db.Awaited(ctx, heir.Key)
	if err != nil {
		return nil, err
	}
	seen := map[activity.ID]bool{s.InstanceActor(): true}
	for _, id := range append(people, group.ID) {
		instance := card.Issuer(id)
		if seen[instance] || s.gate.Allow(ctx, sending, instance.Host(), "") != nil {
			continue
		}
		seen[instance] = true
		if err := s.Errand().Ensure(ctx, instance); err != nil {
			continue
		}
		if a, known, err := activity.Optional(s.db.Actor(ctx, instance)); err != nil {
			return nil, err
		} else if known && a.SharedInbox() != "" {
			inboxes = append(inboxes, a.SharedInbox())
		}
	}
	return inboxes, nil
}

// LookAfterGroups does what time brings for groups that have a successor: it is signed
// anew, or forgotten when it is not in the group any more; a successor reads who is in the
// group, and says its claims again.
func (s *Service) LookAfterGroups(ctx context.Context) error {
	all, err := s.db.AllSuccessions(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, is := range all {
		group, err := s.db.ActorByKey(ctx, is.Group)
		switch {
		case err != nil:
		case group.Local:
			err = s.db.InTx(ctx, func(tx *store.Tx) error {
				if err := tx.TakeTurns(ctx, group.ID); err != nil {
					return err
				}
				return s.renew(ctx, tx, group)
			})
		case is.Successor != s.InstanceActor() || is.Accepted == nil:
		case !is.ClaimedAt.IsZero() && s.now().Sub(is.ClaimedAt) < limits.ClaimsFor:
			err = s.sayClaim(ctx, group, limits.ClaimEvery)
		case is.Heir == 0 && s.now().Sub(is.CopiedAt) > limits.CopyEvery:
			if err = s.refreshCopy(ctx, group); err != nil {
				s.log.InfoContext(ctx, "who is in a group cannot be read", "group", group.ID, "err", err)
				err = nil
			}
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// renew signs anew who goes on with a group of ours, once in a while; and forgets one who
// is not in it any more.
func (s *Service) renew(ctx context.Context, tx *store.Tx, group store.Actor) error {
	is, known, err := activity.Optional(tx.Succession(ctx, group.Key))
	if err != nil || !known || is.Successor == "" || is.Declined || !is.HandedAt.IsZero() || group.MovedTo.ID != "" {
		return err
	}
	n := succession.Naming{Group: group.ID, Silence: is.Silence, Successor: is.Successor}
	people, err := tx.PeopleIn(ctx, group.Key, is.Successor.Host())
	if err != nil {
		return err
	}
	if people == 0 {
		n.Successor = ""
	} else if s.now().Sub(time.UnixMilli(is.Version)) < limits.RenewEvery {
		return nil
	}
	return s.name(ctx, tx, group, group, n)
}

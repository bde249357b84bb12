package federation

import (
	"context"
	"encoding/json"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/card"
	"entente.example/entente/federation/resolve"
	"entente.example/entente/federation/succession"
	"entente.example/entente/store"
)

// A group of ours may name one of its companies to go on with it when we do not (package
// succession). The group offers it to the instance of that company, which accepts or
// rejects; both documents are told to every company in the group.

// Offer names the successor of a group, or hands the group over to it (ActivityStreams
// vocabulary).
type Offer struct{ activity.Envelope }

var _ = define[Offer]("Offer", itsGroup)

// itsGroup: only the group says who goes on with it.
var itsGroup = right{"the group itself", func(_ context.Context, d *Deed, h Handler) (bool, error) {
	if o, is := h.(*Offer); is && o.moves() {
		return d.Actor.IsGroup(), nil
	}
	s, err := succession.Read(d.Head.Object.Raw)
	return err == nil && s.Group == d.Actor.ID && d.Actor.IsGroup(), err
}}

// moves says that the group is not named a successor but handed over to it.
func (o *Offer) moves() bool {
	e, err := activity.ReadEnvelope(o.Object.Raw)
	return err == nil && e.Type == "Move" && e.Object.ID == o.Actor.ID
}

// Verify: we are in the group, and it names us.
func (o *Offer) Verify(ctx context.Context, d *Deed) error {
	if o.moves() {
		return d.mayTakeOver(ctx)
	}
	s, err := succession.Read(o.Object.Raw)
	if err != nil || d.Local {
		return err
	}
	if s.Successor != d.InstanceActor() || s.Accepted != nil { // what we accept we sign ourselves
		return activity.Refuse(activity.Invalid, "not_for_us", "this names another instance, or is no naming")
	}
	return isHeard(ctx, d.Tx, d.Actor)
}

// Apply keeps it until an admin answers; or takes the group over.
func (o *Offer) Apply(ctx context.Context, d *Deed) error {
	if o.moves() {
		if d.Local {
			return nil
		}
		return d.Enqueue(ctx, store.TakeOver{Group: d.Actor.Key})
	}
	s, err := succession.Read(o.Object.Raw)
	if err != nil || d.Local {
		return err
	}
	was, _, err := activity.Optional(d.Tx.Succession(ctx, d.Actor.Key))
	if err != nil {
		return err
	}
	isNew, err := d.LearnSuccession(ctx, resolve.Succession(d.Actor, s))
	if err != nil || !isNew {
		return err
	}
	if was.Accepted != nil && was.Successor == s.Successor && was.Silence == s.Silence { // renewed
		me, err := d.Tx.Actor(ctx, d.InstanceActor())
		if err != nil {
			return err
		}
		return d.answerSuccession(ctx, d.Tx, "instance", me, d.Actor, resolve.Succession(d.Actor, s), true)
	}
	d.Audit(ctx, store.Decision{Who: string(d.Actor.ID), What: "succession.offered", About: string(d.Actor.ID)})
	return nil
}

// NameSuccessor makes a company of a group of ours the one that goes on with it, by an
// owner: when they hand it over, or after so many days of silence (0: the usual number).
// host "" takes back what was named. Denied: "company_not_in_group", or what keeps that
// company from hosting.
func (s *Service) NameSuccessor(ctx context.Context, me, group store.Actor, host string, days int) error {
	var other activity.ID
	n := succession.Naming{Group: group.ID, Silence: days}
	if n.Silence == 0 {
		n.Silence = limits.SilenceUsual
	}
	if n.Silence < limits.SilenceLeast || n.Silence > limits.SilenceMost {
		return activity.Refuse(activity.Invalid, "bad_silence", "a successor may claim the group after %d to %d days of silence", limits.SilenceLeast, limits.SilenceMost)
	}
	if host != "" {
		var err error
		if other, err = s.instanceOf(ctx, host); err != nil {
			return err
		}
		n.Successor = other
	}
	return s.asGroup(ctx, me, group, store.Owner, func(tx *store.Tx) error {
		if other != "" {
			if err := s.maySucceed(ctx, tx, group, other); err != nil {
				return err
			}
		}
		return s.name(ctx, tx, me, group, n)
	})
}

// instanceOf finds the instance actor of a partner, which the partner itself names.
func (s *Service) instanceOf(ctx context.Context, host string) (activity.ID, error) {
	host, err := activity.CleanHost(host)
	if err == nil {
		err = s.gate.Allow(ctx, sending, host, "")
	}
	if err != nil {
		return "", err
	}
	id, err := s.client.Application(ctx, host)
	if err == nil {
		err = s.Errand().Ensure(ctx, id)
	}
	return id, err
}

// maySucceed: people of the company are in the group, and by the agreement it may have
// ours in groups of its own.
func (s *Service) maySucceed(ctx context.Context, tx *store.Tx, group store.Actor, other activity.ID) error {
	n, err := tx.PeopleIn(ctx, group.Key, other.Host())
	if err == nil && n == 0 {
		err = activity.Refuse(activity.Denied, "company_not_in_group", "a successor is a company with people in the group: %s has none there", other.Host())
	}
	if err != nil {
		return err
	}
	return s.gate.In(tx).Lets(ctx, agreement.HostGroup, other.Host(), "")
}

// name signs a naming, and tells it to who was named before, to who is now, and to the
// companies in the group.
func (s *Service) name(ctx context.Context, tx *store.Tx, by, group store.Actor, n succession.Naming) error {
	was, had, err := activity.Optional(tx.Succession(ctx, group.Key))
	if err != nil || !had && n.Successor == "" {
		return err
	}
	n.Version = max(s.now().UnixMilli(), was.Version+1)
	keys, err := s.instanceSigner(ctx, tx)
	if err != nil {
		return err
	}
	raw, err := succession.Name(n, keys, tx.Now)
	if err != nil {
		return err
	}
	said, err := succession.Read(raw)
	if err != nil {
		return err
	}
	if _, err := tx.LearnSuccession(ctx, resolve.Succession(group, said)); err != nil {
		return err
	}
	tx.Audit(ctx, store.Decision{Who: string(by.ID), What: "succession.named", About: string(group.ID), Details: map[string]string{"successor": string(n.Successor)}})
	if was.Successor != "" && was.Successor != n.Successor {
		if err := s.unname(ctx, tx, group, was.Successor, raw); err != nil {
			return err
		}
	}
	if n.Successor != "" {
		o := &Offer{}
		o.Object, o.To = activity.Ref{Raw: raw}, activity.IDs{n.Successor}
		if _, err := s.do(ctx, tx, group, o); err != nil {
			return err
		}
	}
	if was.Accepted != nil && was.Successor == n.Successor && was.Silence == n.Silence {
		return nil // renewed: all know it, and hear of it when it is accepted anew
	}
	return s.tellOfSuccession(ctx, tx, group)
}

// unname tells who was named that it is not any more: what it signed counts no more
// beside this later word.
func (s *Service) unname(ctx context.Context, tx *store.Tx, group store.Actor, was activity.ID, later json.RawMessage) error {
	inner, err := json.Marshal(map[string]any{"type": "Offer", "actor": group.ID, "object": later})
	if err != nil {
		return err
	}
	u := &Undo{}
	u.Object, u.To = activity.Ref{Raw: inner}, activity.IDs{was}
	_, err = s.do(ctx, tx, group, u)
	return err
}

// unnamed is the later word with which a group takes an Offer back, if it is that.
func (u *Undo) unnamed() (s succession.Statement, is bool) {
	inner := u.undone()
	if inner.Type != "Offer" {
		return s, false
	}
	s, err := succession.Read(inner.Object.Raw)
	return s, err == nil && s.Group == inner.Actor.ID && s.Accepted == nil
}

// unnamed keeps the later word.
func (d *Deed) unnamed(ctx context.Context, s succession.Statement) error {
	if d.Local {
		return nil
	}
	isNew, err := d.LearnSuccession(ctx, resolve.Succession(d.Actor, s))
	if err == nil && isNew {
		d.Audit(ctx, store.Decision{Who: string(d.Actor.ID), What: "succession.withdrawn", About: string(d.Actor.ID)})
	}
	return err
}

// tellOfSuccession lets the companies in a group ask for its document, in which they, and
// nobody else, find what was said.
func (s *Service) tellOfSuccession(ctx context.Context, tx *store.Tx, group store.Actor) error {
	u := &Update{}
	u.Object, u.To = activity.Ref{ID: group.ID}, activity.IDs{group.Followers.ID}
	_, err := s.do(ctx, tx, group, u)
	return err
}

// AnswerSuccession accepts in writing that this instance goes on with a group elsewhere, or
// does not want to (any more), which the companies in it hear: it counts until it is named
// anew. by is who decides. Conflict: "not_named".
func (s *Service) AnswerSuccession(ctx context.Context, by string, group store.Actor, accept bool) error {
	me, err := s.db.Actor(ctx, s.InstanceActor())
	if err != nil {
		return err
	}
	var others []string
	if !accept {
		if others, err = s.awaited(ctx, group, group); err != nil {
			return err
		}
	}
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.TakeTurns(ctx, group.ID); err != nil {
			return err
		}
		is, known, err := activity.Optional(tx.Succession(ctx, group.Key))
		if err == nil && (!known || group.Local || is.Successor != me.ID || is.Declined) {
			err = activity.Refuse(activity.Conflict, "not_named", "this group has not named this instance as its successor")
		}
		if err == nil && accept {
			err = s.gate.In(tx).Takes(ctx, agreement.HostGroup, group.ID.Host(), "")
		}
		if err != nil {
			return err
		}
		return s.answerSuccession(ctx, tx, by, me, group, is, accept, others...)
	})
}

func (s *Service) answerSuccession(ctx context.Context, tx *store.Tx, by string, me, group store.Actor, is store.Succession, accept bool, inboxes ...string) error {
	said, err := succession.Read(is.Named)
	if err != nil {
		return err
	}
	what, object, h := "succession.declined", is.Named, Handler(&Reject{})
	if accept {
		keys, err := s.instanceSigner(ctx, tx)
		if err != nil {
			return err
		}
		if is.Accepted, err = succession.Accept(said, keys, tx.Now); err != nil {
			return err
		}
		what, object, h = "succession.accepted", is.Accepted, &Accept{}
		_, err = tx.LearnSuccession(ctx, is)
		if err != nil {
			return err
		}
	} else if _, err := tx.DeclineSuccession(ctx, is); err != nil {
		return err
	}
	tx.Audit(ctx, store.Decision{Who: by, What: what, About: string(group.ID)})
	head := h.Head()
	head.Object, head.To = activity.Ref{Raw: object}, activity.IDs{group.ID}
	_, err = s.do(ctx, tx, me, h, inboxes...)
	return err
}

// succession is the statement that an Accept or Reject answers, if it is one, with the
// group of ours, or elsewhere where the answer is our own, or declines what we have heard of.
func (d *Deed) succession(ctx context.Context) (group store.Actor, s succession.Statement, is bool, err error) {
	if s, err = succession.Read(d.Head.Object.Raw); err != nil {
		return group, s, false, nil
	}
	if group, err = d.Tx.Actor(ctx, s.Group); err == nil && (s.Successor != d.Actor.ID || group.Local && d.Local || !group.Local && !d.Local && d.Head.Type != "Reject") {
		err = notYours()
	}
	return group, s, true, err
}

// answered takes in what the successor of a group of ours has answered, and tells the
// companies in it. What was named since is not answered by it.
func (d *Deed) answered(ctx context.Context, group store.Actor, s succession.Statement, err error, declined bool) error {
	if err != nil || d.Local {
		return err
	}
	host, err := d.Tx.Actor(ctx, card.Issuer(group.ID))
	if err == nil {
		err = s.Verify([]activity.Actor{d.Actor.Actor, host.Actor}, d.Now)
	}
	if err == nil && !group.Local {
		return d.heardDeclined(ctx, group, s)
	}
	if err != nil {
		return err
	}
	is, err := d.Tx.Succession(ctx, group.Key)
	if err != nil || is.Version != s.Version || is.Successor != s.Successor {
		return err
	}
	if declined {
		return d.declined(ctx, group, is)
	}
	if s.Accepted == nil {
		return nil
	}
	isNew, err := d.LearnSuccession(ctx, resolve.Succession(group, s))
	if err != nil || !isNew {
		return err
	}
	d.Audit(ctx, store.Decision{Who: string(d.Actor.ID), What: "succession.accepted", About: string(group.ID)})
	return d.tellOfSuccession(ctx, d.Tx, group)
}

// declined names nobody in place of who declined, so that an acceptance that others have kept
// counts no more beside this later word.
func (d *Deed) declined(ctx context.Context, group store.Actor, is store.Succession) error {
	d.Audit(ctx, store.Decision{Who: string(d.Actor.ID), What: "succession.declined", About: string(group.ID)})
	if err := d.name(ctx, d.Tx, d.Actor, group, succession.Naming{Group: group.ID, Silence: is.Silence}); err != nil {
		return err
	}
	is, err := d.Tx.Succession(ctx, group.Key)
	if err == nil {
		_, err = d.DeclineSuccession(ctx, is)
	}
	return err
}

// heardDeclined notes of a group elsewhere that its successor does not want to be one, which
// says so itself: the host may be silent.
func (d *Deed) heardDeclined(ctx context.Context, group store.Actor, s succession.Statement) error {
	is, known, err := activity.Optional(d.Tx.Succession(ctx, group.Key))
	if err != nil || !known || is.Version > s.Version || is.Successor != s.Successor {
		return err
	}
	if _, err := d.LearnSuccession(ctx, resolve.Succession(group, s)); err != nil {
		return err
	}
	is.Version = s.Version
	_, err = d.DeclineSuccession(ctx, is)
	return err
}

package federation

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
)

// Handler is one activity of one type: a struct around its Envelope and these
// methods, all in one file named after the verb. Whether the actor has the right to
// say it at all was asked before: see origin.go.
type Handler interface {
	Head() *activity.Envelope
	// Verify says whether the actor may do this. It only reads.
	Verify(ctx context.Context, d *Deed) error
	// Apply makes it true here. Twice is the same as once.
	Apply(ctx context.Context, d *Deed) error
}

// needy handlers name what must be known before they can be judged; Receive
// fetches what is missing and goes on without what cannot be had.
type needy interface{ Needs() activity.IDs }

// refreshing handlers name what must be asked for again at its own host, known
// or not.
type refreshing interface{ Refresh() activity.IDs }

// asking handlers judge by what is at an address now. They are told only what its
// own host says.
type asking interface {
	Asks() activity.IDs
	Told(raw json.RawMessage)
}

// relaying handlers bring the word of somebody else. They are told whether it
// carries a proof of theirs, before anything else is asked or fetched.
type relaying interface {
	Head() *activity.Envelope
	Relayed() (raw json.RawMessage, ok bool)
	Proven()
}

// repeatable handlers answer again when an activity that was applied arrives a
// second time.
type repeatable interface {
	Again(ctx context.Context, d *Deed) error
}

var handlers = map[string]verb{}

// verb is a type of activity: how its handler is made, and who may say it.
type verb struct {
	make   func() Handler
	rights []right // of which one is needed
}

// define adds an activity type, which takes any of the rights; it panics where one
// is defined twice, or for nobody.
func define[T any, P interface {
	*T
	Handler
}](name string, rights ...right) struct{} {
	if handlers[name].make != nil || len(rights) == 0 {
		panic("federation: " + name + " is defined twice, or for nobody")
	}
	handlers[name] = verb{func() Handler { return P(new(T)) }, rights}
	return struct{}{}
}

// Types are the types of activities that have an effect here, in alphabetical order.
func Types() []string { return slices.Sorted(maps.Keys(handlers)) }

// parse makes the handler of a raw activity; nil for a type that we do not know.
func parse(raw json.RawMessage) (Handler, activity.Envelope, error) {
	env, err := activity.ReadEnvelope(raw)
	if err != nil {
		return nil, env, err
	}
	return handlerOf(env), env, nil
}

// handlerOf is nil for an unknown type.
func handlerOf(env activity.Envelope) Handler {
	v, ok := handlers[env.Type]
	if !ok {
		return nil
	}
	h := v.make()
	*h.Head() = env
	return h
}

// Deed is one activity on its way: the transaction that it happens in, who does
// it, and what it is.
type Deed struct {
	*store.Tx
	*Service
	Actor store.Actor
	Head  *activity.Envelope
	IRI   activity.ID     // that it is known under: see uniqueID
	Raw   json.RawMessage // as sent
	Local bool            // one of ours did it
	Key   store.Key       // of the recorded activity

	read   *reading     // what it brings
	asks   *store.Actor // whom it asks, where that was found out
	group  store.Key    // set by Apply: the group whose people must hear of it
	only   activity.ID  // who alone of them, if it is for nobody else
	unread bool         // set by Apply: it goes nowhere before a moderator has read it
	from   store.Key    // the group that announced it to us; 0: the actor sent it
	at     time.Time    // when that was, by the group's clock

	within store.Key // the group in which alone it counts, and what it brings; 0: anywhere. See confine
}

// Do makes one of our own actors do something in the same transaction: it is
// recorded, verified, applied and promised to whom it is addressed. inboxes are
// delivered to besides.
func (d *Deed) Do(ctx context.Context, actor store.Actor, h Handler, inboxes ...string) (*Deed, error) {
	return d.Service.do(ctx, d.Tx, actor, h, inboxes...)
}

func (s *Service) do(ctx context.Context, tx *store.Tx, actor store.Actor, h Handler, inboxes ...string) (*Deed, error) {
	d, err := s.perform(ctx, tx, actor, h)
	if err != nil {
		return nil, err
	}
	byGroup, err := d.isBroughtByGroup(ctx)
	if err != nil {
		return nil, err
	}
	if !byGroup && (!d.Head.Audience.IsEmpty() || len(inboxes) > 0) {
		if err := tx.Enqueue(ctx, store.Fan{Activity: d.Key, Sender: actor.Key, Inboxes: inboxes, Object: subject(d.sent())}); err != nil {
			return nil, err
		}
	}
	return d, d.relay(ctx)
}

// sent is the activity as others will read it.
func (d *Deed) sent() activity.Envelope {
	if env, err := activity.ReadEnvelope(d.Raw); err == nil {
		return env
	}
	return *d.Head
}

// perform records, verifies and applies what one of our own actors does; its proof
// is made here and nowhere else.
func (s *Service) perform(ctx context.Context, tx *store.Tx, actor store.Actor, h Handler) (*Deed, error) {
	key := store.NewKey(tx.Now)
	head := h.Head()
	head.Context, head.ID, head.Type = activity.Context, s.ActivityID(key), typeName(h)
	head.Actor, head.Published = activity.Ref{ID: actor.ID}, activity.At(tx.Now)
	if err := s.introduce(ctx, tx, actor, head); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(h.Head())
	if err == nil {
		raw, err = s.prove(ctx, tx, actor, raw)
	}
	if err != nil {
		return nil, err
	}
	d := &Deed{Tx: tx, Service: s, Actor: actor, Head: head, IRI: head.ID, Raw: raw, Local: true, Key: key}
	if err := d.verify(ctx, h); err != nil {
		return nil, err
	}
	if _, err := tx.Record(ctx, store.Recorded{Key: key, IRI: head.ID, Type: head.Type, Actor: actor.Key, Note: s.posted(actor, *head), Local: true, Outcome: store.Applied, About: thing(*head), Raw: raw}); err != nil {
		return nil, err
	}
	return d, h.Apply(ctx, d)
}

// typeName finds the name that a handler was defined under.
func typeName(h Handler) string {
	for name, v := range handlers {
		if sameType(v.make(), h) {
			return name
		}
	}
	panic("federation: a handler that was never defined")
}

// submit is do in a transaction of its own, after policy has looked at whom it
// concerns. What takes something back is never refused: it stays at home.
func (s *Service) submit(ctx context.Context, actor store.Actor, h Handler, first ...func(*store.Tx) error) (d *Deed, err error) {
	err = s.submitAll(ctx, actor, []Handler{h}, func(done *Deed) { d = done }, first...)
	return d, err
}

// submitAll is submit for several activities about one thing: all of them, or none.
func (s *Service) submitAll(ctx context.Context, actor store.Actor, hs []Handler, done func(*Deed), first ...func(*store.Tx) error) error {
	about, named := []activity.ID{}, []activity.ID{actor.ID}
	for _, h := range hs {
		if err := s.maySend(ctx, h); err != nil {
			return err
		}
		about = append(about, touched(h.Head(), "")...)
		named = append(named, h.Head().Audience.All()...)
	}
	named = append(named, about...)
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.TakeTurns(ctx, about...); err != nil {
			return err
		}
		for _, do := range first {
			if err := do(tx); err != nil {
				return err
			}
		}
		if err := tx.Foresee(ctx, named[:min(len(named), mostForeseen)]...); err != nil {
			return err
		}
		for _, h := range hs {
			d, err := s.do(ctx, tx, actor, h)
			if err != nil {
				return err
			}
			done(d)
		}
		return nil
	})
}

// maySend asks policy about everybody whom an activity concerns.
func (s *Service) maySend(ctx context.Context, h Handler) error {
	if _, back := h.(interface{ takesBack() }); back {
		return nil
	}
	raw, err := json.Marshal(h.Head())
	if err != nil {
		return err
	}
	err = s.gate.AllowAll(ctx, sending, raw)
	if activity.FaultOf(err).Reason != policy.NotAPartner {
		return err
	}
	guests, errGuests := s.guests(ctx, typeName(h), h.Head().Audience)
	if errGuests != nil || len(guests) == 0 {
		return cmp.Or(errGuests, err)
	}
	return s.gate.AllowAll(ctx, sending, raw, guests...)
}

// object is the id of the one object, or an Invalid fault.
func object(e *activity.Envelope) (activity.ID, error) {
	if e.Object.ID == "" {
		return "", activity.Refuse(activity.Invalid, "no_object", "a %s needs an object with an id", e.Type)
	}
	return e.Object.ID, nil
}

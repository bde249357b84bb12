// Package partnership makes agreements with other instances: it keeps them, signs what
// this side decides, tells the other side and listens to it. What follows from them
// for the people of both is in package policy.
//
// Two instance actors speak with each other in activities whose object is all that the
// sender knows of an agreement. Their inbox is open for that also where nothing else
// may pass: to who is no partner yet, is suspended, or is none any more.
package partnership

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/singleflight"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/activity/memory"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/limit"
	"entente.example/entente/federation/names"
	"entente.example/entente/federation/proof"
	"entente.example/entente/federation/remote"
	"entente.example/entente/store"
)

// Finder is what the desk needs of package resolve.
type Finder interface {
	Keys(ctx context.Context, actor store.Actor) (remote.Keys, error)
	Now() time.Time
}

// Desk is where agreements are made.
type Desk struct {
	house  names.House
	db     *store.Store
	find   Finder
	client *remote.Client
	log    *slog.Logger

	strangers *limit.Limiter
	looks     *memory.Of[string, look]              // by host
	looking   singleflight.Group                    // at hosts, now
	forget    func(addresses []string) (int, error) // copies of pictures
}

// New makes a Desk. The client must ask nobody with whom it may speak: agreements are
// made with who is no partner yet. forget removes the copies of pictures.
func New(house names.House, db *store.Store, find Finder, client *remote.Client, log *slog.Logger, forget func(addresses []string) (int, error)) *Desk {
	return &Desk{house: house, db: db, find: find, client: client, log: log, strangers: limit.New(), forget: forget,
		looks: memory.New[string, look](limits.PacedNames)}
}

// The activities about an agreement. What they say is for people: each carries all that
// its sender knows.
const (
	Offer  = "Offer"  // new, or of other terms
	Accept = "Accept" // of what was offered
	Reject = "Reject" // of what was offered
	Update = "Update" // of a register, and any other news
	Undo   = "Undo"   // of an offer of one's own
	Delete = "Delete" // the end
)

// file is one agreement on the desk.
type file struct {
	row store.Partnership
	*agreement.Agreement
}

func (d *Desk) open(p store.Partnership) (file, error) {
	var w agreement.Written
	if err := json.Unmarshal(p.Knowledge, &w); err != nil {
		return file{}, err
	}
	k, err := w.Read()
	if err != nil {
		return file{}, err
	}
	a, err := agreement.Load(d.house.InstanceActor(), k, p.Seen)
	return file{p, a}, err
}

func (d *Desk) now() time.Time { return d.find.Now() }

// reopen is an agreement as it is once nobody else is at it.
func (d *Desk) reopen(ctx context.Context, tx *store.Tx, p store.Partnership) (file, error) {
	if err := turns(ctx, tx, p.Host); err != nil {
		return file{}, err
	}
	p, err := tx.Partnership(ctx, p.ID)
	if err != nil {
		return file{}, err
	}
	return d.open(p)
}

// turns makes transactions about one host wait for each other.
func turns(ctx context.Context, tx *store.Tx, host string) error {
	return tx.TakeTurns(ctx, activity.ID("partnership "+host))
}

// current is the last agreement with a host that is not over; NotFound says what to do.
func (d *Desk) current(ctx context.Context, tx *store.Tx, host string) (file, error) {
	all, err := tx.Partnerships(ctx, host)
	if err != nil {
		return file{}, err
	}
	for _, p := range all {
		if f, err := d.open(p); err != nil || !f.State(d.now()).IsOver() {
			return f, err
		}
	}
	return file{}, noAgreement(host)
}

// keep signs what this side has decided, keeps the agreement, lets what follows from it
// follow, and promises to tell the other side where verb is not "".
func (d *Desk) keep(ctx context.Context, tx *store.Tx, f file, verb string) error {
	now := d.now()
	f.Settle(now)
	if err := d.sign(ctx, tx, f.Agreement); err != nil {
		return err
	}
	known, seen := f.All()
	raw, err := json.Marshal(known.Write())
	if err != nil {
		return err
	}
	state := f.State(now)
	was := f.row.State
	if was != string(state) {
		tx.Audit(ctx, store.Decision{What: "partnership." + string(state), About: f.row.Host, Details: map[string]string{"agreement": string(f.row.ID), "was": was}})
	}
	final, _ := f.Final()
	f.row.Final = string(final)
	f.row.Knowledge, f.row.Seen, f.row.State, f.row.IsOver = raw, seen, string(state), state.IsOver()
	if err := tx.PutPartnership(ctx, f.row); err != nil {
		return err
	}
	if err := d.follow(ctx, tx, f, agreement.State(was), state); err != nil || verb == "" {
		return err
	}
	return tx.Enqueue(ctx, store.TellPartner{Host: f.row.Host, Agreement: f.row.ID, Verb: verb})
}

// follow makes the partner what the agreement says, which was in another state before. A
// partner that somebody has taken away does not come back by what was agreed before.
func (d *Desk) follow(ctx context.Context, tx *store.Tx, f file, before, state agreement.State) error {
	was, known, err := activity.Optional(tx.Partner(ctx, f.row.Host))
	if err != nil {
		return err
	}
	switch {
	case state.InForce() && before.InForce() && !known:
		return nil
	case state.InForce():
		from, until := f.Term()
		if was.Suspended && state == agreement.StateActive {
			if err := tx.Resume(ctx, f.row.Host); err != nil {
				return err
			}
		}
		return tx.PutPartner(ctx, store.Partner{Host: f.row.Host, Note: was.Note, Agreement: string(f.row.ID),
			Suspended: state == agreement.StateSuspended, FromAt: from, UntilAt: until,
			Lets: f.Granted(f.Me).Raw(), Takes: f.Granted(f.Other).Raw()})
	default:
		if known && was.Agreement != string(f.row.ID) {
			return nil // another one is in force
		}
		if known {
			_, err = tx.RemovePartner(ctx, f.row.Host)
		}
		if err == nil && (state == agreement.StateRevoked || state == agreement.StateEnded) {
			err = tx.Part(ctx, f.row.Host)
		}
		return err
	}
}

func (d *Desk) sign(ctx context.Context, tx *store.Tx, a *agreement.Agreement) error {
	todo := a.Unsigned()
	if len(todo.Consents)+len(todo.Registers)+len(todo.Receipts) == 0 {
		return nil
	}
	keys, err := d.keys(ctx)
	if err != nil {
		return err
	}
	prove := func(doc any) (json.RawMessage, error) {
		raw, err := json.Marshal(doc)
		if err != nil {
			return nil, err
		}
		return proof.Sign(raw, keys.Ed25519, d.now())
	}
	for i := range todo.Consents {
		if todo.Consents[i].Signed, err = prove(todo.Consents[i]); err != nil {
			return err
		}
	}
	for i := range todo.Registers {
		if todo.Registers[i].Signed, err = prove(todo.Registers[i]); err != nil {
			return err
		}
	}
	for i := range todo.Receipts {
		if todo.Receipts[i].Signed, err = prove(todo.Receipts[i]); err != nil {
			return err
		}
	}
	a.Sign(todo)
	return nil
}

// isStale takes the proofs from what this side has signed with keys that are shown no
// more, so that it is signed anew: who learns of the agreement only now could not verify it.
func (d *Desk) isStale(ctx context.Context, f file) (bool, error) {
	keys, err := d.keys(ctx)
	if err != nil {
		return false, err
	}
	shown := []activity.ID{keys.Ed25519.KeyID}
	if keys.Before != nil {
		shown = append(shown, keys.Before.Ed25519.KeyID)
	}
	return f.Unsign(func(signed json.RawMessage) bool {
		p, ok, err := proof.Read(signed)
		return err == nil && ok && !slices.Contains(shown, p.KeyID)
	}), nil
}

// keys are those that this instance signs with: for a week after a rotation the old ones,
// since the other side may not have heard of the new ones yet. Each digest names both.
func (d *Desk) keys(ctx context.Context) (remote.Keys, error) {
	me, err := d.db.Actor(ctx, d.house.InstanceActor())
	if err != nil {
		return remote.Keys{}, err
	}
	keys, err := d.find.Keys(ctx, me)
	return keys.OldFirst(), err
}

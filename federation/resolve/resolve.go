package resolve

import (
	"context"
	"encoding/json"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/policy"
	"entente.example/entente/federation/remote"
	"entente.example/entente/store"
)

// Errand fetches what one activity names and we do not know, with a budget.
type Errand struct {
	*Finder
	by    remote.Keys // loaded by the first fetch: most activities need none
	left  int         // requests
	asker string      // who makes us ask for keys: see For
	seen  map[activity.ID]bool
}

// Errand begins one; everything is fetched in the name of the instance (but see Reading),
// whose actor can be read by everyone, so that no two servers wait for each other.
func (f *Finder) Errand() *Errand { return f.ErrandAfter(0) }

// ErrandAfter is the rest of an errand that has sent some requests already: see Asked.
func (f *Finder) ErrandAfter(asked int) *Errand {
	return &Errand{Finder: f, left: max(limits.Fetches-asked, 0), seen: map[activity.ID]bool{}}
}

// For names who makes us go, a request's address or a host, and gives the same errand:
// nobody has all the seats of a host for themselves.
func (r *Errand) For(asker string) *Errand {
	r.asker = asker
	return r
}

// Asked is how many requests it has sent.
func (r *Errand) Asked() int { return limits.Fetches - r.left }

// Ensure makes an actor or note known if it can be had. What does not exist, may
// not be fetched or cannot be read is left unknown, without an error; Later
// means that it may work another time, and "not_granted" what MayBring does.
func (r *Errand) Ensure(ctx context.Context, id activity.ID) error {
	if id == "" || id.IsPublic() || r.Owns(id) || r.seen[id] {
		return nil
	}
	r.seen[id] = true
	known, err := r.known(ctx, id)
	if err != nil || known {
		return err
	}
	return r.fetch(ctx, id)
}

// TryEnsure is Ensure for what it is nice to have: whatever is wrong with it does
// not hold up the activity.
func (r *Errand) TryEnsure(ctx context.Context, id activity.ID) error {
	if err := r.Ensure(ctx, id); err != nil {
		r.log.InfoContext(ctx, "not fetched", "id", id, "err", err)
	}
	return ctx.Err()
}

func (r *Errand) known(ctx context.Context, id activity.ID) (bool, error) {
	if a, ok, err := activity.Optional(r.db.Actor(ctx, id)); err != nil || ok {
		return ok && !a.ByCard(), err
	}
	if gone, err := r.db.Buried(ctx, id); err != nil || !gone.IsZero() {
		return true, err
	}
	_, ok, err := activity.Optional(r.db.Note(ctx, id))
	return ok, err
}

func (r *Errand) fetch(ctx context.Context, id activity.ID) error {
	raw, err := r.get(ctx, id)
	if activity.KindOf(err) == activity.Gone && err != nil || err == nil && activity.TypeOf(raw) == "Tombstone" {
		return r.bury(ctx, id)
	}
	if err != nil {
		if activity.KindOf(err).Permanent() {
			r.log.DebugContext(ctx, "cannot be fetched", "id", id, "err", err)
			return nil
		}
		return err
	}
	err = r.take(ctx, raw)
	if err != nil && activity.KindOf(err).Permanent() && activity.FaultOf(err).Reason != policy.NotGranted {
		r.log.DebugContext(ctx, "fetched and not taken", "id", id, "err", err)
		return nil
	}
	return err
}

// get fetches one document, if policy lets us near every host in it.
func (r *Errand) get(ctx context.Context, id activity.ID) ([]byte, error) {
	raw, err := r.read(ctx, id)
	if err != nil {
		return nil, err
	}
	return raw, r.gate.AllowAll(ctx, policy.Fetch, raw)
}

// read fetches one document. Policy has been asked about its host only.
func (r *Errand) read(ctx context.Context, id activity.ID) ([]byte, error) {
	if err := r.may(ctx, id.Host()); err != nil {
		return nil, err
	}
	by, err := r.signer(ctx)
	if err != nil {
		return nil, err
	}
	doc, err := r.client.Fetch(remote.Within(ctx, &r.left), id.WithoutFragment(), by)
	if err == nil {
		r.Alive(ctx, id.Host())
	}
	return doc.Raw, err
}

// signer are the keys of who asks: the instance where nobody else was said.
func (r *Errand) signer(ctx context.Context) (by remote.Keys, err error) {
	if r.by.RSA.Key == nil {
		r.by, err = r.instanceKeys(ctx)
	}
	return r.by, err
}

// may says whether there is budget to ask a host anything, and whether it may be met.
func (r *Errand) may(ctx context.Context, host string) error {
	if r.left <= 0 {
		return remote.Spent()
	}
	return r.discover(ctx, host)
}

// account is who WebFinger says has a handle.
func (r *Errand) account(ctx context.Context, user, host string) (remote.Account, error) {
	if err := r.may(ctx, host); err != nil {
		return remote.Account{}, err
	}
	return r.client.Finger(remote.Within(ctx, &r.left), user, host) // asks the gate first
}

// Ask reads what is at an id now and keeps nothing of it. What cannot be had
// today, or says that it is something else, is nil.
func (r *Errand) Ask(ctx context.Context, id activity.ID) (json.RawMessage, error) {
	raw, err := r.Read(ctx, id)
	if activity.KindOf(err) == activity.Later {
		return nil, nil
	}
	return raw, err
}

// Read is Ask, but for what may be had another time: that is a Later fault.
func (r *Errand) Read(ctx context.Context, id activity.ID) (json.RawMessage, error) {
	if id.Host() == "" || r.Owns(id) {
		return nil, nil
	}
	raw, err := r.get(ctx, id)
	var doc activity.Ref
	if err == nil {
		err = doc.UnmarshalJSON(raw)
	}
	if err != nil && !activity.KindOf(err).Permanent() {
		return nil, err
	}
	if err != nil || doc.ID != id {
		r.log.DebugContext(ctx, "asked in vain", "id", id, "err", err)
		return nil, nil
	}
	return raw, nil
}

// take keeps a fetched actor or note.
func (r *Errand) take(ctx context.Context, raw []byte) error {
	a, err := activity.ReadActor(raw)
	if err == nil {
		kept, err := r.keepActor(ctx, a, "")
		if err == nil && kept.IsGroup() {
			err = r.learnSuccession(ctx, kept, raw)
		}
		return err
	}
	if activity.FaultOf(err).Reason != "not_an_actor" {
		return err
	}
	return r.takeNote(ctx, raw)
}

// keepActor writes a fetched actor, and takes note of what it says of its program.
// host is that of its handle where WebFinger has
// vouched for it; "": the one that is known, else what handleHost finds.
func (r *Errand) keepActor(ctx context.Context, a activity.Actor, host string) (store.Actor, error) {
	r.client.Dialects().Read(ctx, a)
	a.Generator = nil // of no further use
	if host == "" {
		known, ok, err := activity.Optional(r.db.Actor(ctx, a.ID))
		switch {
		case err != nil:
			return known, err
		case ok && strings.EqualFold(string(known.Username), string(a.Username)):
			host = known.Host
		default:
			host = r.handleHost(ctx, a)
		}
	}
	return r.db.KeepActor(ctx, store.Actor{Actor: a, Host: host})
}

// handleHost is the host in the handle of an actor: that of its id, unless it says
// that it goes by another one (FEP-2c59), which is a partner too and agrees.
func (r *Errand) handleHost(ctx context.Context, a activity.Actor) string {
	own := a.ID.Host()
	user, host, ok := strings.Cut(string(a.Webfinger), "@")
	if clean, err := activity.CleanHost(host); err != nil || !ok || clean == own || !strings.EqualFold(user, string(a.Username)) {
		return own
	}
	account, err := r.account(ctx, user, host)
	if err != nil || account.ID != a.ID || !strings.EqualFold(account.User, user) {
		r.log.InfoContext(ctx, "a handle is not confirmed", "id", a.ID, "handle", a.Webfinger, "err", err)
		return own
	}
	return account.Host
}

// takeNote keeps a fetched note with its author and what it answers. It came
// from its own host, so its author is who it says; nobody is notified of it and
// it is on no timeline: nobody has just said it.
func (r *Errand) takeNote(ctx context.Context, raw []byte) error {
	n, err := activity.ReadNote(raw)
	if err != nil {
		return err
	}
	if err := r.Ensure(ctx, n.Author()); err != nil {
		return err
	}
	for _, id := range append(activity.IDs{n.InReplyTo.First()}, n.Groups...) {
		if err := r.TryEnsure(ctx, id); err != nil {
			return err
		}
	}
	return r.db.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.TakeTurns(ctx, n.ID, n.InReplyTo.First()); err != nil {
			return err
		}
		author, err := tx.Actor(ctx, n.Author())
		if err != nil {
			return err
		}
		if gone, err := tx.Buried(ctx, n.ID); err != nil || !gone.IsZero() || author.Local || !author.Usable() {
			return err
		}
		return r.keepNote(ctx, tx, author, n)
	})
}

// keepNote writes a fetched note, or what is new in it, as far as its author may bring
// that here.
func (r *Errand) keepNote(ctx context.Context, tx *store.Tx, author store.Actor, n activity.Note) error {
	if err := r.WithoutFiles(ctx, tx, author, &n); err != nil {
		return err
	}
	row, isKnown, err := activity.Optional(tx.Note(ctx, n.ID))
	if err != nil {
		return err
	}
	if isKnown && row.AuthorKey != author.Key {
		return activity.Refuse(activity.Denied, "not_yours", "%.200s is by somebody else than its host says now", n.ID)
	}
	if isKnown {
		row = anew(row, n)
	} else if row, err = r.Place(ctx, tx, author, n); err != nil {
		return err
	}
	if err := r.MayKeep(ctx, tx, author, row); err != nil {
		return err
	}
	if isKnown {
		_, err = tx.EditNote(ctx, row)
	} else {
		_, err = tx.PutNote(ctx, row)
	}
	return err
}

// anew is a known note as its host has it now. Whom it is for and what it answers stay:
// they never widen (CVE-2024-37903).
func anew(known store.Note, n activity.Note) store.Note {
	n.Audience, n.InReplyTo = known.Audience, known.InReplyTo
	known.Note = n
	return known
}

// Refresh asks a thing's own host for it again: a new version replaces the old,
// one that is gone goes.
func (r *Errand) Refresh(ctx context.Context, id activity.ID) error {
	if id == "" || r.Owns(id) {
		return nil
	}
	raw, err := r.get(ctx, id)
	switch kind := activity.KindOf(err); {
	case err == nil && activity.TypeOf(raw) != "Tombstone":
		return r.take(ctx, raw)
	case err == nil || kind == activity.Gone: // 404 may only mean that it is not for us
		return r.remove(ctx, id)
	case kind.Permanent():
		return nil
	default:
		return err
	}
}

// bury remembers that its own host says that something is gone, which we never had:
// a late Create does not bring it back (FEP-4f05).
func (r *Errand) bury(ctx context.Context, id activity.ID) error {
	return r.db.InTx(ctx, func(tx *store.Tx) error { return tx.Bury(ctx, id, id) })
}

// remove takes away what its own host says is gone: a note, or somebody.
func (r *Errand) remove(ctx context.Context, id activity.ID) error {
	return r.db.InTx(ctx, func(tx *store.Tx) error {
		a, ok, err := activity.Optional(tx.Actor(ctx, id))
		if err != nil || ok && (a.Local || !a.DeletedAt.IsZero()) {
			return err
		}
		if ok {
			return tx.DeleteActor(ctx, a.Key)
		}
		n, ok, err := activity.Optional(tx.Note(ctx, id))
		if err != nil || !ok || n.Local {
			return err
		}
		if err := tx.Bury(ctx, id, n.Note.Author()); err != nil {
			return err
		}
		return tx.DeleteNote(ctx, n.Key)
	})
}

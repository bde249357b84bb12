package server

import (
	"context"
	"net/http"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/limit"
	"entente.example/entente/federation/partnership"
	"entente.example/entente/federation/policy"
	"entente.example/entente/federation/resolve"
	"entente.example/entente/store"
)

// authenticate says which actor signed a request, after policy has let its host
// pass in this direction: before any key is fetched, before any arithmetic.
// tried is what the knock says if it does not. Errors: Unauthenticated (reason
// "unsigned" when there is no signature at all), Denied by policy. keys is what finds its
// key.
func (s *Server) authenticate(ctx context.Context, keys *resolve.Errand, r *http.Request, body []byte, d policy.Direction, tried string) (store.Actor, error) {
	sig, err := httpsign.Parse(r, s.house.URL)
	if err != nil {
		return store.Actor{}, err
	}
	if err := s.gate.Allow(ctx, d, sig.KeyID.Host(), tried); err != nil {
		return store.Actor{}, err
	}
	if s.house.Owns(sig.KeyID) { // nobody of ours comes by these doors: which of them there are is not told
		return store.Actor{}, activity.Refuse(activity.Unauthenticated, "unknown_key", "%.200s is of this instance, which sends itself nothing", sig.KeyID)
	}
	owner, key, err := keys.Key(ctx, sig.KeyID, false)
	if err == nil {
		err = s.verify(ctx, r, body, sig, key)
	}
	if activity.KindOf(err) == activity.Unauthenticated { // the key may have changed
		var again error
		if owner, key, again = keys.Key(ctx, sig.KeyID, true); again == nil {
			err = s.verify(ctx, r, body, sig, key)
		} else if !activity.KindOf(again).Permanent() {
			err = again
		}
	}
	if err == nil {
		err = s.known(ctx)
	}
	if err == nil && !owner.Usable() { // for good: 401 would be tried again for days
		err = activity.Refuse(activity.Denied, "gone_actor", "who signed this is suspended or deleted here; stop sending as them")
	}
	if err == nil {
		s.engine.Heard(ctx, sig, key)
	}
	return owner, err
}

// errand is for what a request makes us ask before anybody knows whose it is.
func (s *Server) errand(r *http.Request) *resolve.Errand {
	return s.engine.Errand().For(limit.Address(r.RemoteAddr))
}

// take authenticates an activity that was posted to an inbox and keeps it until
// it is dealt with: when it returns nil the activity is durable. Errors are
// Invalid (not an activity), Denied (policy), Unauthenticated.
func (s *Server) take(ctx context.Context, r *http.Request, body []byte) error {
	began := s.engine.Now()
	env, err := activity.ReadEnvelope(body)
	if err != nil {
		return s.refuseStranger(ctx, r, err)
	}
	if r.PathValue("name") == "" && partnership.Concerns(env) { // between two instances, believed for its proof
		return s.engine.Partnerships().Receive(ctx, body, limit.Address(r.RemoteAddr))
	}
	sig, err := httpsign.Parse(r, s.house.URL)
	if err != nil {
		return err
	}
	if unmet, err := s.unmet(ctx, env, sig); err != nil || unmet {
		s.evenOut(ctx, began) // as below: it would tell whom we know
		return err
	}
	keys := s.errand(r)
	signer, err := s.authenticate(ctx, keys, r, body, policy.Accept, env.Type)
	if farewell(env, err) {
		err = s.engine.Farewell(ctx, env.Actor.ID)
		s.evenOut(ctx, began)
		return err
	}
	if err != nil {
		return err
	}
	if err := s.exists(askedBy(r, signer), signer.Reader()); err != nil {
		return err
	}
	if err := s.engine.Admits(ctx, signer.ID, env, body); err != nil {
		return err
	}
	if signer.ID != env.Actor.ID && !s.engine.Forwardable(env, body) {
		return activity.Refuse(activity.Unauthenticated, "wrong_signer", "an activity is signed by its own actor, or carries its proof")
	}
	return s.post(ctx, letter{signer: signer, received: store.Received{Raw: body, Signer: string(signer.ID), Asked: keys.Asked()}, followers: covered(r, sig, federation.SynchronisationHeader)})
}

// post keeps a letter, with others that come now where that is no matter.
func (s *Server) post(ctx context.Context, come letter) error {
	if come.followers != "" || len(come.received.Raw) > keptLarge || store.Trace(ctx) != "" {
		return s.keep(ctx, []letter{come})
	}
	return s.letters.Do(ctx, come)
}

// letter is an activity that may come in.
type letter struct {
	signer    store.Actor
	received  store.Received
	followers string // what its sender says of theirs: see federation.Compare
}

// Letters that come at the same moment are kept in one transaction, but for large ones,
// those that take further locks, and those that are traced. So many of these there are at once.
const (
	keptTogether = 64
	keptAtOnce   = 2
	keptLarge    = 64 << 10 // bytes
)

// keep makes letters durable, all or none.
func (s *Server) keep(ctx context.Context, letters []letter) error {
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		var hosts []string
		var jobs []store.Job
		for _, l := range letters {
			if host := l.signer.ID.Host(); !slices.Contains(hosts, host) {
				hosts = append(hosts, host)
			}
			jobs = append(jobs, l.received)
		}
		if err := tx.SignOfLife(ctx, hosts...); err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, jobs...); err != nil {
			return err
		}
		for _, l := range letters {
			if err := s.engine.Compare(ctx, tx, l.signer, l.followers); err != nil {
				return err
			}
			if err := s.engine.Recheck(ctx, tx, l.signer); err != nil {
				return err
			}
		}
		return nil
	})
}

// covered is a header that the sender has signed; what it has not may be anybody's.
func covered(r *http.Request, sig httpsign.Signature, name string) string {
	if !sig.Covers(name) {
		return ""
	}
	return r.Header.Get(name)
}

// refuseStranger answers a body that is no activity: who may not even speak to
// us learns only that.
func (s *Server) refuseStranger(ctx context.Context, r *http.Request, why error) error {
	sig, err := httpsign.Parse(r, s.house.URL)
	if err != nil {
		return err
	}
	if err := s.gate.Allow(ctx, policy.Accept, sig.KeyID.Host(), "unreadable"); err != nil {
		return err
	}
	return why
}

// farewell recognises the Delete (or Update) of an actor by itself that cannot be
// authenticated, which is how the deletion of somebody whom we never met arrives:
// its key cannot be had any more, and there is nothing to do (interop §1.4). The
// answer is the same for whom we know, so that nobody learns whom that is; their host
// is asked then, see federation.Service.Farewell.
//
// Who is gone here already may leave again: there is nothing left to do.
func farewell(env activity.Envelope, err error) bool {
	if env.Object.ID != env.Actor.ID || env.Type != "Delete" && env.Type != "Update" {
		return false
	}
	switch f := activity.FaultOf(err); f.Reason {
	case "unsigned":
		return false
	case "gone_actor":
		return env.Type == "Delete"
	case resolve.AskedLately, resolve.KeyNotNow:
		return true
	default:
		return f.Kind == activity.Unauthenticated
	}
}

// unmet says that there is no need to look for the key of somebody who leaves:
// they were never here.
func (s *Server) unmet(ctx context.Context, env activity.Envelope, sig httpsign.Signature) (bool, error) {
	if env.Type != "Delete" && env.Type != "Update" || env.Object.ID != env.Actor.ID || !activity.SameOrigin(sig.KeyID, env.Actor.ID) || s.house.Owns(env.Actor.ID) {
		return false, nil
	}
	if err := s.gate.Allow(ctx, policy.Accept, env.Actor.ID.Host(), env.Type); err != nil {
		return false, err
	}
	_, known, err := activity.Optional(s.db.Actor(ctx, env.Actor.ID))
	return !known, err
}

// exists says whether the inbox belongs to one of ours that the sender may know;
// only who has shown who they are gets to ask.
func (s *Server) exists(r *http.Request, who store.Reader) error {
	if r.PathValue("name") == "" {
		return nil // that of the instance, or the shared one
	}
	a, err := s.db.KnownInbox(r.Context(), activity.ID(s.house.URL+actorPath(r)), who)
	if err == nil && !a.Usable() {
		err = activity.ErrNotFound()
	}
	if err == nil {
		err = s.mayMeet(r, a, who)
	}
	return err
}

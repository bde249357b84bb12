package federation

import (
	"context"
	"encoding/json"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/federation/proof"
	"entente.example/entente/federation/resolve"
	"entente.example/entente/store"
)

// Forwardable says whether an activity that somebody else has signed for could be
// believed at all: by its proof, or because it can be asked for at its actor's own
// host. An id with a fragment names a part of another document and nothing that
// could be fetched. The rest is refused before it is taken in.
func (s *Service) Forwardable(e activity.Envelope, raw json.RawMessage) bool {
	if s.Owns(e.Actor.ID) {
		return false // we know what our own people did
	}
	_, carries, err := proof.Read(raw)
	return err == nil && carries || isFetchable(e)
}

// hasID says whether an activity can be told from another one like it. A proof never
// ages, and of one without an id whoever has kept it could make a new one each day.
func hasID(e activity.Envelope) bool { return activity.SameOrigin(e.ID, e.Actor.ID) }

func isFetchable(e activity.Envelope) bool {
	return hasID(e) && !strings.Contains(string(e.ID), "#")
}

// believe says whether an activity is the word of its actor, and gives what to go
// by. That is so when the actor has signed the request and no proof contradicts.
// What a third party has forwarded counts with a valid proof of the actor's own
// key (FEP-8b32), or as it is found at its id on the actor's own host. Linked Data
// Signatures prove nothing here (interop §1.7).
//
// A present but wrong proof refuses the activity, whoever has brought it: somebody
// has changed it. What is refused here leaves no trace under its id, which is
// not the forwarder's to use up.
func (s *Service) believe(ctx context.Context, r *resolve.Errand, job store.Received, e activity.Envelope) (json.RawMessage, error) {
	proven, err := r.Proven(ctx, job.Raw, e.Actor.ID)
	if err != nil || activity.ID(job.Signer) == e.Actor.ID {
		return job.Raw, err
	}
	if !s.Forwardable(e, job.Raw) {
		return nil, activity.Refuse(activity.Denied, "wrong_signer", "an activity is signed by its own actor, or carries its proof")
	}
	if proven && hasID(e) {
		return job.Raw, nil
	}
	if !isFetchable(e) {
		return nil, activity.Refuse(activity.Denied, "not_proven", "an activity from a third party carries a proof, or can be fetched")
	}
	raw, err := r.Origin(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	found, err := activity.ReadEnvelope(raw)
	if err == nil && !activity.SameOrigin(found.Actor.ID, e.ID) {
		err = activity.Refuse(activity.Denied, "wrong_signer", "its own host says that somebody of another host did this")
	}
	if err == nil {
		err = r.Ensure(ctx, found.Actor.ID) // nobody has asked for their key
	}
	return raw, err
}

// dated says whether an activity can be told from an older one about the same
// thing. A proof never ages, and whoever has kept an old Update can bring it again
// in a year: so an Update that somebody else brings counts only where the object
// says when it was changed. Of others only the news is taken that there is
// something to fetch.
func dated(e activity.Envelope) bool {
	if e.Type != "Update" {
		return true
	}
	n, err := activity.ReadNoteOf(e.Actor.ID, e.Object.Raw)
	return err == nil && !n.Updated.IsZero()
}

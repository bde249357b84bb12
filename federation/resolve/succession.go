package resolve

import (
	"context"
	"encoding/json"

	"entente.example/entente/activity"
	"entente.example/entente/federation/succession"
	"entente.example/entente/store"
)

// learnSuccession keeps what the document of a group says of who goes on with it, if both
// have signed that. What cannot be believed is left out: the group is as good as before.
func (r *Errand) learnSuccession(ctx context.Context, group store.Actor, doc json.RawMessage) error {
	var in struct {
		Succession json.RawMessage `json:"succession"`
	}
	if json.Unmarshal(doc, &in) != nil || in.Succession == nil {
		return nil
	}
	s, err := r.Statement(ctx, in.Succession)
	if err == nil && s.Group != group.ID {
		err = activity.Refuse(activity.Denied, "not_yours", "this is said of another group")
	}
	if err != nil {
		if activity.KindOf(err).Permanent() {
			r.log.InfoContext(ctx, "what a group says of its successor is not believed", "group", group.ID, "err", err)
			return nil
		}
		return err
	}
	return r.db.InTx(ctx, func(tx *store.Tx) error {
		_, err := tx.LearnSuccession(ctx, Succession(group, s))
		return err
	})
}

// Succession is a statement as it is kept of a group.
func Succession(group store.Actor, s succession.Statement) store.Succession {
	return store.Succession{Group: group.Key, Version: s.Version, Successor: s.Successor, Silence: s.Silence, Named: s.Named, Accepted: s.Accepted}
}

// Statement reads what was signed of a succession, and believes it by the keys that its
// instances show, which need be no partners.
func (r *Errand) Statement(ctx context.Context, raw json.RawMessage) (succession.Statement, error) {
	s, err := succession.Read(raw)
	if err != nil {
		return s, err
	}
	var by []activity.Actor
	for _, id := range s.Keys() {
		if !r.Owns(id) {
			if _, err := r.Issuer(ctx, id); err != nil {
				return s, err
			}
		}
		a, err := r.db.Actor(ctx, id.WithoutFragment())
		if err != nil {
			return s, err
		}
		by = append(by, a.Actor)
	}
	return s, s.Verify(by, r.now())
}

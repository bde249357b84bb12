package federation

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
)

// Freeze makes the follows and memberships between our people and those of a partner what the
// agreement lets now: who may not any more is as if they never had, on both sides, and comes
// back when they may again. While it is suspended, or before its term, all stays as it is.
func (s *Service) Freeze(ctx context.Context, job store.Freeze) error {
	for more := true; more; {
		err := s.db.InTx(ctx, func(tx *store.Tx) error {
			if err := tx.TakeTurns(ctx, activity.ID("freeze "+job.Host)); err != nil {
				return err
			}
			all, err := leaves(ctx, s.gate.In(tx), job.Host)
			more = false
			for _, l := range all {
				some := false
				if some, err = tx.Freeze(ctx, l); err != nil {
					return err
				}
				more = more || some
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// leaves are what is let of each kind of tie, each way; none where it is not known now.
func leaves(ctx context.Context, gate *policy.Gate, host string) ([]store.Leave, error) {
	lets, takes, passes, err := gate.Granted(ctx, host)
	if err != nil || !passes {
		return nil, err
	}
	all := []store.Leave{leave(lets, agreement.Follow, "", takes), leave(takes, agreement.Follow, "", lets),
		leave(lets, agreement.JoinGroup, agreement.HostGroup, takes), leave(takes, agreement.JoinGroup, agreement.HostGroup, lets)}
	for i := range all {
		all[i].Host, all[i].Ours = host, i%2 == 1
		if all[i].Kind = store.Follow; i > 1 {
			all[i].Kind = store.Membership
		}
	}
	return all, nil
}

// leave is what a grant lets people do that a word names, where the other side's lets them be
// kept (host), if that has a word too.
func leave(g agreement.Grant, w, host agreement.Word, other agreement.Grant) store.Leave {
	ids, all := g.People.Named()
	l := store.Leave{Everyone: all, Programs: g.Has(agreement.Bot),
		Nobody: !g.Has(w) || host != "" && !other.Lets(host, "")}
	for _, id := range ids {
		l.People = append(l.People, string(id))
	}
	return l
}

package federation

import (
	"context"

	"entente.example/entente/store"
)

// SettleReport says that a moderator of a group of ours has dealt with a report about a
// post in it. The admins keep it: who is reported may be a friend of the moderator.
func (s *Service) SettleReport(ctx context.Context, me, group store.Actor, report store.Key) error {
	return s.asGroup(ctx, me, group, store.Moderator, func(tx *store.Tx) error {
		return tx.SettleReport(ctx, report, group.Key, me.Key)
	})
}

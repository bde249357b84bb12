package worker

import (
	"context"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// forget removes what others made us note and nobody has a use for any more: at the
// start and once a day. Each kind has transactions of its own, and processes take turns.
func (w *Worker) forget(ctx context.Context) error {
	before := func(tx *store.Tx, while time.Duration) time.Time { return tx.Now.Add(-while) }
	for what, remove := range map[string]func(*store.Tx) (int, error){
		"hosts":       func(tx *store.Tx) (int, error) { return tx.ForgetHosts(ctx, before(tx, limits.HostLife)) },
		"knocks":      func(tx *store.Tx) (int, error) { return tx.ForgetKnocks(ctx, before(tx, limits.HostLife)) },
		"discoveries": func(tx *store.Tx) (int, error) { return tx.ForgetDiscoveries(ctx, before(tx, limits.NewHostsWithin)) },
		"first contacts": func(tx *store.Tx) (int, error) {
			return tx.ForgetFirstContacts(ctx, before(tx, limits.FirstContactsWithin))
		},
		"unused apps":     func(tx *store.Tx) (int, error) { return tx.ForgetApps(ctx, before(tx, limits.UnusedApp)) },
		"sealed messages": func(tx *store.Tx) (int, error) { return tx.ForgetSealed(ctx, before(tx, limits.SealedLife)) },
		"raw activities":  func(tx *store.Tx) (int, error) { return tx.ForgetRaw(ctx, before(tx, limits.RawLife)) },
		"digests":         func(tx *store.Tx) (int, error) { return tx.ForgetDigests(ctx) },
	} {
		n, err := w.forgetAll(ctx, what, remove)
		if err != nil {
			return err
		}
		if n > 0 {
			w.log.InfoContext(ctx, "forgotten: nobody has a use for them any more", "what", what, "rows", n)
		}
	}
	sleep(ctx, w.tempo.forget)
	return nil
}

// forgetAll removes all of one kind: what has many rows, in several transactions.
func (w *Worker) forgetAll(ctx context.Context, what string, remove func(*store.Tx) (int, error)) (all int, err error) {
	for some := limits.ForgottenAtOnce; some >= limits.ForgottenAtOnce && err == nil; all += some {
		err = w.db.InTx(ctx, func(tx *store.Tx) (err error) {
			if err := tx.TakeTurns(ctx, activity.ID("forget:"+what)); err != nil {
				return err
			}
			some, err = remove(tx)
			return err
		})
	}
	return all, err
}

// lookAfter sees to agreements that end, and asks partners which software they run.
func (w *Worker) lookAfter(ctx context.Context) error {
	if err := w.engine.LookAfter(ctx); err != nil {
		return err
	}
	sleep(ctx, w.tempo.ask)
	return nil
}

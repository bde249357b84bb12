package media

import (
	"context"
	"log/slog"
	"time"

	"entente.example/entente/store"
)

// sweepEvery is how often each process looks for what is of no use; they may do it at
// the same time.
const sweepEvery = time.Hour

// Keep sweeps until ctx ends.
func (l *Library) Keep(ctx context.Context, log *slog.Logger) error {
	for ctx.Err() == nil {
		if err := l.Sweep(ctx); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "pictures of no use were not all removed, and will be", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(sweepEvery):
		}
	}
	return nil
}

// Sweep removes the pictures that were attached to nothing for store.MediaLife, and the
// files that no picture has, which a crash may have left too.
func (l *Library) Sweep(ctx context.Context) error {
	err := l.db.InTx(ctx, func(tx *store.Tx) error { return tx.ForgetLooseMedia(ctx, l.find.Now().Add(-store.MediaLife)) })
	if err != nil {
		return err
	}
	return l.files.Each(func(hashes []string) error {
		unused, err := l.db.UnusedHashes(ctx, hashes)
		if err != nil {
			return err
		}
		for _, hash := range unused {
			if err := l.remove(ctx, hash); err != nil {
				return err
			}
		}
		return nil
	})
}

// remove takes its turn: the same picture may be coming in at this moment.
func (l *Library) remove(ctx context.Context, hash string) error {
	return l.db.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.TakeTurns(ctx, turn(hash)); err != nil {
			return err
		}
		unused, err := tx.UnusedHashes(ctx, []string{hash})
		if err != nil || len(unused) == 0 {
			return err
		}
		return l.files.Remove(hash)
	})
}

package worker

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/store"
	"entente.example/entente/worker/broker"
)

const (
	relayBatch   = 500  // promises in one transaction
	releaseBatch = 1000 // parked jobs in one transaction
)

// relay makes the step that moves promises to JetStream: all that there are,
// then it waits for more. What was moved just before the connection was lost, or this
// process began, is moved again: after a power failure it may not be there, and where
// it is JetStream knows it by its id.
func (w *Worker) relay() func(context.Context) error {
	ready := false
	return func(ctx context.Context) (err error) {
		defer func() { ready = err == nil }()
		if !ready || !w.queue.js.Conn().IsConnected() {
			if err := w.queue.ensure(ctx); err != nil {
				return err
			}
			if err := w.db.SendAgain(ctx); err != nil {
				return err
			}
		}
		n, err := w.db.Drain(ctx, relayBatch, func(ps []store.Promise) error { return w.send(ctx, ps) })
		if err != nil || n == relayBatch {
			return err
		}
		select {
		case <-ctx.Done():
		case <-w.db.Promised():
		case <-time.After(w.tempo.poll): // another process may have promised
		}
		return nil
	}
}

// send publishes promises. The message id has the row's id in it, and not the
// job's tries: a job that was parked untried comes again with the same tries,
// and JetStream must not take it for the first one. What no message can hold
// would stop all the others, and becomes a dead letter.
func (w *Worker) send(ctx context.Context, ps []store.Promise) error {
	es := make([]envelope, 0, len(ps))
	for _, p := range ps {
		if !w.queue.fits(len(p.Payload)) {
			if err := w.refuse(ctx, p); err != nil {
				return err
			}
			continue
		}
		es = append(es, envelope{
			id: fmt.Sprintf("%s.%d", p.Job, p.ID), job: p.Job, kind: p.Kind, tries: p.Tries, trace: w.relayed(ctx, p), payload: []byte(p.Payload),
		})
	}
	return w.queue.publish(ctx, es)
}

func (w *Worker) refuse(ctx context.Context, p store.Promise) error {
	w.log.ErrorContext(ctx, "job given up: too large for the queue", "kind", p.Kind, "job", p.Job, "bytes", len(p.Payload))
	return w.db.InTx(ctx, func(tx *store.Tx) error {
		return tx.Park(ctx, store.Parked{
			Job: p.Job, Kind: p.Kind, Payload: p.Payload, Tries: p.Tries, DueAt: tx.Now, DeadAt: bun.NullTime{Time: tx.Now},
			Reason: fmt.Sprintf("too_large: %d bytes are more than a NATS message may have (max_payload)", len(p.Payload)),
		})
	})
}

// release moves what is due back to the outbox, probes included, and waits.
func (w *Worker) release(ctx context.Context) error {
	err := w.db.InTx(ctx, func(tx *store.Tx) error {
		_, err := tx.Release(ctx, releaseBatch)
		return err
	})
	if err != nil {
		return err
	}
	err = w.db.InTx(ctx, func(tx *store.Tx) error {
		_, err := tx.Probe(ctx, tx.Now.Add(w.tempo.probeTime))
		return err
	})
	if err != nil {
		return err
	}
	if err := w.db.Forget(ctx, 2*broker.SyncInterval); err != nil {
		return err
	}
	for _, host := range w.lanes.names() {
		if err := w.callBack(ctx, host); err != nil {
			return err
		}
	}
	sleep(ctx, w.tempo.release)
	return nil
}

// giveUp lets go of what waits for a host that never came back, and forgets what came
// of deliveries long ago.
func (w *Worker) giveUp(ctx context.Context) error {
	dead := 0
	err := w.db.InTx(ctx, func(tx *store.Tx) (err error) {
		dead, err = tx.GiveUp(ctx, tx.Now.Add(-patience))
		return err
	})
	if err != nil {
		return err
	}
	if dead > 0 {
		w.log.WarnContext(ctx, "jobs given up: they have waited too long", "jobs", dead, "days", patience.Hours()/24)
	}
	err = w.db.InTx(ctx, func(tx *store.Tx) error {
		_, err := tx.ExpireDeliveries(ctx, tx.Now.Add(-remembered))
		return err
	})
	if err != nil {
		return err
	}
	sleep(ctx, w.tempo.giveUp)
	return nil
}

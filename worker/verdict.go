package worker

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

const (
	maxTries = 20
	patience = 7 * 24 * time.Hour // with a delivery, since its activity
	settling = 10 * time.Second   // one transaction
)

// outcome is what became of a job, by the name it has in the metrics.
type outcome string

const (
	done      outcome = "done"
	again     outcome = "again"     // failed, and parked
	dead      outcome = "dead"      // failed, and given up
	held      outcome = "held"      // parked untried: its host is down
	crowded   outcome = "crowded"   // parked untried: too many for its host at once
	dropped   outcome = "dropped"   // not wanted any more
	cancelled outcome = "cancelled" // given back at the end
	unsettled outcome = "unsettled" // Postgres did not take the outcome
)

// verdict is what becomes of a job, and what has to be kept of that before the
// message is acknowledged.
type verdict struct {
	outcome outcome
	keep    change // nil: nothing
}

type change func(context.Context, *store.Tx) error

// then makes one change of two.
func (c change) then(next change) change {
	return func(ctx context.Context, tx *store.Tx) error {
		if err := c(ctx, tx); err != nil {
			return err
		}
		return next(ctx, tx)
	}
}

// verdict runs a job, if it may run, and judges the result.
func (w *Worker) verdict(ctx context.Context, t *task) verdict {
	var down bool
	var err error
	if t.to.host != "" {
		down, t.parked, err = w.db.Down(ctx, t.to.host, t.job)
		t.probe = down && t.parked
	}
	if down && !t.probe {
		return w.hold(t)
	}
	if err == nil {
		err = w.attempt(ctx, t)
	}
	switch {
	case err != nil && errors.Is(context.Cause(ctx), errStopping):
		return verdict{outcome: cancelled}
	case t.to.host != "":
		return w.judgeDelivery(ctx, t, err)
	}
	return w.judge(ctx, t, err)
}

// judge reads the kind of an error: what is permanent is never tried again.
func (w *Worker) judge(ctx context.Context, t *task, err error) verdict {
	backoff := w.tempo.jobs
	if t.to.host != "" {
		backoff = w.tempo.deliveries
	}
	switch {
	case err == nil:
		return verdict{outcome: done}
	case activity.KindOf(err).Permanent() || t.tries+1 >= maxTries:
		return w.bury(ctx, t, err)
	}
	return w.retry(ctx, t, backoff.after(t.tries), err)
}

// settle keeps a verdict and only then acknowledges the message. If Postgres
// does not take it the message comes again.
func (w *Worker) settle(jobs context.Context, t *task, v verdict) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(jobs), settling)
	defer cancel()
	defer t.alive()
	if v.outcome == cancelled {
		w.metrics.jobs.WithLabelValues(t.kind.name, string(cancelled)).Inc()
		w.giveBack(t)
		return
	}
	var err error
	if v.keep != nil {
		err = w.db.InTx(ctx, func(tx *store.Tx) error { return v.keep(ctx, tx) })
	}
	if err != nil {
		v.outcome = unsettled
		err = errors.Join(err, t.msg.NakWithDelay(jitter(w.tempo.pause)))
	} else {
		err = t.msg.Ack()
	}
	w.metrics.jobs.WithLabelValues(t.kind.name, string(v.outcome)).Inc()
	if err != nil {
		w.log.ErrorContext(ctx, "a job was not settled, and may run again", "kind", t.kind.name, "job", t.job, "err", err)
	}
}

// giveBack lets another worker have a job at once.
func (w *Worker) giveBack(t *task) {
	t.alive()
	if err := t.msg.Nak(); err != nil {
		w.log.Warn("a job was not given back, and runs again later", "kind", t.kind.name, "job", t.job, "err", err)
	}
}

// retry parks a job that has failed for now.
func (w *Worker) retry(ctx context.Context, t *task, wait time.Duration, err error) verdict {
	w.log.InfoContext(ctx, "job failed, will be tried again", "kind", t.kind.name, "job", t.job, "host", t.to.host,
		"tries", t.tries+1, "wait", wait.Round(time.Second), "err", err)
	return verdict{again, t.park(t.tries+1, wait, err.Error())}
}

// bury makes a dead letter of a job.
func (w *Worker) bury(ctx context.Context, t *task, err error) verdict {
	w.log.WarnContext(ctx, "job given up", "kind", t.kind.name, "job", t.job, "host", t.to.host, "tries", t.tries+1, "err", err)
	return verdict{dead, func(ctx context.Context, tx *store.Tx) error {
		p := t.row(t.tries+1, tx.Now, err.Error())
		p.DeadAt = bun.NullTime{Time: tx.Now}
		return tx.Park(ctx, p)
	}}
}

// park keeps a job for wait from now.
func (t *task) park(tries int, wait time.Duration, reason string) change {
	return func(ctx context.Context, tx *store.Tx) error {
		return tx.Park(ctx, t.row(tries, tx.Now.Add(wait), reason))
	}
}

func (t *task) row(tries int, due time.Time, reason string) store.Parked {
	return store.Parked{
		Job: t.job, Kind: t.kind.name, Payload: string(t.msg.Data()), Host: t.to.host,
		Tries: tries, DueAt: due, Reason: reason,
	}
}

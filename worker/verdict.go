package worker

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
	"entente.example/entente/federation/remote"
	"entente.example/entente/store"
)

const (
	maxTries = 20
	patience = 7 * 24 * time.Hour // with a delivery, since its activity
	// remembered is for how long it is known what came of a delivery, and for how
	// long a dead letter can be tried again.
	remembered = 90 * 24 * time.Hour
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
	unsettled outcome = "unsettled" // Postgres did not say how it stands, or take the outcome
)

// verdict is what becomes of a job, and what has to be kept of that before the
// message is acknowledged.
type verdict struct {
	outcome outcome
	keep    change // nil: nothing but the following
	alive   bool   // the host of the delivery has taken it
	over    string // store.Delivered, or why the delivery will never be tried again; "": it will
}

// keeps says that there is something to write down.
func (v verdict) keeps() bool { return v.keep != nil || v.alive || v.over != "" }

type change func(context.Context, *store.Tx) error

// then makes one change of two.
func (c change) then(next change) change {
	if next == nil {
		return c
	}
	return func(ctx context.Context, tx *store.Tx) error {
		if err := c(ctx, tx); err != nil {
			return err
		}
		return next(ctx, tx)
	}
}

// verdict runs a job, if it may run, and judges the result.
func (w *Worker) verdict(ctx context.Context, t *task) verdict {
	if t.to.host != "" {
		w.readAgain(ctx, t)
		if t.readAt.IsZero() {
			return verdict{outcome: unsettled}
		}
		if v, wait := t.mustWait(time.Now()); wait {
			return v
		}
	}
	err := w.attempt(ctx, t)
	t.said, _ = errors.AsType[*remote.Answer](err)
	if p, is := errors.AsType[postponed](err); is {
		return verdict{outcome: held, keep: t.park(t.tries, jitter(p.wait), p.why)}
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

// giveBack lets another worker have a job at once.
func (w *Worker) giveBack(t *task) {
	w.letGo(t)
	if err := t.msg.Nak(); err != nil {
		w.log.Warn("a job was not given back, and runs again later", "kind", t.kind.name, "job", t.job, "err", err)
	}
}

// retry parks a job that has failed for now.
func (w *Worker) retry(ctx context.Context, t *task, wait time.Duration, err error) verdict {
	w.log.InfoContext(ctx, "job failed, will be tried again", "kind", t.kind.name, "job", t.job, "host", t.to.host,
		"tries", t.tries+1, "wait", wait.Round(time.Second), "err", err)
	return verdict{outcome: again, keep: t.park(t.tries+1, wait, err.Error())}
}

// bury makes a dead letter of a job.
func (w *Worker) bury(ctx context.Context, t *task, err error) verdict {
	w.log.WarnContext(ctx, "job given up", "kind", t.kind.name, "job", t.job, "host", t.to.host, "tries", t.tries+1, "err", err)
	v := verdict{outcome: dead, keep: func(ctx context.Context, tx *store.Tx) error {
		p := t.row(t.tries+1, tx.Now, err.Error())
		p.DeadAt = bun.NullTime{Time: tx.Now}
		return tx.Park(ctx, p)
	}}
	if t.to.host != "" {
		v.over = err.Error()
	}
	if t.kind.dead != nil {
		v.keep = v.keep.then(func(ctx context.Context, tx *store.Tx) error { return t.kind.dead(ctx, tx, t.msg.Data()) })
	}
	return v
}

// park keeps a job for wait from now.
func (t *task) park(tries int, wait time.Duration, reason string) change {
	return func(ctx context.Context, tx *store.Tx) error {
		return tx.Park(ctx, t.row(tries, tx.Now.Add(wait), reason))
	}
}

func (t *task) row(tries int, due time.Time, reason string) store.Parked {
	p := store.Parked{
		Job: t.job, Kind: t.kind.name, Payload: string(t.msg.Data()), Host: t.to.host,
		Tries: tries, DueAt: due, Reason: reason, Trace: t.trace, Urgent: t.to.delivery.Urgent,
	}
	if t.said != nil {
		p.Status, p.Answer = t.said.Status, t.said.Text
	}
	return p
}

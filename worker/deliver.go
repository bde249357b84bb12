package worker

import (
	"context"
	"errors"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/policy"
	"entente.example/entente/federation/remote"
	"entente.example/entente/store"
)

// downAfter is how many failures in a row make a host count as down.
const downAfter = 5

// judgeDelivery reads what came of a delivery. Only an answer of the partner
// itself says anything about its inbox; NotFound and the like without one are
// our own: the activity or its author is no longer there.
func (w *Worker) judgeDelivery(ctx context.Context, t *task, err error) verdict {
	if err == nil {
		return verdict{done, w.arrived(t)}
	}
	answer, answered := errors.AsType[*remote.Answer](err)
	fault := activity.FaultOf(err)
	switch kind := fault.Kind; {
	case answered && kind == activity.Gone:
		w.log.InfoContext(ctx, "an inbox is gone, and forgotten", "inbox", t.to.inbox, "job", t.job, "err", err)
		return verdict{done, w.arrived(t).then(t.forgetInbox)}
	case answered && kind == activity.NotFound && t.tries+1 < maxTries:
		// A proxy that is being set up says so of every inbox: only 410 is believed.
		v := w.retry(ctx, t, w.tempo.deliveries.after(t.tries), err)
		return verdict{v.outcome, w.arrived(t).then(v.keep)}
	case answered && kind.Permanent():
		v := w.bury(ctx, t, err)
		return verdict{v.outcome, w.arrived(t).then(v.keep)}
	case kind == activity.Denied && fault.Reason == policy.NotAPartner:
		w.log.InfoContext(ctx, "delivery dropped: the host is no partner any more", "inbox", t.to.inbox, "job", t.job)
		return verdict{dropped, t.unpark}
	case !answered && (kind.Permanent() || kind == activity.Internal):
		return w.judge(ctx, t, err)
	}
	var wait time.Duration
	if answered {
		wait = answer.RetryAfter
	}
	return w.missed(ctx, t, wait, err)
}

// missed counts a failure against the host, and parks the delivery or gives it
// up. wait is how long the partner asks us to stay away, 0 when it does not. A
// probe is not given up for its many tries: it is the host that fails, not the
// job.
func (w *Worker) missed(ctx context.Context, t *task, wait time.Duration, err error) verdict {
	blame := func(ctx context.Context, tx *store.Tx) error {
		probeAt := func(failures int) time.Time {
			return tx.Now.Add(max(wait, w.tempo.probes.after(failures-downAfter)))
		}
		wentDown, errFailed := tx.Failed(ctx, t.to.host, err.Error(), t.probe, downAfter, probeAt)
		if wentDown {
			w.log.WarnContext(ctx, "a host is down: what goes there is parked", "host", t.to.host, "err", err)
		}
		return errFailed
	}
	var v verdict
	switch {
	case time.Since(t.to.since) > patience || (t.tries+1 >= maxTries && !t.probe):
		v = w.bury(ctx, t, err)
	case wait > 0:
		v = w.retry(ctx, t, jitter(wait), err)
	default:
		v = w.retry(ctx, t, w.tempo.deliveries.after(t.tries), err)
	}
	return verdict{v.outcome, change(blame).then(v.keep)}
}

// arrived notes that the host is alive. What was parked besides going out as a
// probe is done before the others are released.
func (w *Worker) arrived(t *task) change {
	return func(ctx context.Context, tx *store.Tx) error {
		if err := t.unpark(ctx, tx); err != nil {
			return err
		}
		wasDown, err := tx.Succeeded(ctx, t.to.host)
		if wasDown {
			w.log.InfoContext(ctx, "a host is up again: what waited is released", "host", t.to.host)
		}
		return err
	}
}

func (t *task) unpark(ctx context.Context, tx *store.Tx) error {
	if !t.parked {
		return nil
	}
	return tx.Unpark(ctx, t.job)
}

// forgetInbox also sends the activity out again if the inbox was shared: those
// behind it are reached at their own from now on.
func (t *task) forgetInbox(ctx context.Context, tx *store.Tx) error {
	shared, err := tx.ForgetInbox(ctx, t.to.inbox)
	if err != nil || !shared {
		return err
	}
	return tx.Enqueue(ctx, t.to.fan)
}

// hold parks a delivery untried until its host is up again. Its own time only
// comes if that does not happen, or has happened since we looked.
func (w *Worker) hold(t *task) verdict {
	return verdict{held, func(ctx context.Context, tx *store.Tx) error {
		down, err := tx.StillDown(ctx, t.to.host)
		if err != nil {
			return err
		}
		var wait time.Duration
		if down {
			wait = patience
		}
		return t.park(t.tries, wait, "the host is down")(ctx, tx)
	}}
}

// away is the reason why a delivery is parked that found its host's line full.
const away = "many deliveries to this host at once"

// sendAway parks a delivery untried until it is called back.
func (t *task) sendAway() verdict { return verdict{crowded, t.park(t.tries, jitter(awayLimit), away)} }

// seekStrays learns which deliveries are away, and waits: the worker that sent them
// away may have ended, and then we are the ones to call them back.
func (w *Worker) seekStrays(ctx context.Context) error {
	hosts, err := w.db.HostsParked(ctx, away)
	if err != nil {
		return err
	}
	w.lanes.expect(hosts)
	sleep(ctx, w.tempo.strays)
	return nil
}

// callBack releases the next of those that were sent away, if it is time.
func (w *Worker) callBack(ctx context.Context, host string) error {
	n, came := w.lanes.call(host, time.Now()), 0
	if n == 0 {
		return nil
	}
	err := w.db.InTx(ctx, func(tx *store.Tx) (err error) {
		came, err = tx.Recall(ctx, host, away, n)
		return err
	})
	if err != nil {
		came = n // as far as we know
	}
	w.lanes.answered(host, n, came)
	return err
}

package worker

import (
	"context"
	"errors"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/policy"
	"entente.example/entente/federation/remote"
	"entente.example/entente/store"
)

const (
	// downAfter is how many failures in a row make a host count as down.
	downAfter = 5
	// behindPause is when to look again whether an earlier activity is through, if
	// nobody says so before.
	behindPause = 2 * time.Second
	// suspendedPause is when to look again whether an agreement is suspended no more, if
	// nobody has said so.
	suspendedPause = time.Hour
	// pacedPause is when a post is tried again that was more than a partner takes in a
	// minute.
	pacedPause = time.Minute
	// current is for how long it is true what was read about a delivery.
	current = time.Second
	// noted is how often it is written down that a host is doing well.
	noted = time.Minute
)

// read finds out how deliveries stand, for all at once. When it fails Postgres is asked
// again before they are sent.
func (w *Worker) read(ctx context.Context, tasks []*task) {
	var there []*task
	var out []store.Outgoing
	for _, t := range tasks {
		if t.to.host != "" {
			there, out = append(there, t), append(out, store.Outgoing{Job: t.job, Deliver: t.to.delivery})
		}
	}
	if len(out) == 0 {
		return
	}
	standings, err := w.db.Standings(ctx, out)
	if err != nil {
		w.log.DebugContext(ctx, "it is not known how deliveries stand", "err", err)
		return
	}
	for i, t := range there {
		t.standing, t.readAt = standings[i], time.Now()
	}
}

// readAgain is for who has stood in line since it was read.
func (w *Worker) readAgain(ctx context.Context, t *task) {
	if time.Since(t.readAt) > current {
		t.readAt = time.Time{}
		w.read(ctx, []*task{t})
	}
}

// isProven says that the host has taken what we sent last.
func (t *task) isProven() bool {
	return t.standing.Failures == 0 && t.standing.SucceededAt.Unix() > 0 && !t.standing.Down
}

// mustWait says that a delivery may not be tried now.
func (t *task) mustWait(now time.Time) (verdict, bool) {
	switch s := t.standing; {
	case s.Settled: // a copy: what came after it may have been delivered
		return verdict{outcome: dropped, keep: t.unpark}, true
	case s.Down && !t.probe():
		return t.hold(), true
	case s.Behind && !t.probe():
		return verdict{outcome: held, keep: t.park(t.tries, jitter(behindPause), store.Behind)}, true
	case s.PausedUntil.After(now) && !t.probe():
		return verdict{outcome: held, keep: t.park(t.tries, jitter(s.PausedUntil.Sub(now)), store.Asked)}, true
	}
	return verdict{}, false
}

// judgeDelivery reads what came of a delivery. Only an answer of the partner
// itself says anything about its inbox; NotFound and the like without one are
// our own: the activity or its author is no longer there.
func (w *Worker) judgeDelivery(ctx context.Context, t *task, err error) verdict {
	if err == nil {
		return w.showsLife(t, verdict{outcome: done, over: store.Delivered})
	}
	answer, answered := errors.AsType[*remote.Answer](err)
	fault := activity.FaultOf(err)
	switch kind := fault.Kind; {
	case answered && kind == activity.Gone:
		w.log.InfoContext(ctx, "an inbox is gone, and forgotten", "inbox", t.to.inbox, "job", t.job, "err", err)
		return w.showsLife(t, verdict{outcome: done, keep: t.forgetInbox, over: err.Error()})
	case answered && kind == activity.NotFound && t.tries+1 < maxTries:
		// A proxy that is being set up says so of every inbox: only 410 is believed.
		return w.showsLife(t, w.retry(ctx, t, w.tempo.deliveries.after(t.tries), err))
	case answered && kind.Permanent():
		return w.showsLife(t, w.bury(ctx, t, err))
	case fault.Reason == policy.Suspended && time.Since(t.to.since) < limits.HeldForPartner:
		return verdict{outcome: held, keep: t.park(t.tries, jitter(suspendedPause), store.Paused)}
	case fault.Reason == policy.TooFast && !answered && !t.isSpent():
		return verdict{outcome: held, keep: t.park(t.tries, jitter(pacedPause), err.Error())}
	case kind == activity.Denied && (fault.Reason == policy.NotAPartner || fault.Reason == policy.LargeFile):
		w.log.InfoContext(ctx, "delivery dropped: the host is no partner any more, or takes no such file", "inbox", t.to.inbox, "job", t.job, "reason", fault.Reason)
		return verdict{outcome: dropped, keep: t.unpark, over: err.Error()}
	case !answered && (kind.Permanent() || kind == activity.Internal):
		return w.judge(ctx, t, err)
	case answered && answer.RetryAfter > 0:
		return w.paused(ctx, t, answer.RetryAfter, err)
	}
	return w.missed(ctx, t, err)
}

// paused keeps everything from a host that has asked for it. It is alive.
func (w *Worker) paused(ctx context.Context, t *task, wait time.Duration, err error) verdict {
	if t.isSpent() {
		v := w.bury(ctx, t, err)
		v.over = store.TooLate + v.over
		return w.showsLife(t, v)
	}
	pause := func(ctx context.Context, tx *store.Tx) error {
		return tx.Paused(ctx, t.to.host, err.Error(), tx.Now.Add(wait))
	}
	v := w.retry(ctx, t, jitter(wait), err)
	if t.probe() { // it is up, but stays away for now
		return w.showsLife(t, verdict{outcome: v.outcome, keep: v.keep.then(pause)})
	}
	return verdict{outcome: v.outcome, keep: v.keep.then(pause)}
}

// isSpent says that a delivery which fails now is given up. A probe is not given up for
// its many tries: it is the host that fails, not the job.
func (t *task) isSpent() bool {
	return time.Since(t.to.since) > patience || t.tries+1 >= maxTries && !t.probe()
}

// missed counts a failure against the host, and parks the delivery or gives it up.
func (w *Worker) missed(ctx context.Context, t *task, err error) verdict {
	blame := func(ctx context.Context, tx *store.Tx) error {
		probeAt := func(failures int) time.Time { return tx.Now.Add(w.tempo.probes.after(failures - downAfter)) }
		wentDown, errFailed := tx.Failed(ctx, t.to.host, err.Error(), t.probe(), downAfter, probeAt)
		if wentDown {
			w.log.WarnContext(ctx, "a host is down: what goes there is parked", "host", t.to.host, "err", err)
		}
		return errFailed
	}
	v := verdict{}
	if t.isSpent() {
		v = w.bury(ctx, t, err)
		v.over = store.TooLate + v.over
	} else {
		v = w.retry(ctx, t, w.tempo.deliveries.after(t.tries), err)
	}
	v.keep = change(blame).then(v.keep)
	return v
}

// showsLife adds to a verdict that the host has answered. Of one that is doing well
// that is noted now and then, for all such hosts together.
func (w *Worker) showsLife(t *task, v verdict) verdict {
	s := t.standing
	switch {
	case s.Down || s.Parked:
		v.keep = w.arrived(t).then(v.keep)
	case !t.isProven() || time.Since(s.SucceededAt) > noted:
		v.alive = true
	}
	return v
}

// arrived notes that the host is alive. What was parked besides going out as a
// probe is done before the others are called back.
func (w *Worker) arrived(t *task) change {
	return func(ctx context.Context, tx *store.Tx) error {
		if err := t.unpark(ctx, tx); err != nil {
			return err
		}
		wasDown, err := tx.Succeeded(ctx, t.to.host)
		if wasDown {
			w.log.InfoContext(ctx, "a host is up again: what waited is called back", "host", t.to.host)
		}
		t.rose = wasDown
		return err
	}
}

func (t *task) unpark(ctx context.Context, tx *store.Tx) error {
	if !t.standing.Parked {
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
func (t *task) hold() verdict {
	return verdict{outcome: held, keep: func(ctx context.Context, tx *store.Tx) error {
		down, err := tx.StillDown(ctx, t.to.host)
		if err != nil {
			return err
		}
		var wait time.Duration
		if down {
			wait = patience
		}
		return t.park(t.tries, wait, store.Held)(ctx, tx)
	}}
}

// sendAway parks a delivery untried until it is called back.
func (t *task) sendAway() verdict {
	return verdict{outcome: crowded, keep: t.park(t.tries, jitter(awayLimit), store.Away)}
}

// putOff parks a delivery untried whose host may take long, while many do.
func (t *task) putOff() verdict {
	return verdict{outcome: crowded, keep: t.park(t.tries, jitter(5*moment), "many hosts that take long at once")}
}

// seekAway learns for which hosts deliveries wait to be called back, and waits: the
// worker that sent them away may have ended, and then we are the ones to do it.
func (w *Worker) seekAway(ctx context.Context) error {
	hosts, err := w.db.ToRecall(ctx)
	if err != nil {
		return err
	}
	w.lanes.expect(hosts)
	sleep(ctx, w.tempo.away)
	return nil
}

// callBack releases the next of those that were sent away, if it is time.
func (w *Worker) callBack(ctx context.Context, host string) error {
	n, came := w.lanes.call(host, time.Now()), 0
	if n == 0 {
		return nil
	}
	err := w.db.InTx(ctx, func(tx *store.Tx) (err error) {
		came, err = tx.Recall(ctx, host, n)
		return err
	})
	if err != nil {
		came = n // as far as we know
	}
	w.lanes.answered(host, n, came)
	return err
}

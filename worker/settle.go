package worker

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"entente.example/entente/store"
)

const (
	settling    = 10 * time.Second // one transaction
	atOneStroke = 256              // verdicts in one transaction
)

// settlement is a verdict that wants to be kept.
type settlement struct {
	task  *task
	given verdict
	kept  chan error
}

// settle keeps a verdict and only then acknowledges the message. If Postgres
// does not take it the message comes again.
func (w *Worker) settle(t *task, v verdict) {
	if v.outcome == cancelled {
		w.metrics.jobs.WithLabelValues(t.kind.name, string(cancelled)).Inc()
		w.giveBack(t)
		return
	}
	w.conclude(w.submit(t, v))
}

// shelve settles those deliveries that may not be tried now, and returns the others.
func (w *Worker) shelve(tasks []*task, room room) (others []*task) {
	var shelved []settlement
	for _, t := range tasks {
		if v, wait := t.mustWait(time.Now()); wait && t.to.host != "" {
			shelved = append(shelved, w.submit(t, v))
		} else {
			others = append(others, t)
		}
	}
	for _, s := range shelved {
		w.conclude(s)
	}
	room.give(len(shelved))
	return others
}

var errUnread = errors.New("it is not known how the delivery stands")

// submit lets a verdict be kept, if there is anything to keep.
func (w *Worker) submit(t *task, v verdict) settlement {
	s := settlement{t, v, make(chan error, 1)}
	switch {
	case v.outcome == unsettled:
		s.kept <- errUnread
	case v.keeps():
		w.settlements <- s
	default:
		s.kept <- nil
	}
	return s
}

// conclude waits until a verdict is kept and acknowledges the message.
func (w *Worker) conclude(s settlement) {
	t, v, err := s.task, s.given, <-s.kept
	defer w.letGo(t)
	if err != nil {
		v.outcome = unsettled
		err = errors.Join(err, t.msg.NakWithDelay(jitter(w.tempo.pause)))
	} else {
		w.rates.count(t, v)
		err = t.msg.Ack()
		if t.rose {
			w.lanes.expect([]string{t.to.host})
		}
	}
	w.metrics.jobs.WithLabelValues(t.kind.name, string(v.outcome)).Inc()
	if err != nil {
		w.log.Error("a job was not settled, and may run again", "kind", t.kind.name, "job", t.job, "err", err)
	}
}

// settleAll keeps verdicts until there are no more: all that are ready in one
// transaction, since it is the commit that costs. One that cannot be kept must not
// take the others with it, so after a failure each is tried alone.
func (w *Worker) settleAll() {
	for first := range w.settlements {
		ready := []settlement{first}
		for more := true; more && len(ready) < atOneStroke; {
			select {
			case s, open := <-w.settlements:
				if more = open; open {
					ready = append(ready, s)
				}
			default:
				more = false
			}
		}
		// In one order: two workers must not wait in a circle, and what is parked for a
		// host is called back as it is parked, so the oldest first.
		slices.SortFunc(ready, func(a, b settlement) int {
			x, y := a.task.to.delivery, b.task.to.delivery
			return cmp.Or(cmp.Compare(a.task.to.host, b.task.to.host), cmp.Compare(x.Activity, y.Activity), cmp.Compare(a.task.job, b.task.job))
		})
		err := w.keep(ready)
		for _, s := range ready {
			if err != nil && len(ready) > 1 {
				s.kept <- w.keep([]settlement{s})
			} else {
				s.kept <- err
			}
		}
	}
}

// keep writes verdicts in one transaction.
func (w *Worker) keep(all []settlement) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = w.defect(context.Background(), "settle", p)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), settling)
	defer cancel()
	var alive []string
	var over []store.Settled
	for _, s := range all {
		if s.given.alive {
			alive = append(alive, s.task.to.host)
		}
		if s.given.over != "" {
			over = append(over, store.Settled{Deliver: s.task.to.delivery, Outcome: s.given.over})
		}
	}
	return w.db.InTx(ctx, func(tx *store.Tx) error {
		if len(alive) > 0 {
			if err := tx.Served(ctx, alive); err != nil {
				return err
			}
		}
		for _, s := range all {
			if s.given.keep == nil {
				continue
			}
			if err := s.given.keep(ctx, tx); err != nil {
				return err
			}
		}
		if len(over) > 0 {
			return tx.Settle(ctx, over)
		}
		return nil
	})
}

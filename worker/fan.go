package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

const (
	fanBatch = 100 // deliveries in one step
	// largeFans is how many fans of more than one step are spread at once: they wait for
	// each other, and as many places are left for the others.
	largeFans = 8
	// How many deliveries may wait in the queue before a fan begins, and before it goes
	// on: what somebody posts meanwhile goes behind these, and not behind all of a large
	// fan.
	mostQueued = 2000
	fewQueued  = 100
)

// postponed says that a job must wait for others, untried.
type postponed struct {
	why  string
	wait time.Duration
}

func (p postponed) Error() string { return p.why }

// inTurn is when a large fan is tried again that found the places of large ones taken:
// about as long after as its own deliveries take.
func inTurn(deliveries int) postponed {
	return postponed{"many large fans at once", time.Duration(deliveries) * time.Millisecond}
}

// fan turns a fan into its deliveries, which go straight to the queue. What was
// begun and not ended is done again: what has arrived is left out, and what may be
// in the queue has the id that it has there.
func (w *Worker) fan(ctx context.Context, f store.Fan) error {
	if f.Reminder == 0 && f.Object != 0 {
		behind, err := w.db.Behind(ctx, f)
		if err != nil {
			return err
		}
		if behind {
			return postponed{store.Behind, behindPause}
		}
	}
	ds, err := w.engine.Deliveries(ctx, f)
	if err != nil {
		return err
	}
	if len(ds) > fanBatch {
		if !w.large.try() {
			return inTurn(len(ds))
		}
		defer w.large.give(1)
	}
	first, others := ds[:min(len(ds), fanBatch)], ds[min(len(ds), fanBatch):]
	if err := w.feed(ctx, first, f.Reminder, mostQueued); err != nil {
		return err
	}
	for batch := range slices.Chunk(others, fanBatch) {
		if err := w.feedInTurn(ctx, batch, f.Reminder); err != nil {
			return err
		}
	}
	return w.db.Spread(ctx, f.Activity)
}

// feedInTurn feeds what is left of large fans: each in its turn.
func (w *Worker) feedInTurn(ctx context.Context, ds []store.Deliver, reminder int) error {
	w.feeding.Lock()
	defer w.feeding.Unlock()
	w.letThemSit(ctx)
	return w.feed(ctx, ds, reminder, fewQueued)
}

// letThemSit waits a while until few deliveries to hosts that we do not know stand here
// and wait for a seat: those that find none are parked, which costs more than waiting.
func (w *Worker) letThemSit(ctx context.Context) {
	const step = 10 * time.Millisecond
	for range moment / step {
		if w.waiting.Load() < newcomersWaiting/4 || ctx.Err() != nil {
			return
		}
		sleep(ctx, step)
	}
}

// feed queues deliveries of one activity when there is room.
func (w *Worker) feed(ctx context.Context, ds []store.Deliver, reminder, most int) error {
	if len(ds) == 0 {
		return nil
	}
	if err := w.queue.waitForRoom(ctx, ds[0].Kind(), most); err != nil {
		return activity.Because(activity.Later, "queue_away", err, "the queue does not answer")
	}
	due, err := w.db.PutDeliveries(ctx, ds, reminder > 0, time.Now().Add(-duplicates/2))
	if err != nil {
		return err
	}
	es := make([]envelope, len(due))
	for i, d := range due {
		if es[i], err = letter(ctx, d.Job(), d); err != nil {
			return err
		}
		if reminder > 0 { // another message about the same delivery
			es[i].id = fmt.Sprintf("%s-%d", d.Job(), reminder)
		}
	}
	if err := w.queue.publish(ctx, es); err != nil {
		return activity.Because(activity.Later, "queue_away", err, "the queue does not answer")
	}
	return nil
}

func letter(ctx context.Context, job string, d store.Deliver) (envelope, error) {
	payload, err := json.Marshal(d)
	return envelope{id: job, job: job, kind: d.Kind(), trace: store.Trace(ctx), payload: payload}, err
}

// seekLost sends again what the queue has lost, by a power failure or with its disk,
// and waits. It looks only when hardly anything is in the queue: what is under way for
// long must then be lost. Whoever gets something twice knows it by its id.
func (w *Worker) seekLost(ctx context.Context) error {
	n, err := w.queue.pending(ctx, store.Deliver{}.Kind())
	if err != nil {
		return err
	}
	if n < fanBatch {
		strays, err := w.db.Strays(ctx, time.Now().Add(-w.tempo.lostAfter), fanBatch)
		if err != nil {
			return err
		}
		es := make([]envelope, len(strays))
		for i, s := range strays {
			if es[i], err = letter(ctx, s.Job, s.Deliver); err != nil {
				return err
			}
			es[i].id = fmt.Sprintf("%s.%d", s.Job, time.Now().Truncate(w.tempo.lostAfter).UnixMilli()) // not the message that is lost
		}
		if err := w.queue.publish(ctx, es); err != nil {
			return err
		}
		if len(es) > 0 {
			w.log.WarnContext(ctx, "deliveries that the queue has lost are sent again", "deliveries", len(es))
		}
	}
	sleep(ctx, w.tempo.lost)
	return nil
}

// spread lets those go on that wait for a fan which was given up.
func spread(ctx context.Context, tx *store.Tx, payload []byte) error {
	var f store.Fan
	if json.Unmarshal(payload, &f) != nil {
		return nil
	}
	return tx.Spread(ctx, f.Activity)
}

package worker

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// kind is one kind of job.
type kind struct {
	name     string
	atOnce   int           // at most so many run in this process
	deadline time.Duration // of one run
	run      func(context.Context, []byte) error
	to       func([]byte) destination // nil: it goes nowhere
}

// kinds is the table of all jobs: each promise of store/job.go has its line.
func (w *Worker) kinds() []kind {
	return []kind{
		{name: store.Publish{}.Kind(), atOnce: 4, deadline: time.Minute, run: job(w.engine.Publish)},
		{name: store.Synchronise{}.Kind(), atOnce: 2, deadline: 4 * time.Minute, run: job(w.engine.Synchronise)},
		{name: store.Refollow{}.Kind(), atOnce: 1, deadline: 4 * time.Minute, run: job(w.engine.Refollow)},
		{name: store.FetchFeatured{}.Kind(), atOnce: 2, deadline: 4 * time.Minute, run: job(w.engine.FetchFeatured)},
		{name: store.FillThread{}.Kind(), atOnce: 2, deadline: 4 * time.Minute, run: job(w.engine.FillThread)},
		{name: store.Received{}.Kind(), atOnce: 8, deadline: 2 * time.Minute, run: job(w.engine.Receive)},
		{name: store.Tally{}.Kind(), atOnce: 2, deadline: time.Minute, run: job(w.engine.Tally)},
		{name: store.Fan{}.Kind(), atOnce: 2, deadline: 5 * time.Minute, run: job(w.fan)},
		{name: store.JudgeQuote{}.Kind(), atOnce: 4, deadline: 2 * time.Minute, run: job(w.engine.JudgeQuote)},
		// a little longer than remote.Client.Deliver may take
		{name: store.Deliver{}.Kind(), atOnce: 64, deadline: 45 * time.Second, run: job(w.engine.Deliver), to: destinationOf},
		{name: store.Retire{}.Kind(), atOnce: 1, deadline: time.Minute, run: job(w.engine.Retire)},
	}
}

// job makes a function on a job one on its payload.
func job[J store.Job](run func(context.Context, J) error) func(context.Context, []byte) error {
	return func(ctx context.Context, payload []byte) error {
		var j J
		if err := json.Unmarshal(payload, &j); err != nil {
			return activity.Because(activity.Invalid, "unreadable_job", err, "this job cannot be read")
		}
		return run(ctx, j)
	}
}

// destination is where a delivery goes.
type destination struct {
	inbox string
	host  string    // "" for what is no address: running the job will say so
	since time.Time // the activity's
	fan   store.Fan // that it came from
}

func destinationOf(payload []byte) destination {
	var d store.Deliver
	if json.Unmarshal(payload, &d) != nil {
		return destination{}
	}
	return destination{inbox: d.Inbox, host: activity.ID(d.Inbox).Host(), since: d.Activity.Time(), fan: store.Fan{Activity: d.Activity, Sender: d.Sender, Before: d.Before}}
}

const fanBatch = 1000

// fan turns a fan into its deliveries. They go straight to the queue; ids that
// follow from activity and inbox make it harmless to do it again.
func (w *Worker) fan(ctx context.Context, f store.Fan) error {
	ds, err := w.engine.Deliveries(ctx, f)
	if err != nil {
		return err
	}
	for batch := range slices.Chunk(ds, fanBatch) {
		es := make([]envelope, len(batch))
		for i, d := range batch {
			payload, err := json.Marshal(d)
			if err != nil {
				return err
			}
			id := fmt.Sprintf("%s-%s-%x", d.Kind(), d.Activity, sha256.Sum256([]byte(d.Inbox)))
			if f.Reminder > 0 { // not the same as the first time
				id = fmt.Sprintf("%s-%d", id, f.Reminder)
			}
			es[i] = envelope{id: id, job: id, kind: d.Kind(), payload: payload}
		}
		if err := w.queue.publish(ctx, es); err != nil {
			return activity.Because(activity.Later, "queue_away", err, "the queue does not answer")
		}
	}
	return nil
}

package worker

import (
	"context"
	"encoding/json"
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
	to       func([]byte) destination                       // nil: it goes nowhere
	dead     func(context.Context, *store.Tx, []byte) error // what else to do when it is given up; nil: nothing
}

// kinds is the table of all jobs: each promise of store/job.go has its line.
func (w *Worker) kinds() []kind {
	return []kind{
		{name: store.Publish{}.Kind(), atOnce: 4, deadline: time.Minute, run: job(w.engine.Publish)},
		{name: store.Synchronise{}.Kind(), atOnce: 2, deadline: 4 * time.Minute, run: job(w.engine.Synchronise)},
		{name: store.Refollow{}.Kind(), atOnce: 1, deadline: 4 * time.Minute, run: job(w.engine.Refollow)},
		{name: store.Regroup{}.Kind(), atOnce: 1, deadline: 4 * time.Minute, run: job(w.engine.Regroup)},
		{name: store.TakeOver{}.Kind(), atOnce: 1, deadline: 4 * time.Minute, run: job(w.engine.TakeOver)},
		{name: store.AskAgain{}.Kind(), atOnce: 2, deadline: time.Minute, run: job(w.engine.AskAgain)},
		{name: store.FetchFeatured{}.Kind(), atOnce: 2, deadline: 4 * time.Minute, run: job(w.engine.FetchFeatured)},
		{name: store.FillThread{}.Kind(), atOnce: 2, deadline: 4 * time.Minute, run: job(w.engine.FillThread)},
		{name: store.Received{}.Kind(), atOnce: 64, deadline: 2 * time.Minute, run: job(w.engine.Receive)},
		{name: store.Tally{}.Kind(), atOnce: 2, deadline: time.Minute, run: job(w.engine.Tally)},
		{name: store.Fan{}.Kind(), atOnce: 2 * largeFans, deadline: 10 * time.Minute, run: job(w.fan), dead: spread},
		{name: store.Show{}.Kind(), atOnce: 2, deadline: 5 * time.Minute, run: job(w.db.Show)},
		{name: store.JudgeQuote{}.Kind(), atOnce: 4, deadline: 2 * time.Minute, run: job(w.engine.JudgeQuote)},
		// a little longer than remote.Client.Deliver may take
		{name: store.Deliver{}.Kind(), atOnce: quickSeats, deadline: 45 * time.Second, run: job(w.engine.Deliver), to: destinationOf},
		{name: store.TellPartner{}.Kind(), atOnce: 4, deadline: time.Minute, run: job(w.engine.TellPartner)},
		{name: store.Depart{}.Kind(), atOnce: 2, deadline: 5 * time.Minute, run: job(w.engine.Depart)},
		{name: store.Dismiss{}.Kind(), atOnce: 1, deadline: 4 * time.Minute, run: job(w.engine.Dismiss)},
		{name: store.PartRest{}.Kind(), atOnce: 1, deadline: 4 * time.Minute, run: job(w.db.PartRest)},
		{name: store.Freeze{}.Kind(), atOnce: 1, deadline: 10 * time.Minute, run: job(w.engine.Freeze)},
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
	delivery store.Deliver
	inbox    string
	host     string    // "" for what is no address: running the job will say so
	since    time.Time // the activity's
	fan      store.Fan // that it came from
}

func destinationOf(payload []byte) destination {
	var d store.Deliver
	if json.Unmarshal(payload, &d) != nil {
		return destination{}
	}
	return destination{delivery: d, inbox: d.Inbox, host: d.Host(), since: d.Activity.Time(),
		fan: store.Fan{Activity: d.Activity, Sender: d.Sender, Before: d.Before, Object: d.Object}}
}

package worker

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"entente.example/entente/activity"
)

// task is a job in hand.
type task struct {
	kind   kind
	job    string
	tries  int // before this one
	msg    jetstream.Msg
	to     destination // of a delivery
	parked bool        // it is in table parked as well
	probe  bool        // ... because its host is down, and this is the probe
	alive  context.CancelFunc
}

// consumer makes the step that takes jobs of one kind. jobs is the context that
// they run in: it outlives the loop.
func (w *Worker) consumer(jobs context.Context, k kind) func(context.Context) error {
	var from jetstream.Consumer
	room := newRoom(k.atOnce)
	return func(ctx context.Context) (err error) {
		if from == nil {
			if from, err = w.queue.consumer(ctx, k.name, w.tempo.ackWait); err != nil {
				return err
			}
		}
		if err = w.take(ctx, jobs, k, from, room); err != nil {
			from = nil // it may be gone
		}
		return err
	}
}

// take asks for as many jobs as there is room for, and for no more: a message
// must not grow old in a buffer. Those that arrive after ctx has ended are given
// back; therefore it is not ctx that ends the question.
func (w *Worker) take(ctx, jobs context.Context, k kind, from jetstream.Consumer, room room) error {
	n := room.take(ctx)
	if n == 0 {
		return nil
	}
	batch, err := from.Fetch(n, jetstream.FetchMaxWait(w.tempo.fetch))
	if err != nil {
		room.give(n)
		return err
	}
	for m := range batch.Messages() {
		n--
		t := newTask(k, m)
		if ctx.Err() != nil {
			w.giveBack(t)
			room.give(1)
			continue
		}
		w.admit(jobs, t, room)
	}
	room.give(n)
	return batch.Error()
}

func newTask(k kind, m jetstream.Msg) *task {
	t := &task{kind: k, msg: m, job: m.Headers().Get(jobHeader), alive: func() {}}
	t.tries, _ = strconv.Atoi(m.Headers().Get(triesHeader)) // 0 for what we have not sent ourselves
	if meta, err := m.Metadata(); err == nil && t.job == "" {
		t.job = fmt.Sprintf("%s-%d", k.name, meta.Sequence.Stream)
	}
	if k.to != nil {
		t.to = k.to(m.Data())
	}
	return t
}

// admit runs a job, or puts it in line. It holds one place in room, which is
// given back when no job uses it any more.
func (w *Worker) admit(jobs context.Context, t *task, room room) {
	w.keepAlive(jobs, t)
	if t.to.host == "" {
		w.running.Go(func() { defer room.give(1); w.handle(jobs, t) })
		return
	}
	switch w.lanes.enter(t) {
	case goes:
		w.running.Go(func() { defer room.give(1); w.drive(jobs, t) })
	case full:
		w.running.Go(func() {
			defer room.give(1)
			w.settle(jobs, t, t.sendAway())
			w.lanes.sent(t.to.host)
		})
	case waits:
		room.give(1)
	}
}

// drive runs a delivery, and then those that stood in line behind it.
func (w *Worker) drive(jobs context.Context, t *task) {
	host := t.to.host
	for t != nil {
		w.handle(jobs, t)
		t = w.lanes.leave(host)
		if err := w.callBack(jobs, host); err != nil {
			w.log.DebugContext(jobs, "nobody called back; the releaser will", "host", host, "err", err)
		}
	}
}

// handle runs a job and does what its verdict says.
func (w *Worker) handle(jobs context.Context, t *task) {
	ctx, cancel := context.WithTimeout(jobs, t.kind.deadline)
	defer cancel()
	defer context.AfterFunc(ctx, t.alive)() // one that hangs is somebody else's turn
	w.settle(jobs, t, w.verdict(ctx, t))
}

// attempt runs a job. A panic is an error, and so is being too slow.
func (w *Worker) attempt(ctx context.Context, t *task) (err error) {
	start := time.Now()
	defer func() {
		w.metrics.seconds.WithLabelValues(t.kind.name).Observe(time.Since(start).Seconds())
		if p := recover(); p != nil {
			err = w.defect(ctx, "job "+t.kind.name, p, "job", t.job)
		}
	}()
	err = t.kind.run(ctx, t.msg.Data())
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return activity.Because(activity.Later, "too_slow", err, "this has taken too long")
	}
	return err
}

// defect counts a panic, and makes an error of it: the process lives.
func (w *Worker) defect(ctx context.Context, entry string, panicked any, also ...any) error {
	w.metrics.defects.WithLabelValues(entry).Inc()
	w.log.ErrorContext(ctx, "defect: a panic was survived", append(also, "entry", entry, "panic", panicked, "stack", string(debug.Stack()))...)
	return activity.Because(activity.Internal, "panic", fmt.Errorf("panic: %v", panicked), "something is broken here")
}

// keepAlive tells JetStream that a job is in good hands, until t.alive is called.
func (w *Worker) keepAlive(jobs context.Context, t *task) {
	ctx, cancel := context.WithCancel(jobs)
	t.alive = cancel
	go func() {
		beat := time.NewTicker(w.tempo.ackWait / 3)
		defer beat.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-beat.C:
				if err := t.msg.InProgress(); err != nil {
					w.log.DebugContext(ctx, "no heartbeat", "job", t.job, "err", err)
				}
			}
		}
	}()
}

// room is for so many jobs at once.
type room chan struct{}

func newRoom(n int) room {
	r := make(room, n)
	r.give(n)
	return r
}

// take waits for at least one free place and takes all that there are; 0 means
// that ctx has ended.
func (r room) take(ctx context.Context) int {
	select {
	case <-ctx.Done():
		return 0
	case <-r:
	}
	for n := 1; ; n++ {
		select {
		case <-r:
		default:
			return n
		}
	}
}

func (r room) give(n int) {
	for range n {
		r <- struct{}{}
	}
}

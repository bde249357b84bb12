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
	"entente.example/entente/federation/remote"
	"entente.example/entente/store"
)

// task is a job in hand.
type task struct {
	kind  kind
	job   string
	tries int // before this one
	msg   jetstream.Msg
	to    destination // of a delivery
	trace string      // that it came with; "": nobody traces it

	standing store.Standing // of a delivery, when it was read
	readAt   time.Time
	rose     bool // it has shown that its host is up again

	ran  bool // it was tried
	took time.Duration
	said *remote.Answer // what the partner said to that; nil: nothing, or yes
}

// probe says that the host is down and that this is what tries it.
func (t *task) probe() bool { return t.standing.Down && t.standing.Parked }

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
	for ms := arrived(batch.Messages()); len(ms) > 0; ms = arrived(batch.Messages()) {
		n -= len(ms)
		tasks := make([]*task, len(ms))
		for i, m := range ms {
			tasks[i] = newTask(k, m)
			w.hold(tasks[i])
		}
		if ctx.Err() == nil && k.to != nil {
			w.read(jobs, tasks)
			tasks = w.shelve(tasks, room)
		}
		for _, t := range tasks {
			if ctx.Err() != nil {
				w.giveBack(t)
				room.give(1)
				continue
			}
			w.admit(jobs, t, room)
		}
	}
	room.give(n)
	return batch.Error()
}

// arrived waits for a message, and then takes those that are there; none means that
// no more will come.
func arrived(from <-chan jetstream.Msg) (ms []jetstream.Msg) {
	const most = 100
	m, more := <-from
	for more {
		if ms = append(ms, m); len(ms) == most {
			break
		}
		select {
		case m, more = <-from:
		default:
			more = false
		}
	}
	return ms
}

func newTask(k kind, m jetstream.Msg) *task {
	t := &task{kind: k, msg: m, job: m.Headers().Get(jobHeader), trace: m.Headers().Get(traceHeader)}
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
	if t.to.host == "" {
		w.running.Go(func() { defer room.give(1); w.handle(jobs, t) })
		return
	}
	if t.isProven() {
		if run := w.enter(jobs, t, room); run != nil {
			w.running.Go(run)
		}
		return
	}
	room.give(1)
	if w.waiting.Add(1) > newcomersWaiting {
		w.waiting.Add(-1)
		w.running.Go(func() { w.settle(t, t.putOff()) })
		return
	}
	w.running.Go(func() { w.wait(jobs, t) })
}

// wait is for a delivery to a host of which nobody knows whether it will answer. There
// are seats for so many of these, which they take from each other only.
func (w *Worker) wait(jobs context.Context, t *task) {
	defer w.waiting.Add(-1)
	select {
	case <-jobs.Done():
		w.giveBack(t)
	case <-w.newcomers:
		t.readAt = time.Time{} // it has waited, and others have been there
		if run := w.enter(jobs, t, w.newcomers); run != nil {
			run()
		}
	}
}

// enter takes a delivery, which has a place in room, to its lane, and returns what is
// left to do; nil: somebody else will do it.
func (w *Worker) enter(jobs context.Context, t *task, room room) func() {
	switch w.lanes.enter(t) {
	case goes:
		return func() {
			s := newSeat(room, w.slow)
			defer s.leave()
			w.drive(jobs, t)
		}
	case full:
		return func() {
			defer room.give(1)
			w.settle(t, t.sendAway())
			w.lanes.sent(t.to.host)
		}
	}
	room.give(1)
	return nil
}

// drive runs a delivery, and then those that stood in line behind it.
func (w *Worker) drive(jobs context.Context, t *task) {
	host := t.to.host
	for t != nil {
		failed := w.handle(jobs, t) != done
		if t = w.lanes.leave(host); t != nil && failed {
			t.readAt = time.Time{} // the host may be down now, or want to be left alone
		}
		if err := w.callBack(jobs, host); err != nil {
			w.log.DebugContext(jobs, "nobody called back; the releaser will", "host", host, "err", err)
		}
	}
}

// handle runs a job and does what its verdict says.
func (w *Worker) handle(jobs context.Context, t *task) outcome {
	ctx, cancel := context.WithTimeout(jobs, t.kind.deadline)
	defer cancel()
	defer context.AfterFunc(ctx, func() { w.letGo(t) })() // one that hangs is somebody else's turn
	v := w.verdict(ctx, t)
	w.settle(t, v)
	return v.outcome
}

// attempt runs a job. A panic is an error, and so is being too slow.
func (w *Worker) attempt(ctx context.Context, t *task) (err error) {
	start := time.Now()
	ctx, span := w.spanOf(ctx, t)
	defer func() { endSpan(span, err) }()
	defer func() {
		t.ran, t.took = true, time.Since(start)
		w.metrics.seconds.WithLabelValues(t.kind.name).Observe(t.took.Seconds())
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

// room is for so many jobs at once.
type room chan struct{}

func newRoom(n int) room {
	r := make(room, n)
	r.give(n)
	return r
}

// together is how long the first free place waits for others: asking for one job at a
// time costs more than the jobs.
const together = 2 * time.Millisecond

// take waits for at least one free place and takes all that there are; 0 means
// that ctx has ended.
func (r room) take(ctx context.Context) int {
	select {
	case <-ctx.Done():
		return 0
	case <-r:
	}
	if len(r) < cap(r)/8 {
		sleep(ctx, together)
	}
	for n := 1; ; n++ {
		select {
		case <-r:
		default:
			return n
		}
	}
}

// try takes a place if there is one.
func (r room) try() bool {
	select {
	case <-r:
		return true
	default:
		return false
	}
}

func (r room) give(n int) {
	for range n {
		r <- struct{}{}
	}
}

package worker

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// Engine is what the jobs are about: a *federation.Service.
type Engine interface {
	// Publish posts a draft that is due.
	Publish(context.Context, store.Publish) error
	Research
	// Receive takes in what a partner sent.
	Receive(context.Context, store.Received) error
	// Deliveries are what a fan stands for, one for each inbox.
	Deliveries(context.Context, store.Fan) ([]store.Deliver, error)
	// Deliver brings an activity to an inbox. A *remote.Answer in the error's
	// tree says that the partner has spoken.
	Deliver(context.Context, store.Deliver) error
	// Depart takes somebody who is locked out of all that they are in.
	Depart(context.Context, store.Depart) error
	// Dismiss takes those out of a group whose company is not in it any more.
	Dismiss(context.Context, store.Dismiss) error
	// Freeze lets the ties between our people and a partner's be what the agreement lets.
	Freeze(context.Context, store.Freeze) error
	// Retire removes keys that are no longer needed.
	Retire(context.Context, store.Retire) error
	// JudgeQuote finds out whether a note may quote what it quotes.
	JudgeQuote(context.Context, store.JudgeQuote) error
	// Tally tells how the votes in a poll stand.
	Tally(context.Context, store.Tally) error
}

// Research is what the jobs do that ask other servers, and what follows from it.
type Research interface {
	// Refollow lets our people follow whom somebody has moved to.
	Refollow(context.Context, store.Refollow) error
	// Regroup shows what was posted in a group in the one that it goes on as.
	Regroup(context.Context, store.Regroup) error
	// TakeOver goes on with a group that its host hands over.
	TakeOver(context.Context, store.TakeOver) error
	// AskAgain asks the host of an actor how it is now.
	AskAgain(context.Context, store.AskAgain) error
	// FetchFeatured fetches what an actor features.
	FetchFeatured(context.Context, store.FetchFeatured) error
	// FillThread fetches what a thread lacks.
	FillThread(context.Context, store.FillThread) error
	// LookAfter sees to agreements that end, and asks partners which software they run.
	LookAfter(context.Context) error
	// TellPartner tells another instance what we know of an agreement.
	TellPartner(context.Context, store.TellPartner) error
	// Synchronise compares our people who follow an actor with what its host says.
	Synchronise(context.Context, store.Synchronise) error
}

// Worker moves jobs from the outbox to JetStream, and from there to their
// functions.
type Worker struct {
	db      *store.Store
	queue   *queue
	engine  Engine
	log     *slog.Logger
	metrics *Metrics
	tempo   tempo
	lanes   *lanes
	slow    room // of deliveries that take long

	newcomers room         // of deliveries to hosts that have not taken the last one
	large     room         // of large fans
	waiting   atomic.Int64 // those that want one of these, or have it
	running   sync.WaitGroup
	rates     rates
	tracer    trace.Tracer

	mu          sync.Mutex
	held        map[*task]struct{}
	feeding     sync.Mutex // fans take turns
	settlements chan settlement
}

// tempo is how fast things go; tests are in a hurry.
type tempo struct {
	poll       time.Duration // looking for promises of other processes
	release    time.Duration // looking for parked jobs that are due
	measure    time.Duration // of the gauges
	giveUp     time.Duration // looking for jobs that are parked for too long
	forget     time.Duration // removing what is of no use any more
	ask        time.Duration // looking for partners that are due to be asked what they run
	away       time.Duration // looking for deliveries that wait to be called back
	lost       time.Duration // looking for deliveries that the queue has lost
	lostAfter  time.Duration // under way for so long, they must be
	fetch      time.Duration // one question for messages
	pause      time.Duration // after trouble
	ackWait    time.Duration // JetStream's patience with a silent worker
	grace      time.Duration // of running jobs at the end
	probeTime  time.Duration
	deliveries backoff
	jobs       backoff
	probes     backoff
}

var errStopping = errors.New("the worker is stopping")

// New makes a worker. NATS need not be there yet, nor stay. The caller closes
// what js is connected with, after Run.
func New(db *store.Store, js jetstream.JetStream, engine Engine, log *slog.Logger, m *Metrics) *Worker {
	return &Worker{
		db: db, queue: &queue{js: js}, engine: engine, log: log, metrics: m,
		lanes: newLanes(laneWidth, laneLength), slow: newRoom(slowSeats), newcomers: newRoom(newSeats), large: newRoom(largeFans),
		tracer: noop.Tracer{}, held: map[*task]struct{}{}, settlements: make(chan settlement, atOneStroke),
		tempo: tempo{
			poll:       200 * time.Millisecond,
			release:    250 * time.Millisecond,
			measure:    15 * time.Second,
			giveUp:     10 * time.Minute,
			forget:     24 * time.Hour,
			ask:        time.Hour,
			away:       15 * time.Second,
			lost:       10 * time.Minute,
			lostAfter:  15 * time.Minute,
			fetch:      time.Second,
			pause:      time.Second,
			ackWait:    15 * time.Second, // what a killed process held goes on after it
			grace:      2500 * time.Millisecond,
			probeTime:  limits.ProbeTime,
			deliveries: backoff{3 * time.Second, 4, 6 * time.Hour},
			jobs:       backoff{time.Second, 2, time.Hour},
			probes:     backoff{5 * time.Second, 2, time.Hour},
		},
	}
}

// Ready is nil when jobs can be queued and taken; it answers within 2 seconds.
func (w *Worker) Ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return w.queue.ping(ctx)
}

// Run works until ctx ends: relay, releaser and one consumer for each kind of
// job. Then it takes no new jobs, lets those that run finish, and returns within
// 4 seconds; an error says that one of them would not end. A worker runs once.
func (w *Worker) Run(ctx context.Context) error {
	jobs, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() {
		time.AfterFunc(w.tempo.grace, func() { cancel(errStopping) })
	})()

	var loops, others sync.WaitGroup
	others.Go(w.settleAll)
	others.Go(func() { w.loop(jobs, "beat", w.beat) })
	loops.Go(func() { w.loop(ctx, "relay", w.relay()) })
	loops.Go(func() { w.loop(ctx, "release", w.release) })
	loops.Go(func() { w.loop(ctx, "give up", w.giveUp) })
	loops.Go(func() { w.loop(ctx, "call back", w.seekAway) })
	loops.Go(func() { w.loop(ctx, "seek lost", w.seekLost) })
	loops.Go(func() { w.loop(ctx, "measure", w.measure) })
	loops.Go(func() { w.loop(ctx, "forget", w.forget) })
	loops.Go(func() { w.loop(ctx, "ask partners", w.lookAfter) })
	for _, k := range w.kinds() {
		loops.Go(func() { w.loop(ctx, "take "+k.name, w.consumer(jobs, k)) })
	}
	loops.Wait()
	for _, t := range w.lanes.close() {
		w.giveBack(t)
	}
	err := w.finish(jobs)
	if err == nil { // else somebody may still want to settle
		cancel(nil)
		close(w.settlements)
		others.Wait()
		w.noteLast(ctx)
	}
	return errors.Join(err, w.queue.flush(time.Second))
}

// finish waits for the running jobs, and a second longer than they have.
func (w *Worker) finish(jobs context.Context) error {
	ended := make(chan struct{})
	go func() { w.running.Wait(); close(ended) }()
	select {
	case <-ended:
		return nil
	case <-jobs.Done():
	}
	select {
	case <-ended:
		return nil
	case <-time.After(time.Second):
		return errors.New("a job does not end when it is told to")
	}
}

// loop takes steps until ctx ends. Trouble is logged when it begins and when it
// is over, and slows the steps down.
func (w *Worker) loop(ctx context.Context, what string, step func(context.Context) error) {
	trouble := false
	for ctx.Err() == nil {
		err := w.survive(ctx, what, step)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !trouble:
			w.log.WarnContext(ctx, "the worker has trouble, and tries on", "loop", what, "err", err)
		case err == nil && trouble:
			w.log.InfoContext(ctx, "the worker's trouble is over", "loop", what)
		}
		if trouble = err != nil; trouble {
			sleep(ctx, w.tempo.pause)
		}
	}
}

// survive takes a step; a panic in it is trouble like any other.
func (w *Worker) survive(ctx context.Context, what string, step func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = w.defect(ctx, "loop "+what, p)
		}
	}()
	return step(ctx)
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

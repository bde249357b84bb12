package worker

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

func TestACommittedPromiseRunsOnceAndARolledBackOneNever(t *testing.T) {
	t.Parallel()
	db, js, e := storetest.New(t), newQueue(t), &engine{}
	var want []string
	for i := range 37 {
		want = append(want, fmt.Sprintf("kept %02d", i))
	}
	enqueue(t, db, receivedFrom(want...)...)
	err := db.InTx(t.Context(), func(tx *store.Tx) error {
		return errors.Join(tx.Enqueue(t.Context(), receivedFrom("rolled back")...), context.Canceled)
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	start(t, quick(db, js, e))
	soon(t, "everything is done", func() bool { return len(e.signers()) >= len(want) && idle(t, db, js) })
	time.Sleep(300 * time.Millisecond) // would show a second run
	got := e.signers()
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Fatalf("ran %q", got)
	}
}

func TestAFanBecomesOneDeliveryForEachInboxHoweverOftenItRuns(t *testing.T) {
	t.Parallel()
	const inboxes = 2500
	db, js := storetest.New(t), newQueue(t)
	activityKey := store.NewKey(time.Now())
	e := &engine{deliveries: func(_ context.Context, f store.Fan) ([]store.Deliver, error) {
		ds := make([]store.Deliver, inboxes)
		for i := range ds {
			ds[i] = store.Deliver{Activity: f.Activity, Sender: f.Sender, Inbox: inbox(fmt.Sprintf("host%d.test", i))}
		}
		return ds, nil
	}}
	fan := store.Fan{Activity: activityKey, Sender: 7}
	enqueue(t, db, fan, fan)
	start(t, quick(db, js, e))
	delivered := func() []store.Deliver {
		e.mu.Lock()
		defer e.mu.Unlock()
		return slices.Clone(e.delivered)
	}
	soon(t, "all are delivered", func() bool { return len(delivered()) >= inboxes && idle(t, db, js) })
	seen := map[string]bool{}
	for _, d := range delivered() {
		if d.Activity != activityKey || d.Sender != 7 || seen[d.Inbox] {
			t.Fatalf("%+v, seen: %t", d, seen[d.Inbox])
		}
		seen[d.Inbox] = true
	}
	if len(seen) != inboxes {
		t.Fatalf("%d inboxes", len(seen))
	}
}

func TestAJobThatFailsForNowIsTriedAgain(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	var tries atomic.Int64
	e := &engine{receive: func(context.Context, store.Received) error {
		if tries.Add(1) < 4 {
			return errors.New("disk full")
		}
		return nil
	}}
	enqueue(t, db, receivedFrom("a")...)
	start(t, quick(db, js, e))
	soon(t, "it has run", func() bool { return len(e.signers()) == 1 && idle(t, db, js) })
	if waiting, dead := counts(t, db); tries.Load() != 4 || waiting != 0 || dead != 0 {
		t.Fatalf("%d tries, %d waiting, %d dead", tries.Load(), waiting, dead)
	}
}

func TestAJobThatAlwaysFailsIsADeadLetterAfterTwentyTries(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	var tries atomic.Int64
	e := &engine{receive: func(context.Context, store.Received) error {
		tries.Add(1)
		return errors.New("disk full")
	}}
	w := quick(db, js, e)
	w.tempo.jobs = backoff{time.Millisecond, 1, time.Millisecond}
	enqueue(t, db, receivedFrom("a")...)
	start(t, w)
	soon(t, "it is dead", func() bool { _, dead := counts(t, db); return dead == 1 })
	p := parkedJobs(t, db, true)[0]
	if tries.Load() != maxTries || p.Tries != maxTries || !strings.Contains(p.Reason, "disk full") || p.Kind != "received" {
		t.Fatalf("%d tries, %+v", tries.Load(), p)
	}
}

func TestAPermanentFailureIsADeadLetterWithTheReason(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	e := &engine{receive: func(context.Context, store.Received) error {
		return activity.Refuse(activity.Invalid, "no_actor", "nobody has \x00 done this: %s", strings.Repeat("ä", limits.Reason))
	}}
	enqueue(t, db, receivedFrom("a")...)
	start(t, quick(db, js, e))
	soon(t, "it is dead", func() bool { _, dead := counts(t, db); return dead == 1 })
	p := parkedJobs(t, db, true)[0]
	if !strings.HasPrefix(p.Reason, "no_actor: nobody has ") || p.Tries != 1 || p.Payload == "" {
		t.Fatalf("%+v", p)
	}
	soon(t, "the message is acknowledged", func() bool { return idle(t, db, js) }) // after it is kept
}

func TestAnUnreadableJobIsADeadLetter(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	w := quick(db, js, &engine{})
	start(t, w)
	soon(t, "the stream is there", func() bool { return w.Ready() == nil })
	if _, err := js.Publish(t.Context(), "jobs.deliver", []byte("what?")); err != nil {
		t.Fatal(err)
	}
	soon(t, "it is dead", func() bool { _, dead := counts(t, db); return dead == 1 })
	if p := parkedJobs(t, db, true)[0]; p.Job != "deliver-1" || !strings.HasPrefix(p.Reason, "unreadable_job") {
		t.Fatalf("%+v", p)
	}
}

func TestAPromiseThatNoMessageCanHoldIsADeadLetterAndStopsNobody(t *testing.T) {
	t.Parallel()
	db, js, e := storetest.New(t), newQueue(t), &engine{}
	huge := store.Received{Raw: []byte(`"` + strings.Repeat("<", 3<<20) + `"`), Signer: "huge"}
	enqueue(t, db, huge, receivedFrom("small")[0])
	start(t, quick(db, js, e))
	soon(t, "the small one has run", func() bool { return len(e.signers()) == 1 && idle(t, db, js) })
	if p := parkedJobs(t, db, true); len(p) != 1 || !strings.HasPrefix(p[0].Reason, "too_large") {
		t.Fatalf("%d dead", len(p))
	}
}

func TestAPanicInAJobDoesNotStopTheWorker(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	var panicked atomic.Bool
	e := &engine{receive: func(_ context.Context, j store.Received) error {
		if j.Signer == "bad" && panicked.CompareAndSwap(false, true) {
			panic("nil map")
		}
		return nil
	}}
	w, shown := quick(db, js, e), prometheus.NewRegistry()
	w.metrics = NewMetrics(shown)
	enqueue(t, db, receivedFrom("bad", "good")...)
	start(t, w)
	soon(t, "both have run", func() bool { return len(e.signers()) == 2 })
	soon(t, "all is counted", func() bool {
		return metric(t, shown, "entente_jobs_total") == 3 && metric(t, shown, "entente_job_seconds") == 3
	})
	if n := metric(t, shown, "entente_defects_total"); n != 1 {
		t.Fatalf("%v panics counted", n)
	}
}

func TestAPanicInALoopIsTroubleLikeAnyOther(t *testing.T) {
	t.Parallel()
	w, shown := quick(nil, nil, &engine{}), prometheus.NewRegistry()
	w.metrics = NewMetrics(shown)
	err := w.survive(t.Context(), "test", func(context.Context) error { panic("nil map") })
	if activity.KindOf(err) != activity.Internal || err == nil || metric(t, shown, "entente_defects_total") != 1 {
		t.Fatalf("it ends with %v", err)
	}
}

// metric is the sum of a metric over all its labels.
func metric(t testing.TB, from prometheus.Gatherer, name string) (sum float64) {
	t.Helper()
	families, err := from.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return sum
}

func TestTheGaugesShowWhatWaits(t *testing.T) {
	t.Parallel()
	db, shown, ctx := storetest.New(t), prometheus.NewRegistry(), t.Context()
	w := quick(db, nil, &engine{})
	w.metrics = NewMetrics(shown)
	enqueue(t, db, receivedFrom("a", "b")...)
	err := db.InTx(ctx, func(tx *store.Tx) error {
		for i, due := range []time.Time{tx.Now, {}, {}} {
			p := store.Parked{Job: fmt.Sprint(i), Kind: "received", DueAt: tx.Now}
			if due.IsZero() {
				p.DeadAt.Time = tx.Now
			}
			if err := tx.Park(ctx, p); err != nil {
				return err
			}
		}
		_, err := tx.Failed(ctx, "a.test", "x", false, 1, func(int) time.Time { return tx.Now })
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.tempo.measure = 0
	w.rates.count(&task{kind: kind{name: "deliver"}, to: destination{host: "b.test"}, ran: true}, verdict{outcome: done, over: store.Delivered})
	if err := w.measure(ctx); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{"entente_outbox_jobs": 2, "entente_parked_jobs": 1, "entente_dead_jobs": 2, "entente_hosts_down": 1,
		"entente_partner_waiting_jobs": 0, "entente_partner_deliveries_per_minute": 0.2} {
		if got := metric(t, shown, name); math.Abs(got-want) > 0.01 {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if age := metric(t, shown, "entente_outbox_age_seconds"); age <= 0 || age > 60 {
		t.Errorf("the oldest is %v s old", age)
	}
	if since := metric(t, shown, "entente_partner_down_since_timestamp_seconds"); since < float64(time.Now().Unix()-60) {
		t.Errorf("down since %v", since)
	}
}

func TestAJobThatTookTooLongIsTriedAgain(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	w := quick(db, js, &engine{})
	k := kind{name: "slow", deadline: 10 * time.Millisecond, run: func(ctx context.Context, _ []byte) error {
		<-ctx.Done()
		return ctx.Err()
	}}
	ctx, cancel := context.WithTimeout(t.Context(), k.deadline)
	defer cancel()
	err := w.attempt(ctx, &task{kind: k, msg: message{}})
	if f := activity.FaultOf(err); f.Kind != activity.Later || f.Reason != "too_slow" {
		t.Fatal(err)
	}
}

// message is one that no queue has sent.
type message struct{ jetstream.Msg }

func (message) Data() []byte { return nil }

func TestAJobOfAKilledWorkerRunsAgain(t *testing.T) {
	t.Parallel()
	db, js, e := storetest.New(t), newQueue(t), &engine{}
	w := quick(db, js, e)
	from, err := w.queue.consumer(t.Context(), "received", w.tempo.ackWait)
	if err != nil {
		t.Fatal(err)
	}
	enqueue(t, db, receivedFrom("a")...)
	if _, err := db.Drain(t.Context(), 10, func(ps []store.Promise) error { return w.send(t.Context(), ps) }); err != nil {
		t.Fatal(err)
	}
	if _, err := from.Next(); err != nil { // and dies
		t.Fatal(err)
	}
	start(t, w)
	soon(t, "it has run", func() bool { return len(e.signers()) == 1 && idle(t, db, js) })
}

func TestAJobThatRunsLongerThanJetStreamWaitsRunsOnce(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	var begun atomic.Int64
	e := &engine{}
	w := quick(db, js, e)
	w.tempo.ackWait = 300 * time.Millisecond
	e.receive = func(context.Context, store.Received) error {
		begun.Add(1)
		time.Sleep(4 * w.tempo.ackWait)
		return nil
	}
	enqueue(t, db, receivedFrom("a")...)
	start(t, w)
	soon(t, "it has run", func() bool { return len(e.signers()) == 1 && idle(t, db, js) })
	if begun.Load() != 1 {
		t.Fatalf("it has begun %d times", begun.Load())
	}
}

func TestAtTheEndShortJobsFinishAndLongOnesAreGivenBack(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	var begun atomic.Int64
	e := &engine{receive: func(ctx context.Context, j store.Received) error {
		begun.Add(1)
		if j.Signer == "short" {
			time.Sleep(300 * time.Millisecond)
			return nil
		}
		<-ctx.Done()
		return ctx.Err()
	}}
	w := quick(db, js, e)
	enqueue(t, db, receivedFrom("short", "long")...)
	stop := start(t, w)
	soon(t, "both have begun", func() bool { return begun.Load() == 2 })
	began := time.Now()
	stop()
	if took := time.Since(began); took > w.tempo.grace+time.Second {
		t.Fatalf("it took %s to stop", took)
	}
	if got := e.signers(); !slices.Equal(got, []string{"short"}) {
		t.Fatalf("done: %q", got)
	}
	if waiting, dead := counts(t, db); waiting+dead != 0 {
		t.Fatalf("%d waiting, %d dead", waiting, dead)
	}
	next := &engine{}
	start(t, quick(db, js, next))
	soon(t, "the long one has run elsewhere", func() bool { return slices.Equal(next.signers(), []string{"long"}) })
}

func TestTwoWorkersShareTheWork(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	// Nobody gets on before both have begun: one that takes everything would wait forever.
	var both sync.WaitGroup
	both.Add(2)
	meet := func() func(context.Context, store.Received) error {
		here := sync.OnceFunc(both.Done)
		return func(context.Context, store.Received) error { here(); both.Wait(); return nil }
	}
	a, b := &engine{receive: meet()}, &engine{receive: meet()}
	start(t, quick(db, js, a))
	start(t, quick(db, js, b))
	const jobs = 400
	var want []string
	for i := range jobs {
		want = append(want, fmt.Sprintf("%03d", i))
	}
	for batch := range slices.Chunk(want, 20) {
		enqueue(t, db, receivedFrom(batch...)...)
	}
	soon(t, "everything is done", func() bool { return len(a.signers())+len(b.signers()) >= jobs && idle(t, db, js) })
	got := append(a.signers(), b.signers()...)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Fatalf("%d runs of %d jobs", len(got), jobs)
	}
}

func TestTheReleaserIsSafeWithTwoWorkers(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	const jobs = 300
	err := db.InTx(t.Context(), func(tx *store.Tx) error {
		for i := range jobs {
			p := store.Parked{Job: fmt.Sprintf("received-%d", i), Kind: "received", Payload: fmt.Sprintf(`{"signer":"%03d"}`, i), DueAt: tx.Now}
			if err := tx.Park(t.Context(), p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	e := &engine{}
	start(t, quick(db, js, e))
	start(t, quick(db, js, e))
	soon(t, "everything is done", func() bool { return len(e.signers()) >= jobs && idle(t, db, js) })
	time.Sleep(100 * time.Millisecond)
	got := e.signers()
	slices.Sort(got)
	if len(slices.Compact(got)) != jobs || len(e.signers()) != jobs {
		t.Fatalf("%d runs of %d jobs", len(e.signers()), jobs)
	}
}

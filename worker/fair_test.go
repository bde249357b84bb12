package worker

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// Half of the hosts never answer. With so few seats that they could take them all,
// the others still get theirs at once.
func TestHostsThatNeverAnswerTakeNobodysSeat(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	const good, bad, posts = 20, 300, 5
	var mu sync.Mutex
	var took []time.Duration
	e := &engine{deliver: func(ctx context.Context, d store.Deliver) error {
		if d.Sender == 2 {
			<-ctx.Done()
			return unreachable()
		}
		mu.Lock()
		defer mu.Unlock()
		took = append(took, time.Since(d.Activity.Time()))
		return nil
	}}
	w := quick(db, js, e)
	start(t, w)
	for h := range good {
		enqueue(t, db, store.Deliver{Activity: store.NewKey(time.Now()), Sender: 1, Inbox: inbox(fmt.Sprintf("good%d.test", h))})
	}
	soon(t, "the good ones are known", func() bool { mu.Lock(); defer mu.Unlock(); return len(took) == good })
	for range posts {
		var jobs []store.Job
		for h := range max(good, bad) {
			if h < bad {
				jobs = append(jobs, store.Deliver{Activity: store.NewKey(time.Now()), Sender: 2, Inbox: inbox(fmt.Sprintf("bad%d.test", h))})
			}
			if h < good {
				jobs = append(jobs, store.Deliver{Activity: store.NewKey(time.Now()), Sender: 1, Inbox: inbox(fmt.Sprintf("good%d.test", h))})
			}
		}
		enqueue(t, db, jobs...)
	}
	soon(t, "the good ones have theirs", func() bool { mu.Lock(); defer mu.Unlock(); return len(took) == good*(posts+1) })
	slices.Sort(took)
	t.Logf("median %s, longest %s", took[len(took)/2], took[len(took)-1])
}

func TestAHostThatAsksForAPauseGetsItForEverything(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	var tries atomic.Int64
	var until atomic.Pointer[time.Time]
	e := &engine{deliver: func(context.Context, store.Deliver) error {
		if tries.Add(1) == 1 {
			end := time.Now().Add(time.Second)
			until.Store(&end)
			return answers(429, activity.Later, time.Second)
		}
		return nil
	}}
	w := quick(db, js, e)
	w.lanes = newLanes(1, 100)
	start(t, w)
	enqueue(t, db, deliverTo("busy.test", 20)...)
	soon(t, "it has asked", func() bool { return until.Load() != nil })
	for time.Until(*until.Load()) > 100*time.Millisecond {
		if n := tries.Load(); n != 1 {
			t.Fatalf("%d tries while it wanted to be left alone", n)
		}
		time.Sleep(10 * time.Millisecond)
	}
	soon(t, "all have arrived", func() bool { return len(e.arrived(inbox("busy.test"))) == 20 })
	if h := hostOf(t, db, "busy.test"); h.Down() || h.Failures != 0 {
		t.Fatalf("%+v", h)
	}
}

func TestASeatIsGivenUpAfterAMoment(t *testing.T) {
	t.Parallel()
	quick, slow := newRoom(1), newRoom(1)
	quick.try()
	s := newSeat(quick, slow)
	soon(t, "it has moved", func() bool { return len(quick) == 1 && len(slow) == 0 })
	quick.try()
	second := newSeat(quick, slow)
	time.Sleep(moment + moment/4)
	if len(quick) > 0 {
		t.Fatal("there was no slow place, and it moved")
	}
	s.leave()
	soon(t, "the second one has moved", func() bool { return len(quick) == 1 && len(slow) == 0 })
	second.leave()
	if len(quick) != 1 || len(slow) != 1 {
		t.Fatalf("%d quick and %d slow places", len(quick), len(slow))
	}
}

// More large fans than run at once, of one author: another one's small post does not wait
// until they are through.
func TestManyLargeFansDoNotHoldUpASmallOne(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	const large, small = 1, 2
	var begun atomic.Int64
	known, came := make(chan struct{}), make(chan struct{})
	e := &engine{deliveries: func(ctx context.Context, f store.Fan) ([]store.Deliver, error) {
		if f.Sender == small {
			return []store.Deliver{{Activity: f.Activity, Sender: small, Inbox: inbox("small.test")}}, nil
		}
		begun.Add(1)
		return toAll(5*fanBatch)(ctx, f)
	}}
	gates := make(chan chan struct{}, 2)
	gates <- known
	gates <- came
	e.deliver = func(ctx context.Context, d store.Deliver) error {
		if d.Sender == small {
			close(<-gates)
			return nil
		}
		select { // until then no large fan gets on
		case <-came:
		case <-ctx.Done():
		}
		return nil
	}
	start(t, quick(db, js, e))
	at := store.NewKey(time.Now())
	post := func(n int, by store.Key) {
		enqueue(t, db, store.Fan{Activity: at + store.Key(n<<16), Sender: by, Object: int64(n + 1)})
	}
	post(0, small)
	<-known
	soon(t, "its host is known", func() bool { return !hostOf(t, db, "small.test").SucceededAt.IsZero() })
	for n := range 40 {
		post(n+1, large)
	}
	soon(t, "the large ones have begun", func() bool { return begun.Load() >= 16 })
	start := time.Now()
	post(100, small)
	select {
	case <-came:
	case <-time.After(20 * time.Second):
		t.Fatal("the small one waits for the large ones")
	}
	t.Logf("after %s", time.Since(start))
}

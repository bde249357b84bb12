package worker

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// Many deliveries for hosts that are gone, and as many for one that takes its time:
// whatever waits, it waits in Postgres.
func TestWhatWaitsIsBoundedInTheQueueAndInMemory(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	const hosts, posts = 400, 12
	var most atomic.Int64
	e := &engine{deliver: func(ctx context.Context, d store.Deliver) error { return unreachable() }}
	e.deliveries = toAll(hosts)
	w := quick(db, js, e)
	w.tempo.deliveries = backoff{time.Hour, 1, time.Hour}
	w.tempo.probes = backoff{time.Hour, 1, time.Hour}
	before := runtime.NumGoroutine()
	start(t, w)
	at := store.NewKey(time.Now())
	for n := range posts {
		enqueue(t, db, store.Fan{Activity: at + store.Key(n<<16), Sender: 1, Object: int64(n + 1)})
	}
	soon(t, "all are parked", func() bool {
		n, err := w.queue.pending(t.Context(), store.Deliver{}.Kind())
		if err == nil && int64(n) > most.Load() {
			most.Store(int64(n))
		}
		waiting, dead := counts(t, db)
		return waiting == hosts*posts && dead == 0
	})
	if n := most.Load(); n > mostQueued+16*fanBatch {
		t.Errorf("%d were in the queue at once", n)
	}
	soon(t, "the goroutines have ended", func() bool { return runtime.NumGoroutine() < before+300 })
	if down, err := db.CountDown(t.Context()); down == 0 || err != nil {
		t.Fatal("no host is down", err)
	}
}

package worker

import (
	"testing"
	"time"

	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// How many promises a second one relay moves to JetStream.
func BenchmarkRelay(b *testing.B) {
	db, js := storetest.New(b), newQueue(b)
	w := quick(db, js, &engine{})
	if err := w.queue.ensure(b.Context()); err != nil {
		b.Fatal(err)
	}
	jobs := deliverTo("a.test", relayBatch)
	n := 0
	for b.Loop() {
		b.StopTimer()
		enqueue(b, db, jobs...)
		b.StartTimer()
		sent, err := db.Drain(b.Context(), relayBatch, func(ps []store.Promise) error { return w.send(b.Context(), ps) })
		if err != nil || sent != relayBatch {
			b.Fatal(sent, err)
		}
		n += sent
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "promises/s")
}

// How many deliveries a second one worker does, from the promise to the end,
// when the partners take no time.
func BenchmarkDeliver(b *testing.B) {
	db, js := storetest.New(b), newQueue(b)
	e := &engine{}
	const hosts, each = 50, 20
	start(b, quick(db, js, e))
	n := 0
	for b.Loop() {
		var jobs []store.Job
		for h := range hosts {
			jobs = append(jobs, deliverTo("host"+string(rune('a'+h%26))+string(rune('a'+h/26))+".test", each)...)
		}
		enqueue(b, db, jobs...)
		n += len(jobs)
		for done := 0; done < n; time.Sleep(time.Millisecond) {
			e.mu.Lock()
			done = len(e.delivered)
			e.mu.Unlock()
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "deliveries/s")
}

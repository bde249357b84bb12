package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"entente.example/entente/activity"
	"entente.example/entente/federation/remote"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
	"entente.example/entente/worker/broker"
)

func TestMain(m *testing.M) { os.Exit(storetest.Run(m)) }

// engine is what the jobs of a test do, and what they have done.
type engine struct {
	Engine     // what no test here asks for
	receive    func(context.Context, store.Received) error
	deliveries func(context.Context, store.Fan) ([]store.Deliver, error)
	deliver    func(context.Context, store.Deliver) error
	publish    func(context.Context, store.Publish) error

	mu        sync.Mutex
	received  []string        // the signers, in order
	delivered []store.Deliver // those that were taken, in order
}

func (e *engine) Publish(ctx context.Context, j store.Publish) error { return e.publish(ctx, j) }

func (e *engine) Receive(ctx context.Context, j store.Received) error {
	if e.receive != nil {
		if err := e.receive(ctx, j); err != nil {
			return err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.received = append(e.received, j.Signer)
	return nil
}

func (e *engine) Deliveries(ctx context.Context, j store.Fan) ([]store.Deliver, error) {
	return e.deliveries(ctx, j)
}

func (e *engine) LookAfter(context.Context) error { return nil }

func (e *engine) TellPartner(context.Context, store.TellPartner) error { return nil }

func (e *engine) Depart(context.Context, store.Depart) error { return nil }

func (e *engine) Freeze(context.Context, store.Freeze) error   { return nil }
func (e *engine) Dismiss(context.Context, store.Dismiss) error { return nil }

func (e *engine) Retire(context.Context, store.Retire) error { return nil }

func (e *engine) JudgeQuote(context.Context, store.JudgeQuote) error { return nil }

func (e *engine) Tally(context.Context, store.Tally) error { return nil }

func (e *engine) Deliver(ctx context.Context, j store.Deliver) error {
	if e.deliver != nil {
		if err := e.deliver(ctx, j); err != nil {
			return err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.delivered = append(e.delivered, j)
	return nil
}

// signers are those of the received jobs that have run.
func (e *engine) signers() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.received)
}

// arrived are the activities that have arrived at an inbox, in order.
func (e *engine) arrived(inbox string) []store.Key {
	e.mu.Lock()
	defer e.mu.Unlock()
	var keys []store.Key
	for _, d := range e.delivered {
		if d.Inbox == inbox {
			keys = append(keys, d.Activity)
		}
	}
	return keys
}

// answers is the error of a partner that has answered with a status.
func answers(status int, kind activity.Kind, after time.Duration) error {
	return activity.Because(kind, fmt.Sprintf("refused_%d", status), &remote.Answer{Status: status, RetryAfter: after, Text: "no, thanks"}, "no")
}

func unreachable() error {
	return activity.Because(activity.Later, "unreachable", errors.New("connection refused"), "it does not answer")
}

// quick is a worker that is in a hurry.
func quick(db *store.Store, js jetstream.JetStream, e *engine) *Worker {
	w := New(db, js, e, slog.New(slog.NewTextHandler(io.Discard, nil)), NewMetrics(nil))
	w.tempo.poll = 20 * time.Millisecond
	w.tempo.release = 10 * time.Millisecond
	w.tempo.fetch = 200 * time.Millisecond
	w.tempo.pause = 50 * time.Millisecond
	w.tempo.ackWait = 2 * time.Second
	w.tempo.grace = time.Second
	w.tempo.deliveries = backoff{20 * time.Millisecond, 2, 100 * time.Millisecond}
	w.tempo.jobs = backoff{20 * time.Millisecond, 2, 100 * time.Millisecond}
	w.tempo.probes = backoff{50 * time.Millisecond, 2, 200 * time.Millisecond}
	return w
}

// start runs a worker until the test ends or stop is called.
func start(t testing.TB, w *Worker) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the worker ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// newQueue is a NATS server of the test's own.
func newQueue(t testing.TB) jetstream.JetStream {
	t.Helper()
	s, err := broker.Start(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	conn, js, err := broker.Connect(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return js
}

// outlet is a place for a NATS server that comes and goes under one address, as
// a broker of its own does not.
type outlet struct {
	t    *testing.T
	port int
	nats *server.Server
}

func newOutlet(t *testing.T) (*outlet, jetstream.JetStream) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &outlet{t: t, port: l.Addr().(*net.TCPAddr).Port}
	l.Close()
	conn, err := nats.Connect("nats://127.0.0.1:"+strconv.Itoa(o.port), nats.MaxReconnects(-1),
		nats.RetryOnFailedConnect(true), nats.ReconnectWait(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return o, js
}

func (o *outlet) start(dir string) {
	o.t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: o.port, JetStream: true, StoreDir: dir, NoSigs: true, NoLog: true})
	if err != nil {
		o.t.Fatal(err)
	}
	s.Start()
	o.t.Cleanup(o.stop) // before dir goes
	if o.nats = s; !s.ReadyForConnections(2 * time.Minute) {
		o.t.Fatal("no NATS in two minutes")
	}
}

func (o *outlet) stop() {
	if o.nats != nil {
		o.nats.Shutdown()
		o.nats.WaitForShutdown()
	}
}

func enqueue(t testing.TB, db *store.Store, jobs ...store.Job) {
	t.Helper()
	if err := db.InTx(t.Context(), func(tx *store.Tx) error { return tx.Enqueue(t.Context(), jobs...) }); err != nil {
		t.Fatal(err)
	}
}

func inbox(host string) string { return "https://" + host + "/inbox" }

// deliverTo are n deliveries of activities with growing keys.
func deliverTo(host string, n int) []store.Job {
	jobs := make([]store.Job, n)
	first := store.NewKey(time.Now())
	for i := range jobs {
		jobs[i] = store.Deliver{Activity: first + store.Key(i<<16), Sender: 1, Inbox: inbox(host)}
	}
	return jobs
}

func receivedFrom(signers ...string) []store.Job {
	jobs := make([]store.Job, len(signers))
	for i, s := range signers {
		jobs[i] = store.Received{Raw: []byte(`{}`), Signer: s}
	}
	return jobs
}

// soon waits until something is so.
func soon(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in two minutes: %s", what)
		}
	}
}

// counts are the waiting and the dead jobs.
func counts(t testing.TB, db *store.Store) (waiting, dead int) {
	t.Helper()
	waiting, dead, err := db.CountParked(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return waiting, dead
}

// parkedJobs are the waiting or the dead jobs.
func parkedJobs(t testing.TB, db *store.Store, dead bool) []store.Parked {
	t.Helper()
	ps, err := db.ParkedJobs(t.Context(), dead, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

// idle says that nothing is left to do now.
func idle(t testing.TB, db *store.Store, js jetstream.JetStream) bool {
	t.Helper()
	b, err := db.Backlog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	status, err := Status(t.Context(), js)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return false // the worker has hardly begun
	}
	if err != nil {
		t.Fatal(err)
	}
	n := b.Waiting
	for _, k := range status {
		n += k.Waiting + k.Running
	}
	return n == 0
}

package worker

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"entente.example/entente/store/storetest"
)

func TestNATSDownForAWhileLosesNothing(t *testing.T) {
	t.Parallel()
	db, e := storetest.New(t), &engine{}
	out, js := newOutlet(t)
	dir := t.TempDir()
	w := quick(db, js, e)
	start(t, w)
	enqueue(t, db, receivedFrom("before it was ever there")...)
	if err := w.Ready(); err == nil {
		t.Fatal("ready without a queue")
	}
	out.start(dir)
	soon(t, "the first one has run", func() bool { return len(e.signers()) == 1 && w.Ready() == nil })
	out.stop()
	want := []string{"before it was ever there"}
	for i := range 20 {
		s := fmt.Sprintf("while it was away %02d", i)
		want = append(want, s)
		enqueue(t, db, receivedFrom(s)...)
	}
	out.start(dir)
	soon(t, "the others have run", func() bool { return len(e.signers()) >= len(want) && idle(t, db, js) })
	got := e.signers()
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Fatalf("ran %q", got)
	}
}

func TestWhatWasInTheQueueSurvivesARestartOfNATS(t *testing.T) {
	t.Parallel()
	db, e := storetest.New(t), &engine{}
	out, js := newOutlet(t)
	dir := t.TempDir()
	out.start(dir)
	w := quick(db, js, e)
	soon(t, "there is a connection", func() bool { return js.Conn().IsConnected() })
	if err := w.queue.ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	enqueue(t, db, receivedFrom("a", "b")...)
	relay := w.relay()
	if err := relay(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b, err := db.Backlog(t.Context()); err != nil || b.Waiting != 0 {
		t.Fatal(b, err)
	}
	out.stop()
	out.start(dir)
	start(t, w)
	soon(t, "both have run", func() bool { return len(e.signers()) == 2 })
}

func TestAnEmptyNATSGetsItsStreamAndConsumersBack(t *testing.T) {
	t.Parallel()
	db, e := storetest.New(t), &engine{}
	out, js := newOutlet(t)
	out.start(t.TempDir())
	w := quick(db, js, e)
	start(t, w)
	enqueue(t, db, receivedFrom("old")...)
	soon(t, "the old one has run", func() bool { return len(e.signers()) == 1 })
	out.stop()
	out.start(t.TempDir())
	enqueue(t, db, receivedFrom("new")...)
	soon(t, "the new one has run", func() bool { return slices.Equal(e.signers(), []string{"old", "new"}) })
}

func TestStatusSaysWhatIsThere(t *testing.T) {
	t.Parallel()
	js := newQueue(t)
	if _, err := Status(t.Context(), js); !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Fatal(err)
	}
	q := &queue{js: js}
	from, err := q.consumer(t.Context(), "received", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	var es []envelope
	for i := range 5 {
		es = append(es, envelope{id: fmt.Sprint(i), job: "x", kind: []string{"received", "later"}[i/4], payload: []byte("{}")})
	}
	for range 2 { // the second time they are known
		if err := q.publish(t.Context(), es); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := from.Next(); err != nil {
		t.Fatal(err)
	}
	got, err := Status(t.Context(), js)
	want := QueueStatus{{Kind: "later", Waiting: 1}, {Kind: "received", Waiting: 3, Running: 1}}
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestWhatAnOperatorHasChangedOnTheStreamStays(t *testing.T) {
	t.Parallel()
	js := newQueue(t)
	q := &queue{js: js}
	if err := q.ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	changed := s.CachedInfo().Config
	changed.Description, changed.Duplicates = "ours, see the manual", time.Minute
	if _, err := js.UpdateStream(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	if err := q.ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s, err = js.Stream(t.Context(), stream); err != nil {
		t.Fatal(err)
	}
	if c := s.CachedInfo().Config; c.Description != changed.Description || c.Duplicates != duplicates || c.Retention != jetstream.WorkQueuePolicy {
		t.Fatalf("%+v", c)
	}
}

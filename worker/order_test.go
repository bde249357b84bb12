package worker

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// partners note what arrives at each inbox about each thing, in what order, and are
// moody: they take their time, and fail now and then.
type partners struct {
	mu   sync.Mutex
	got  map[string][]store.Key // by inbox and object
	mood func() error
}

func (p *partners) deliver(_ context.Context, d store.Deliver) error {
	time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
	if err := p.mood(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	at := fmt.Sprint(d.Inbox, " ", d.Object)
	p.got[at] = append(p.got[at], d.Activity)
	return nil
}

// toAll makes a fan go to the inboxes of so many hosts, after a while.
func toAll(hosts int) func(context.Context, store.Fan) ([]store.Deliver, error) {
	return func(_ context.Context, f store.Fan) ([]store.Deliver, error) {
		time.Sleep(time.Duration(rand.IntN(30)) * time.Millisecond)
		var ds []store.Deliver
		for h := range hosts {
			ds = append(ds, store.Deliver{Activity: f.Activity, Sender: f.Sender, Inbox: inbox(fmt.Sprintf("host%d.test", h)), Object: f.Object})
		}
		return ds, nil
	}
}

func TestActivitiesAboutOneThingArriveInTheirOrderWhoeverDeliversThem(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	const hosts, things, each = 6, 8, 4
	p := &partners{got: map[string][]store.Key{}, mood: func() error {
		switch n := rand.IntN(20); {
		case n < 3:
			return unreachable()
		case n == 3:
			return answers(503, activity.Later, 50*time.Millisecond)
		}
		return nil
	}}
	for range 3 {
		start(t, quick(db, js, &engine{deliver: p.deliver, deliveries: toAll(hosts)}))
	}
	first := store.NewKey(time.Now())
	for n := range each { // created, edited, edited, deleted
		for thing := range things {
			enqueue(t, db, store.Fan{Activity: first + store.Key((n*things+thing)<<16), Sender: 1, Object: int64(thing + 1)})
		}
	}
	arrived := func() (n int) {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, keys := range p.got {
			n += len(keys)
		}
		return n
	}
	soon(t, "all have arrived", func() bool { return arrived() == hosts*things*each && idle(t, db, js) })
	for at, keys := range p.got {
		if !slices.IsSorted(keys) || len(keys) != each {
			t.Errorf("%s: %v", at, keys)
		}
	}
}

func TestAnActivityWaitsForTheEarlierOneUntilThatIsGivenUp(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	first, second := store.NewKey(time.Now()), store.NewKey(time.Now())+1<<16
	e := &engine{deliveries: toAll(1)}
	refuse, begun, began := make(chan struct{}), make(chan struct{}), sync.Once{}
	e.deliver = func(ctx context.Context, d store.Deliver) error {
		if d.Activity == first {
			began.Do(func() { close(begun) })
			<-refuse
			return answers(400, activity.Invalid, 0)
		}
		return nil
	}
	start(t, quick(db, js, e))
	start(t, quick(db, js, e)) // beside it there is no line
	enqueue(t, db, store.Fan{Activity: first, Sender: 1, Object: 7})
	<-begun
	enqueue(t, db, store.Fan{Activity: second, Sender: 1, Object: 7})
	time.Sleep(500 * time.Millisecond) // the second one waits, in line or parked
	if got := e.arrived(inbox("host0.test")); len(got) != 0 {
		t.Fatalf("arrived: %v", got)
	}
	close(refuse)
	soon(t, "it has arrived", func() bool { return slices.Equal(e.arrived(inbox("host0.test")), []store.Key{second}) })
	if _, dead := counts(t, db); dead != 1 {
		t.Fatalf("%d dead", dead)
	}
	if h := hostOf(t, db, "host0.test"); h.Dropped != 1 {
		t.Fatalf("%d dropped", h.Dropped)
	}
}

func TestAFanThatIsGivenUpLetsTheNextOneGo(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	first, second := store.NewKey(time.Now()), store.NewKey(time.Now())+1<<16
	e := &engine{deliveries: func(ctx context.Context, f store.Fan) ([]store.Deliver, error) {
		if f.Activity == first {
			return nil, activity.ErrNotFound()
		}
		return toAll(1)(ctx, f)
	}}
	enqueue(t, db, store.Fan{Activity: second, Sender: 1, Object: 7}, store.Fan{Activity: first, Sender: 1, Object: 7})
	start(t, quick(db, js, e))
	soon(t, "it has arrived", func() bool { return len(e.arrived(inbox("host0.test"))) == 1 })
}

func TestWhatTheQueueHasLostIsSentAgain(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	e := &engine{}
	at := store.NewKey(time.Now())
	ds, _ := toAll(3)(t.Context(), store.Fan{Activity: at, Sender: 1, Object: 1})
	if due, err := db.PutDeliveries(t.Context(), ds, false, time.Now().Add(-duplicates/2)); len(due) != 3 || err != nil { // and the power fails
		t.Fatal(due, err)
	}
	lost, err := db.Strays(t.Context(), time.Now(), 10)
	if err != nil || len(lost) != 3 || lost[0].Job != lost[0].Deliver.Job() {
		t.Fatal(lost, err)
	}
	w := quick(db, js, e)
	w.tempo.lost, w.tempo.lostAfter = 50*time.Millisecond, time.Millisecond
	start(t, w)
	soon(t, "all have arrived", func() bool { e.mu.Lock(); defer e.mu.Unlock(); return len(e.delivered) >= 3 })
	soon(t, "all is settled", func() bool {
		left, err := db.Strays(t.Context(), time.Now(), 10)
		return len(left) == 0 && err == nil
	})
}

// A request that is repeated is the same delivery again: parked, it is not lost.
func TestARepetitionThatIsParkedIsNotLost(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	e := &engine{deliveries: toAll(1), deliver: func(context.Context, store.Deliver) error { return unreachable() }}
	w := quick(db, js, e)
	w.tempo.deliveries = backoff{time.Hour, 1, time.Hour}
	start(t, w)
	enqueue(t, db, store.Fan{Activity: store.NewKey(time.Now()), Sender: 1, Object: 7, Reminder: 3})
	soon(t, "it is parked", func() bool { waiting, _ := counts(t, db); return waiting == 1 })
	if lost, err := db.Strays(t.Context(), time.Now(), 10); len(lost) != 0 || err != nil {
		t.Fatal(lost, err)
	}
}

// A copy may be in the queue for long. What came after it has been delivered meanwhile.
func TestACopyOfWhatIsSettledIsNotDelivered(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	e := &engine{deliveries: toAll(1)}
	w := quick(db, js, e)
	start(t, w)
	f := store.Fan{Activity: store.NewKey(time.Now()), Sender: 1, Object: 7}
	enqueue(t, db, f)
	soon(t, "it has arrived", func() bool { return len(e.arrived(inbox("host0.test"))) == 1 && idle(t, db, js) })
	ds, _ := e.deliveries(t.Context(), f)
	enqueue(t, db, ds[0])
	other := store.Deliver{Activity: f.Activity + 1<<16, Sender: 1, Inbox: inbox("host1.test")}
	enqueue(t, db, other)
	soon(t, "the queue is empty", func() bool { return len(e.arrived(other.Inbox)) == 1 && idle(t, db, js) })
	if got := e.arrived(ds[0].Inbox); len(got) != 1 {
		t.Fatalf("arrived: %v", got)
	}
}

func TestNothingIsDeliveredWhileItsOrderIsNotKnown(t *testing.T) {
	t.Parallel()
	db, plain := bothWays(t)
	js, e := newQueue(t), &engine{}
	first := store.NewKey(time.Now())
	to := func(n int) store.Deliver {
		return store.Deliver{Activity: first + store.Key(n<<16), Sender: 1, Inbox: inbox("host0.test"), Object: 7}
	}
	early, late := to(0), to(1)
	if _, err := db.PutDeliveries(t.Context(), []store.Deliver{early}, false, time.Now().Add(-time.Minute)); err != nil {
		t.Fatal(err)
	}
	rename := func(from, to string) {
		if _, err := plain.ExecContext(t.Context(), "ALTER TABLE "+from+" RENAME TO "+to); err != nil {
			t.Fatal(err)
		}
	}
	rename("hosts", "hosts_away") // a question about hosts fails
	start(t, quick(db, js, e))
	enqueue(t, db, late)
	time.Sleep(time.Second)
	rename("hosts_away", "hosts")
	soon(t, "it is behind, and waits", func() bool { waiting, _ := counts(t, db); return waiting == 1 || len(e.arrived(late.Inbox)) > 0 })
	if got := e.arrived(late.Inbox); len(got) != 0 {
		t.Fatalf("arrived before the earlier one: %v", got)
	}
}

package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

func hostOf(t testing.TB, db *store.Store, host string) store.Host {
	t.Helper()
	h, err := db.Host(t.Context(), host)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestADownHostIsParkedAndGetsEverythingOnceAndInOrderWhenItIsBack(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	var back atomic.Bool
	var tried atomic.Int64
	e := &engine{deliver: func(context.Context, store.Deliver) error {
		if tried.Add(1); back.Load() {
			return nil
		}
		return unreachable()
	}}
	w := quick(db, js, e)
	w.lanes = newLanes(1, 100) // side by side there is no order
	jobs := deliverTo("down.test", 60)
	enqueue(t, db, jobs[0])
	start(t, w)
	soon(t, "it is down", func() bool { return hostOf(t, db, "down.test").Down() })
	enqueue(t, db, jobs[1:]...)
	soon(t, "all are parked", func() bool { n, _ := counts(t, db); return n == len(jobs) })
	if n := tried.Load(); n > 20 { // five, and some probes
		t.Fatalf("it was tried %d times", n)
	}
	back.Store(true)
	soon(t, "all have arrived", func() bool {
		return len(e.arrived(inbox("down.test"))) >= len(jobs) && idle(t, db, js)
	})
	if got := e.arrived(inbox("down.test")); len(got) != len(jobs) || !slices.IsSorted(got[1:]) { // the first is the probe
		t.Fatalf("%d arrived, in order: %t", len(got), slices.IsSorted(got[1:]))
	}
	if h := hostOf(t, db, "down.test"); h.Down() || h.Failures != 0 {
		t.Fatalf("%+v", h)
	}
}

func TestFiftyGoodHostsAreNotSlowedByOneThatTimesOut(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	const hosts, each = 50, 10
	e := &engine{deliver: func(ctx context.Context, d store.Deliver) error {
		if d.Inbox == inbox("slow.test") {
			<-ctx.Done()
			return unreachable()
		}
		return nil
	}}
	jobs := deliverTo("slow.test", 200)
	for i := range hosts {
		jobs = append(jobs, deliverTo(fmt.Sprintf("good%d.test", i), each)...)
	}
	enqueue(t, db, jobs...)
	start(t, quick(db, js, e))
	soon(t, "the good ones have theirs, long before the deadline of the slow one", func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return len(e.delivered) == hosts*each
	})
}

func TestOnlyOneProbeAtATimeGoesOut(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	var running, most, tried atomic.Int64
	e := &engine{deliver: func(context.Context, store.Deliver) error {
		n := running.Add(1)
		defer running.Add(-1)
		most.Store(max(most.Load(), n))
		tried.Add(1)
		time.Sleep(30 * time.Millisecond)
		return unreachable()
	}}
	w := quick(db, js, e)
	w.tempo.probes = backoff{200 * time.Millisecond, 1, 200 * time.Millisecond}
	enqueue(t, db, deliverTo("down.test", 1)...)
	start(t, w)
	start(t, quick(db, js, e))
	soon(t, "the host is down", func() bool { return hostOf(t, db, "down.test").Down() })
	enqueue(t, db, deliverTo("down.test", 40)...)
	tried.Store(0)
	soon(t, "ten probes have gone out", func() bool { return tried.Load() >= 10 })
	if most.Load() != 1 {
		t.Fatalf("%d at once", most.Load())
	}
	if n, dead := counts(t, db); n != 41 || dead != 0 {
		t.Fatalf("%d waiting, %d dead", n, dead)
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	var times [2]time.Time
	var tries atomic.Int64
	e := &engine{deliver: func(context.Context, store.Deliver) error {
		n := tries.Add(1) - 1
		times[n] = time.Now()
		if n == 0 {
			return answers(429, activity.Later, 700*time.Millisecond)
		}
		return nil
	}}
	enqueue(t, db, deliverTo("busy.test", 1)...)
	start(t, quick(db, js, e))
	soon(t, "it has arrived", func() bool { return len(e.arrived(inbox("busy.test"))) == 1 })
	if waited := times[1].Sub(times[0]); waited < 700*time.Millisecond || tries.Load() != 2 {
		t.Fatalf("it waited %s, %d tries", waited, tries.Load())
	}
}

func TestWhatBecomesOfADeliveryThatFails(t *testing.T) {
	t.Parallel()
	week := 8 * 24 * time.Hour
	for name, tc := range map[string]struct {
		err    error
		age    time.Duration // of the activity
		dead   string        // the reason of the dead letter, "" for none
		alive  bool          // the host has shown itself
		blamed bool          // the host has failed
	}{
		"refused for good":               {err: answers(400, activity.Invalid, 0), dead: "refused_400", alive: true},
		"forbidden":                      {err: answers(403, activity.Denied, 0), dead: "refused_403", alive: true},
		"gone":                           {err: answers(410, activity.Gone, 0), alive: true},
		"not found, time and again":      {err: answers(404, activity.NotFound, 0), dead: "refused_404", alive: true},
		"our own activity is missing":    {err: activity.ErrNotFound(), dead: "not_found"},
		"no partner any more":            {err: activity.Refuse(activity.Denied, policy.NotAPartner, "no")},
		"a week old and still not there": {err: unreachable(), age: week, dead: "unreachable", blamed: true},
		"a week old, and our fault":      {err: activity.Refuse(activity.Invalid, "no_key", "no"), age: week, dead: "no_key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, js := storetest.New(t), newQueue(t)
			e := &engine{deliver: func(context.Context, store.Deliver) error { return tc.err }}
			start(t, quick(db, js, e))
			enqueue(t, db, store.Deliver{Activity: store.NewKey(time.Now().Add(-tc.age)), Inbox: inbox("a.test")})
			soon(t, "it is settled", func() bool {
				n, dead := counts(t, db)
				return n == 0 && (dead == 1 || tc.dead == "") && idle(t, db, js)
			})
			var reason string
			if ps := parkedJobs(t, db, true); len(ps) == 1 {
				reason = ps[0].Reason
				if said := fmt.Sprintf("refused_%d %s", ps[0].Status, ps[0].Answer); strings.HasPrefix(reason, "refused") && said != tc.dead+" no, thanks" {
					t.Errorf("the last answer was %q", said)
				}
			}
			if (tc.dead == "") != (reason == "") || !strings.HasPrefix(reason, tc.dead) {
				t.Errorf("dead because of %q", reason)
			}
			h := hostOf(t, db, "a.test")
			if alive, blamed := !h.SucceededAt.IsZero(), h.Failures > 0; alive != tc.alive || blamed != tc.blamed {
				t.Errorf("alive: %t, blamed: %t", alive, blamed)
			}
		})
	}
}

func TestOurOwnFaultsDoNotMakeAHostDown(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	var tries atomic.Int64
	e := &engine{deliver: func(context.Context, store.Deliver) error {
		if n := tries.Add(1); n%2 == 0 && n < 15 {
			panic("at the disco")
		} else if n < 15 {
			return activity.Because(activity.Internal, "internal", context.DeadlineExceeded, "x")
		}
		return nil
	}}
	enqueue(t, db, deliverTo("good.test", 1)...)
	start(t, quick(db, js, e))
	soon(t, "it has arrived", func() bool { return len(e.arrived(inbox("good.test"))) == 1 })
	if h := hostOf(t, db, "good.test"); h.Down() || h.Failures != 0 {
		t.Fatalf("%+v", h)
	}
}

func TestAnInboxThatSaysItIsGoneIsForgotten(t *testing.T) {
	t.Parallel()
	db, js, ctx := storetest.New(t), newQueue(t), t.Context()
	var ours, theirs store.Actor
	err := db.InTx(ctx, func(tx *store.Tx) (err error) {
		put := func(host, name string, local bool) (store.Actor, error) {
			a := store.Actor{Host: host, Local: local, FetchedAt: tx.Now}
			a.ID, a.Type, a.Username = activity.ID("https://"+host+"/"+name), "Person", activity.Text(name)
			a.Inbox.ID = activity.ID(inbox(host))
			return tx.PutActor(ctx, a)
		}
		if ours, err = put("acme.test", "ada", true); err != nil {
			return err
		}
		if theirs, err = put("gone.test", "bea", false); err != nil {
			return err
		}
		_, err = tx.PutEdge(ctx, store.Edge{Kind: store.Follow, Actor: theirs.Key, Object: ours.Key, Accepted: true})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	e := &engine{deliver: func(context.Context, store.Deliver) error { return answers(410, activity.Gone, 0) }}
	enqueue(t, db, deliverTo("gone.test", 1)...)
	start(t, quick(db, js, e))
	soon(t, "the follower is gone", func() bool {
		n, err := db.CountTo(ctx, store.Follow, ours.Key)
		return err == nil && n == 0
	})
	soon(t, "nothing is left", func() bool { n, dead := counts(t, db); return n+dead == 0 && idle(t, db, js) })
}

func TestABurstToOneHostKeepsToItsLaneAndArrives(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	var running, most atomic.Int64
	e := &engine{deliver: func(context.Context, store.Deliver) error {
		n := running.Add(1)
		defer running.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(time.Millisecond)
		return nil
	}}
	w := quick(db, js, e)
	jobs := deliverTo("a.test", 400)
	enqueue(t, db, jobs...)
	start(t, w)
	soon(t, "all have arrived", func() bool { return len(e.arrived(inbox("a.test"))) >= len(jobs) && idle(t, db, js) })
	if got := e.arrived(inbox("a.test")); len(got) != len(jobs) || most.Load() > laneWidth {
		t.Fatalf("%d arrived, %d at once", len(got), most.Load())
	}
}

func TestWhatAnEndedWorkerHasSentAwayIsCalledBack(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	jobs := deliverTo("a.test", 100)
	err := db.InTx(t.Context(), func(tx *store.Tx) error {
		for n, j := range jobs {
			payload, err := json.Marshal(j)
			if err == nil {
				err = tx.Park(t.Context(), store.Parked{Job: fmt.Sprintf("deliver-%d", n), Kind: j.Kind(), Payload: string(payload),
					Host: "a.test", DueAt: tx.Now.Add(awayLimit), Reason: store.Away})
			}
			if err != nil {
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
	soon(t, "all have arrived", func() bool { return len(e.arrived(inbox("a.test"))) >= len(jobs) && idle(t, db, js) })
	if got := e.arrived(inbox("a.test")); len(got) != len(jobs) {
		t.Fatalf("%d arrived", len(got))
	}
}

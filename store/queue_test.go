package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Run(m)) }

// in runs fn in a transaction that must commit.
func in(t testing.TB, db *store.Store, fn func(context.Context, *store.Tx) error) {
	t.Helper()
	if err := db.InTx(t.Context(), func(tx *store.Tx) error { return fn(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

func received(n int) []store.Job {
	jobs := make([]store.Job, n)
	for i := range jobs {
		jobs[i] = store.Received{Raw: []byte(`"<b>"`), Signer: fmt.Sprint(i)}
	}
	return jobs
}

// park parks a job for each name that is due since then.
func park(t testing.TB, db *store.Store, host string, due time.Duration, jobs ...string) {
	t.Helper()
	parkFor(t, db, "why", host, due, jobs...)
}

// parkFor parks for a reason.
func parkFor(t testing.TB, db *store.Store, reason, host string, due time.Duration, jobs ...string) {
	t.Helper()
	in(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, job := range jobs {
			p := store.Parked{Job: job, Kind: "deliver", Payload: "{}", Host: host, Tries: 3, DueAt: tx.Now.Add(due), Reason: reason}
			if err := tx.Park(ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// down makes a host fail once, and be down until a probe at a time from now.
func down(t testing.TB, db *store.Store, host string, probe time.Duration) {
	t.Helper()
	in(t, db, func(ctx context.Context, tx *store.Tx) error {
		wentDown, err := tx.Failed(ctx, host, "time-out", false, 1, func(int) time.Time { return tx.Now.Add(probe) })
		if err == nil && !wentDown {
			t.Errorf("%s did not go down", host)
		}
		return err
	})
}

// drained are the jobs in the outbox, which is empty afterwards.
func drained(t testing.TB, db *store.Store) (jobs []string) {
	t.Helper()
	_, err := db.Drain(t.Context(), 1000, func(ps []store.Promise) error {
		for _, p := range ps {
			jobs = append(jobs, p.Job)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return jobs
}

func waiting(t testing.TB, db *store.Store) (jobs []string) {
	t.Helper()
	ps, err := db.ParkedJobs(t.Context(), false, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		jobs = append(jobs, p.Job)
	}
	return jobs
}

func same(t testing.TB, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%s: %q, want %q", what, got, want)
	}
}

func TestAPromiseIsMadeByTheCommitAndWakesTheRelay(t *testing.T) {
	t.Parallel()
	db, ctx := storetest.New(t), t.Context()
	err := db.InTx(ctx, func(tx *store.Tx) error {
		return errors.Join(tx.Enqueue(ctx, received(3)...), errors.New("no"))
	})
	if err == nil {
		t.Fatal("the transaction should fail")
	}
	select {
	case <-db.Promised():
		t.Fatal("woken for nothing")
	default:
	}
	in(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Enqueue(ctx, received(2)...) })
	<-db.Promised()
	b, err := db.Backlog(ctx)
	if err != nil || b.Waiting != 2 || time.Since(b.Oldest) > time.Minute {
		t.Fatal(b, err)
	}
	if n := len(drained(t, db)); n != 2 {
		t.Fatalf("%d promises", n)
	}
}

func TestAPromiseKeepsItsOrderItsSizeAndItsRowUntilItIsSent(t *testing.T) {
	t.Parallel()
	db, ctx := storetest.New(t), t.Context()
	in(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Enqueue(ctx, received(5)...) })
	away := errors.New("NATS is away")
	if n, err := db.Drain(ctx, 10, func([]store.Promise) error { return away }); !errors.Is(err, away) || n != 0 {
		t.Fatal(n, err)
	}
	n, err := db.Drain(ctx, 3, func(ps []store.Promise) error {
		for i, p := range ps {
			want := fmt.Sprintf(`{"raw":"<b>","signer":"%d"}`, i)
			if strings.TrimSpace(p.Payload) != want || p.Tries != 0 || !strings.HasPrefix(p.Job, "received-") {
				t.Errorf("%+v", p)
			}
		}
		return nil
	})
	if err != nil || n != 3 {
		t.Fatal(n, err)
	}
	if n := len(drained(t, db)); n != 2 {
		t.Fatalf("%d left", n)
	}
}

func TestTwoRelaysNeverHaveTheSamePromise(t *testing.T) {
	t.Parallel()
	db, ctx := storetest.New(t), t.Context()
	in(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Enqueue(ctx, received(10)...) })
	seen := map[string]bool{}
	note := func(ps []store.Promise) {
		for _, p := range ps {
			if seen[p.Job] {
				t.Errorf("%s twice", p.Job)
			}
			seen[p.Job] = true
		}
	}
	_, err := db.Drain(ctx, 6, func(ps []store.Promise) error {
		note(ps)
		n, err := db.Drain(ctx, 6, func(ps []store.Promise) error { note(ps); return nil })
		if n != 4 {
			t.Errorf("the other relay has %d", n)
		}
		return err
	})
	if err != nil || len(seen) != 10 {
		t.Fatal(len(seen), err)
	}
}

func TestReleaseTakesWhatIsDueLongestFirstAndLeavesDownHostsAlone(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	park(t, db, "up.test", -time.Second, "b", "c", "d")
	park(t, db, "up.test", -time.Minute, "a")
	park(t, db, "up.test", time.Hour, "not due")
	park(t, db, "down.test", -time.Hour, "held")
	down(t, db, "down.test", time.Hour)
	for _, want := range []int{3, 1, 0} {
		in(t, db, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Release(ctx, 3)
			if n != want {
				t.Errorf("%d released, want %d", n, want)
			}
			return err
		})
	}
	<-db.Promised()
	same(t, "released", drained(t, db), "a", "b", "c", "d")
	same(t, "parked", waiting(t, db), "not due", "held")
}

func TestTwoReleasersNeverReleaseTheSameJob(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	park(t, db, "", -time.Second, "a", "b", "c", "d")
	in(t, db, func(ctx context.Context, tx *store.Tx) error {
		if n, err := tx.Release(ctx, 3); n != 3 || err != nil {
			t.Error(n, err)
		}
		return db.InTx(ctx, func(other *store.Tx) error {
			n, err := other.Release(ctx, 3)
			if n != 1 {
				t.Errorf("the other releases %d", n)
			}
			return err
		})
	})
	if got := drained(t, db); len(got) != 4 {
		t.Fatalf("%q", got)
	}
}

// standing is how a delivery of no activity stands.
func standing(t *testing.T, db *store.Store, host, job string) store.Standing {
	t.Helper()
	ss, err := db.Standings(t.Context(), []store.Outgoing{{Job: job, Deliver: store.Deliver{Inbox: "https://" + host + "/inbox"}}})
	if err != nil {
		t.Fatal(err)
	}
	return ss[0]
}

func TestAProbeIsOneJobThatStaysParkedUntilItIsDone(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	park(t, db, "down.test", time.Hour, "a", "b")
	park(t, db, "later.test", time.Hour, "c")
	park(t, db, "up.test", time.Hour, "d")
	down(t, db, "down.test", -time.Second)
	down(t, db, "later.test", time.Hour)
	for range 2 { // the second one finds the next probe put off
		in(t, db, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Probe(ctx, tx.Now.Add(time.Minute))
			return err
		})
	}
	same(t, "probes", drained(t, db), "a")
	same(t, "parked", waiting(t, db), "a", "b", "c", "d")
	for job, want := range map[string][2]bool{"a": {true, true}, "new": {true, false}} {
		if s := standing(t, db, "down.test", job); s.Down != want[0] || s.Parked != want[1] {
			t.Errorf("%s: %+v", job, s)
		}
	}
	if s := standing(t, db, "up.test", "d"); s.Down || !s.Parked {
		t.Errorf("%+v", s)
	}
	in(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Unpark(ctx, "a") })
	same(t, "parked", waiting(t, db), "b", "c", "d")
}

func TestTheNextProbeIsAnotherJob(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	park(t, db, "down.test", time.Hour, "a", "b")
	down(t, db, "down.test", -time.Second)
	in(t, db, func(ctx context.Context, tx *store.Tx) error {
		p := store.Parked{Job: "a", Host: "down.test", Kind: "deliver", Tries: 4, DueAt: tx.Now.Add(time.Hour)}
		if err := tx.Park(ctx, p); err != nil { // it has failed
			return err
		}
		_, err := tx.Probe(ctx, tx.Now)
		return err
	})
	same(t, "probes", drained(t, db), "b")
	same(t, "parked", waiting(t, db), "a", "b") // in their old order
}

func TestAHostIsDownAfterSoManyFailuresAndUpAfterOneSuccess(t *testing.T) {
	t.Parallel()
	db, ctx := storetest.New(t), t.Context()
	park(t, db, "a.test", time.Hour, "a", "b")
	park(t, db, "b.test", time.Hour, "c")
	fail := func(probe, want bool) {
		t.Helper()
		in(t, db, func(ctx context.Context, tx *store.Tx) error {
			wentDown, err := tx.Failed(ctx, "a.test", "time-out", probe, 3, func(failures int) time.Time {
				return tx.Now.Add(time.Duration(failures) * time.Hour)
			})
			if wentDown != want {
				t.Errorf("went down: %t", wentDown)
			}
			return err
		})
	}
	is := func(failures int, isDown bool) {
		t.Helper()
		h, err := db.Host(ctx, "a.test")
		if err != nil || h.Failures != failures || h.Down() != isDown {
			t.Fatalf("%+v, %v", h, err)
		}
		if wait := time.Until(h.ProbeAt.Time).Round(time.Hour); isDown && wait != time.Duration(failures)*time.Hour {
			t.Fatalf("the next probe is in %s", wait)
		}
	}
	fail(false, false)
	fail(false, false)
	is(2, false)
	fail(false, true)
	is(3, true)
	fail(false, false) // was under way
	is(3, true)
	fail(true, false)
	is(4, true)
	for _, want := range []bool{true, false} {
		in(t, db, func(ctx context.Context, tx *store.Tx) error {
			wasDown, err := tx.Succeeded(ctx, "a.test")
			if wasDown != want {
				t.Errorf("was down: %t", wasDown)
			}
			return err
		})
	}
	is(0, false)
	in(t, db, func(ctx context.Context, tx *store.Tx) error { _, err := tx.Recall(ctx, "a.test", 10); return err })
	same(t, "called back", drained(t, db), "a", "b")
}

func TestASuccessBetweenFailuresReleasesNothingBeforeItsTime(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	park(t, db, "a.test", time.Hour, "asked to wait an hour")
	in(t, db, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Failed(ctx, "a.test", "429", false, 5, nil); err != nil {
			return err
		}
		_, err := tx.Succeeded(ctx, "a.test")
		return err
	})
	in(t, db, func(ctx context.Context, tx *store.Tx) error { _, err := tx.Release(ctx, 10); return err })
	same(t, "released", drained(t, db))
}

func TestNothingIsParkedBehindTheBackOfASuccess(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	down(t, db, "a.test", time.Hour)
	succeeded := make(chan error, 1)
	in(t, db, func(ctx context.Context, tx *store.Tx) error {
		isDown, err := tx.StillDown(ctx, "a.test")
		if err != nil || !isDown {
			t.Error(isDown, err)
		}
		go func() {
			succeeded <- db.InTx(ctx, func(tx *store.Tx) error { _, err := tx.Succeeded(ctx, "a.test"); return err })
		}()
		time.Sleep(100 * time.Millisecond) // the success waits for us
		return tx.Park(ctx, store.Parked{Job: "a", Host: "a.test", DueAt: tx.Now.Add(time.Hour)})
	})
	if err := <-succeeded; err != nil {
		t.Fatal(err)
	}
	in(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, host := range []string{"a.test", "unknown.test"} {
			if isDown, err := tx.StillDown(ctx, host); isDown || err != nil {
				t.Error(host, isDown, err)
			}
		}
		_, err := tx.Recall(ctx, "a.test", 10)
		return err
	})
	same(t, "called back", drained(t, db), "a")
}

func TestASignOfLifeBringsAFarProbeNear(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ probe, want time.Duration }{
		"an hour away":              {time.Hour, limits.ProbePause},
		"may be under way":          {limits.ProbeTime / 2, limits.ProbeTime / 2},
		"due, and not yet sent out": {-time.Second, -time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := storetest.New(t)
			down(t, db, "a.test", tc.probe)
			in(t, db, func(ctx context.Context, tx *store.Tx) error {
				return errors.Join(tx.SignOfLife(ctx, "a.test"), tx.SignOfLife(ctx, "unknown.test"))
			})
			h, err := db.Host(t.Context(), "a.test")
			if err != nil {
				t.Fatal(err)
			}
			if got := time.Until(h.ProbeAt.Time); got > tc.want || got < tc.want-3*time.Second {
				t.Fatalf("the next probe is in %s, want %s", got, tc.want)
			}
		})
	}
}

func TestRecallTakesTheOldestThatWaitForThatReason(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	park(t, db, "a.test", time.Hour, "failed on its own")
	in(t, db, func(ctx context.Context, tx *store.Tx) error {
		if n, err := tx.Recall(ctx, "a.test", 2); n != 0 || err != nil {
			t.Error(n, err)
		}
		return tx.Unpark(ctx, "failed on its own")
	})
	parkFor(t, db, store.Away, "a.test", time.Hour, "a", "b", "c")
	parkFor(t, db, store.Held, "b.test", time.Hour, "d")
	in(t, db, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Recall(ctx, "a.test", 2)
		if n != 2 {
			t.Errorf("%d recalled", n)
		}
		return err
	})
	same(t, "recalled", drained(t, db), "a", "b")
	same(t, "parked", waiting(t, db), "c", "d")
}

func TestWhatWaitsForTooLongDiesAndCanBeRetriedByHand(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	park(t, db, "a.test", time.Hour, "a")
	for _, tc := range []struct {
		before time.Duration
		dead   int
	}{{-time.Minute, 0}, {time.Minute, 1}, {time.Minute, 0}} {
		in(t, db, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.GiveUp(ctx, tx.Now.Add(tc.before))
			if n != tc.dead {
				t.Errorf("%d died, want %d", n, tc.dead)
			}
			return err
		})
	}
	if w, dead, err := db.CountParked(t.Context()); w != 0 || dead != 1 || err != nil {
		t.Fatal(w, dead, err)
	}
	in(t, db, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Retry(ctx, "a.test")
		if n != 1 || err != nil {
			t.Error(n, err)
		}
		_, err = tx.Release(ctx, 10)
		return err
	})
	same(t, "released", drained(t, db), "a")
}

func TestWhatIsRetriedByHandHasItsTimeAgainAlsoWhileItsHostIsDown(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	down(t, db, "a.test", time.Hour)
	park(t, db, "a.test", 0, "a")
	old, err := db.ParkedJob(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(10 * time.Millisecond)
	late := old.ParkedAt.Add(time.Millisecond)
	giveUp := func(want int) {
		in(t, db, func(ctx context.Context, tx *store.Tx) error {
			dead, err := tx.GiveUp(ctx, late)
			if dead != want {
				t.Errorf("%d died, want %d", dead, want)
			}
			return err
		})
	}
	giveUp(1)
	in(t, db, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.RetryJob(ctx, "a")
		return err
	})
	giveUp(0)
}

func TestAReasonMayQuoteAnything(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	reason := "bad \x00\xff " + strings.Repeat("ä", limits.Reason)
	in(t, db, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Park(ctx, store.Parked{Job: "a", DueAt: tx.Now, Reason: reason}); err != nil {
			return err
		}
		_, err := tx.Failed(ctx, "a.test", reason, false, 5, nil)
		return err
	})
	ps, err := db.ParkedJobs(t.Context(), false, 1)
	if err != nil || !strings.HasPrefix(ps[0].Reason, "bad  äää") || len(ps[0].Reason) > limits.Reason {
		t.Fatal(ps, err)
	}
}

func TestWhatWaitsForItsTimeIsNotGivenUp(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	park(t, db, "", 100*time.Hour, "a")
	in(t, db, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.GiveUp(ctx, tx.Now.Add(50*time.Hour))
		if n != 0 {
			t.Errorf("%d died", n)
		}
		return err
	})
}

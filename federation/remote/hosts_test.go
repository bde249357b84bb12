package remote

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// clock is the time for what a client knows of hosts.
func clock(c *Client) *atomic.Pointer[time.Time] {
	var p atomic.Pointer[time.Time]
	start := anytime
	p.Store(&start)
	c.hosts.now = func() time.Time { return *p.Load() }
	return &p
}

func pass(p *atomic.Pointer[time.Time], d time.Duration) {
	then := p.Load().Add(d)
	p.Store(&then)
}

func fetches(t *testing.T, c *Client, host string) error {
	t.Helper()
	_, err := c.Fetch(t.Context(), activity.ID("https://"+host+"/x"), signer())
	return err
}

func TestFourFetchesOfAHostAreUnderWayAtOnce(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int32
	full, open := make(chan struct{}, 20), make(chan struct{})
	_, c := newWorld(t, map[string]http.HandlerFunc{"slow.test": func(w http.ResponseWriter, r *http.Request) {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer now.Add(-1)
		full <- struct{}{}
		<-open
		note("https://slow.test/x")(w, r)
	}, "good.test": note("https://good.test/x")})
	c.fetchDeadline = time.Minute // however busy the machine is
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			if err := fetches(t, c, "slow.test"); err != nil {
				t.Error(err)
			}
		})
	}
	for range limits.FetchesPerHost {
		<-full
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := c.Fetch(ctx, "https://slow.test/x", signer())
	wantFault(t, err, activity.Later, "host_busy")
	_, err = c.Finger(ctx, "ada", "slow.test")
	wantFault(t, err, activity.Later, "host_busy")
	if err := fetches(t, c, "good.test"); err != nil {
		t.Errorf("another host has to wait: %v", err)
	}
	close(open)
	wg.Wait()
	if most.Load() != limits.FetchesPerHost || len(c.hosts.all) > 0 {
		t.Errorf("%d at once; remembered: %v", most.Load(), c.hosts.all)
	}
}

func TestAHostThatHangsIsLeftInPeaceForAWhile(t *testing.T) {
	t.Parallel()
	var isUp atomic.Bool
	w, c := newWorld(t, map[string]http.HandlerFunc{"pit.test": func(w http.ResponseWriter, r *http.Request) {
		if !isUp.Load() && r.Method == http.MethodGet {
			silent(w, r)
		}
		note("https://pit.test/x")(w, r)
	}})
	now := clock(c)
	_ = signer() // which takes its time when it is the first
	c.fetchDeadline = 300 * time.Millisecond
	for _, pause := range []time.Duration{5, 10, 20, 40, 80, 120, 120} {
		wantFault(t, fetches(t, c, "pit.test"), activity.Later, "timed_out")
		asked := len(w.saw("get"))
		pass(now, pause*time.Second-1)
		for range 3 {
			wantFault(t, fetches(t, c, "pit.test"), activity.Later, "host_failing")
		}
		_, err := c.Finger(t.Context(), "ada", "pit.test")
		wantFault(t, err, activity.Later, "host_failing")
		if again := len(w.saw("get")) - asked; again > 0 {
			t.Fatalf("asked %d times in a pause of %d s", again, pause)
		}
		pass(now, 1)
	}
	if err := c.Deliver(t.Context(), "https://pit.test/inbox", []byte("{}"), signer()); err != nil {
		t.Errorf("deliveries are the worker's business: %v", err)
	}
	isUp.Store(true)
	c.fetchDeadline = time.Minute
	for range 3 {
		if err := fetches(t, c, "pit.test"); err != nil {
			t.Fatalf("after it has come back: %v", err)
		}
	}
	if len(c.hosts.all) > 0 {
		t.Errorf("remembered: %v", c.hosts.all)
	}
}

func TestFetchesThatWaitForAHungHostEndWithTheFirst(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, map[string]http.HandlerFunc{"pit.test": silent})
	now := clock(c)
	_ = signer() // which takes its time when it is the first
	c.fetchDeadline = 500 * time.Millisecond
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			if err := fetches(t, c, "pit.test"); activity.KindOf(err) != activity.Later {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if asked := len(w.saw("get")); asked > limits.FetchesPerHost || c.hosts.all["pit.test"].failures != 1 {
		t.Fatalf("asked %d times, which counts as %d failures", asked, c.hosts.all["pit.test"].failures)
	}
	pass(now, limits.FirstPause)
	before := len(w.saw("get"))
	for range 40 {
		wg.Go(func() { _ = fetches(t, c, "pit.test") })
	}
	wg.Wait()
	if asked := len(w.saw("get")) - before; asked != 1 {
		t.Errorf("%d fetches found out how it is", asked)
	}
}

func TestAHostThatCannotBeReachedIsLeftInPeaceToo(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, nil)
	w.server.Close()
	wantFault(t, fetches(t, c, "down.test"), activity.Later, "unreachable")
	wantFault(t, fetches(t, c, "down.test"), activity.Later, "host_failing")
	wantFault(t, fetches(t, c, "other.test"), activity.Later, "unreachable")
	if n := len(w.saw("resolve down.test")); n != 1 {
		t.Errorf("looked for %d times", n)
	}
}

func TestAHostIsNotBlamedForWhatIsNotItsFault(t *testing.T) {
	t.Parallel()
	_, c := newWorld(t, map[string]http.HandlerFunc{
		"pit.test": silent, "odd.test": says("no JSON"), "trouble.test": status(502), "bad.test": redirect("https://pit.test/x"),
	})
	c.fetchDeadline = time.Minute // however busy the machine is
	_ = signer()                  // which takes its time when it is the first
	t.Run("the caller gives up", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		_, err := c.Fetch(ctx, "https://pit.test/x", signer())
		wantFault(t, err, activity.Later, "unreachable")
	})
	t.Run("the caller is in a hurry", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err := c.Fetch(ctx, "https://pit.test/x", signer())
		wantFault(t, err, activity.Later, "timed_out")
	})
	t.Run("it answers, whatever", func(t *testing.T) {
		for _, host := range []string{"odd.test", "trouble.test", "nothing.test"} {
			if err := fetches(t, c, host); err == nil {
				t.Errorf("%s has no document", host)
			}
		}
	})
	if len(c.hosts.all) > 0 {
		t.Errorf("blamed: %v", c.hosts.all)
	}
	t.Run("another host leads there", func(t *testing.T) {
		c.fetchDeadline = 500 * time.Millisecond
		wantFault(t, fetches(t, c, "bad.test"), activity.Later, "timed_out")
		wantFault(t, fetches(t, c, "bad.test"), activity.Later, "host_failing")
		if len(c.hosts.all) != 1 || c.hosts.all["bad.test"] == nil {
			t.Errorf("blamed: %v", c.hosts.all)
		}
	})
}

func TestOnlySoManyHostsAreRemembered(t *testing.T) {
	t.Parallel()
	now := anytime
	hs := newHosts(func() time.Time { return now })
	fails := func(name string) {
		h := hs.enter(name)
		hs.failed(h, h.failures)
		hs.leave(name, h)
	}
	busy := hs.enter("busy.test")
	for range 3 {
		fails("worst.test")
	}
	for n := range limits.FailingHosts + 20 {
		now = now.Add(10 * time.Microsecond)
		fails(fmt.Sprintf("%d.test", n))
	}
	if len(hs.all) != limits.FailingHosts || hs.all["busy.test"] != busy || hs.all["worst.test"] == nil || hs.all["0.test"] != nil {
		t.Errorf("%d remembered", len(hs.all))
	}
	now = now.Add(limits.FirstPause)
	if fails("next.test"); len(hs.all) != 3 {
		t.Errorf("%d remembered after the pauses", len(hs.all))
	}
}

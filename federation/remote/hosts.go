package remote

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// hosts sees to it that one partner who hangs costs its own people a wait, and
// nobody else: few fetches of a host are under way at once, and one that has
// just failed is left in peace for a while. The host is the one that a call
// names; wherever it redirects us to is on its own account, so nobody can spoil
// the name of another.
type hosts struct {
	mu  sync.Mutex
	now func() time.Time
	all map[string]*host // those being asked, and those that failed last time
}

type host struct {
	slots    chan struct{} // as many as fetches may be under way
	users    int           // fetches under way, or waiting
	failures int           // in a row
	until    time.Time     // the end of the pause after them
}

func newHosts(now func() time.Time) *hosts { return &hosts{now: now, all: map[string]*host{}} }

// visit does one fetch of a host: within the deadline, waiting for its turn
// included. Refusals of its own are Later: "host_busy" when its turn did not
// come, "host_failing" when the host does not answer these days.
func visit[T any](ctx context.Context, c *Client, name string, fetch func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, c.fetchDeadline)
	defer cancel()
	var none T
	h := c.hosts.enter(name)
	defer c.hosts.leave(name, h)
	if err := c.hosts.failing(h); err != nil {
		return none, err
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return none, activity.Because(activity.Later, "host_busy", ctx.Err(), "the other server is slow, and others are already waiting for it")
	}
	series, err := c.hosts.admit(h, c.fetchDeadline)
	if err != nil {
		return none, err
	}
	// Who waited long for its turn, or is in a hurry, cannot say that the host is slow.
	end, _ := ctx.Deadline()
	isFair := time.Until(end) > c.fetchDeadline/2
	got, err := fetch(ctx)
	switch reason := activity.FaultOf(err).Reason; {
	case reason != "timed_out" && reason != "unreachable":
		c.hosts.answered(h)
	case reason == "timed_out" && !isFair, errors.Is(ctx.Err(), context.Canceled):
		// It was the caller who did not wait.
	default:
		c.hosts.failed(h, series)
	}
	return got, err
}

// enter finds or makes the entry of a host; it stays until leave.
func (hs *hosts) enter(name string) *host {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	h := hs.all[name]
	if h == nil {
		hs.makeRoom()
		h = &host{slots: make(chan struct{}, limits.FetchesPerHost)}
		hs.all[name] = h
	}
	h.users++
	return h
}

// leave forgets a host that nobody asks, and that has not failed.
func (hs *hosts) leave(name string, h *host) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	h.users--
	if h.users == 0 && h.failures == 0 {
		delete(hs.all, name)
	}
}

// failing is the refusal while the pause after a failure lasts.
func (hs *hosts) failing(h *host) error {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	return hs.refusal(h)
}

func (hs *hosts) refusal(h *host) error {
	if hs.now().Before(h.until) {
		return activity.Refuse(activity.Later, "host_failing", "the other server has not answered lately; it will be asked again soon")
	}
	return nil
}

// admit lets a fetch begin, and says which failure it comes after. After a pause
// one fetch finds out how the host is, while the others are still refused.
func (hs *hosts) admit(h *host, deadline time.Duration) (series int, err error) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	if err := hs.refusal(h); err != nil {
		return 0, err
	}
	if h.failures > 0 {
		h.until = hs.now().Add(deadline)
	}
	return h.failures, nil
}

// answered ends the pauses: whatever it said, the host is there.
func (hs *hosts) answered(h *host) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	h.failures, h.until = 0, time.Time{}
}

// failed begins a pause, twice as long as the last. Fetches that were under way
// together fail together: that is one failure.
func (hs *hosts) failed(h *host, series int) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	if h.failures != series {
		return
	}
	pause := limits.FirstPause
	for i := 0; i < h.failures && pause < limits.LongestPause; i++ {
		pause *= 2
	}
	h.failures++
	h.until = hs.now().Add(min(pause, limits.LongestPause))
}

// makeRoom drops hosts that may be asked again, and if that is not enough the
// one that could be soonest. Those being asked stay; there are only so many.
func (hs *hosts) makeRoom() {
	if len(hs.all) < limits.FailingHosts {
		return
	}
	now := hs.now()
	maps.DeleteFunc(hs.all, func(_ string, h *host) bool { return h.users == 0 && !now.Before(h.until) })
	if len(hs.all) < limits.FailingHosts {
		return
	}
	soonest := ""
	for name, h := range hs.all {
		if h.users == 0 && (soonest == "" || h.until.Before(hs.all[soonest].until)) {
			soonest = name
		}
	}
	delete(hs.all, soonest)
}

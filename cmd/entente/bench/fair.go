package bench

import (
	"context"
	"fmt"
	"time"
)

// fair: posts go out to 100 hosts that all answer; then to 100 of which half take the
// connection and never say a word. The good half should hardly notice.
func fair(ctx context.Context, r *run) error {
	without, err := r.goodHalf(ctx, false)
	if err != nil {
		return err
	}
	with, err := r.goodHalf(ctx, true)
	if err != nil {
		return err
	}
	r.note("median delivery time to the good half, all hosts good", without, "ms")
	r.note("median delivery time to the good half, beside tar-pits", with, "ms")
	r.most("  with tar-pits against without", with/without, "times", 1.2)
	return nil
}

// goodHalf is the median time, in ms, until a post has reached a host of the first half.
func (r *run) goodHalf(ctx context.Context, withPits bool) (float64, error) {
	h, w, err := r.openWorld(ctx, or(r.Hosts, 100))
	if err != nil {
		return 0, err
	}
	defer h.close()
	defer w.close()
	good := len(w.names) / 2
	if withPits {
		w.pits = len(w.names) - good
	}
	author, _, err := h.authors(ctx, w)
	if err != nil {
		return 0, err
	}
	if err := h.begin(ctx); err != nil {
		return 0, err
	}
	times, err := h.fairly(ctx, w, author, good)
	r.say("tar-pits: %t, median %.1f ms", withPits, median(times))
	return median(times), err
}

// fairly writes posts, and gives the times until each had reached each of the good hosts.
func (h *house) fairly(ctx context.Context, w *world, author *client, good int) ([]float64, error) {
	var times []float64
	const warmUp = 2
	opened := time.Now()
	for n := range warmUp + or(h.Posts, 40) {
		began := time.Now()
		if began.Sub(opened) > enough {
			break
		}
		as := newArrivals(fmt.Sprintf("[fair %d]", n))
		w.hear(func(a arrival) {
			if a.host < good {
				as.hear(a)
			}
		})
		if _, _, err := author.writes(ctx, "To everybody "+string(as.mark)); err != nil {
			return nil, err
		}
		if err := as.waitFor(ctx, good, slow); err != nil {
			return nil, err
		}
		if n >= warmUp {
			times = append(times, as.times(began, good)...)
		}
		time.Sleep(time.Until(began.Add(pause)))
	}
	return times, nil
}

// pause is how long it is from one post to the next: nobody writes without a break, and
// what is measured is how posts hinder each other, not how fast they go out.
const pause = 250 * time.Millisecond

// What has not arrived after slow counts as arriving then, and is not waited for; and
// after enough no further post is written.
const (
	slow   = 10 * time.Second
	enough = time.Minute
)

// waitFor waits until n hosts have it, but only so long.
func (as *arrivals) waitFor(ctx context.Context, n int, long time.Duration) error {
	end := time.Now().Add(long)
	return until(ctx, time.Millisecond, func() (bool, error) { return as.count() >= n || time.Now().After(end), nil })
}

// times are those of n hosts, in ms since it was written.
func (as *arrivals) times(began time.Time, n int) []float64 {
	as.mu.Lock()
	defer as.mu.Unlock()
	var all []float64
	for _, at := range as.at {
		all = append(all, ms(at.Sub(began)))
	}
	for len(all) < n {
		all = append(all, ms(slow))
	}
	return all
}

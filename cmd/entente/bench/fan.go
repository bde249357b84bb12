package bench

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"entente.example/entente/store"
)

// fan: an author with a follower on each of many hosts writes. A first post opens the
// connections and is shown apart; then come rounds, of which the median counts.
func fan(ctx context.Context, r *run) error {
	_, err := r.fanOut(ctx, or(r.Hosts, 1000))
	return err
}

// fanPartners is fan to Entente.
func fanPartners(ctx context.Context, r *run) error {
	r.Partners = true
	return fan(ctx, r)
}

// fanSlow is fan to hosts that take their time, against those that do not.
func fanSlow(ctx context.Context, r *run) error {
	hosts := or(r.Hosts, 1000)
	return r.against(ctx, hosts, func() { r.Delay = or(r.Delay, 100*time.Millisecond) }, hosts, 0.75)
}

// fanWide is fan to 30,000 hosts against 1,000.
func fanWide(ctx context.Context, r *run) error {
	wide := or(r.Hosts, 30_000)
	return r.against(ctx, max(wide/30, 1), func() { r.Rounds = or(r.Rounds, 1) }, wide, 0.9)
}

// against compares two fans.
func (r *run) against(ctx context.Context, hosts int, change func(), then int, least float64) error {
	changed := r.Options
	r.Delay = 0
	usual, err := r.fanOut(ctx, hosts)
	if err != nil {
		return err
	}
	r.Options = changed
	change()
	rate, err := r.fanOut(ctx, then)
	if err == nil {
		r.least("  of the rate before", rate/usual, "", least)
	}
	return err
}

// fanOut measures one fan, and gives its rate.
func (r *run) fanOut(ctx context.Context, hosts int) (float64, error) {
	h, w, err := r.openWorld(ctx, hosts)
	if err != nil {
		return 0, err
	}
	defer h.close()
	defer w.close()
	author, other, err := h.authors(ctx, w)
	if err != nil {
		return 0, err
	}
	if err := h.begin(ctx); err != nil {
		return 0, err
	}
	var rates, firsts, others []float64
	var before cost
	rounds := or(r.Rounds, 3)
	for n := range 1 + rounds {
		t, err := h.round(ctx, w, author, other, n)
		if err != nil {
			return 0, err
		}
		r.say("round %d: %.0f deliveries/s, the first after %.0f ms, that of another author after %.0f ms", n, t.rate, t.first, t.other)
		if n == 0 {
			r.note(fmt.Sprintf("the first post ever to %d hosts", hosts), t.rate, "deliveries/s")
			before = h.cost()
			continue
		}
		rates, firsts, others = append(rates, t.rate), append(firsts, t.first), append(others, t.other)
	}
	if odd := w.odd.Load(); odd > 0 {
		return 0, fmt.Errorf("%d deliveries were not signed as those hosts read it", odd)
	}
	return median(rates), r.fanned(ctx, h, w, h.cost().since(before), median(rates), median(firsts), median(others), rounds)
}

// fanned reports a fan, beside the signatures that could have been made.
func (r *run) fanned(ctx context.Context, h *house, w *world, c cost, rate, first, other float64, rounds int) error {
	s, err := signatures(ctx)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("one post to %d hosts", len(w.names))
	if w.delay > 0 {
		what += fmt.Sprintf(" that answer after %v", w.delay)
	}
	if w.partners {
		r.note(what+", Ed25519", rate, "deliveries/s")
		r.least("  of the RSA signatures/s (three times 0.6)", rate/s.rsa, "", 1.8)
	} else {
		r.note(what+", RSA", rate, "deliveries/s")
		r.least("  of the RSA signatures/s", rate/s.rsa, "", 0.6)
	}
	r.each("delivery", c, rounds*len(w.names), 0)
	if n := time.Duration(rounds * len(w.names)); c.measured() { // what a quiet machine would give
		r.note("  an RSA signature's CPU of all CPU per delivery", float64(s.rsaCost)/float64((c.program+c.postgres+c.generator)/n), "")
	}
	r.most("first delivery", first, "ms", 1000)
	r.most("another author's post meanwhile", other, "ms", 1000)
	r.most("most memory of the program", memory(h.program.pid(), "VmHWM"), "MiB", 300)
	return nil
}

// openWorld is open, with other servers.
func (r *run) openWorld(ctx context.Context, hosts int) (*house, *world, error) {
	h, err := r.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	w, err := newWorld(ctx, hosts)
	if err != nil {
		h.close()
		return nil, nil, err
	}
	w.delay, w.partners = r.Delay, r.Partners
	return h, w, nil
}

// authors are two of our people: one with a follower on each host, one with a follower
// on the first.
func (h *house) authors(ctx context.Context, w *world) (author, other *client, err error) {
	if author, err = h.hire(ctx, "author"); err != nil {
		return nil, nil, err
	}
	if other, err = h.hire(ctx, "other"); err != nil {
		return nil, nil, err
	}
	people := append(w.people(len(w.names), nil), w.person(0, len(w.names), nil))
	h.say("%d followers on %d hosts", len(people), len(w.names))
	return author, other, h.invite(ctx, w, people, func(p person) store.Edge {
		if p.Key == people[len(people)-1].Key {
			return followOf(p.Key, other.actor.Key)
		}
		return followOf(p.Key, author.actor.Key)
	})
}

// tally is how a post arrived.
type tally struct {
	rate         float64 // deliveries per second, from when it was written until the last
	first, other float64 // ms until the first delivery, and until that of another author
}

// round writes two posts, and waits until everybody has them.
func (h *house) round(ctx context.Context, w *world, author, other *client, n int) (t tally, err error) {
	mark, otherMark := fmt.Sprintf("[round %d]", n), fmt.Sprintf("[beside %d]", n)
	main, beside := newArrivals(mark), newArrivals(otherMark)
	w.hear(func(a arrival) { main.hear(a); beside.hear(a) })
	began := time.Now()
	if _, _, err := author.writes(ctx, "To everybody "+mark); err != nil {
		return t, err
	}
	otherBegan := time.Now()
	if _, _, err := other.writes(ctx, "To one "+otherMark); err != nil {
		return t, err
	}
	if err := main.wait(ctx, len(w.names)); err != nil {
		return t, err
	}
	if err := beside.wait(ctx, 1); err != nil {
		return t, err
	}
	first, last := main.span()
	_, at := beside.span()
	return tally{float64(len(w.names)) / last.Sub(began).Seconds(), ms(first.Sub(began)), ms(at.Sub(otherBegan))}, nil
}

// arrivals are the deliveries whose bodies hold a mark, by host. Those that come
// again are counted once.
type arrivals struct {
	mark        []byte
	mu          sync.Mutex
	at          map[int]time.Time
	first, last time.Time
	twice       int
}

func newArrivals(mark string) *arrivals {
	return &arrivals{mark: []byte(mark), at: map[int]time.Time{}}
}

func (as *arrivals) hear(a arrival) {
	if !bytes.Contains(a.body, as.mark) {
		return
	}
	as.mu.Lock()
	defer as.mu.Unlock()
	if _, again := as.at[a.host]; again {
		as.twice++
		return
	}
	as.at[a.host] = a.at
	if as.first.IsZero() || a.at.Before(as.first) {
		as.first = a.at
	}
	if a.at.After(as.last) {
		as.last = a.at
	}
}

func (as *arrivals) count() int {
	as.mu.Lock()
	defer as.mu.Unlock()
	return len(as.at)
}

// wait until n hosts have it.
func (as *arrivals) wait(ctx context.Context, n int) error {
	err := until(ctx, 5*time.Millisecond, func() (bool, error) { return as.count() >= n, nil })
	if err != nil {
		return fmt.Errorf("%d of %d deliveries have arrived: %w", as.count(), n, err)
	}
	return nil
}

func (as *arrivals) span() (first, last time.Time) {
	as.mu.Lock()
	defer as.mu.Unlock()
	return as.first, as.last
}

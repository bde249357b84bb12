package worker

import (
	"sync"
	"time"
)

const (
	laneWidth  = 4   // deliveries to one host at once; 1 until it has taken one
	laneLength = 28  // deliveries that wait behind them
	lineRoom   = 512 // deliveries that wait in all lines together
	// awayLimit is how long a delivery stays away that nobody calls back.
	awayLimit = 10 * time.Minute
	// callLimit is how long those that were called back may take to arrive; some
	// go to another worker.
	callLimit = time.Second
)

// lanes keep one host from taking all the room of the others, without blocking
// anybody. A delivery to a host that already has its share waits in the host's
// line, where it costs nothing but memory, and is taken over by the goroutine
// of the first one that ends. When the line is full as well, the delivery is
// parked: sent away, until the line is half empty and calls the next ones back.
type lanes struct {
	mu            sync.Mutex
	width, length int
	hosts         map[string]*lane // those that something goes to, or is away for
	inLine        int              // in all of them
	closed        bool
}

type lane struct {
	running  int
	line     []*task
	away     bool // some were sent away, and not all of them called back
	called   int  // back, and not here yet
	calledAt time.Time
}

func newLanes(width, length int) *lanes {
	return &lanes{width: width, length: length, hosts: map[string]*lane{}}
}

// place is what a delivery finds.
type place int

const (
	goes  place = iota // it may run; leave must be called after it
	waits              // it is in the line; some call of leave will return it
	full               // it must be sent away; sent must be called after that
)

// of is a host's lane, a new one if need be. The caller holds mu.
func (l *lanes) of(host string) *lane {
	h := l.hosts[host]
	if h == nil {
		h = &lane{}
		l.hosts[host] = h
	}
	return h
}

func (l *lanes) enter(t *task) place {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.of(t.to.host)
	h.called = max(h.called-1, 0)
	width := l.width
	if !t.isProven() {
		width = 1
	}
	switch {
	case h.running < width:
		h.running++
		return goes
	case len(h.line) < l.length && l.inLine < lineRoom && !l.closed:
		h.line = append(h.line, t)
		l.inLine++
		return waits
	}
	return full
}

// leave ends a delivery that was let in, and returns the one that takes its
// place, nil if there is none.
func (l *lanes) leave(host string) *task {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.hosts[host]
	if len(h.line) == 0 {
		h.running--
		l.forget(host, h)
		return nil
	}
	next := h.line[0]
	h.line = h.line[1:]
	l.inLine--
	return next
}

// forget drops a lane that is empty. The caller holds mu.
func (l *lanes) forget(host string, h *lane) {
	if h.running == 0 && len(h.line) == 0 && !h.away && h.called == 0 {
		delete(l.hosts, host)
	}
}

// sent says that one that found the line full is parked.
func (l *lanes) sent(host string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of(host).away = true
}

// expect says that deliveries to these hosts are away, sent by whomever.
func (l *lanes) expect(hosts []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, host := range hosts {
		l.of(host).away = true
	}
}

// call is how many to call back to a host now, 0 for none.
func (l *lanes) call(host string, now time.Time) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.hosts[host]
	if h == nil {
		return 0
	}
	if now.Sub(h.calledAt) >= callLimit {
		h.called = 0 // they went elsewhere
	}
	if !h.away || h.called > 0 || len(h.line) > l.length/2 || l.closed {
		l.forget(host, h)
		return 0
	}
	h.away = false // answered or sent puts it back
	h.called, h.calledAt = l.length, now
	return l.length
}

// answered says how many were there to be called.
func (l *lanes) answered(host string, called, came int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.of(host)
	h.called = max(h.called-(called-came), 0)
	h.away = h.away || came == called
	l.forget(host, h)
}

// names are the hosts of these lanes.
func (l *lanes) names() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	names := make([]string, 0, len(l.hosts))
	for host := range l.hosts {
		names = append(names, host)
	}
	return names
}

// close empties the lines and returns what was in them. Nothing waits from now
// on.
func (l *lanes) close() []*task {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	var left []*task
	for _, h := range l.hosts {
		left = append(left, h.line...)
		h.line = nil
	}
	l.inLine = 0
	return left
}

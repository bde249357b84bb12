package worker

import (
	"sync"
	"time"
)

const (
	quickSeats = 256 // deliveries at once in this process that have just begun
	newSeats   = 128 // ... to hosts that have not taken the last one
	slowSeats  = 768 // ... and that have run for longer than a moment
	// newcomersWaiting is how many deliveries to hosts that have not taken the last one
	// are here; more are parked.
	newcomersWaiting = 2048
	moment           = time.Second // after it a delivery is a slow one
)

// seat is the place of a delivery. Whoever runs for longer than a moment moves to
// the slow ones, where there is room, and its place goes to another: partners that
// take their time only ever take it from each other.
type seat struct {
	mu          sync.Mutex
	quick, slow room
	isSlow      bool
	left        bool
	clock       *time.Timer
}

// newSeat takes over a place in quick.
func newSeat(quick, slow room) *seat {
	s := &seat{quick: quick, slow: slow}
	s.mu.Lock() // on a very busy machine the moment is over before the clock is kept
	defer s.mu.Unlock()
	s.clock = time.AfterFunc(moment, s.move)
	return s
}

func (s *seat) move() {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.left || s.isSlow:
	case s.slow.try():
		s.isSlow = true
		s.quick.give(1)
	default:
		s.clock.Reset(moment)
	}
}

// leave gives the place back.
func (s *seat) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = true
	s.clock.Stop()
	if s.isSlow {
		s.slow.give(1)
	} else {
		s.quick.give(1)
	}
}

package resolve

import (
	"sync"
	"time"
)

// recent remembers for a while what was asked for, so that a stranger cannot
// make us ask the same server again and again. It is bounded: what is older
// makes room.
type recent struct {
	mu   sync.Mutex
	now  func() time.Time
	seen map[string]time.Time // until when
}

const maxRecent = 10_000

func newRecent(now func() time.Time) *recent {
	return &recent{now: now, seen: map[string]time.Time{}}
}

// first says whether key was not asked for in the last while, and notes it.
func (r *recent) first(key string, while time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if until, ok := r.seen[key]; ok && now.Before(until) {
		return false
	}
	if len(r.seen) >= maxRecent {
		r.sweep(now)
	}
	r.seen[key] = now.Add(while)
	return true
}

// forget makes key askable again.
func (r *recent) forget(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.seen, key)
}

// sweep drops what is over, and everything when nothing is.
func (r *recent) sweep(now time.Time) {
	for key, until := range r.seen {
		if !now.Before(until) {
			delete(r.seen, key)
		}
	}
	if len(r.seen) >= maxRecent {
		clear(r.seen)
	}
}

package resolve

import (
	"maps"
	"sync"
	"time"

	"entente.example/entente/activity/limits"
)

// recent remembers for a while what was asked for, so that a stranger cannot
// make us ask the same server again and again. It is bounded: what would be
// forgotten first makes room, one for one, so that a flood does not wipe out
// what is remembered.
type recent struct {
	mu   sync.Mutex
	now  func() time.Time
	seen map[string]time.Time // until when
}

func newRecent(now func() time.Time) *recent {
	return &recent{now: now, seen: map[string]time.Time{}}
}

// first says whether key was not noted in the last while, and notes it.
func (r *recent) first(key string, while time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.holds(key) {
		return false
	}
	r.put(key, while)
	return true
}

// has says whether key was noted, and its while is not over.
func (r *recent) has(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.holds(key)
}

// note remembers key for a while from now.
func (r *recent) note(key string, while time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.put(key, while)
}

// forget makes key askable again.
func (r *recent) forget(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.seen, key)
}

func (r *recent) holds(key string) bool {
	until, ok := r.seen[key]
	return ok && r.now().Before(until)
}

func (r *recent) put(key string, while time.Duration) {
	now := r.now()
	if _, ok := r.seen[key]; !ok && len(r.seen) >= limits.Recent {
		r.makeRoom(now)
	}
	r.seen[key] = now.Add(while)
}

// makeRoom drops what is over, and when nothing is, the one that is over next.
func (r *recent) makeRoom(now time.Time) {
	maps.DeleteFunc(r.seen, func(_ string, until time.Time) bool { return !now.Before(until) })
	if len(r.seen) < limits.Recent {
		return
	}
	next := ""
	for key, until := range r.seen {
		if next == "" || until.Before(r.seen[next]) {
			next = key
		}
	}
	delete(r.seen, next)
}

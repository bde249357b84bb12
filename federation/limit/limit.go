// Package limit is how often somebody may do something: a bucket that fills at a
// steady rate, for each name that they go by. It is in memory, and bounded.
package limit

import (
	"net/netip"
	"sync"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// Rate is how much may be done: Burst at once, and then one more each Every.
type Rate struct {
	Burst int
	Every time.Duration
}

// Limiter counts what is done under names. Whoever goes by more names than it
// remembers pushes out those that are free again soonest. It is no more than a
// time for each name (the generic cell rate algorithm), so it can also give back.
// Safe for many users at once.
type Limiter struct {
	mu    sync.Mutex
	names map[string]time.Time // when its bucket is full again
}

// New makes one that has seen nobody.
func New() *Limiter { return &Limiter{names: map[string]time.Time{}} }

// Take counts one more under a name. It gives 0 when that is within the rate, else
// how long to wait; then nothing is counted.
func (l *Limiter) Take(name string, r Rate, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	full := l.with(name, r, now)
	if wait := full.Sub(now) - r.whole(); wait > 0 {
		return wait
	}
	if _, known := l.names[name]; !known && len(l.names) >= limits.PacedNames {
		l.makeRoom(now)
	}
	l.names[name] = full
	return 0
}

// Wait is what Take would give, and counts nothing.
func (l *Limiter) Wait(name string, r Rate, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(l.with(name, r, now).Sub(now)-r.whole(), 0)
}

// with is when the bucket of a name would be full with one more taken out of it.
func (l *Limiter) with(name string, r Rate, now time.Time) time.Time {
	full := l.names[name]
	if full.Before(now) {
		full = now
	}
	return full.Add(r.Every)
}

// GiveBack forgets one: it was none of those that are counted.
func (l *Limiter) GiveBack(name string, r Rate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if full, known := l.names[name]; known {
		l.names[name] = full.Add(-r.Every)
	}
}

// whole is how long an empty bucket takes to fill.
func (r Rate) whole() time.Duration { return time.Duration(r.Burst) * r.Every }

// makeRoom drops the names whose buckets are full, else the one that is full
// soonest: a flood does not wipe out what is remembered.
func (l *Limiter) makeRoom(now time.Time) {
	soonest, at := "", time.Time{}
	for name, full := range l.names {
		if !now.Before(full) {
			delete(l.names, name)
		} else if soonest == "" || full.Before(at) {
			soonest, at = name, full
		}
	}
	if len(l.names) >= limits.PacedNames {
		delete(l.names, soonest)
	}
}

// Admit is Take, and refuses (TooMany) what is not within the rate.
func (l *Limiter) Admit(name string, r Rate, now time.Time) error {
	return Hurried(l.Take(name, r, now))
}

// Hurried refuses (TooMany) whoever has to wait.
func Hurried(wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	return activity.After(wait, activity.Refuse(activity.TooMany, "too_fast", "you come too often; wait a little and try again"))
}

// Stranger is how often those may come from one address who have not shown who they
// are. It is one rate, and one Limiter, for all doors of an instance.
func Stranger() Rate { return Rate{Burst: limits.StrangerBurst, Every: limits.StrangerEvery} }

// Address names whoever comes from an address (http.Request.RemoteAddr); one
// customer of a provider has a whole /64 of IPv6.
func Address(remote string) string {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return "address " + string(store.Hash(remote))
	}
	ip, bits := at.Addr().Unmap(), 32
	if ip.Is6() {
		bits = 64
	}
	net, _ := ip.WithZone("").Prefix(bits) // bits fit the family
	return "address " + net.String()
}

package web

import (
	"net/netip"
	"sync"
	"time"

	"entente.example/entente/store"
)

// How often one may fail to sign in, and how much is remembered of it.
const (
	triesPerAccount = 10
	triesPerAddress = 30
	triesWindow     = 10 * time.Minute
	maxTries        = 20_000
)

// limiter counts attempts in memory. Whoever asks for more accounts or comes
// from more addresses than it remembers pushes out those that end soonest.
type limiter struct {
	mu    sync.Mutex
	tries map[string]tries
}

type tries struct {
	count int
	until time.Time
}

func newLimiter() *limiter { return &limiter{tries: map[string]tries{}} }

// take counts an attempt under this name, and says whether it is within the limit.
func (l *limiter) take(name string, limit int, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	t, known := l.tries[name]
	if !now.Before(t.until) {
		t = tries{until: now.Add(triesWindow)}
	}
	if t.count >= limit {
		return false
	}
	if !known && len(l.tries) >= maxTries {
		l.makeRoom(now)
	}
	t.count++
	l.tries[name] = t
	return true
}

// giveBack forgets one attempt: it was none of guessing.
func (l *limiter) giveBack(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.tries[name]; t.count > 1 {
		t.count--
		l.tries[name] = t
		return
	}
	delete(l.tries, name)
}

// makeRoom drops what is over, else the one that ends soonest.
func (l *limiter) makeRoom(now time.Time) {
	soonest, end := "", now.Add(2*triesWindow)
	for name, t := range l.tries {
		if !now.Before(t.until) {
			delete(l.tries, name)
		} else if t.until.Before(end) {
			soonest, end = name, t.until
		}
	}
	if len(l.tries) >= maxTries {
		delete(l.tries, soonest)
	}
}

// accountTries names the attempts at an account by what was typed, whether there
// is such an account or not: the limit must not tell. A hash bounds its length.
func accountTries(login string) string { return "account " + string(store.Hash(login)) }

// addressTries names the attempts from an address; one customer of a provider
// has a whole /64 of IPv6.
func addressTries(remote string) string {
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

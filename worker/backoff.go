package worker

import (
	"math/rand/v2"
	"time"
)

// backoff is how long to wait before trying again: first, then times factor
// each time, up to longest.
type backoff struct {
	first   time.Duration
	factor  int
	longest time.Duration
}

// after is the wait after so many tries that have failed before, with up to a
// quarter on top: what has failed together need not come back together.
func (b backoff) after(tries int) time.Duration {
	d := b.first
	for range tries {
		if d >= b.longest {
			break
		}
		d *= time.Duration(b.factor)
	}
	return jitter(min(d, b.longest))
}

func jitter(d time.Duration) time.Duration { return d + rand.N(d/4+1) }

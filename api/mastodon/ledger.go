package mastodon

import (
	"sync"
	"time"

	"entente.example/entente/store"
)

// remembered is how long an Idempotency-Key stands for the post that it made.
const remembered = time.Hour

// ledger knows which post an Idempotency-Key made, so that a client which did
// not get the answer can ask again. It is in memory: another process, or a
// restart, does not know it.
type ledger struct {
	now      func() time.Time
	mu       sync.Mutex
	postings map[postingKey]*posting
	swept    time.Time
}

type postingKey struct {
	member, app store.Key
	hash        string // of the header: a key of a known size
}

type posting struct {
	mu   sync.Mutex // held while it is being made
	note store.Key  // 0: not made yet
	at   time.Time
}

func newLedger(now func() time.Time) *ledger {
	return &ledger{now: now, postings: map[postingKey]*posting{}}
}

// once gives the note that this key has made, and makes it if there is none. Of
// two at the same moment one makes it and the other waits; a failure is not
// remembered. An empty key always makes one.
func (l *ledger) once(v store.Viewer, key string, post func() (store.Note, error)) (store.Key, error) {
	if key == "" {
		n, err := post()
		return n.Key, err
	}
	p := l.posting(postingKey{v.Actor.Key, v.App, string(store.Hash(key))})
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.note != 0 {
		return p.note, nil
	}
	n, err := post()
	if err == nil {
		p.note = n.Key
	}
	return n.Key, err
}

func (l *ledger) posting(key postingKey) *posting {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if now.Sub(l.swept) > time.Minute {
		l.swept = now
		for k, p := range l.postings {
			if now.Sub(p.at) > remembered {
				delete(l.postings, k)
			}
		}
	}
	p, ok := l.postings[key]
	if !ok || now.Sub(p.at) > remembered {
		p = &posting{at: now}
		l.postings[key] = p
	}
	return p
}

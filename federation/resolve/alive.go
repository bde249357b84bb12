package resolve

import (
	"context"
	"sync"
	"time"

	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// signs are when signs of life were kept last: of anybody, and of each host whose silence
// counts, since a group that lives there has a successor. All others are only looked up
// here, for each request and delivery.
type signs struct {
	mu     sync.Mutex
	kept   map[string]time.Time // zero: not yet
	readAt time.Time            // whose silence counts
}

// Alive takes note that a host has given a sign of life.
func (f *Finder) Alive(ctx context.Context, host string) {
	if host == "" || f.gate.IsOwn(host) {
		return
	}
	due, err := f.signs.due(ctx, f.db, host, f.now())
	if err == nil && len(due) > 0 {
		err = f.db.Heard(ctx, due, f.now())
	}
	if err != nil {
		f.log.WarnContext(ctx, "a sign of life cannot be kept", "host", host, "err", err)
	}
}

// due are those of whom a sign of this host is to be kept now. Who has been named since
// whose silence counts was read last, AliveEvery ago at most, counts from the next time on.
func (s *signs) due(ctx context.Context, db *store.Store, host string, now time.Time) (due []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.readAt) >= limits.AliveEvery {
		if err := s.read(ctx, db); err != nil {
			return nil, err
		}
		s.readAt = now
	}
	for _, of := range []string{store.Anybody, host} {
		if at, counts := s.kept[of]; counts && now.Sub(at) >= limits.AliveEvery {
			s.kept[of], due = now, append(due, of)
		}
	}
	return due, nil
}

func (s *signs) read(ctx context.Context, db *store.Store) error {
	hosts, err := db.HostsWithHeirs(ctx)
	if err != nil {
		return err
	}
	kept := map[string]time.Time{store.Anybody: s.kept[store.Anybody]}
	for _, host := range hosts {
		kept[host] = s.kept[host]
	}
	s.kept = kept
	return nil
}

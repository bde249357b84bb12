package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// A worker is killed while it delivers and is not started again. Its partner takes its
// time, so that there is always something under way.
func TestAKilledWorkersWorkIsTakenOver(t *testing.T) {
	t.Parallel()
	queue := newQueue(t, 1)
	queue.start(t)
	initech, _ := queue.partner(t)
	must(t, initech.start(t.Context(), "--no-worker"))
	workers := []*helper{initech.helped(t), initech.helped(t)}
	slow := &slowPartner{heard: map[string]int{}}
	slow.outsider = newOutsiderWho(t, slow.hear, func(string) (any, bool) { return nil, false })
	initech.does(t, "partner", "allow", slow.host, "--let", "all")
	ivan := initech.hire(t, "ivan")
	if status := slow.follows(t, ivan); status != http.StatusAccepted {
		t.Fatalf("a partner's Follow is answered %d", status)
	}
	mallory := &person{at: &company{host: slow.host}, name: "mallory"}
	soon(t, patience, func() error { return ivan.isFollowedBy(t.Context(), mallory) })

	texts := ivan.says(t, "handed over", 60)
	soon(t, patience, func() error {
		if came := slow.came(1); came < 10 {
			return fmt.Errorf("%d have arrived", came)
		}
		return nil
	})
	victim := workers[0]
	if deliveries(t, workers[1].aside) > deliveries(t, victim.aside) {
		victim = workers[1] // the other one may have nothing to do
	}
	victim.kill()
	killed, before := time.Now(), slow.came(1)
	soon(t, patience, func() error { // what it had in its hands comes again, and is acknowledged
		if came := slow.came(1); came < len(texts) {
			return fmt.Errorf("%d of %d have arrived", came, len(texts))
		}
		if slow.came(2) == 0 {
			return errors.New("nothing that was under way has come again")
		}
		return queue.isEmpty(t)
	})
	t.Logf("killed after %d of %d deliveries; all had arrived and were settled %v later, %d had come twice", before, len(texts), time.Since(killed).Round(time.Millisecond), slow.came(2))
	if more := slow.came(3); more > 0 {
		t.Errorf("%d activities came three times", more)
	}
}

// slowPartner takes its time with every delivery.
type slowPartner struct {
	*outsider
	mu    sync.Mutex
	heard map[string]int // how often, by activity
}

// came is how many activities have come so often.
func (s *slowPartner) came(often int) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, times := range s.heard {
		if times >= often {
			n++
		}
	}
	return n
}

func (s *slowPartner) hear(said string) {
	var a saying
	if json.Unmarshal([]byte(said), &a) == nil && a.Type == "Create" {
		s.mu.Lock()
		s.heard[a.ID]++
		s.mu.Unlock()
		time.Sleep(200 * time.Millisecond)
	}
}

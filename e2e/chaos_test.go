package e2e

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestChaosLosesNothing kills whatever runs while people work, KILLS times, in an
// order that follows from SEED. "make chaos" kills more often than the usual tests.
func TestChaosLosesNothing(t *testing.T) {
	t.Parallel()
	chaos(t, 1, number(t, "KILLS", 2), func(s *stage, random *rand.Rand) []victim { return s.victims(random) })
}

// A cluster of three loses its servers one after another, also the one that leads the
// stream of jobs: half as often as all the others die above.
func TestChaosInAClusterLosesNothing(t *testing.T) {
	t.Parallel()
	kills := number(t, "KILLS", 0)
	if kills == 0 {
		t.Skip(`this takes a minute, since a cluster takes seconds to choose a leader: "make chaos" runs it`)
	}
	chaos(t, 3, max(3, kills/2), func(s *stage, random *rand.Rand) []victim {
		leader := func() *natsNode { return s.queue.leader(t) }
		return []victim{s.node("leader", leader), s.someWorker(random), s.someNode(random)}
	})
}

// number is one that the environment gives.
func number(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	must(t, err)
	return n
}

// chaos kills one of the victims after another while everybody is busy, and looks
// whether all is there in the end, once.
func chaos(t *testing.T, nodes, kills int, victims func(*stage, *rand.Rand) []victim) {
	seed := uint64(number(t, "SEED", int(time.Now().Unix())))
	t.Logf("SEED=%d KILLS=%d", seed, kills)
	random := rand.New(rand.NewPCG(seed, 1))
	l := &ledger{}
	s := newStage(t, nodes, l)
	if nodes > 1 {
		s.queue.replicate(t)
	}
	stop := s.rush(t.Context(), l, seed, 60*time.Millisecond)
	defer stop()
	report := &report{}
	var bag []int
	for range kills {
		all := victims(s, random)
		if len(bag) == 0 {
			bag = random.Perm(len(all)) // everybody's turn comes
		}
		v := all[bag[0]]
		bag = bag[1:]
		time.Sleep(time.Duration(200+random.IntN(1300)) * time.Millisecond)
		report.add(s.suffers(t, v, random, l))
	}
	stop()
	began := time.Now()
	b, err := s.balanced(t.Context(), l, func() error { return s.owesNothing(t) }, 2*time.Minute)
	settled := time.Since(began)
	if err == nil {
		time.Sleep(time.Second)
		b, err = s.balanced(t.Context(), l, func() error { return nil }, 0) // nothing came twice after all
	}
	t.Log(report.text(l, b, settled))
	if err != nil {
		t.Errorf("SEED=%d: %v", seed, err)
	}
	if len(l.strange) > 0 {
		t.Errorf("SEED=%d: answers that nobody should get:\n%s", seed, strings.Join(l.strange[:min(20, len(l.strange))], "\n"))
	}
	deliveries, _, late := l.heardOf()
	if late > 0 {
		t.Errorf("SEED=%d: %d posts came to the stranger after what changes them", seed, late)
	}
	if l.accepted < 10*kills || deliveries < 10 {
		t.Errorf("only %d deeds were accepted, and %d deliveries heard: this tests nothing", l.accepted, deliveries)
	}
}

// suffering is a kill, and what came after it.
type suffering struct {
	name       string
	killed     time.Time
	down, goOn time.Duration // without it, as we wanted; from its start until all was at work again
}

// suffers kills something, starts it again after a while, and waits until all is at
// work again: what is written at one company is read at the other.
func (s *stage) suffers(t *testing.T, v victim, random *rand.Rand, l *ledger) suffering {
	t.Helper()
	down := time.Duration(random.IntN(2000)) * time.Millisecond
	landed := s.volley(t.Context(), l)
	time.Sleep(time.Duration(random.IntN(50)) * time.Millisecond)
	killed := time.Now()
	v.kill(t)
	time.Sleep(down)
	began := time.Now()
	v.revive(t)
	took, err := s.marks(t.Context(), l, began)
	landed()
	if err != nil {
		t.Fatalf("after a kill of %s: %v", v.name, err)
	}
	t.Logf("%-18s killed, away for %v, all at work again %v after its start", v.name, began.Sub(killed).Round(time.Millisecond), took.Round(time.Millisecond))
	return suffering{v.name, killed, began.Sub(killed), took}
}

// owesNothing is nil when nothing waits anywhere.
func (s *stage) owesNothing(t *testing.T) error {
	return errors.Join(s.acme.owesNothing(t, s.globex), s.globex.owesNothing(t, s.acme))
}

// report is what is told in the end.
type report struct{ all []suffering }

func (r *report) add(s suffering) { r.all = append(r.all, s) }

func (r *report) text(l *ledger, b *balance, settled time.Duration) string {
	var out strings.Builder
	kinds := map[string][]suffering{}
	for _, s := range r.all {
		kinds[s.name] = append(kinds[s.name], s)
	}
	fmt.Fprintf(&out, "%d kills\n%-20s %5s  %-24s %s\n", len(r.all), "killed", "times", "at work again, longest", "what was promised before had arrived, longest")
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		var goOn, late time.Duration
		for _, s := range kinds[kind] {
			goOn, late = max(goOn, s.goOn), max(late, l.lateness(s.killed))
		}
		fmt.Fprintf(&out, "%-20s %5d  %-24v %v\n", kind, len(kinds[kind]), goOn.Round(time.Millisecond), late.Round(time.Millisecond))
	}
	deliveries, again, late := l.heardOf()
	lost, doubled := "?", "?"
	if b != nil {
		lost, doubled = strconv.Itoa(len(b.lost)), strconv.Itoa(len(b.doubled))
	}
	fmt.Fprintf(&out, "posts %d, accepted %d, not answered %d, lost %s, doubled %s\n", len(l.posts), l.accepted, l.unanswered, lost, doubled)
	fmt.Fprintf(&out, "deliveries to the stranger %d, repeated %d, after what changes them %d\n", deliveries, again, late)
	fmt.Fprintf(&out, "all settled %v after the end of the work", settled.Round(time.Millisecond))
	return out.String()
}

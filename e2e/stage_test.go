package e2e

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"
)

// stage is where everything is killed: Acme in many processes, as large companies
// run it, its partner Globex in one, and a partner that the test plays.
type stage struct {
	acme, globex *company
	db           *database // Acme's
	queue        queue     // Acme's
	workers      []*helper // Acme's, besides the one in "entente serve"
	stranger     *stranger
	people       []*person
}

func newStage(t *testing.T, nodes int, l *ledger) *stage {
	t.Helper()
	s := &stage{queue: newQueue(t, nodes)}
	var err error
	s.acme, err = newCompany("acme")
	must(t, err)
	s.globex, err = newCompany("globex")
	must(t, err)
	s.db = newDatabase(t, s.acme.folder, false)
	s.queue.start(t)
	s.acme.more = []string{"ENTENTE_DATABASE_URL=" + s.db.server.DSN("entente"), "ENTENTE_NATS_URL=" + s.queue.url()}
	for _, c := range []*company{s.acme, s.globex} {
		must(t, c.start(t.Context()))
		t.Cleanup(func() { must(t, c.end()) })
		c.explain(t)
	}
	for range 2 {
		s.workers = append(s.workers, s.acme.helped(t))
	}
	s.stranger = newStranger(t, l, s.acme, s.globex)
	s.acquaint(t)
	return s
}

// acquaint makes everybody follow everybody.
func (s *stage) acquaint(t *testing.T) {
	t.Helper()
	for _, c := range []*company{s.acme, s.globex} {
		c.does(t, "partner", "allow", s.stranger.host, "--let", "all")
	}
	s.acme.does(t, "partner", "allow", s.globex.host, "--let", "all")
	s.globex.does(t, "partner", "allow", s.acme.host, "--let", "all")
	s.people = []*person{s.acme.hire(t, "alice"), s.acme.hire(t, "amir"), s.globex.hire(t, "bea")}
	for _, p := range s.people {
		for _, other := range s.people {
			if p != other {
				p.follow(t, other)
			}
		}
		s.stranger.isFollowed(t, p)
		s.stranger.follows(t, p)
		soon(t, patience, func() error { return p.isFollowedBy(t.Context(), s.stranger.mallory()) })
	}
}

// victim is something that is killed.
type victim struct {
	name   string
	kill   func(*testing.T)
	revive func(*testing.T) // and waits until it says that it is ready
}

// victims are all that run, but for the test itself.
func (s *stage) victims(random *rand.Rand) []victim {
	return []victim{
		{"serve", func(*testing.T) { s.acme.kill() }, s.acme.comesBack},
		s.someWorker(random),
		{"Postgres", s.db.kill, func(t *testing.T) {
			s.db.start(t)
			must(t, s.acme.ready(t.Context(), s.acme.listen))
		}},
		s.someNode(random),
		{"partner", func(*testing.T) { s.globex.kill() }, s.globex.comesBack},
		{"partner's Postgres", s.globex.losesPostgres, s.globex.comesBack},
	}
}

func (s *stage) someWorker(random *rand.Rand) victim {
	w := s.workers[random.IntN(len(s.workers))]
	return victim{"worker", func(*testing.T) { w.kill() }, func(t *testing.T) { w.start(t) }}
}

func (s *stage) someNode(random *rand.Rand) victim {
	n := s.queue[random.IntN(len(s.queue))]
	return s.node("NATS", func() *natsNode { return n })
}

// node is a server of the queue that is chosen at the last moment.
func (s *stage) node(name string, choose func() *natsNode) victim {
	var n *natsNode
	return victim{name, func(*testing.T) { n = choose(); n.kill() }, func(t *testing.T) {
		n.start(t)
		must(t, s.acme.ready(t.Context(), s.acme.listen))
	}}
}

// comesBack starts the program again, as a service manager does.
func (c *company) comesBack(t *testing.T) {
	t.Helper()
	must(t, c.start(t.Context()))
}

// losesPostgres kills the private Postgres. The program ends by itself and leaves
// it to its service manager to start both.
func (c *company) losesPostgres(t *testing.T) {
	t.Helper()
	killFamily(t, postmaster(t, filepath.Join(c.folder, "data", "postgres")))
	select {
	case <-c.ended:
	case <-time.After(patience):
		t.Fatalf("%s goes on without its database: %s", c.name, tail(c.logFile()))
	}
}

// helper is an "entente worker" of a company.
type helper struct {
	of    *company
	aside string // the address of its metrics
	*process
}

// helped starts one.
func (c *company) helped(t *testing.T) *helper {
	t.Helper()
	port, err := shop.freePort()
	must(t, err)
	h := &helper{of: c, aside: fmt.Sprintf("127.0.0.1:%d", port)}
	t.Cleanup(func() { must(t, h.end()) })
	h.start(t)
	return h
}

func (h *helper) start(t *testing.T) {
	t.Helper()
	var err error
	h.process, err = launch(h.of.logFile(), h.of.command("worker", "--metrics-listen", h.aside))
	must(t, err)
	must(t, h.ready(t.Context(), h.aside))
}

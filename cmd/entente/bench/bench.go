// Package bench measures what an instance can do. It starts the program as it is
// really run, as a process of its own with a Postgres of its own, is all the other
// servers and all the clients itself, and says what came of it beside what it should
// be. Everything is on this machine and goes over the loopback interface only.
//
// What is measured is the product; what the generator costs is shown apart. How long
// something takes depends on what else the machine does, so each scenario also says
// what it cost in time of the processor, and how the rate stands to the signatures
// that the same processors make in the same run.
//
//	scenarios.go  the list of what can be measured;  one file a scenario
//	house.go      the instance: its folder, database, people;  program.go, cost.go
//	world.go      the other servers: who lives there, and what has arrived
//	client.go     a client of the API
//	seed          a large data set, for those that read
//	report.go     rows for people and for machines
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"entente.example/entente/cmd/entente/bench/seed"
)

// Options say what to measure with, and where to say what came of it.
type Options struct {
	Program  string    // the path of entente
	Environ  []string  // for it, without settings of its own
	Folder   string    // for temporary data; "" is where the system has such
	Out      io.Writer // the report
	Progress io.Writer
	Database string // address of one on this machine that 'bench seed' has filled; "" makes one for each scenario
	JSON     bool   // the report is for a machine
	Careless bool   // the database may lose everything at a power failure: for tests, not for figures
	Size
}

// Size is how much each scenario does. Zero means the usual.
type Size struct {
	Posts    int           // that are sent in, or written
	Hosts    int           // that other people live on
	Partners bool          // the hosts are Entente too: Ed25519 by RFC 9421
	Delay    time.Duration // until a host answers
	Rounds   int           // how often a post is sent out
	AtOnce   int           // requests at once
	Fans     int           // of somebody, here
	Limit    time.Duration // for one scenario
	Reads    int           // pages that are read
	Seed     seed.Size     // what there is to read; zero: Small
}

// or is n, or what is usual.
func or[T comparable](n, usual T) T {
	var zero T
	if n == zero {
		return usual
	}
	return n
}

// run is one run of one scenario.
type run struct {
	Options
	name  string
	began time.Time
	rows  *[]Row
}

// Run measures the scenarios with these names, one after another, and writes the
// report. The first one that fails ends it; what was measured until then is reported.
func Run(ctx context.Context, o Options, names ...string) error {
	if runtime.GOOS != "linux" {
		fmt.Fprintln(o.Progress, "there is no /proc here: what things cost is not measured")
	}
	rows := []Row{}
	err := speed(ctx, &run{Options: o, name: "signatures", began: time.Now(), rows: &rows})
	for _, name := range names {
		if err != nil {
			break
		}
		err = measure(ctx, o, name, &rows)
	}
	return errors.Join(err, report(o, rows))
}

func measure(ctx context.Context, o Options, name string, rows *[]Row) error {
	s, ok := find(name)
	if !ok {
		return fmt.Errorf("there is no scenario %q: see 'entente bench --help'", name)
	}
	limit := 10 * time.Minute
	if o.Seed.Posts > seed.Small().Posts {
		limit = time.Hour
	}
	limit = or(o.Limit, limit)
	ctx, done := context.WithTimeoutCause(ctx, limit, fmt.Errorf("%s has not ended after %v", name, limit))
	defer done()
	r := &run{Options: o, name: name, began: time.Now(), rows: rows}
	if err := s.run(ctx, r); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// say tells somebody who waits how far it is.
func (r *run) say(format string, args ...any) {
	fmt.Fprintf(r.Progress, "%7.1fs  %s: %s\n", time.Since(r.began).Seconds(), r.name, fmt.Sprintf(format, args...))
}

// folder is a place for the data of this run, and what removes it.
func (r *run) folder() (string, func(), error) {
	dir, err := os.MkdirTemp(r.Folder, "entente-bench-")
	return dir, func() { _ = os.RemoveAll(dir) }, err
}

// until looks again and again until it is so.
func until(ctx context.Context, every time.Duration, so func() (bool, error)) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if is, err := so(); err != nil || is {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

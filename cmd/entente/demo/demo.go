// Package demo plays the main job of Entente on one machine: two companies, one
// conversation. Each company is the program itself in a process of its own; the
// demo speaks to them as everybody does, with commands, a browser and the public
// API, and knows nothing of their insides.
//
//	lock.go      one demo in a folder
//	company.go   a company: its settings, its process, its commands
//	agree.go     how the two become partners
//	person.go    one of its people, and their client;  signin.go, form.go: their browser
//	play.go      how a step is played and timed;  talk.go, together.go: the steps
//	outsider.go  a third company, which is no partner
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// Options say where to play.
type Options struct {
	Program string   // the path of entente
	Environ []string // for it, without settings of its own
	Port    int      // of Acme; Globex has the next one, the outsider the one after
	Folder  string   // for everything; an absolute path without a space
	Out     io.Writer
}

// Run plays, says "ready", and stays until ctx ends. Everything that was started
// is stopped on each way out of here. An error is one sentence: what did not
// happen, or that it was interrupted before it was ready.
func Run(ctx context.Context, o Options) (err error) {
	lock, err := hold(ctx, o.Folder, stopping)
	if err != nil {
		return interrupted(ctx, err)
	}
	defer lock.Close()
	acme, globex := found(o)
	acme.lock, globex.lock = lock, lock
	away, err := newOutsider(ctx, o.Port+2)
	if err != nil {
		return err
	}
	defer away.close()
	began := time.Now()
	defer func() { err = errors.Join(err, stop(acme, globex)) }()
	if err := start(ctx, acme, globex); err != nil {
		return interrupted(ctx, err)
	}
	fmt.Fprintf(o.Out, "Two companies, each a whole instance, are up after %.1f s:\n\n", time.Since(began).Seconds())
	for _, c := range []*company{acme, globex} {
		fmt.Fprintf(o.Out, "  %-8s %-32s %s\n", c.name, c.url(), c.names())
	}
	if err := agree(ctx, o.Out, acme, globex); err != nil {
		return interrupted(ctx, err)
	}
	if err := newPlay(o.Out, acme, globex, away).run(ctx); err != nil {
		return interrupted(ctx, err)
	}
	printSignIns(o.Out, acme, globex)
	select {
	case <-ctx.Done():
		return nil
	case <-acme.ended:
		return acme.failure()
	case <-globex.ended:
		return globex.failure()
	}
}

// interrupted tells Ctrl-C from what it made fail.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("the demo was interrupted")
	}
	return err
}

// start starts both companies at once, and makes their people. What is there from an
// earlier run stays.
func start(ctx context.Context, acme, globex *company) error {
	for _, c := range []*company{acme, globex} { // no half start when a port is taken
		l, err := listen(ctx, c.port)
		if err != nil {
			return err
		}
		l.Close()
	}
	all, ctx := errgroup.WithContext(ctx)
	for _, c := range []*company{acme, globex} {
		all.Go(func() error {
			if err := c.start(ctx); err != nil {
				return err
			}
			return c.settle(ctx)
		})
	}
	return all.Wait()
}

func stop(companies ...*company) error {
	var all errgroup.Group
	for _, c := range companies {
		all.Go(c.stop)
	}
	return all.Wait()
}

// listen opens a port of this machine.
func listen(ctx context.Context, port int) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address(port))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("port %d is in use by another program: choose another with --port (make run PORT=...); the demo takes three in a row", port)
	}
	return l, err
}

func address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// printSignIns ends the show: where to look, and as whom.
func printSignIns(w io.Writer, companies ...*company) {
	fmt.Fprintf(w, "\nready\n\n")
	for _, c := range companies {
		fmt.Fprintf(w, "  %s  %s  (its settings: %s)\n", c.name, c.url(), c.envFile())
		for _, one := range c.people {
			fmt.Fprintf(w, "    %-14s  signs in as %-21s  password %s\n", one.name, one.email, one.password)
		}
	}
	fmt.Fprintf(w, "\nCtrl-C stops both.\n")
}

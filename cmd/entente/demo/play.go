package demo

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// play is the main job of Entente, as the people of two companies do it.
type play struct {
	out                     io.Writer
	acme, globex            *company
	alice, amir, bea, boris *person
	outsider                *outsider

	post, again, reply, news status // what they wrote, as its author's instance shows it
	group, board             group  // the open and the closed one, as Acme shows them
	inside                   status // what bea wrote in the closed one
	began                    time.Time
	posts                    []time.Duration // from a post to the other company
}

// step is one thing that somebody does.
type step struct {
	says   string
	whom   *company // that must see it; nil: everybody
	isPost bool
	// undo makes it possible again where an earlier run has done it; nil: no need.
	undo func(context.Context) error
	// already says that an earlier run has done it, and that it stays so.
	already func(context.Context) (bool, error)
	do      func(context.Context) error
	// seen asks the public API whether it has arrived.
	seen func(context.Context) (bool, error)
	// then is what must be so before the next step, and is not timed; nil: nothing.
	then func(context.Context) (bool, error)
}

const (
	// glance is how often is looked whether something has arrived.
	glance = 5 * time.Millisecond
	// patience is how long a step may take.
	patience = 10 * time.Second
)

func newPlay(out io.Writer, acme, globex *company, away *outsider) *play {
	return &play{out: out, acme: acme, globex: globex, outsider: away, began: time.Now(),
		alice: acme.people[0], amir: acme.people[1], bea: globex.people[0], boris: globex.people[1]}
}

// run plays every step and stops at the first that does not happen.
func (p *play) run(ctx context.Context) error {
	var all errgroup.Group
	for _, one := range []*person{p.alice, p.amir, p.bea, p.boris} {
		all.Go(func() error { return one.signIn(ctx) })
	}
	if err := all.Wait(); err != nil {
		return err
	}
	fmt.Fprintf(p.out, "\nWhat their people do, and when the other company saw it:\n\n")
	for _, s := range slices.Concat(p.talk(), p.together(), p.closed()) {
		if err := p.perform(ctx, s); err != nil {
			return err
		}
	}
	if err := p.refused(ctx); err != nil {
		return err
	}
	fmt.Fprintf(p.out, "\nFrom a post to the partner's screen: %s, the median of %d posts.\n", millis(median(p.posts)), len(p.posts))
	return nil
}

func (p *play) perform(ctx context.Context, s step) error {
	if s.already != nil {
		is, err := s.already(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", s.says, err)
		}
		if is {
			fmt.Fprintf(p.out, "  %-36s already so\n", s.says)
			return nil
		}
	}
	if s.undo != nil {
		if err := s.undo(ctx); err != nil {
			return fmt.Errorf("%s, which an earlier run did, cannot be undone: %w", s.says, err)
		}
	}
	began := time.Now()
	if err := s.do(ctx); err != nil {
		return fmt.Errorf("%s: %w", s.says, err)
	}
	if err := until(ctx, s.seen); err != nil {
		return fmt.Errorf("%s, but %s it: %w", s.says, s.who("has not seen", "have not all seen"), err)
	}
	took := time.Since(began)
	if s.isPost {
		p.posts = append(p.posts, took)
	}
	if s.then != nil {
		if err := until(ctx, s.then); err != nil {
			return fmt.Errorf("%s, but the answer has not come back: %w", s.says, err)
		}
	}
	fmt.Fprintf(p.out, "  %-36s %-20s %9s\n", s.says, s.who("saw", "saw")+" it after", millis(took))
	return nil
}

// who is "Acme saw" or "all saw".
func (s step) who(one, all string) string {
	if s.whom == nil {
		return "all " + all
	}
	return s.whom.name + " " + one
}

// until asks again and again until it is so. What fails meanwhile may only not
// be there yet: the last failure is told when the time is over.
func until(ctx context.Context, so func(context.Context) (bool, error)) error {
	ctx, done := context.WithTimeout(ctx, patience)
	defer done()
	tick := time.NewTicker(glance)
	defer tick.Stop()
	var last error
	for {
		is, err := so(ctx)
		if err == nil && is {
			return nil
		}
		if ctx.Err() == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			if last != nil {
				return fmt.Errorf("not within %v: %w", patience, last)
			}
			return fmt.Errorf("not within %v", patience)
		case <-tick.C:
		}
	}
}

func millis(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

// median is the middle one, or the mean of the two in the middle; 0 of none.
func median(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

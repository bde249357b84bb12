// Package gather does together what many want to do at the same moment.
package gather

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// Gathering makes one transaction of what many want to do at the same moment, since
// most of what a small one costs is its beginning and its end. Nobody waits for
// company: what comes while others are at it goes together in the next turn.
type Gathering[T any] struct {
	most   int // in one turn
	atOnce int // turns
	do     func(context.Context, []T) error

	mu      sync.Mutex
	turns   int
	waiting []*guest[T]
}

type guest[T any] struct {
	what T
	done chan error
}

// New makes a Gathering of at most so many in a turn, and so many turns at once. do
// does all that it is given, or nothing.
func New[T any](most, atOnce int, do func(context.Context, []T) error) *Gathering[T] {
	return &Gathering[T]{most: most, atOnce: atOnce, do: do}
}

// Do does it together with others, and returns when it is done: then it has happened,
// or not, as the error says. Who does not wait for that (ctx) does not learn it. A panic
// of what is done for this one alone is the caller's.
func (g *Gathering[T]) Do(ctx context.Context, what T) error {
	me := &guest[T]{what, make(chan error, 1)}
	g.mu.Lock()
	g.waiting = append(g.waiting, me)
	begin := g.turns < g.atOnce
	if begin {
		g.turns++
	}
	g.mu.Unlock()
	if begin {
		go g.serve(context.WithoutCancel(ctx))
	}
	select {
	case err := <-me.done:
		if p, ok := errors.AsType[panicked](err); ok {
			panic(p)
		}
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// serve takes turns until nobody waits.
func (g *Gathering[T]) serve(ctx context.Context) {
	for {
		g.mu.Lock()
		n := min(len(g.waiting), g.most)
		now := g.waiting[:n:n]
		g.waiting = g.waiting[n:]
		if n == 0 {
			g.turns--
			g.waiting = nil
		}
		g.mu.Unlock()
		if n == 0 {
			return
		}
		g.turn(ctx, now)
	}
}

// turn does it for some. When that fails, one of them may be to blame: it is found by
// halves, and the others do not suffer for it.
func (g *Gathering[T]) turn(ctx context.Context, some []*guest[T]) {
	ctx, done := context.WithTimeout(ctx, turnTime)
	defer done()
	g.halve(ctx, some)
}

// turnTime is how long one turn may take, all its tries together.
const turnTime = time.Minute

func (g *Gathering[T]) halve(ctx context.Context, some []*guest[T]) {
	all := make([]T, len(some))
	for i, one := range some {
		all[i] = one.what
	}
	err := g.try(ctx, all)
	if err != nil && len(some) > 1 && ctx.Err() == nil {
		g.halve(ctx, some[:len(some)/2])
		g.halve(ctx, some[len(some)/2:])
		return
	}
	for _, one := range some {
		one.done <- err
	}
}

// try does it. A panic is an error here, and not the end of the process.
func (g *Gathering[T]) try(ctx context.Context, all []T) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked{p, debug.Stack()}
		}
	}()
	return g.do(ctx, all)
}

type panicked struct {
	with  any
	stack []byte
}

func (p panicked) Error() string { return fmt.Sprintf("panic: %v\n%s", p.with, p.stack) }

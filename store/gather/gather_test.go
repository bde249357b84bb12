package gather_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"entente.example/entente/store/gather"
)

func TestWhatComesWhileOthersAreAtItGoesTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		var tries []int
		g := gather.New(10, 1, func(_ context.Context, ns []int) error {
			tries = append(tries, len(ns))
			<-free
			if slices.Contains(ns, 7) {
				return errors.New("seven")
			}
			return nil
		})
		var all sync.WaitGroup
		var failed atomic.Int32
		for n := range 25 {
			all.Go(func() {
				if err := g.Do(t.Context(), n); (err != nil) != (n == 7) {
					t.Errorf("%d: %v", n, err)
				} else if err != nil {
					failed.Add(1)
				}
			})
			synctest.Wait()
		}
		close(free)
		all.Wait()
		// 1 to 10 fail, since 7 is among them: 1 to 5 do not, 6 to 10 do, and so on
		if want := []int{1, 10, 5, 5, 2, 1, 1, 3, 10, 4}; !slices.Equal(tries, want) || failed.Load() != 1 {
			t.Errorf("the tries had %v, not %v; %d failed", tries, want, failed.Load())
		}
	})
}

func TestAPanicIsWhoseItIs(t *testing.T) {
	g := gather.New(10, 1, func(_ context.Context, ns []int) error {
		if slices.Contains(ns, 3) {
			panic("three")
		}
		return nil
	})
	var all sync.WaitGroup
	var panics atomic.Int32
	for n := range 9 {
		all.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					panics.Add(1)
				} else if n == 3 {
					t.Error("three did not panic")
				}
			}()
			if err := g.Do(t.Context(), n); err != nil {
				t.Errorf("%d: %v", n, err)
			}
		})
	}
	all.Wait()
	if panics.Load() != 1 {
		t.Errorf("%d panics", panics.Load())
	}
}

func TestWhoDoesNotWaitDoesNotHoldUpTheOthers(t *testing.T) {
	free := make(chan struct{})
	g := gather.New(10, 1, func(_ context.Context, ns []int) error {
		<-free
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.Do(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	close(free)
	if err := g.Do(t.Context(), 2); err != nil {
		t.Error(err)
	}
}

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestNothingIsLostWhenAProcessIsKilled(t *testing.T) {
	t.Parallel()
	acme, globex := ownPair(t)
	l := &load{alice: acme.hire(t, "alice"), bea: globex.hire(t, "bea"), posted: map[string]bool{}, liked: map[string]bool{}}
	l.bea.follow(t, l.alice)

	stop := l.run(t.Context())
	for n, kill := range []func(*testing.T){acme.killProgram, globex.killProgram, acme.killPostgres, acme.killProgram, globex.killProgram, globex.killPostgres} {
		time.Sleep(1500 * time.Millisecond) // something is under way at any time
		began := time.Now()
		kill(t)
		t.Logf("kill %d: all at work again after %v", n+1, time.Since(began).Round(time.Millisecond))
	}
	time.Sleep(time.Second)
	stop()

	t.Logf("%d posts and %d likes were answered 200, of %d posts that were tried", len(l.posted), len(l.liked), l.tried)
	took := soon(t, 90*time.Second, func() error { return l.reconcile(t.Context()) })
	t.Logf("all of it was at both companies after %v", took.Round(time.Millisecond))
	for one, other := range map[*company]*company{acme: globex, globex: acme} {
		soon(t, patience, func() error { return one.owesNothing(t, other) })
	}
	must(t, l.reconcile(t.Context())) // and nothing came twice after all
}

// killProgram kills the program and starts it again, as a service manager does.
func (c *company) killProgram(t *testing.T) {
	t.Helper()
	c.kill()
	must(t, c.start(t.Context()))
}

// killPostgres kills the private Postgres. The program may mend that by itself,
// or end and leave it to its service manager.
func (c *company) killPostgres(t *testing.T) {
	t.Helper()
	was := c.postgres(t)
	must(t, syscall.Kill(was, syscall.SIGKILL))
	soon(t, patience, func() error {
		select {
		case <-c.ended:
			return nil
		default:
		}
		status, body, err := look(t.Context(), c.url()+"/readyz")
		if err == nil && (status != 200 || c.postgres(t) == was) {
			err = fmt.Errorf("%s goes on without its database: HTTP %d %s", c.name, status, body)
		}
		return err
	})
	select {
	case <-c.ended:
		must(t, c.start(t.Context()))
	default:
	}
}

// postgres is the process of the private Postgres; 0: there is none.
func (c *company) postgres(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.folder, "data", "postgres", "cluster", "postmaster.pid"))
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	must(t, err)
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	must(t, err)
	return pid
}

// load is what two people do meanwhile, and what they were promised.
type load struct {
	alice, bea *person

	tried  int             // posts, each with a text of its own
	posted map[string]bool // texts that were answered 200
	liked  map[string]bool // texts of the posts whose like was answered 200
}

// run goes on until stop is called.
func (l *load) run(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var both sync.WaitGroup
	both.Go(func() { every(ctx, 20*time.Millisecond, l.postOne) })
	both.Go(func() { every(ctx, 20*time.Millisecond, l.likeAll) })
	return func() { cancel(); both.Wait() }
}

// every does something again and again; a request that was begun may take two
// seconds.
func every(ctx context.Context, pause time.Duration, do func(context.Context)) {
	for ctx.Err() == nil {
		limited, done := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		do(limited)
		done()
		time.Sleep(pause)
	}
}

func (l *load) postOne(ctx context.Context) {
	l.tried++
	text := fmt.Sprintf("post-%d", l.tried)
	if _, err := l.alice.write(ctx, text); err == nil {
		l.posted[text] = true
	}
}

// likeAll likes what is new on bea's screen, and again what was not answered.
func (l *load) likeAll(ctx context.Context) {
	var screen []status
	if l.bea.get(ctx, "/api/v1/timelines/home", &screen) != nil {
		return
	}
	for _, s := range screen {
		if !l.liked[s.text()] && l.bea.post(ctx, "/api/v1/statuses/"+s.ID+"/favourite", nil, nil) == nil {
			l.liked[s.text()] = true
		}
	}
}

// reconcile is nil when both companies have the same, and all that was promised.
func (l *load) reconcile(ctx context.Context) error {
	home, err := l.bea.home(ctx)
	if err != nil {
		return err
	}
	wall, err := l.alice.home(ctx)
	if err != nil {
		return err
	}
	there, here := map[string]int{}, map[string]int{}
	for _, s := range home {
		there[s.text()]++
	}
	var wrong []error
	for _, s := range wall {
		text := s.text()
		here[text]++
		if there[text] != 1 {
			wrong = append(wrong, fmt.Errorf("%s is %d times at Globex", text, there[text]))
		}
		if s.FavouritesCount > 1 || l.liked[text] && s.FavouritesCount != 1 {
			wrong = append(wrong, fmt.Errorf("%s has %d likes at Acme; liked: %t", text, s.FavouritesCount, l.liked[text]))
		}
	}
	for text := range l.posted {
		if here[text] != 1 {
			wrong = append(wrong, fmt.Errorf("%s was answered 200 and is %d times at Acme", text, here[text]))
		}
	}
	if len(home) != len(wall) {
		wrong = append(wrong, fmt.Errorf("there are %d posts at Globex, %d at Acme", len(home), len(wall)))
	}
	return errors.Join(wrong...)
}

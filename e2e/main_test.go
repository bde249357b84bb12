package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// shop is a variable of the package because TestMain has no other way to hand
// something to a test.
var shop workshop

func TestMain(m *testing.M) {
	if how := os.Getenv(nodeVariable); how != "" {
		if err := runNode(how); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(shop.run(m))
}

// workshop is where the tests get their program and their companies from.
type workshop struct {
	folder  string // for all that is made here
	program string // the path of entente
	trust   *authority
	ports   atomic.Int32
	shared  func() (pair, error) // the two companies of the tests that stop nobody
}

// run is m.Run with everything that it needs, which is gone afterwards.
func (w *workshop) run(m *testing.M) int {
	var both pair
	w.shared = sync.OnceValues(func() (pair, error) {
		var err error
		both, err = found(context.Background())
		return both, err
	})
	if err := w.open(); err != nil {
		fmt.Fprintln(os.Stderr, "no tests without the program:", err)
		return 1
	}
	defer os.RemoveAll(w.folder)
	code := m.Run()
	if err := both.stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

// open builds the program as the Makefile does, so that what was compiled for it
// is of use here.
func (w *workshop) open() (err error) {
	if w.folder, err = os.MkdirTemp("", "entente-e2e-"); err != nil {
		return err
	}
	if w.trust, err = newAuthority(w.folder); err != nil {
		return err
	}
	w.trust.isTrusted(loopback)
	w.program = filepath.Join(w.folder, "entente")
	out, err := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", w.program, "entente.example/entente/cmd/entente").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// freePort is one that nobody listens on, and that no other test gets. It is not
// among those that systems give to outgoing connections: a stopped company has
// to find its port free when it comes back.
func (w *workshop) freePort() (int, error) {
	const first, many = 20000, 10000
	for range many {
		port := first + (os.Getpid()*97+int(w.ports.Add(1)))%many
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("no port is free from %d on", first)
}

// pair are two companies that are partners.
type pair struct{ acme, globex *company }

// found makes a pair and starts it.
func found(ctx context.Context) (p pair, err error) {
	if p.acme, err = newCompany("acme"); err != nil {
		return p, err
	}
	if p.globex, err = newCompany("globex"); err != nil {
		return p, err
	}
	var all errgroup.Group
	for one, other := range map[*company]*company{p.acme: p.globex, p.globex: p.acme} {
		all.Go(func() error {
			if err := one.start(ctx); err != nil {
				return err
			}
			_, err := one.ask(ctx, "", "partner", "allow", other.host, "--let", "all")
			return err
		})
	}
	return p, all.Wait()
}

func (p pair) stop() error {
	var all errgroup.Group
	for _, c := range []*company{p.acme, p.globex} {
		if c != nil {
			all.Go(c.stop)
		}
	}
	return all.Wait()
}

// sharedPair are the two companies of all tests that stop nobody; each test has
// people of its own.
func sharedPair(t *testing.T) (acme, globex *company) {
	t.Helper()
	p, err := shop.shared()
	if err != nil {
		t.Fatal(err)
	}
	p.acme.explain(t)
	p.globex.explain(t)
	return p.acme, p.globex
}

// ownPair are two companies of this test alone.
func ownPair(t *testing.T) (acme, globex *company) {
	t.Helper()
	p, err := found(t.Context())
	t.Cleanup(func() { must(t, p.stop()) })
	must(t, err)
	p.acme.explain(t)
	p.globex.explain(t)
	return p.acme, p.globex
}

// patience is how long most things may take on a machine that has much to do.
const patience = 30 * time.Second

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// soon waits until so gives nil, and returns how long that took. The test fails
// with the last reason when it takes longer than limit.
func soon(t *testing.T, limit time.Duration, so func() error) time.Duration {
	t.Helper()
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		err := so()
		took := time.Since(began)
		if err == nil {
			return took
		}
		if took > limit {
			t.Fatalf("not within %v: %v", limit, err)
		}
	}
}

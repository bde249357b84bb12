package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"entente.example/entente/store/postgres"
)

// database is a Postgres that a company finds outside, and that can be killed.
type database struct {
	postgres.Options
	server *postgres.Server
}

// newDatabase starts one; fast is for tests that do not kill it.
func newDatabase(t *testing.T, folder string, fast bool) *database {
	t.Helper()
	d := &database{Options: postgres.Options{Dir: filepath.Join(folder, "postgres"), Fast: fast}}
	d.start(t)
	t.Cleanup(func() { must(t, d.server.Stop()) })
	must(t, d.server.Create(t.Context(), "entente"))
	return d
}

// start starts it, after a kill with the recovery that takes.
func (d *database) start(t *testing.T) {
	t.Helper()
	var err error
	d.server, err = postgres.Start(t.Context(), d.Options)
	must(t, err)
}

func (d *database) kill(t *testing.T) { killFamily(t, postmaster(t, d.Dir)) }

// postmaster is the first process of the Postgres that keeps its things in folder;
// 0: there is none.
func postmaster(t *testing.T, folder string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "cluster", "postmaster.pid"))
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	must(t, err)
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	must(t, err)
	return pid
}

// killFamily kills a process and its children, none of which gets to clean up. It
// is held first, so that it makes no more of them. Where the kernel does not list
// children, those of Postgres still end when they miss their parent.
func killFamily(t *testing.T, parent int) {
	t.Helper()
	if parent < 2 {
		t.Fatal("no process to kill")
	}
	must(t, syscall.Kill(parent, syscall.SIGSTOP))
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	must(t, err)
	for _, file := range stats {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		var pid, by int
		var state string
		before, after, _ := strings.Cut(string(text), " (")
		after = after[strings.LastIndex(after, ")")+1:]
		if _, err := fmt.Sscan(before, &pid); err != nil {
			continue
		}
		if _, err := fmt.Sscan(after, &state, &by); err == nil && by == parent {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended already
		}
	}
	must(t, syscall.Kill(parent, syscall.SIGKILL))
}

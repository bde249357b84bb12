package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"entente.example/entente/store"
)

// cost is time of the processor, by whom it was spent.
type cost struct{ program, postgres, generator time.Duration }

func (c cost) since(before cost) cost {
	return cost{c.program - before.program, c.postgres - before.postgres, c.generator - before.generator}
}

// measured says whether this system tells what a process costs.
func (c cost) measured() bool { return c.generator > 0 && c.postgres > 0 }

// cost is what everybody has spent until now; the zero cost where nothing tells.
func (h *house) cost() cost {
	family := children(h.postmaster)
	return cost{spent(h.program.pid(), false), family, spent(os.Getpid(), false)}
}

// postmaster is the parent of the process that answers us in the database, 0 where that
// is not on this system.
func postmaster(ctx context.Context, db *store.Store) int {
	pid, err := db.Backend(ctx)
	f := stat(pid)
	if err != nil || len(f) < 2 {
		return 0
	}
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	parent, _ := strconv.Atoi(f[1]) // the kernel writes numbers
	if err != nil || strings.TrimSpace(string(name)) != "postgres" {
		return 0
	}
	return parent
}

// children are what a process and its children have spent, those that have ended too.
func children(parent int) time.Duration {
	if parent == 0 {
		return 0
	}
	total := spent(parent, true)
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // fails only on a bad pattern
	for _, path := range stats {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if f := stat(pid); err == nil && len(f) > 1 && f[1] == strconv.Itoa(parent) {
			total += spent(pid, true)
		}
	}
	return total
}

// spent is the time of a process, and of its children that have ended.
func spent(pid int, withChildren bool) time.Duration {
	f := stat(pid)
	if len(f) < 15 {
		return 0
	}
	const tick = time.Second / 100 // USER_HZ, the same on every Linux
	fields := f[11:13]
	if withChildren {
		fields = f[11:15]
	}
	var total time.Duration
	for _, text := range fields {
		n, _ := strconv.ParseInt(text, 10, 64) // the kernel writes numbers
		total += time.Duration(n) * tick
	}
	return total
}

// stat is /proc/PID/stat behind the name of the process, which may hold anything.
func stat(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	at := strings.LastIndexByte(string(text), ')')
	if err != nil || at < 0 {
		return nil
	}
	return strings.Fields(string(text[at+1:]))
}

// memory is a line of /proc/PID/status in MiB: VmRSS is now, VmHWM the most ever.
func memory(pid int, line string) float64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // elsewhere there is none
	_, rest, _ := strings.Cut(string(text), line+":")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kb, _ := strconv.ParseFloat(fields[0], 64)
	return kb / 1024
}

// each adds what one of n cost, and who spent it; most is the target for program and
// Postgres together, in ms, 0 for none.
func (r *run) each(what string, c cost, n int, most float64) {
	if !c.measured() || n == 0 {
		r.note("CPU: not measured, since the processes are not seen from here", 0, "")
		return
	}
	per := func(d time.Duration) float64 { return ms(d) / float64(n) }
	if both := per(c.program + c.postgres); most > 0 {
		r.most("CPU per "+what, both, "ms", most)
	} else {
		r.note("CPU per "+what, both, "ms")
	}
	r.note("  of which the program", per(c.program), "ms")
	r.note("  of which Postgres", per(c.postgres), "ms")
	r.note("  generator and sink besides", per(c.generator), "ms")
}

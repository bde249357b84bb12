package main

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"entente.example/entente/cmd/entente/bench"
	"entente.example/entente/cmd/entente/bench/seed"
)

// measured runs scenarios with the program in a process of its own, and gives the rows.
func measured(t *testing.T, size bench.Size, names ...string) []bench.Row {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out, progress bytes.Buffer
	size.Limit = time.Minute
	err = bench.Run(t.Context(), bench.Options{Program: self, Environ: append(withoutSettings(os.Environ()), asProgram+"=yes"),
		Folder: t.TempDir(), Out: &out, Progress: &progress, JSON: true, Careless: true, Size: size}, names...)
	if err != nil {
		t.Fatalf("%v\n%s", err, progress.String())
	}
	var report struct{ Rows []bench.Row }
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	return report.Rows
}

// value is what a scenario measured, which must be there and more than nothing.
func value(t *testing.T, rows []bench.Row, scenario, what string) float64 {
	t.Helper()
	at := slices.IndexFunc(rows, func(r bench.Row) bool { return r.Scenario == scenario && strings.HasPrefix(r.What, what) })
	if at < 0 || rows[at].Value <= 0 {
		t.Fatalf("%s did not measure %q: %+v", scenario, what, rows)
	}
	return rows[at].Value
}

// Each scenario of the load tool does what it says, if only a little of it: it fails
// by itself when something does not arrive.
func TestTheLoadToolMeasures(t *testing.T) {
	t.Parallel()
	small := bench.Size{Posts: 20, Hosts: 10, Rounds: 1, Fans: 30, Reads: 20, Seed: seed.Size{Accounts: 1500, Members: 20, Groups: 60, Posts: 5000, Follows: 30}}
	rows := measured(t, small, "inbox", "fan", "follow", "post", "start", "timeline")
	value(t, rows, "inbox", "stored")
	value(t, rows, "fan", "one post to 10 hosts, RSA")
	value(t, rows, "follow", "first follows")
	value(t, rows, "post", "visible to all")
	value(t, rows, "start", "start to ready, everything embedded")
	value(t, rows, "timeline", "home, 20")
	company := bench.Size{Posts: 3, Reads: 3, Seed: seed.Size{Accounts: 200, Members: 100, Groups: 8, Posts: 2000, Follows: 5, Partners: 4, Largest: 60}}
	rows = measured(t, company, "group")
	value(t, rows, "group", "who would get a post")
	value(t, rows, "group", "somebody of a partner leaves")
	if n := value(t, rows, "group", "deliveries of a post to 4 companies"); n != 4 {
		t.Errorf("a post in a group of 5 companies has %.1f deliveries", n)
	}
	small.Posts, small.Partners, small.Delay = 4, true, 10*time.Millisecond
	rows = measured(t, small, "fan", "fan-wide", "fair", "backlog", "idle")
	value(t, rows, "fan", "one post to 10 hosts that answer after 10ms, Ed25519")
	value(t, rows, "fan-wide", "  of the rate before")
	value(t, rows, "fair", "median delivery time to the good half, beside")
	if n := value(t, rows, "backlog", "wait for 10 hosts that are gone"); n != 10*100 {
		t.Errorf("%.0f deliveries wait for them", n)
	}
	value(t, rows, "idle", "memory, NATS embedded")
}

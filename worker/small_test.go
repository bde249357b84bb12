package worker

import (
	"entente.example/entente/store"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

func TestBackoff(t *testing.T) {
	t.Parallel()
	w := New(nil, nil, nil, nil, nil)
	for name, tc := range map[string]struct {
		backoff backoff
		tries   int
		want    time.Duration
	}{
		"first retry of a delivery":  {w.tempo.deliveries, 0, 3 * time.Second},
		"second retry of a delivery": {w.tempo.deliveries, 1, 12 * time.Second},
		"sixth retry of a delivery":  {w.tempo.deliveries, 5, 3072 * time.Second},
		"a delivery at its longest":  {w.tempo.deliveries, 7, 6 * time.Hour},
		"any number of tries":        {w.tempo.deliveries, 1 << 30, 6 * time.Hour},
		"first retry of a job":       {w.tempo.jobs, 0, time.Second},
		"tenth retry of a job":       {w.tempo.jobs, 9, 512 * time.Second},
		"a job at its longest":       {w.tempo.jobs, 19, time.Hour},
		"first probe":                {w.tempo.probes, 0, 5 * time.Second},
		"fourth probe":               {w.tempo.probes, 3, 40 * time.Second},
		"a probe at its longest":     {w.tempo.probes, 10, time.Hour},
		"less than none":             {w.tempo.probes, -1, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			for range 100 {
				if got := tc.backoff.after(tc.tries); got < tc.want || got > tc.want+tc.want/4 {
					t.Fatalf("%s, want %s and a quarter at most", got, tc.want)
				}
			}
		})
	}
}

func TestTheTriesOfADeliverySpanThreeDays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, start := New(nil, nil, nil, nil, nil), time.Now()
		for tries := range maxTries - 1 {
			time.Sleep(w.tempo.deliveries.after(tries))
		}
		if d := time.Since(start); d < 3*24*time.Hour || d > 4*24*time.Hour {
			t.Fatal(d)
		}
	})
}

// provenTo is a delivery to a host that has taken the last one.
func provenTo(host string) *task {
	return &task{to: destination{host: host}, standing: store.Standing{SucceededAt: time.Now()}}
}

func TestALane(t *testing.T) {
	t.Parallel()
	l := newLanes(2, 2)
	var ts []*task
	for _, want := range []place{goes, goes, waits, waits, full} {
		x := provenTo("a")
		if got := l.enter(x); got != want {
			t.Fatalf("%d: place %d, want %d", len(ts), got, want)
		}
		ts = append(ts, x)
	}
	if got := l.enter(provenTo("b")); got != goes {
		t.Fatal("another host does not go")
	}
	for i, want := range []*task{ts[2], ts[3], nil, nil} {
		if got := l.leave("a"); got != want {
			t.Fatalf("%d: the wrong one follows", i)
		}
	}
	for _, want := range []place{goes, goes, waits} {
		if got := l.enter(ts[0]); got != want {
			t.Fatalf("place %d, want %d", got, want)
		}
	}
	if left := l.close(); len(left) != 1 || l.leave("a") != nil {
		t.Fatalf("%d left", len(left))
	}
}

func TestALaneCallsBackWhenItsLineIsHalfEmpty(t *testing.T) {
	t.Parallel()
	l, now := newLanes(1, 4), time.Now()
	enter := func(want place) {
		t.Helper()
		if got := l.enter(provenTo("a")); got != want {
			t.Fatalf("place %d, want %d", got, want)
		}
	}
	called := func(when string, want int) {
		t.Helper()
		if got := l.call("a", now); got != want {
			t.Fatalf("%s: %d called, want %d", when, got, want)
		}
	}
	for _, want := range []place{goes, waits, waits, waits, waits, full} {
		enter(want)
	}
	l.leave("a")
	l.leave("a")
	called("nobody is away", 0)
	l.sent("a")
	called("half empty", 4)
	called("already called", 0)
	l.answered("a", 4, 4)
	called("they are coming", 0)
	enter(waits)
	enter(waits)
	for range 4 {
		l.leave("a")
	}
	called("two have not come yet", 0)
	now = now.Add(callLimit)
	called("they went elsewhere", 4)
	l.answered("a", 4, 1)
	enter(waits)
	called("there were no more", 0)
	l.sent("a")
	called("another one", 4)
}

// A promise without a function would wait for ever.
// What was called back may go to another worker: the lane does not stay for it.
func TestALaneForWhichNobodyCameIsForgotten(t *testing.T) {
	t.Parallel()
	l, now := newLanes(1, 4), time.Now()
	l.expect([]string{"a"})
	if n := l.call("a", now); n != 4 {
		t.Fatalf("%d called", n)
	}
	l.answered("a", 4, 3)
	l.call("a", now.Add(callLimit/2))
	if names := l.names(); len(names) != 1 {
		t.Fatal("they are coming, and their lane is forgotten")
	}
	l.call("a", now.Add(callLimit))
	if names := l.names(); len(names) != 0 {
		t.Fatalf("there are still lanes for %v", names)
	}
}

func TestEveryPromiseOfTheStoreHasAFunction(t *testing.T) {
	t.Parallel()
	var names []string
	for _, k := range New(nil, nil, &engine{}, nil, nil).kinds() {
		names = append(names, k.name)
		if k.run == nil || k.atOnce < 1 || k.deadline <= 0 {
			t.Errorf("%s cannot run", k.name)
		}
	}
	file, err := parser.ParseFile(token.NewFileSet(), "../store/job.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	promises := 0
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv == nil || f.Name.Name != "Kind" {
			continue
		}
		promises++
		name, err := strconv.Unquote(f.Body.List[0].(*ast.ReturnStmt).Results[0].(*ast.BasicLit).Value)
		if err != nil || !slices.Contains(names, name) {
			t.Errorf("%q has no function in jobs.go (%v)", name, err)
		}
	}
	if promises == 0 {
		t.Error("no promises found in store/job.go")
	}
}

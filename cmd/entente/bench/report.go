package bench

import (
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Row is one thing that was measured.
type Row struct {
	Scenario string  `json:"scenario"`
	What     string  `json:"what"`
	Value    float64 `json:"value"`
	Unit     string  `json:"unit"`
	Target   string  `json:"target,omitempty"`
	Pass     *bool   `json:"pass,omitempty"` // nil: nothing was promised
}

// note adds what nobody has promised anything about.
func (r *run) note(what string, value float64, unit string) {
	*r.rows = append(*r.rows, Row{Scenario: r.name, What: what, Value: value, Unit: unit})
}

// least and most add what should be no less, or no more, than a target.
func (r *run) least(what string, value float64, unit string, target float64) {
	r.promised(what, value, unit, "at least "+figure(target), value >= target)
}

func (r *run) most(what string, value float64, unit string, target float64) {
	r.promised(what, value, unit, "at most "+figure(target), value <= target)
}

func (r *run) promised(what string, value float64, unit, target string, pass bool) {
	*r.rows = append(*r.rows, Row{r.name, what, value, unit, target, &pass})
}

// figure is a number with three digits that mean something.
func figure(v float64) string {
	switch {
	case math.Abs(v) >= 100 || v == math.Trunc(v):
		return fmt.Sprintf("%.0f", v)
	case math.Abs(v) >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func report(o Options, rows []Row) error {
	if o.JSON {
		e := json.NewEncoder(o.Out)
		e.SetIndent("", "  ")
		return e.Encode(struct {
			Processors int    `json:"processors"`
			System     string `json:"system"`
			Rows       []Row  `json:"rows"`
		}{runtime.NumCPU(), runtime.GOOS + "/" + runtime.GOARCH, rows})
	}
	w := tabwriter.NewWriter(o.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SCENARIO\tWHAT\tMEASURED\tTARGET\t")
	for _, r := range rows {
		verdict := ""
		if r.Pass != nil {
			verdict = map[bool]string{true: "PASS", false: "MISS"}[*r.Pass]
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Scenario, r.What, strings.TrimSpace(figure(r.Value)+" "+r.Unit), r.Target, verdict)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(o.Out, "\n%d processors, %s/%s, shared by the program, Postgres, the generator and the sink; plain HTTP on the loopback interface.\n",
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
	return err
}

// percentile of durations, in milliseconds; p from 0 to 100.
func percentile(all []time.Duration, p float64) float64 {
	if len(all) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(all))
	return ms(sorted[min(int(float64(len(sorted))*p/100), len(sorted)-1)])
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// median of numbers.
func median(all []float64) float64 {
	if len(all) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

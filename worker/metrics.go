package worker

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Metrics are the worker's numbers for Prometheus.
type Metrics struct {
	jobs      *prometheus.CounterVec
	seconds   *prometheus.HistogramVec
	defects   *prometheus.CounterVec
	outbox    prometheus.Gauge
	outboxAge prometheus.Gauge
	parked    prometheus.Gauge
	dead      prometheus.Gauge
	hostsDown prometheus.Gauge
	measuring prometheus.Gauge
	partners  *partnerGauges
}

// NewMetrics registers them with to; with nil they are kept and not shown. The
// gauges are of the whole instance, not of this process.
func NewMetrics(to prometheus.Registerer) *Metrics {
	f := promauto.With(to)
	gauge := func(name, help string) prometheus.Gauge {
		return f.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	}
	m := &Metrics{
		partners: &partnerGauges{},
		jobs: f.NewCounterVec(prometheus.CounterOpts{
			Name: "entente_jobs_total",
			Help: "Jobs that were taken, by what became of them: done, again (failed, parked), dead (given up), held (parked, host down), crowded (parked, too many for the host), dropped, cancelled, unsettled.",
		}, []string{"kind", "outcome"}),
		seconds: f.NewHistogramVec(prometheus.HistogramOpts{
			Name: "entente_job_seconds", Help: "How long a job ran.",
			Buckets: []float64{.005, .02, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300},
		}, []string{"kind"}),
		defects:   Defects(to),
		outbox:    gauge("entente_outbox_jobs", "Promised jobs that are not in the queue yet."),
		outboxAge: gauge("entente_outbox_age_seconds", "Age of the oldest promised job that is not in the queue yet."),
		parked:    gauge("entente_parked_jobs", "Jobs that wait for their next try."),
		dead:      gauge("entente_dead_jobs", "Jobs that were given up."),
		hostsDown: gauge("entente_hosts_down", "Hosts that deliveries wait for."),
		measuring: gauge("entente_measure_seconds", "How long it took to count what waits. It is counted every 15 seconds, or so much less often that it takes under 1 % of the time."),
	}
	if to != nil {
		to.MustRegister(m.partners)
	}
	return m
}

// Defects counts the panics of this process by the entry that survived them: each
// is a defect of the program. It is registered with to once, whoever asks.
func Defects(to prometheus.Registerer) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "entente_defects_total", Help: "Panics that were survived, by where they came in: each is a defect of the program.",
	}, []string{"entry"})
	if to == nil {
		return c
	}
	if there, ok := errors.AsType[prometheus.AlreadyRegisteredError](to.Register(c)); ok {
		return there.ExistingCollector.(*prometheus.CounterVec)
	}
	return c
}

// measureShare is how many times as long as it took to measure nobody measures again:
// with millions of jobs waiting, counting them must not be what keeps them waiting.
const measureShare = 100

// measure notes what was done, sets the gauges, and waits.
func (w *Worker) measure(ctx context.Context) error {
	if err := w.noteRates(ctx); err != nil {
		return err
	}
	start := time.Now()
	if err := w.gauge(ctx); err != nil {
		return err
	}
	took := time.Since(start)
	w.metrics.measuring.Set(took.Seconds())
	sleep(ctx, max(w.tempo.measure, measureShare*took))
	return nil
}

func (w *Worker) gauge(ctx context.Context) error {
	outbox, err := w.db.Backlog(ctx)
	if err != nil {
		return err
	}
	waiting, dead, err := w.db.CountParked(ctx)
	if err != nil {
		return err
	}
	down, err := w.db.CountDown(ctx)
	if err != nil {
		return err
	}
	lines, err := w.db.Lines(ctx, shown)
	if err != nil {
		return err
	}
	age := time.Duration(0)
	if outbox.Waiting > 0 {
		age = time.Since(outbox.Oldest)
	}
	w.metrics.outbox.Set(float64(outbox.Waiting))
	w.metrics.outboxAge.Set(age.Seconds())
	w.metrics.parked.Set(float64(waiting))
	w.metrics.dead.Set(float64(dead))
	w.metrics.hostsDown.Set(float64(down))
	w.metrics.partners.put(lines)
	return nil
}

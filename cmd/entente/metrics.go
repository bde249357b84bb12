package main

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"entente.example/entente/worker"
)

// metrics are what Prometheus reads, in a registry of our own.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	defects  *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{registry: prometheus.NewRegistry(), requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "entente_http_request_duration_seconds", Help: "How long requests took, by route and status.",
		Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
	}, []string{"route", "status"})}
	m.defects = worker.Defects(m.registry)
	v := buildVersion()
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), m.requests,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "entente_build_info", Help: "Always 1; the version is a label.",
			ConstLabels: prometheus.Labels{"version": v.Number, "commit": v.Commit, "go": v.Go}}, func() float64 { return 1 }))
	return m
}

// request counts a request. The route is its pattern: paths have no end.
func (m *metrics) request(pattern string, status int, took time.Duration) {
	m.requests.WithLabelValues(cmp.Or(pattern, "none"), strconv.Itoa(status)).Observe(took.Seconds())
}

// defect counts a panic that an entry has survived.
func (m *metrics) defect(entry string) { m.defects.WithLabelValues(entry).Inc() }

// Routes adds /metrics.
func (m *metrics) Routes(mux *http.ServeMux) {
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry}))
}

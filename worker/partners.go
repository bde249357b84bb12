package worker

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"entente.example/entente/store"
)

// shown is for how many hosts there are numbers of their own, those for which most
// waits: each costs Prometheus nine series, and anybody can make hosts. The others are
// added up as "other", which is no host's name.
const (
	shown  = 50
	others = "other"
)

// partnerGauges are numbers for each host, as they were when they were last measured.
type partnerGauges struct {
	mu    sync.Mutex
	lines []store.Line
}

func partnerDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("entente_partner_"+name, help, []string{"host"}, nil)
}

// partnerNumbers are what is shown of a host; of the others only what can be added up.
var partnerNumbers = []struct {
	desc *prometheus.Desc
	sums bool
	of   func(store.Line) float64
}{
	{partnerDesc("waiting_jobs", "Deliveries to a host that are in the queue or parked."), true, func(l store.Line) float64 { return float64(l.Waiting) }},
	{partnerDesc("parked_jobs", "Deliveries to a host that are parked: it is down, asked us to wait, or is slow."), true, func(l store.Line) float64 { return float64(l.Parked) }},
	{partnerDesc("oldest_seconds", "Age of the oldest activity that waits for a host."), true, func(l store.Line) float64 {
		if l.Oldest.IsZero() {
			return 0
		}
		return time.Since(l.Oldest).Seconds()
	}},
	{partnerDesc("deliveries_per_minute", "Deliveries to a host that arrived, over about the last five minutes."), true, func(l store.Line) float64 { return l.PerMinute }},
	{partnerDesc("given_up_jobs", "Deliveries to a host that were ever given up."), true, func(l store.Line) float64 { return float64(l.Dropped) }},
	{partnerDesc("last_success_timestamp_seconds", "When a host last took a delivery, to the minute; 0: never."), false, func(l store.Line) float64 { return stamp(l.SucceededAt.Time) }},
	{partnerDesc("down_since_timestamp_seconds", "Since when a host is down; 0: it is not."), false, func(l store.Line) float64 { return stamp(l.DownSince.Time) }},
	{partnerDesc("paused_until_timestamp_seconds", "Until when a host has asked us to stay away; 0: it has not."), false, func(l store.Line) float64 { return stamp(l.PausedUntil.Time) }},
	{partnerDesc("probe_timestamp_seconds", "When a host that is down is tried next; 0: it is not down."), false, func(l store.Line) float64 { return stamp(l.ProbeAt.Time) }},
}

// stamp is a time in seconds since 1970, 0 for none.
func stamp(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

func (p *partnerGauges) put(lines []store.Line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = lines
}

// Describe tells Prometheus which numbers there are.
func (p *partnerGauges) Describe(to chan<- *prometheus.Desc) {
	for _, n := range partnerNumbers {
		to <- n.desc
	}
}

// Collect tells them.
func (p *partnerGauges) Collect(to chan<- prometheus.Metric) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.lines {
		host := l.Host.Host
		if host == "" {
			host = others
		}
		for _, n := range partnerNumbers {
			if n.sums || l.Host.Host != "" {
				to <- prometheus.MustNewConstMetric(n.desc, prometheus.GaugeValue, n.of(l), host)
			}
		}
	}
}

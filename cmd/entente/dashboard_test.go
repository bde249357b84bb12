package main

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"entente.example/entente/worker"
)

// registered are the names of all metrics that a process with a worker has.
func registered(t *testing.T) map[string]bool {
	t.Helper()
	o := &operation{instance: &instance{}, metrics: newMetrics()}
	o.addLive()
	worker.NewMetrics(o.metrics.registry)
	described := make(chan *prometheus.Desc)
	go func() { o.metrics.registry.Describe(described); close(described) }()
	names := map[string]bool{}
	for d := range described {
		_, name, _ := strings.Cut(d.String(), `fqName: "`)
		name, _, _ = strings.Cut(name, `"`)
		names[name] = true
	}
	return names
}

// strangeNames are the metrics in a query that nobody registers.
func strangeNames(query string, names map[string]bool) (bad []string) {
	for _, name := range regexp.MustCompile(`\b(entente|process|go)_\w+`).FindAllString(query, -1) {
		if !names[name] && !names[regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")] {
			bad = append(bad, name)
		}
	}
	return bad
}

func TestTheDashboardAndTheAlertsAskOnlyForMetricsThatThereAre(t *testing.T) {
	t.Parallel()
	names := registered(t)
	if len(strangeNames("rate(entente_no_such_total[5m])", names)) != 1 {
		t.Fatal("a metric that there is not passes for one")
	}
	text, err := os.ReadFile("../../docs/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	queries := map[string]string{}
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			queries[target.Expr] = p.Title
		}
	}
	page, err := os.ReadFile("../../docs/production.md")
	if err != nil {
		t.Fatal(err)
	}
	_, alerts, _ := strings.Cut(string(page), "Worth an alert:")
	alerts, _, _ = strings.Cut(alerts, "\n## ")
	rows := regexp.MustCompile("(?m)^\\| ([^|]+) \\| `([^`]+)`").FindAllStringSubmatch(alerts, -1)
	for _, row := range rows {
		queries[row[2]] = row[1]
	}
	if len(dashboard.Panels) < 10 || len(rows) < 5 {
		t.Fatalf("%d panels and %d alerts", len(dashboard.Panels), len(rows))
	}
	for query, of := range queries {
		if bad := strangeNames(query, names); len(bad) > 0 || !regexp.MustCompile(`(entente|process)_`).MatchString(query) {
			t.Errorf("%s: %s asks for %v", of, query, bad)
		}
	}
	for name := range names { // what is measured of partners and jobs is also shown
		if strings.HasPrefix(name, "entente_") && name != "entente_build_info" && !strings.Contains(string(text), name) {
			t.Errorf("%s is on no panel", name)
		}
	}
}

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// A trace goes from the client's request at one company to the answer of the other, and
// each company tells its collector of its own part only: nobody believes a stranger's trace.
func TestATraceGoesFromTheClientsRequestToThePartnersAnswer(t *testing.T) {
	t.Parallel()
	here, there := newTraces(t), newTraces(t)
	acme, globex := tracedCompany(t, "acme", here), tracedCompany(t, "globex", there)
	acme.does(t, "partner", "allow", globex.host, "--let", "all")
	globex.does(t, "partner", "allow", acme.host, "--let", "all")
	ada, bob := acme.hire(t, "ada"), globex.hire(t, "bob")
	bob.follow(t, ada)
	soon(t, patience, func() error { return ada.isFollowedBy(t.Context(), bob) })
	_, err := ada.write(t.Context(), "to be traced")
	must(t, err)

	soon(t, 4*patience, func() error {
		if !here.has("POST /api/v1/statuses", "transaction", "relay fan", "fan", "deliver", "POST "+globex.host+" 202") {
			return fmt.Errorf("no such way in %q", here.ways())
		}
		if !there.has("POST /inbox") || !there.has("POST /inbox", "transaction", "relay received", "received") {
			return fmt.Errorf("the partner has begun no trace of its own: %q", there.ways())
		}
		return nil
	})
	if shared := here.shares(there); shared {
		t.Error("a trace has gone on at another company")
	}
}

// tracedCompany is one that runs, and tells a collector what it does.
func tracedCompany(t *testing.T, name string, to *traces) *company {
	t.Helper()
	c, err := newCompany(name, "OTEL_EXPORTER_OTLP_ENDPOINT="+to.URL, "OTEL_BSP_SCHEDULE_DELAY=200")
	must(t, err)
	t.Cleanup(func() { must(t, c.stop()) })
	c.explain(t)
	must(t, c.start(t.Context()))
	return c
}

// traces is a collector that keeps what it is told (OTLP/HTTP, binary) in memory.
type traces struct {
	*httptest.Server
	mu  sync.Mutex
	all []*spans.Span
}

func newTraces(t *testing.T) *traces {
	t.Helper()
	ts := &traces{}
	ts.Server = httptest.NewServer(http.HandlerFunc(ts.take))
	t.Cleanup(ts.Close)
	return ts
}

func (ts *traces) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var told collector.ExportTraceServiceRequest
	if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &told) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	ts.mu.Lock()
	defer ts.mu.Unlock()
	for _, resource := range told.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			ts.all = append(ts.all, scope.Spans...)
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf") // an empty answer takes all of it
}

// way is the names of a span and of all that it is part of, the outermost first.
func (ts *traces) way(of *spans.Span) []string {
	name := of.Name
	if of.Kind == spans.Span_SPAN_KIND_CLIENT {
		name = fmt.Sprintf("%s %s %d", of.Name, labelOf(of, "server.address").GetStringValue(), labelOf(of, "http.response.status_code").GetIntValue())
	}
	for _, s := range ts.all {
		if slices.Equal(s.SpanId, of.ParentSpanId) && slices.Equal(s.TraceId, of.TraceId) {
			return append(ts.way(s), name)
		}
	}
	return []string{name}
}

func (ts *traces) ways() (all [][]string) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	for _, s := range ts.all {
		all = append(all, ts.way(s))
	}
	return all
}

// has says whether a span has this way.
func (ts *traces) has(way ...string) bool {
	return slices.ContainsFunc(ts.ways(), func(w []string) bool { return slices.Equal(w, way) })
}

// shares says whether a trace has spans at both.
func (ts *traces) shares(other *traces) bool {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	other.mu.Lock()
	defer other.mu.Unlock()
	return slices.ContainsFunc(ts.all, func(s *spans.Span) bool {
		return slices.ContainsFunc(other.all, func(o *spans.Span) bool { return slices.Equal(s.TraceId, o.TraceId) })
	})
}

func labelOf(of *spans.Span, key string) *common.AnyValue {
	for _, a := range of.Attributes {
		if a.Key == key {
			return a.Value
		}
	}
	return nil
}

package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

func TestARequestBeginsATraceOfItsOwnThatIsNamedByItsRoute(t *testing.T) {
	t.Parallel()
	seen := tracetest.NewInMemoryExporter()
	var in trace.SpanContext
	mux := http.NewServeMux()
	mux.HandleFunc("GET /people/{name}", func(_ http.ResponseWriter, r *http.Request) { in = trace.SpanContextFromContext(r.Context()) })
	r := httptest.NewRequest(http.MethodGet, "/people/alice?secret=1", nil)
	const theirs = "4bf92f3577b34da6a3ce929d0e0e4736"
	r.Header.Set("traceparent", "00-"+theirs+"-00f067aa0ba902b7-01")
	traced(mux, sdk.NewTracerProvider(sdk.WithSyncer(seen)).Tracer("test")).ServeHTTP(httptest.NewRecorder(), r)
	spans := seen.GetSpans()
	if len(spans) != 1 || spans[0].Name != "GET /people/{name}" || spans[0].SpanContext.SpanID() != in.SpanID() ||
		spans[0].SpanContext.TraceID().String() == theirs || spans[0].Parent.IsValid() || r.Pattern != spans[0].Name {
		t.Errorf("%+v", spans)
	}
	if traced(mux, nil) != http.Handler(mux) {
		t.Error("what is off costs something")
	}
}

func TestTracesAreOffUntilAnEndpointIsNamed(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")
	o := &operation{instance: &instance{}}
	if err := o.addTraces(t.Context()); err != nil || o.tracer != nil || len(o.endings) != 0 {
		t.Error(err, o.tracer)
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	if err := o.addTraces(t.Context()); err != nil || o.tracer == nil {
		t.Fatal(err)
	}
	o.endings[0]()
}

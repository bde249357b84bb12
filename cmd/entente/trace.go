package main

import (
	"cmp"
	"context"
	"net/http"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"entente.example/entente/store"
)

// addTraces sends spans to where OpenTelemetry's own variables say, by OTLP over HTTP:
// they also say how many, and under which name. Without an endpoint there are no spans.
func (o *operation) addTraces(ctx context.Context) error {
	if cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT")) == "" {
		return nil
	}
	to, err := otlptracehttp.New(ctx)
	if err != nil {
		return err
	}
	provider := sdk.NewTracerProvider(sdk.WithBatcher(to))
	o.tracer = provider.Tracer(store.Tracer)
	o.endings = append(o.endings, func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := provider.Shutdown(ctx); err != nil {
			o.log.WarnContext(ctx, "the last spans are lost", "err", err)
		}
	})
	return nil
}

// traced begins a trace for each request. One that the request says it belongs to is not
// believed: it is a stranger's. The span has no path, query or header: ids are personal.
func traced(next http.Handler, by trace.Tracer) http.Handler {
	if by == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := by.Start(r.Context(), r.Method, trace.WithSpanKind(trace.SpanKindServer), trace.WithNewRoot())
		a, inner := &answer{ResponseWriter: w}, r.WithContext(ctx)
		defer func() {
			r.Pattern = inner.Pattern // for the log and the metrics
			span.SetName(cmp.Or(r.Pattern, r.Method))
			span.SetAttributes(attribute.Int("http.response.status_code", a.status))
			span.End()
		}()
		next.ServeHTTP(a, inner)
	})
}

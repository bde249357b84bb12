package store

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Tracer is by whose name our spans go.
const Tracer = "entente"

const traceparent = "traceparent"

// Trace is the W3C traceparent of what ctx is about, "" when nobody traces it. It goes
// with jobs, and never to partners.
func Trace(ctx context.Context) string {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return ""
	}
	c := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, c)
	return c[traceparent]
}

// Traced is a ctx that goes on with such a trace; "" and what is none change nothing.
func Traced(ctx context.Context, from string) context.Context {
	if from == "" {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{traceparent: from})
}

// Span begins a part of the trace that ctx is in, if it is in one. Whoever begins it
// ends it.
func Span(ctx context.Context, name string, of ...trace.SpanStartOption) (context.Context, trace.Span) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, parent // its end and its words go nowhere
	}
	return parent.TracerProvider().Tracer(Tracer).Start(ctx, name, of...)
}

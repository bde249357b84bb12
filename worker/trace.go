package worker

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Trace makes the spans of jobs with a tracer; without it there are none. It is called
// before Run.
func (w *Worker) Trace(with trace.Tracer) { w.tracer = with }

// relayed is the trace that a promise goes on with: that of its way to the queue.
func (w *Worker) relayed(ctx context.Context, p store.Promise) string {
	if p.Trace == "" {
		return ""
	}
	ctx, span := w.tracer.Start(store.Traced(ctx, p.Trace), "relay "+p.Kind, trace.WithSpanKind(trace.SpanKindProducer), trace.WithTimestamp(p.CreatedAt))
	span.End()
	return store.Trace(ctx)
}

// spanOf begins the span of one run of a job. What nobody traces begins none.
func (w *Worker) spanOf(ctx context.Context, t *task) (context.Context, trace.Span) {
	if t.trace == "" {
		return ctx, trace.SpanFromContext(ctx)
	}
	return w.tracer.Start(store.Traced(ctx, t.trace), t.kind.name, trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithAttributes(attribute.String("job", t.job), attribute.String("host", t.to.host), attribute.Int("tries", t.tries)))
}

// endSpan says why a job has failed by its reason only: the words may be a stranger's.
func endSpan(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, activity.FaultOf(err).Reason)
	}
	span.End()
}

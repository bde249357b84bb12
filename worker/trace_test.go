package worker

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// way is the names of a span and of all that it is part of, the outermost first.
func way(all tracetest.SpanStubs, of tracetest.SpanStub) (names []string) {
	for _, s := range all {
		if s.SpanContext.SpanID() == of.Parent.SpanID() && s.SpanContext.TraceID() == of.SpanContext.TraceID() {
			return append(way(all, s), of.Name)
		}
	}
	return []string{of.Name}
}

func TestARequestAndWhatItPromisesAreOneTraceToThePartnersAnswer(t *testing.T) {
	t.Parallel()
	db, js, seen := storetest.New(t), newQueue(t), tracetest.NewInMemoryExporter()
	by := sdk.NewTracerProvider(sdk.WithSyncer(seen)).Tracer("test")
	failed := false
	e := &engine{
		deliveries: func(_ context.Context, f store.Fan) ([]store.Deliver, error) {
			return []store.Deliver{{Activity: f.Activity, Sender: 1, Inbox: inbox("a.test")}}, nil
		},
		deliver: func(ctx context.Context, _ store.Deliver) error {
			_, span := store.Span(ctx, "POST")
			defer span.End()
			if !failed {
				failed = true
				return unreachable() // and is parked, and released
			}
			return nil
		},
	}
	w := quick(db, js, e)
	w.Trace(by)
	ctx, request := by.Start(t.Context(), "request")
	err := db.InTx(ctx, func(tx *store.Tx) error {
		return errors.Join(tx.Enqueue(ctx, store.Fan{Activity: store.NewKey(time.Now()), Sender: 1}), tx.Enqueue(ctx, receivedFrom("b.test")...))
	})
	request.End()
	if err != nil {
		t.Fatal(err)
	}
	enqueue(t, db, receivedFrom("untraced.test")...)
	stop := start(t, w)
	soon(t, "it has arrived", func() bool { return len(e.arrived(inbox("a.test"))) == 1 && len(e.signers()) == 2 })
	stop()
	var ways []string
	for _, s := range seen.GetSpans() {
		path := ""
		for _, name := range way(seen.GetSpans(), s) {
			path += "/" + name
		}
		if s.Name == "transaction" && path != "/request/transaction" {
			continue // of the work itself
		}
		for again := "/relay fan/relay fan"; strings.Contains(path, again); { // tried before there was a queue
			path = strings.ReplaceAll(path, again, "/relay fan")
		}
		ways = append(ways, path)
	}
	for _, want := range []string{
		"/request/transaction/relay fan/fan/deliver/POST",
		"/request/transaction/relay fan/fan/relay deliver/deliver/POST", // after its failure
		"/request/transaction/relay received/received",
	} {
		if !slices.Contains(ways, want) {
			t.Errorf("no %s in %q", want, ways)
		}
	}
	if n := len(slices.DeleteFunc(ways, func(p string) bool { return p != "/received" && p != "/relay received" })); n > 0 {
		t.Errorf("what nobody traces has %d spans", n)
	}
}

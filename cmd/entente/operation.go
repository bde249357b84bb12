package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/errgroup"

	"entente.example/entente/worker"
	"entente.example/entente/worker/broker"
	"entente.example/entente/worker/live"
)

// operation is an instance at work: parts that run side by side until ctx ends
// or one of them fails.
type operation struct {
	*instance
	metrics *metrics
	ready   checks
	parts   []func(context.Context) error
	endings []func()     // in the order of their beginnings
	tracer  trace.Tracer // nil: nobody traces
}

// operate opens an instance, lets build add what it is to do, does it until ctx
// ends, and closes everything. The schema is brought up to date.
func operate(ctx context.Context, c Config, log *slog.Logger, build func(*operation) error) (err error) {
	defer takeBallast()()
	side, err := listenAside(ctx, c)
	if err != nil {
		return err
	}
	if side != nil {
		defer side.Close()
	}
	i, err := openDatabase(ctx, c, log)
	if err != nil {
		return err
	}
	o := &operation{instance: i, metrics: newMetrics(), ready: i.checks()}
	defer func() { err = errors.Join(err, o.close()) }()
	if err := i.prepare(ctx); err != nil {
		return err
	}
	if err := o.addTraces(ctx); err != nil {
		return err
	}
	if err := build(o); err != nil {
		return err
	}
	if side != nil {
		o.addAside(side)
	}
	o.parts = append(o.parts, i.keepMark)
	if i.private != nil { // without it we are of no use: whoever runs us starts us anew
		o.parts = append(o.parts, i.private.Wait)
	}
	all, ctx := errgroup.WithContext(ctx)
	for _, part := range o.parts {
		all.Go(func() error { return part(ctx) })
	}
	log.InfoContext(ctx, "at work", "url", i.URL, "listen", i.Listen, "version", buildVersion().Number)
	defer time.AfterFunc(settled, debug.FreeOSMemory).Stop()
	err = all.Wait()
	log.InfoContext(ctx, "stopping")
	return err
}

// close ends what was begun, the last first, and then the instance.
func (o *operation) close() error {
	for n := len(o.endings) - 1; n >= 0; n-- {
		o.endings[n]()
	}
	return o.instance.close()
}

// queueFolder is where an instance without a NATS elsewhere keeps its queue, in
// the data folder.
const queueFolder = "nats"

// workerGrace is how long jobs may run on when we stop; Postgres and the queue
// need the rest of the five seconds. What is cut off runs again.
const workerGrace = 3500 * time.Millisecond

// addWorker connects to the queue and adds the worker.
func (o *operation) addWorker() error {
	url := o.NATSURL
	if dir := filepath.Join(o.Data, queueFolder); url == "" {
		url = broker.URLOf(dir) // of another process that works on this folder
		if url == "" {
			own, err := broker.Start(dir)
			if err != nil {
				return err
			}
			o.endings = append(o.endings, own.Stop)
			url = own.URL()
		}
	}
	conn, js, err := broker.Connect(url)
	if err != nil {
		return err
	}
	o.endings = append(o.endings, conn.Close)
	w := worker.New(o.db, js, o.service, o.log, worker.NewMetrics(o.metrics.registry))
	if o.tracer != nil {
		w.Trace(o.tracer)
	}
	o.parts = append(o.parts, func(ctx context.Context) error { return o.service.Media().Keep(ctx, o.log) })
	o.ready["queue"] = func(context.Context) error { return w.Ready() }
	o.parts = append(o.parts, func(ctx context.Context) error { return o.within(ctx, workerGrace, w.Run) })
	return nil
}

// addLive adds what tells the streams of this process what happens.
func (o *operation) addLive() *live.Hub {
	hub := live.New(o.db, o.log)
	o.parts = append(o.parts, hub.Run)
	o.metrics.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "entente_streams", Help: "Clients that read along live."},
		func() float64 { return float64(hub.Open()) }))
	return hub
}

// within runs fn, and waits for its end only so long once ctx has ended.
func (o *operation) within(ctx context.Context, grace time.Duration, fn func(context.Context) error) error {
	ended := make(chan error, 1)
	go func() { ended <- fn(ctx) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(grace):
		o.log.WarnContext(ctx, "jobs that were still running are cut off; they will run again", "after", grace)
		return nil
	}
}

// addHTTP serves h on l.
func (o *operation) addHTTP(l net.Listener, h http.Handler) {
	o.parts = append(o.parts, func(ctx context.Context) error { return serveHTTP(ctx, l, h, o.log) })
}

// listenAside opens the address for metrics and health; nil when there is none.
func listenAside(ctx context.Context, c Config) (net.Listener, error) {
	if c.MetricsListen == "" {
		return nil, nil
	}
	return listen(ctx, c.MetricsListen, "ENTENTE_METRICS_LISTEN")
}

func (o *operation) addAside(l net.Listener) {
	mux := http.NewServeMux()
	o.metrics.Routes(mux)
	o.ready.Routes(mux)
	o.addHTTP(l, mux)
}

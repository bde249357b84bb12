package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"entente.example/entente/activity/limits"
)

// listen opens an address; env is the setting that it is from.
func listen(ctx context.Context, address, env string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("the address %s is in use by another program: stop that, or choose another with %s", address, env)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("we may not listen on %s: choose a port over 1023 with %s", address, env)
	case err != nil:
		return nil, fmt.Errorf("we cannot listen on %s (%s): %w", address, env, err)
	}
	return l, nil
}

// drain is how long requests may take to end when we stop.
const drain = 2 * time.Second

// serveHTTP answers on l until ctx ends, then lets requests come to their end.
func serveHTTP(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	s := &http.Server{
		Handler: h, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: limits.RequestHeaderTime, MaxHeaderBytes: limits.RequestHeader,
		ReadTimeout: limits.RequestTime, WriteTimeout: limits.ResponseTime, IdleTimeout: limits.KeptOpen,
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		ctx, done := context.WithTimeout(context.WithoutCancel(ctx), drain)
		defer done()
		err := s.Shutdown(ctx)
		if err != nil {
			err = s.Close() // whoever is still there is cut off
		}
		stopped <- err
	})
	err := s.Serve(l)
	if stop() { // it ended by itself
		return err
	}
	return <-stopped
}

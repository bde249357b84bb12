package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func withCancel(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	return ctx, stop
}

// freeAddress is one that nobody listens on just now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// running starts the program, waits until address is ready, and gives what ends
// it: that fails the test unless the program then stops in good order.
func running(t *testing.T, env []string, address string, args ...string) (stop func()) {
	t.Helper()
	ctx, cancel := withCancel(t)
	var errs bytes.Buffer
	p := &program{env: env, in: strings.NewReader(""), out: io.Discard, errs: &errs}
	code := make(chan int, 1)
	go func() { code <- p.run(ctx, args...) }()
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if status, body, err := fetch(t, "http://"+address+"/readyz"); err == nil && status == http.StatusOK {
			break
		} else if time.Since(began) > 2*time.Minute || len(code) > 0 {
			cancel()
			t.Fatalf("entente %v is not ready: %d %s %v\n%s", args, status, body, err, <-failed(code, &errs))
		}
	}
	return func() {
		began := time.Now()
		cancel()
		if c := <-code; c != 0 || time.Since(began) > time.Minute {
			t.Errorf("entente %v ended with %d after %v:\n%s", args, c, time.Since(began), errs.String())
		}
	}
}

func failed(code chan int, errs *bytes.Buffer) chan string {
	said := make(chan string, 1)
	said <- fmt.Sprintf("exit %d: %s", <-code, errs)
	return said
}

func TestAnInstanceOfItsOwnServesIsManagedAndStops(t *testing.T) {
	t.Parallel()
	folder, address, aside := t.TempDir(), freeAddress(t), freeAddress(t)
	env := []string{"ENTENTE_HOST=acme.example", "ENTENTE_DATA=" + folder, "ENTENTE_LISTEN=" + address, "ENTENTE_METRICS_LISTEN=" + aside}
	stop := running(t, env, address, "serve")

	if status, body, err := fetch(t, "http://"+address+"/readyz"); err != nil || status != 200 || !strings.Contains(body, `"queue":"ok"`) {
		t.Errorf("%d %s %v", status, body, err)
	}
	does(t, env, "health")
	does(t, env, "member", "add", "alice", "--email", "alice@acme.example")
	if out := does(t, env, "queue", "status"); !strings.Contains(out, "queue, deliver") {
		t.Errorf("the queue of the running instance is not found:\n%s", out)
	}
	if status, _, err := fetch(t, "http://"+address+"/actor"); err != nil || status != http.StatusOK {
		t.Errorf("the instance actor: %d %v", status, err)
	}
	if status, _, err := fetch(t, "http://"+address+"/api/v2/instance"); err != nil || status != http.StatusOK {
		t.Errorf("the client API: %d %v", status, err)
	}
	_, metrics, err := fetch(t, "http://"+aside+"/metrics")
	for _, want := range []string{"go_goroutines ", "process_open_fds ", `entente_http_request_duration_seconds_count{route="GET /actor",status="200"} 1`, "entente_outbox_jobs "} {
		if err != nil || !strings.Contains(metrics, want) {
			t.Errorf("no %q in the metrics, %v", want, err)
		}
	}
	if status, _, _ := fetch(t, "http://"+address+"/metrics"); status == http.StatusOK {
		t.Error("the metrics are public")
	}
	stop()
	if _, err := os.Stat(filepath.Join(folder, "postgres", "cluster", "postmaster.pid")); err == nil {
		t.Error("the private Postgres was left behind")
	}
	if s := entente(t, env, "health"); s.code != exitFailed {
		t.Errorf("health of a stopped instance: %+v", s)
	}
	if out := does(t, env, "member", "list"); !strings.Contains(out, "alice@acme.example") {
		t.Errorf("the members of a stopped instance: %s", out)
	}
}

func TestAWorkerAndAServerWithoutOneShareAnInstance(t *testing.T) {
	t.Parallel()
	address, aside := freeAddress(t), freeAddress(t)
	env := append(acme(t), "ENTENTE_LISTEN="+address)
	stopServer := running(t, env, address, "serve", "--no-worker")
	if _, body, _ := fetch(t, "http://"+address+"/readyz"); strings.Contains(body, "queue") {
		t.Errorf("a server without a worker needs no queue: %s", body)
	}
	stopWorker := running(t, env, aside, "worker", "--metrics-listen", aside)
	if _, body, _ := fetch(t, "http://"+aside+"/readyz"); !strings.Contains(body, `"queue":"ok"`) {
		t.Error(body)
	}
	stopWorker()
	stopServer()
}

func TestServeEndsWithItsInput(t *testing.T) {
	t.Parallel()
	address := freeAddress(t)
	input, end := io.Pipe()
	p := &program{env: append(acme(t), "ENTENTE_LISTEN="+address), in: input, out: io.Discard, errs: io.Discard}
	code := make(chan int, 1)
	go func() { code <- p.run(t.Context(), "serve", "--until-input-ends") }()
	for began := time.Now(); time.Since(began) < 2*time.Minute; time.Sleep(20 * time.Millisecond) {
		if status, _, err := fetch(t, "http://"+address+"/healthz"); err == nil && status == http.StatusOK {
			break
		}
	}
	end.Close()
	select {
	case c := <-code:
		if c != 0 {
			t.Errorf("exit %d", c)
		}
	case <-time.After(time.Minute):
		t.Error("it goes on")
	}
}

func TestAJobThatHangsDoesNotHoldUpTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &operation{instance: &instance{log: slog.New(slog.DiscardHandler)}}
		ctx, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		released := make(chan struct{})
		defer close(released)
		began := time.Now()
		err := o.within(ctx, workerGrace, func(context.Context) error { <-released; return nil })
		if took := time.Since(began); err != nil || took != time.Hour+workerGrace {
			t.Errorf("%v after %v", err, took)
		}
	})
}

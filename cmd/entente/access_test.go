package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// around serves a mux with one route, inside outermost, and gives its log.
func around(t *testing.T, m *metrics, h http.HandlerFunc) (*httptest.Server, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	mux := http.NewServeMux()
	mux.HandleFunc("GET /things/{id}", h)
	s := httptest.NewServer(outermost(mux, slog.New(slog.NewTextHandler(&log, nil)), m))
	t.Cleanup(s.Close)
	return s, &log
}

func fetch(t *testing.T, address string) (status int, body string, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer hush")
	resp, err := new(http.Client).Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

func TestEachRequestIsLoggedWithoutItsSecrets(t *testing.T) {
	t.Parallel()
	s, log := around(t, newMetrics(), func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		io.WriteString(w, "hello")
	})
	if status, _, err := fetch(t, s.URL+"/things/7?code=hush"); err != nil || status != http.StatusAccepted {
		t.Fatal(status, err)
	}
	s.Close()
	for _, want := range []string{"method=GET", "path=/things/7 ", "status=202", "took=", "bytes=5"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %q in %s", want, log)
		}
	}
	if strings.Contains(log.String(), "hush") {
		t.Errorf("a secret in %s", log)
	}
}

func TestAPanicIsAnAnswerOrTheEndOfTheConnection(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	s, log := around(t, m, func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("id") == "late" {
			w.Write([]byte("half"))
			w.(interface{ Unwrap() http.ResponseWriter }).Unwrap().(http.Flusher).Flush()
		}
		panic("boom")
	})
	status, body, err := fetch(t, s.URL+"/things/early")
	if err != nil || status != http.StatusInternalServerError || strings.Contains(body, "boom") {
		t.Errorf("%d %q %v", status, body, err)
	}
	if _, _, err := fetch(t, s.URL+"/things/late"); err == nil {
		t.Error("half an answer looks like a whole one")
	}
	s.Close()
	if shown := m.shown(t); !strings.Contains(shown, `entente_defects_total{entry="http"} 2`) {
		t.Errorf("the defects are not counted in %s", shown)
	}
	if strings.Count(log.String(), "cause=boom") != 2 || strings.Count(log.String(), "msg=request") != 2 {
		t.Error(log)
	}
}

// shown is what Prometheus reads.
func (m *metrics) shown(t *testing.T) string {
	t.Helper()
	mux, w := http.NewServeMux(), httptest.NewRecorder()
	m.Routes(mux)
	mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

func TestRequestsAreCountedByRouteAndStatus(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	s, _ := around(t, m, func(http.ResponseWriter, *http.Request) {})
	for _, path := range []string{"/things/1", "/things/2", "/nowhere/3"} {
		if _, _, err := fetch(t, s.URL+path); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if n := len(f.GetMetric()); f.GetName() == "entente_http_request_duration_seconds" && n != 2 {
			t.Errorf("%d series, want one for the route and one for no route", n)
		}
	}
}

func TestAStopLetsRequestsComeToTheirEnd(t *testing.T) {
	t.Parallel()
	l, err := listen(t.Context(), "127.0.0.1:0", "ENTENTE_LISTEN")
	if err != nil {
		t.Fatal(err)
	}
	begun, ended := make(chan struct{}), make(chan error, 1)
	ctx, stop := withCancel(t)
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		time.Sleep(100 * time.Millisecond)
		io.WriteString(w, "done")
	})
	go func() { ended <- serveHTTP(ctx, l, h, slog.New(slog.DiscardHandler)) }()
	go func() { <-begun; stop() }()
	if _, body, err := fetch(t, "http://"+l.Addr().String()); err != nil || body != "done" {
		t.Errorf("%q, %v", body, err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

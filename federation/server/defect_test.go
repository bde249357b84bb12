package server

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/policy"
	"entente.example/entente/federation/remote"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

func TestAPanicIsLoggedCountedAndAnswered(t *testing.T) {
	t.Parallel()
	db, counted := storetest.New(t), 0
	var log bytes.Buffer
	s := New(federation.New(federation.Options{House: federation.House{Host: "acme.example", URL: "https://acme.example"},
		Store: db, Gate: policy.New(db, true, "acme.example"), Client: remote.New(remote.Options{})}), "test", slog.New(slog.NewTextHandler(&log, nil)))
	s.Defect = func() { counted++ }
	for _, p := range []Policy{Everybody, Partners} {
		log.Reset()
		w := httptest.NewRecorder()
		s.handler(Route{"GET /x", p, activityJSON, func(*http.Request, store.Reader) (any, error) { panic("oops") }, ""})(w, httptest.NewRequest("GET", "/x", nil))
		if w.Code != http.StatusInternalServerError || w.Body.String() != `{"error":"internal"}` || !strings.Contains(log.String(), "oops") || !strings.Contains(log.String(), "defect_test.go") {
			t.Errorf("%s: %d %s, log: %s", p, w.Code, w.Body, &log)
		}
	}
	if counted != 2 {
		t.Errorf("%d defects are counted", counted)
	}
}

func TestEveryRefusalWith429SaysWhenToComeAgain(t *testing.T) {
	t.Parallel()
	s := &Server{log: slog.New(slog.DiscardHandler)}
	for kind := activity.Internal; kind <= activity.Later; kind++ {
		for _, method := range []string{"GET", "POST"} {
			w := httptest.NewRecorder()
			s.problem(w, httptest.NewRequest(method, "/x", nil), activity.Refuse(kind, "x", "x"))
			if (w.Code == http.StatusTooManyRequests) != (w.Header().Get("Retry-After") != "") {
				t.Errorf("%s: HTTP %d, Retry-After %q", method, w.Code, w.Header().Get("Retry-After"))
			}
		}
	}
}

func TestARouteWithoutAPolicyLetsNobodyIn(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	s := New(federation.New(federation.Options{House: federation.House{Host: "acme.example", URL: "https://acme.example"},
		Store: db, Gate: policy.New(db, true, "acme.example"), Client: remote.New(remote.Options{})}), "test", slog.New(slog.DiscardHandler))
	w := httptest.NewRecorder()
	s.handler(Route{"GET /x", "", activityJSON, func(*http.Request, store.Reader) (any, error) { return "secret", nil }, ""})(w, httptest.NewRequest("GET", "/x", nil))
	if w.Code != http.StatusForbidden {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

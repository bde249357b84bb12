package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/api"
	"entente.example/entente/store"
)

// serve sends a request through one route and gives the answer and the log.
func serve(t *testing.T, route api.Route, r *http.Request) (*httptest.ResponseRecorder, string) {
	t.Helper()
	var log bytes.Buffer
	mux := http.NewServeMux()
	api.Door{URL: "https://acme.example", Log: slog.New(slog.NewTextHandler(&log, nil))}.Mount(mux, route)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r.WithContext(t.Context()))
	return w, log.String()
}

type inner struct {
	Flag bool `param:"flag"`
}

type everything struct {
	inner
	ID     store.Key   `path:"id"`
	Agent  string      `header:"X-Agent"`
	Text   string      `param:"text"`
	Number int         `param:"number"`
	Other  store.Key   `param:"other"`
	Words  []string    `param:"words"`
	IDs    []store.Key `param:"ids"`
	Deep   []string    `param:"poll[options]"`
	Quiet  string      // read from nowhere
}

func TestAnInIsReadFromPathQueryHeaderAndBody(t *testing.T) {
	t.Parallel()
	want := everything{inner: inner{true}, ID: 7, Agent: "me", Text: "hé", Number: 3, Other: 1 << 62, Words: []string{"a", "b"}, IDs: []store.Key{1, 2}, Deep: []string{"x", "y"}}
	for name, tc := range map[string]struct{ method, query, kind, body string }{
		"query": {"GET", "text=h%C3%A9&number=3&other=4611686018427387904&words[]=a&words[]=b&ids[]=1&ids[]=2&flag=1&poll[options][]=x&poll[options][]=y", "", ""},
		"form":  {"POST", "", "application/x-www-form-urlencoded", "text=h%C3%A9&number=3&other=4611686018427387904&words=a&words=b&ids[]=1&ids[]=2&flag=on&poll[options][]=x&poll[options][]=y"},
		"JSON":  {"POST", "", "application/json; charset=utf-8", `{"text":"h\u00e9","number":3,"other":4611686018427387904,"words":["a","b"],"ids":["1",2],"flag":true,"poll":{"options":["x","y"],"multiple":null}}`},
		"both":  {"PUT", "text=lost&number=3&other=4611686018427387904&words[]=a&words[]=b", "application/json", `{"text":"hé","ids[]":[1,2],"flag":"true","poll":{"options":["x","y"]}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got everything
			route := api.Endpoint(tc.method+" /things/{id}", api.Anyone(), func(_ context.Context, _ store.Viewer, in everything) (string, error) {
				got = in
				return "done", nil
			})
			r := httptest.NewRequest(tc.method, "/things/7?"+tc.query, strings.NewReader(tc.body))
			r.Header.Set("Content-Type", tc.kind)
			r.Header.Set("X-Agent", "me")
			w, _ := serve(t, route, r)
			if w.Code != 200 || strings.TrimSpace(w.Body.String()) != `"done"` {
				t.Fatalf("HTTP %d %s", w.Code, w.Body)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("read %+v\n not %+v", got, want)
			}
		})
	}
}

func TestABoolIsFalseWhereRailsSaysSo(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]bool{"": false, "flag=": false, "flag=0": false, "flag=false": false, "flag=off": false, "flag=1": true, "flag=t": true, "flag=true": true} {
		var got bool
		route := api.Endpoint("GET /", api.Anyone(), func(_ context.Context, _ store.Viewer, in inner) (api.None, error) {
			got = in.Flag
			return api.None{}, nil
		})
		if serve(t, route, httptest.NewRequest("GET", "/?"+sent, nil)); got != want {
			t.Errorf("%q is %v", sent, got)
		}
	}
}

func TestADeepDocumentIsNotFollowed(t *testing.T) {
	t.Parallel()
	route := api.Endpoint("POST /", api.Anyone(), func(context.Context, store.Viewer, everything) (api.None, error) { return api.None{}, nil })
	body := strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9000)
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if w, _ := serve(t, route, r); w.Code != http.StatusOK {
		t.Errorf("HTTP %d %s", w.Code, w.Body)
	}
}

func TestErrorsBecomeStatusSentenceAndReason(t *testing.T) {
	t.Parallel()
	secret := errors.New("password of the database")
	for name, tc := range map[string]struct {
		err    error
		status int
		reason string
	}{
		"invalid":   {activity.Refuse(activity.Invalid, "bad", "say"), 422, "bad"},
		"not found": {activity.ErrNotFound(), 404, "not_found"},
		"denied":    {activity.Refuse(activity.Denied, "not_a_partner", "say"), 403, "not_a_partner"},
		"conflict":  {activity.Refuse(activity.Conflict, "taken", "say"), 409, "taken"},
		"gone":      {activity.Refuse(activity.Gone, "gone", "say"), 410, "gone"},
		"later":     {activity.Because(activity.Later, "partner_down", secret, "say"), 503, "partner_down"},
		"internal":  {secret, 500, "internal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			route := api.Endpoint("GET /x", api.Anyone(), func(context.Context, store.Viewer, api.None) (api.None, error) { return api.None{}, tc.err })
			w, log := serve(t, route, httptest.NewRequest("GET", "/x", nil))
			var got map[string]string
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if w.Code != tc.status || got["reason"] != tc.reason || got["error"] == "" || len(got) != 2 {
				t.Errorf("HTTP %d %s", w.Code, w.Body)
			}
			if strings.Contains(w.Body.String(), "password") {
				t.Errorf("an internal cause is told: %s", w.Body)
			}
			if isLogged := strings.Contains(log, "password"); isLogged != (tc.status == 500) {
				t.Errorf("the log: %s", log)
			}
		})
	}
}

func TestAPanicIsLoggedAndAnswered(t *testing.T) {
	t.Parallel()
	route := api.Endpoint("GET /x", api.Anyone(), func(context.Context, store.Viewer, api.None) (api.None, error) { panic("oh no") })
	w, log := serve(t, route, httptest.NewRequest("GET", "/x", nil))
	if w.Code != 500 || !strings.Contains(log, "oh no") || strings.Contains(w.Body.String(), "oh no") {
		t.Errorf("HTTP %d %s, log: %s", w.Code, w.Body, log)
	}
}

func TestEveryRefusalWith429SaysWhenToComeAgain(t *testing.T) {
	t.Parallel()
	for kind := activity.Internal; kind <= activity.Later; kind++ {
		route := api.Endpoint("GET /x", api.Anyone(), func(context.Context, store.Viewer, api.None) (api.None, error) {
			return api.None{}, activity.Refuse(kind, "x", "x")
		})
		w, _ := serve(t, route, httptest.NewRequest("GET", "/x", nil))
		if (w.Code == http.StatusTooManyRequests) != (w.Header().Get("Retry-After") != "") {
			t.Errorf("HTTP %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
		}
	}
}

func TestAPanicIsCounted(t *testing.T) {
	t.Parallel()
	mux, counted := http.NewServeMux(), 0
	door := api.Door{Log: slog.New(slog.DiscardHandler), Defect: func() { counted++ }}
	door.Mount(mux, api.Endpoint("GET /x", api.Anyone(), func(context.Context, store.Viewer, api.None) (api.None, error) { panic("oh no") }))
	mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/x", nil))
	if counted != 1 {
		t.Errorf("%d defects are counted", counted)
	}
}

// What a client says over a WebSocket is read beside the stream: the program must not end
// with a panic there.
func TestAPanicBesideAStreamEndsThatAlone(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	counted := 0
	door := api.Door{Log: slog.New(slog.NewTextHandler(&log, nil)), Defect: func() { counted++ }}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		door.Beside(t.Context(), func() { panic("oh no") })
	}()
	<-ended
	if counted != 1 || !strings.Contains(log.String(), "oh no") {
		t.Errorf("%d defects are counted; the log says %s", counted, &log)
	}
}

func TestARouteWithoutAPolicyLetsNobodyIn(t *testing.T) {
	t.Parallel()
	if (api.Policy{}).IsDeclared() || !api.Anyone().IsDeclared() || !api.App().IsDeclared() || !api.Member("read").IsDeclared() {
		t.Error("only the zero policy is not declared")
	}
	route := api.Endpoint("GET /x", api.Policy{}, func(context.Context, store.Viewer, api.None) (api.None, error) { return api.None{}, nil })
	if w, _ := serve(t, route, httptest.NewRequest("GET", "/x", nil)); w.Code != http.StatusUnauthorized {
		t.Errorf("HTTP %d", w.Code)
	}
}

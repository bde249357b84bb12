package sending_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"entente.example/entente/federation"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/policy"
	"entente.example/entente/federation/remote"
	"entente.example/entente/federation/server"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// company is an instance with a wire that remembers what came and what was served.
type company struct {
	*federation.Service
	t    testing.TB
	http *httptest.Server

	mu     sync.Mutex
	came   []json.RawMessage // bodies of the posts to its inboxes
	served map[string]answer // by path and query
}

// answer is what a company said to a GET.
type answer struct {
	status int
	kind   string // Content-Type
	body   []byte
}

// oneKey is the key of all actors: making keys takes long.
var oneKey = sync.OnceValues(httpsign.NewKey)

// found makes a company called name in the open federation.
func found(t testing.TB, name string) *company {
	t.Helper()
	mux := http.NewServeMux()
	c := &company{t: t, served: map[string]answer{}}
	c.http = httptest.NewServer(c.recording(mux))
	t.Cleanup(c.http.Close)
	_, port, _ := strings.Cut(c.http.Listener.Addr().String(), ":")
	host := name + ".localhost:" + port
	db := storetest.New(t)
	gate, log := policy.New(db, true, host), slog.New(slog.NewTextHandler(t.Output(), nil))
	c.Service = federation.New(federation.Options{House: federation.House{Host: host, URL: "http://" + host}, Store: db, Gate: gate, Log: log,
		NewKey: oneKey, Folder: t.TempDir(),
		Client: remote.New(remote.Options{InsecureHTTP: true, PrivateNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
			UserAgent: "Entente/test", Gate: gate.Fetching(), Dialects: remote.NewDialects(db, log)})})
	c.do(c.Prepare(t.Context()))
	server.New(c.Service, "1.0", log).Routes(mux)
	return c
}

// recording keeps what passes.
func (c *company) recording(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			c.mu.Lock()
			c.came = append(c.came, body)
			c.mu.Unlock()
			next.ServeHTTP(w, r)
			return
		}
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		if rec.Code != http.StatusUnauthorized {
			c.mu.Lock()
			c.served[r.URL.RequestURI()] = answer{rec.Code, rec.Header().Get("Content-Type"), rec.Body.Bytes()}
			c.mu.Unlock()
		}
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	})
}

func (c *company) do(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprintf("the scene does not play: %v", err))
	}
	return v
}

// hires makes a person.
func (c *company) hires(name string) store.Actor {
	return must(c.NewMember(c.t.Context(), store.Member{Email: name + "@" + c.House.Host}, name, name))
}

// sees is how a company knows an actor of another one.
func (c *company) sees(a store.Actor) store.Actor {
	return must(c.ByHandle(c.t.Context(), string(a.Username), a.Host))
}

// says posts.
func (c *company) says(who store.Actor, d federation.Draft) store.Note {
	return must(c.Post(c.t.Context(), who, d))
}

// has is how a company keeps a note.
func (c *company) has(n store.Note) store.Note {
	return must(c.Store().Note(c.t.Context(), n.ID))
}

// pump does the jobs of all companies until none is left.
func pump(t testing.TB, all ...*company) {
	t.Helper()
	for done := 1; done > 0; {
		done = 0
		for _, c := range all {
			n, err := c.Store().Drain(t.Context(), 1000, func(ps []store.Promise) error {
				for _, p := range ps {
					if err := c.run(t.Context(), p.Kind, []byte(p.Payload)); err != nil {
						t.Errorf("%s of %s: %v", p.Kind, c.House.Host, err)
					}
				}
				return nil
			})
			c.do(err)
			done += n
		}
	}
}

func (c *company) run(ctx context.Context, kind string, payload []byte) error {
	switch kind {
	case "received":
		return run(ctx, payload, c.Receive)
	case "quote":
		return run(ctx, payload, c.JudgeQuote)
	case "deliver":
		return run(ctx, payload, c.Deliver)
	case "fan":
		return run(ctx, payload, func(ctx context.Context, f store.Fan) error {
			all, err := c.Deliveries(ctx, f)
			for _, d := range all {
				if err := c.Deliver(ctx, d); err != nil {
					return err
				}
			}
			return err
		})
	}
	return nil // what is fetched or counted for its own sake sends nothing here
}

func run[J any](ctx context.Context, payload []byte, fn func(context.Context, J) error) error {
	var j J
	if err := json.Unmarshal(payload, &j); err != nil {
		return err
	}
	return fn(ctx, j)
}

package remote

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// drip answers one byte at a time, and never ends by itself.
func drip(contentType string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		for r.Context().Err() == nil {
			_, _ = io.WriteString(w, " ")
			_ = http.NewResponseController(w).Flush()
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// silent takes the request and says nothing.
func silent(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// Mastodon CVE-2023-36461 (interop.md §7 row 12): the deadline is for the whole
// call, so a byte now and then does not buy time.
func TestAttack12TarPit(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"a slow body": drip("application/activity+json"), "no answer": silent,
		"slow redirects": func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(80 * time.Millisecond)
			redirect(r.URL.Path+"x")(w, r)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := newWorld(t, map[string]http.HandlerFunc{"pit.test": handler})
			c.fetchDeadline = 200 * time.Millisecond
			start := time.Now()
			_, err := c.Fetch(t.Context(), "https://pit.test/x", signer())
			wantFault(t, err, activity.Later, "timed_out")
			c.hosts = newHosts(c.opts.Now) // as if it had answered since
			_, err = c.Finger(t.Context(), "ada", "pit.test")
			wantFault(t, err, activity.Later, "timed_out")
			if took := time.Since(start); took > time.Minute {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestAttack12TarPitAtDelivery(t *testing.T) {
	t.Parallel()
	_, c := newWorld(t, map[string]http.HandlerFunc{"pit.test": silent, "drip.test": drip("text/plain")})
	c.deadline = 200 * time.Millisecond
	wantFault(t, c.Deliver(t.Context(), "https://pit.test/inbox", nil, signer()), activity.Later, "timed_out")
	c.deadline = 2 * time.Second // the status has to come, however busy the machine is
	if err := c.Deliver(t.Context(), "https://drip.test/inbox", nil, signer()); err != nil {
		t.Errorf("the status had said yes: %v", err)
	}
}

func TestAttack12TarPitAtConnect(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, nil)
	c := w.client(t, Options{})
	c.transport.DialContext = dialer{resolver: w, dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}.DialContext
	c.fetchDeadline = 100 * time.Millisecond
	_, err := c.Fetch(t.Context(), "https://pit.test/x", signer())
	wantFault(t, err, activity.Later, "timed_out")
}

// Fedify CVE-2026-34148.
func TestAttack12RedirectLoop(t *testing.T) {
	t.Parallel()
	chain := func(n int) map[string]http.HandlerFunc {
		pages := map[string]http.HandlerFunc{}
		for i := range n {
			pages[fmt.Sprintf("/%d", i)] = redirect(fmt.Sprintf("/%d", i+1))
		}
		pages[fmt.Sprintf("/%d", n)] = note(fmt.Sprintf("https://loop.test/%d", n))
		return pages
	}
	for name, tc := range map[string]struct {
		pages map[string]http.HandlerFunc
		calls int
		isOK  bool
	}{
		"to itself":             {map[string]http.HandlerFunc{"/0": redirect("/0")}, 1, false},
		"to itself, a fragment": {map[string]http.HandlerFunc{"/0": redirect("/0#x")}, 1, false},
		"there and back":        {map[string]http.HandlerFunc{"/0": redirect("/1"), "/1": redirect("/0")}, 2, false},
		"three redirects":       {chain(limits.Redirects), limits.Redirects + 1, true},
		"four redirects":        {chain(limits.Redirects + 1), limits.Redirects + 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, c := newWorld(t, map[string]http.HandlerFunc{"loop.test": routes(tc.pages)})
			_, err := c.Fetch(t.Context(), "https://loop.test/0", signer())
			if tc.isOK && err != nil {
				t.Fatal(err)
			}
			if !tc.isOK {
				wantFault(t, err, activity.Invalid, "redirect_loop")
			}
			if n := len(w.saw("get")); n != tc.calls {
				t.Errorf("asked %d times, want %d", n, tc.calls)
			}
		})
	}
}

// Fedify GHSA-mc44-6cfg-2v6w.
func TestAttack12HugeBodies(t *testing.T) {
	t.Parallel()
	document := func(size int) string {
		const frame = `{"id":"https://big.test/x","content":""}`
		return strings.Replace(frame, `""`, `"`+strings.Repeat("a", size-len(frame))+`"`, 1)
	}
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		reason  string
	}{
		"as big as allowed": {says("%s", document(limits.Document)), ""},
		"one byte more":     {says("%s", document(limits.Document+1)), "too_large"},
		"without end": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/activity+json")
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, strings.Repeat(" ", 1<<16))
			}
		}, "too_large"},
		"a gzip bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/activity+json")
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range 64 {
				_, _ = z.Write(make([]byte, 1<<20))
			}
			_ = z.Close()
		}, "too_large"},
		"a header without end": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-A", strings.Repeat("a", 2*limits.AnswerHeader))
			note("https://big.test/x")(w, r)
		}, "unreachable"},
		"JSON of 10,000 levels": {says("%s", `{"id":"https://big.test/x","a":`+strings.Repeat("[", 10_000)+strings.Repeat("]", 10_000)+"}"), "too_deep"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := newWorld(t, map[string]http.HandlerFunc{"big.test": tc.handler})
			_, err := c.Fetch(t.Context(), "https://big.test/x", signer())
			if tc.reason == "" && err != nil || tc.reason != "" && activity.FaultOf(err).Reason != tc.reason {
				t.Fatalf("err = %v, want %q", err, tc.reason)
			}
		})
	}
}

func TestAttack12HugeWebFinger(t *testing.T) {
	t.Parallel()
	huge := says(`{"subject":"acct:ada@big.test","x":%q}`, strings.Repeat("a", limits.Discovery))
	_, c := newWorld(t, map[string]http.HandlerFunc{
		"big.test": huge, "meta.test": routes(map[string]http.HandlerFunc{"/.well-known/host-meta": huge}),
	})
	for _, host := range []string{"big.test", "meta.test"} {
		_, err := c.Finger(t.Context(), "ada", host)
		wantFault(t, err, activity.TooLarge, "too_large")
	}
}

package server_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"entente.example/entente/federation/limit"
)

// from sends a request to a company from an address, without a connection.
func (c *company) from(address string, r *http.Request) *httptest.ResponseRecorder {
	r.RemoteAddr = address
	w := httptest.NewRecorder()
	c.http.Config.Handler.ServeHTTP(w, r)
	return w
}

// unsigned is a request as anybody can make it.
func unsigned(c *company, method, path string) *http.Request {
	r := httptest.NewRequestWithContext(c.t.Context(), method, c.URL+path, nil)
	r.Header.Set("Accept", "application/activity+json, application/jrd+json")
	return r
}

func TestWhoComesTooOftenIsToldWhenToComeAgain(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	acme.doors.Limits.Stranger = limit.Rate{Burst: 4, Every: 90 * time.Second}
	acme.doors.Limits.Host = limit.Rate{Burst: 5, Every: time.Hour}
	finger := "/.well-known/webfinger?resource=acct:nobody@" + acme.Host
	forger := &stranger{t: t, key: newStranger(t, "forger").key, url: globex.url, host: globex.host}
	for name, tc := range map[string]struct {
		address string
		make    func() *http.Request
		status  int // before the limit
		burst   int
	}{
		"WebFinger":       {"192.0.2.1:1", func() *http.Request { return unsigned(acme, "GET", finger) }, 404, 4},
		"unsigned reads":  {"192.0.2.2:1", func() *http.Request { return unsigned(acme, "GET", "/users/alice") }, 401, 4},
		"unsigned deeds":  {"192.0.2.3:1", func() *http.Request { return unsigned(acme, "POST", "/inbox") }, 415, 4},
		"bad signatures":  {"192.0.2.4:1", func() *http.Request { return forger.signed(acme, "GET", "/users/alice", bea, nil) }, 401, 4},
		"what is allowed": {"192.0.2.5:1", func() *http.Request { return globex.signed(acme, "GET", "/users/alice", bea, nil) }, 200, 5},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range tc.burst {
				if w := acme.from(tc.address, tc.make()); w.Code != tc.status {
					t.Fatalf("number %d gets %d %s", i+1, w.Code, w.Body)
				}
			}
			w := acme.from(tc.address, tc.make())
			after, err := strconv.Atoi(w.Header().Get("Retry-After"))
			if w.Code != http.StatusTooManyRequests || w.Body.String() != `{"error":"too_fast"}` || err != nil || after < 60 || after > 3600 {
				t.Errorf("too fast gets %d %s, Retry-After %q", w.Code, w.Body, w.Header().Get("Retry-After"))
			}
		})
	}
}

// Neither made-up signatures in a partner's name nor strangers behind the same
// address shut a partner out.
func TestNobodyUsesUpWhatIsAPartners(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	acme.doors.Limits.Stranger = limit.Rate{Burst: 3, Every: time.Hour}
	acme.doors.Limits.Host = limit.Rate{Burst: 10, Every: time.Hour}
	forger := &stranger{t: t, key: newStranger(t, "forger").key, url: globex.url, host: globex.host}
	honest := func() *http.Request { return globex.signed(acme, "GET", "/users/alice", bea, nil) }
	if w := acme.from("192.0.2.1:1", honest()); w.Code != http.StatusOK {
		t.Fatalf("bea gets %d %s", w.Code, w.Body)
	}
	for range 20 {
		acme.from("192.0.2.66:1", forger.signed(acme, "GET", "/users/alice", bea, nil)) // from elsewhere, in her name
		acme.from("192.0.2.1:1", unsigned(acme, "GET", "/users/alice"))                 // behind her own address
	}
	if w := acme.from("192.0.2.1:1", honest()); w.Code != http.StatusOK {
		t.Errorf("then bea gets %d %s", w.Code, w.Body)
	}
	if w := acme.from("192.0.2.66:1", forger.signed(acme, "GET", "/users/alice", bea, nil)); w.Code != http.StatusTooManyRequests {
		t.Errorf("the forger gets %d %s", w.Code, w.Body)
	}
}

func TestAllAddressesOfAPartnerCountTogether(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	acme.doors.Limits.Host = limit.Rate{Burst: 4, Every: time.Hour}
	got := map[int]int{}
	for i := range 8 {
		got[acme.from("192.0.2."+strconv.Itoa(i)+":1", globex.signed(acme, "GET", "/users/alice", bea, nil)).Code]++
	}
	if got[200] != 4 || got[429] != 4 {
		t.Errorf("got %v", got)
	}
}

// 1,200 activities a second from one host are honest work.
func TestAFastPartnerIsNotHeldUp(t *testing.T) {
	t.Parallel()
	l, now, rate := limit.New(), time.Now(), found(t, "acme", false).doors.Limits.Host
	for i := range 10 * 60 * 1_200 { // ten minutes of it
		if wait := l.Take("globex", rate, now.Add(time.Duration(i)*time.Second/1_200)); wait > 0 {
			t.Fatalf("after %d it waits %v", i, wait)
		}
	}
}

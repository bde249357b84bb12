package server_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/limit"
	"entente.example/entente/store"
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
	initech := newStranger(t, "initech")
	acme.isPartnerOf(initech)
	ivan := initech.person("ivan")
	like := []byte(`{"id":"` + ivan + `#1","type":"Like","actor":"` + ivan + `","object":"` + ivan + `"}`)
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
		"deliveries":      {"192.0.2.6:1", func() *http.Request { return initech.signed(acme, "POST", "/inbox", ivan, like) }, 202, 5},
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

// Whoever a request says it is of: until that is shown, its address pays, whatever is
// answered. Names are made up faster than they are refused.
func TestAttack22NoNameEvadesTheLimitOfAnAddress(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	m := acme.sends(alice, drawing(t))
	acme.doors.Limits.Stranger = limit.Rate{Burst: 4, Every: time.Hour}
	evil := newStranger(t, "evil")
	forger := &stranger{t: t, key: evil.key, url: globex.url, host: globex.host}
	made := func(i int) *stranger { // another host each time
		host := "evil" + strconv.Itoa(i) + ".example"
		return &stranger{t: t, key: evil.key, url: "https://" + host, host: host}
	}
	finger := func(name string) func(i int) *http.Request {
		return func(i int) *http.Request {
			return made(i).signed(acme, "GET", "/.well-known/webfinger?resource=acct:"+name+"@"+acme.Host, made(i).id("/users/x"), nil)
		}
	}
	leaving := func(who string) func(int) *http.Request {
		return func(int) *http.Request {
			return forger.signed(acme, "POST", "/inbox", who, []byte(`{"id":"`+who+`#gone","type":"Delete","actor":"`+who+`","object":"`+who+`"}`))
		}
	}
	n := 0
	for name, tc := range map[string]struct {
		make   func(i int) *http.Request
		status int // before the limit
	}{
		"WebFinger of nobody":            {finger("nobody"), 404},
		"WebFinger of somebody":          {finger("alice"), 200},
		"the farewell of who is unknown": {leaving(globex.id("/users/nobody")), 202},
		"the farewell of who is known":   {leaving(bea), 202},
		"reads by no partner": {func(i int) *http.Request {
			return made(i).signed(acme, "GET", "/users/alice", made(i).id("/users/x"), nil)
		}, 403},
		"what is no activity": {func(int) *http.Request { return forger.signed(acme, "POST", "/inbox", bea, []byte(`{`)) }, 400},
		"what is no JSON": {func(int) *http.Request {
			r := forger.signed(acme, "POST", "/inbox", bea, []byte(`x`))
			r.Header.Set("Content-Type", "text/plain")
			return r
		}, 415},
		"a forged link to a picture": {func(i int) *http.Request {
			return unsigned(acme, "GET", "/media/"+m.Key.String()+"?for="+alice.Key.String()+"&until=99999999999&by=x"+strconv.Itoa(i))
		}, 404},
	} {
		t.Run(name, func(t *testing.T) {
			n++
			address := "192.0.2." + strconv.Itoa(n) + ":1"
			for i := range 4 {
				if w := acme.from(address, tc.make(i)); w.Code != tc.status {
					t.Fatalf("number %d gets %d %s", i+1, w.Code, w.Body)
				}
			}
			if w := acme.from(address, tc.make(4)); w.Code != http.StatusTooManyRequests {
				t.Errorf("number 5 gets %d %s", w.Code, w.Body)
			}
		})
	}
}

// A busy partner behind one address costs it nothing.
func TestWhatIsSignedWellCostsItsAddressNothing(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	acme.doors.Limits.Stranger = limit.Rate{Burst: 3, Every: time.Hour}
	for i := range 20 {
		if w := acme.from("192.0.2.1:1", globex.signed(acme, "GET", "/users/alice", bea, nil)); w.Code != http.StatusOK {
			t.Fatalf("number %d gets %d %s", i+1, w.Code, w.Body)
		}
	}
	for i, want := range []int{401, 401, 401, 429} {
		if w := acme.from("192.0.2.1:1", unsigned(acme, "GET", "/users/alice")); w.Code != want {
			t.Errorf("then number %d unsigned gets %d %s", i+1, w.Code, w.Body)
		}
	}
}

// A page full of pictures costs the one who looks at it, and strangers behind the same
// address do not spoil it.
func TestPicturesCostWhomTheyAreShown(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice, amir := acme.person("alice"), acme.person("amir")
	acme.doors.Limits.Stranger = limit.Rate{Burst: 3, Every: time.Hour}
	acme.doors.Limits.Link = limit.Rate{Burst: 8, Every: time.Hour}
	m := acme.sends(alice, drawing(t))
	link := func(who store.Actor) *http.Request {
		return httptest.NewRequestWithContext(t.Context(), "GET", acme.links(who).Own(m.Key), nil)
	}
	for i := range 8 {
		if i == 4 {
			for range 5 {
				acme.from("192.0.2.1:1", unsigned(acme, "GET", "/users/alice"))
			}
		}
		if w := acme.from("192.0.2.1:1", link(alice)); w.Code != http.StatusOK {
			t.Fatalf("number %d gets %d %s", i+1, w.Code, w.Body)
		}
	}
	if w := acme.from("192.0.2.1:1", link(alice)); w.Code != http.StatusTooManyRequests {
		t.Errorf("the next one gets %d %s", w.Code, w.Body)
	}
	if w := acme.from("192.0.2.2:1", link(amir)); w.Code != http.StatusNotFound {
		t.Errorf("amir, who may not see it, gets %d %s", w.Code, w.Body)
	}
}

// An address is known for an hour after it was last a partner's, not after it was first.
func TestAnAddressIsFamiliarForAnHour(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	acme.doors.Limits.Stranger = limit.Rate{Burst: 1, Every: 100 * time.Hour}
	for _, step := range []struct {
		later time.Duration
		want  int
	}{{0, 200}, {limits.FamiliarTime - time.Minute, 200}, {limits.FamiliarTime - time.Minute, 200}, {limits.FamiliarTime, 429}} {
		acme.ahead.Add(int64(step.later))
		r := unsigned(acme, "GET", "/users/alice")
		acme.do(httpsign.Sign(r, nil, httpsign.Signer{KeyID: activity.ID(bea + "#main-key"), Key: globex.key}, acme.Now()))
		if w := acme.from("192.0.2.1:1", r); w.Code != step.want {
			t.Errorf("%v later: %d %s", step.later, w.Code, w.Body)
		}
		acme.from("192.0.2.1:1", unsigned(acme, "GET", "/users/alice")) // a stranger behind it
	}
}

// The rates are tried with smaller ones above; these are the real ones.
func TestSoManyAreLetInAtOnceAndThenOneAfterTheOther(t *testing.T) {
	t.Parallel()
	usual := found(t, "acme", false).doors.Limits
	for name, tc := range map[string]struct {
		rate  limit.Rate
		burst int
		every time.Duration
	}{
		"a host":     {usual.Host, limits.HostBurst, limits.HostEvery},
		"a link":     {usual.Link, limits.LinkBurst, limits.LinkEvery},
		"an address": {usual.Stranger, limits.StrangerBurst, limits.StrangerEvery},
	} {
		l, now := limit.New(), time.Now()
		for i := range tc.burst {
			if l.Take(name, tc.rate, now) > 0 {
				t.Fatalf("number %d by %s has to wait", i+1, name)
			}
		}
		if wait := l.Take(name, tc.rate, now); wait != tc.every {
			t.Errorf("one more by %s waits %v", name, wait)
		}
	}
}

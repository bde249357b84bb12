package demo

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestSettingsHaveNoSpaces(t *testing.T) {
	t.Parallel()
	acme, globex := found(Options{Port: 9000, Folder: "/data"})
	for _, c := range []*company{acme, globex} {
		for _, line := range c.settings() {
			if strings.ContainsAny(line, " \t\n'\"$") {
				t.Errorf("a shell would not pass %q on as it is", line)
			}
		}
	}
	if acme.url() != "http://acme.localhost:9000" || globex.url() != "http://globex.localhost:9001" {
		t.Error(acme.url(), globex.url())
	}
}

func TestAnotherPortOnTheSameFolderIsRefused(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	was, _ := found(Options{Port: 9000, Folder: folder})
	if err := os.WriteFile(was.envFile(), []byte(strings.Join(was.settings(), "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := was.checkHost(); err != nil {
		t.Errorf("the same port: %v", err)
	}
	now, _ := found(Options{Port: 9100, Folder: folder})
	if err := now.start(t.Context()); err == nil || !strings.Contains(err.Error(), "is called acme.localhost:9000, which cannot change") {
		t.Errorf("another port: %v", err)
	}
	if text, _ := os.ReadFile(was.envFile()); !strings.Contains(string(text), "acme.localhost:9000") {
		t.Error("the settings of the earlier run are gone")
	}
}

func TestAPortInUseIsOneSentenceAndStartsNothing(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	folder := t.TempDir()
	for _, first := range []int{port, port - 2} {
		err = Run(t.Context(), Options{Program: "/nowhere", Port: first, Folder: folder, Out: &bytes.Buffer{}})
		if err == nil || !strings.Contains(err.Error(), "is in use by another program") || strings.Contains(err.Error(), "\n") {
			t.Errorf("first port %d of which %d is taken: %v", first, port, err)
		}
	}
	if entries, _ := os.ReadDir(folder); len(entries) != 1 {
		t.Errorf("something was begun: %v", entries)
	}
}

func TestTwoDemosDoNotWorkOnOneFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first, err := hold(t.Context(), folder, 0)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		time.Sleep(200 * time.Millisecond)
		first.Close()
	}()
	second, err := hold(t.Context(), folder, stopping) // the first one was stopping
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if _, err = hold(t.Context(), folder, 0); err == nil || !strings.Contains(err.Error(), "another demo works on") {
		t.Error(err)
	}
}

func TestACompanyThatDoesNotStartSaysWhy(t *testing.T) {
	t.Parallel()
	c, _ := found(Options{Port: 9000, Folder: t.TempDir()})
	log := "time=x level=INFO msg=request\nentente: the data folder /x cannot be written to\n"
	if err := os.WriteFile(c.logFile(), []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.failure(); err.Error() != "Acme: the data folder /x cannot be written to" {
		t.Error(err)
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		of   []time.Duration
		want time.Duration
	}{
		{nil, 0},
		{[]time.Duration{7}, 7},
		{[]time.Duration{9, 1, 5}, 5},
		{[]time.Duration{8, 2, 4, 100}, 6},
	} {
		if got := median(tc.of); got != tc.want {
			t.Errorf("median of %v is %v, want %v", tc.of, got, tc.want)
		}
	}
}

func TestAStepThatDoesNotHappenFailsWithTheLastReason(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		err := until(t.Context(), func(context.Context) (bool, error) { return false, errors.New("HTTP 404") })
		if err == nil || !strings.Contains(err.Error(), "not within 10s: HTTP 404") || time.Since(began) != patience {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		looks := 0
		err = until(t.Context(), func(context.Context) (bool, error) { looks++; return looks == 3, nil })
		if err != nil || looks != 3 {
			t.Errorf("%v after %d looks", err, looks)
		}
	})
}

func TestTheBrowserFillsInTheFormThatLeadsOn(t *testing.T) {
	t.Parallel()
	at, _ := url.Parse("http://acme.localhost:9000/oauth/authorize?client_id=x")
	a := &person{email: "alice@acme.example", password: "alice-at-acme"}
	p := page{at: at, body: []byte(`<form action="/search"><input name=q></form>
		<form method=post action=/sign-in><input type=hidden name=token value=t1><input name=login><input type=password name=password><button>In</button></form>`)}
	f, ok := p.form(a.fill)
	want := url.Values{"token": {"t1"}, "login": {a.email}, "password": {a.password}}
	if !ok || f.method != http.MethodPost || f.action != "http://acme.localhost:9000/sign-in" || f.values.Encode() != want.Encode() {
		t.Errorf("sign-in: %+v", f)
	}
	p.body = []byte(`<form method=post action=/sign-out><button name=out value=1>Out</button></form>
		<form method=post><input type=hidden name=scope value="read write"><button name=consent value=yes>Yes</button><button name=consent value=no>No</button></form>`)
	f, ok = p.form(a.fill)
	if !ok || f.action != at.String() || f.values.Get("consent") != "yes" || f.values.Get("scope") != "read write" {
		t.Errorf("consent: %+v", f)
	}
	p.body = []byte(`<p>no form here`)
	if _, ok = p.form(a.fill); ok {
		t.Error("a page without a form")
	}
}

func TestTheOutsiderSignsWhatItSends(t *testing.T) {
	t.Parallel()
	var seen []*http.Request
	inbox := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r)
		w.WriteHeader(http.StatusForbidden)
	}))
	defer inbox.Close()
	o, err := newOutsider(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer o.close()
	read, err := o.reads(t.Context(), inbox.URL+"/notes/1")
	if err != nil || read != http.StatusForbidden {
		t.Fatal(read, err)
	}
	delivered, err := o.delivers(t.Context(), inbox.URL+"/inbox", "http://acme.localhost/users/alice")
	if err != nil || delivered != http.StatusForbidden {
		t.Fatal(delivered, err)
	}
	for _, r := range seen {
		if !strings.Contains(r.Header.Get("Signature"), `/mallory#main-key"`) {
			t.Errorf("%s %s is signed %q", r.Method, r.URL, r.Header.Get("Signature"))
		}
	}
	if len(seen) != 2 || seen[1].Header.Get("Digest") == "" {
		t.Error("the delivery has no digest")
	}
}

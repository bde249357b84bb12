package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/httpsign"
)

// slow is a document that takes its server a while.
type slow struct {
	doc any
	by  time.Duration
}

func (s slow) MarshalJSON() ([]byte, error) {
	time.Sleep(s.by)
	return json.Marshal(s.doc)
}

// atOnce sends requests beside each other and gives their statuses.
func (c *company) atOnce(requests ...*http.Request) map[int]int {
	var wg sync.WaitGroup
	var mu sync.Mutex
	statuses := map[int]int{}
	for _, r := range requests {
		wg.Go(func() {
			status, _ := c.answer(r)
			mu.Lock()
			defer mu.Unlock()
			statuses[status]++
		})
	}
	wg.Wait()
	return statuses
}

func times(n int, request func() *http.Request) []*http.Request {
	all := make([]*http.Request, n)
	for i := range all {
		all[i] = request()
	}
	return all
}

func TestRequestsOfAFirstContactShareOneFetchOfTheKey(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice := acme.person("alice")
	globex := newStranger(t, "globex")
	acme.isPartnerOf(globex)
	bea := globex.person("bea")
	globex.serve("/users/bea", slow{globex.actor("bea"), 300 * time.Millisecond})
	body, _ := json.Marshal(globex.follow(bea, alice))
	got := acme.atOnce(times(8, func() *http.Request { return globex.signed(acme, "POST", "/inbox", bea, body) })...)
	if got[202] != 8 || globex.asked() != 1 {
		t.Fatalf("answers %v; asked for %v", got, globex.got)
	}
}

func TestRequestsBesideEachOtherSeeANewKey(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice := acme.person("alice")
	globex := newStranger(t, "globex")
	acme.isPartnerOf(globex)
	bea := globex.person("bea")
	if status, body := globex.send(acme, globex.follow(bea, alice)); status != 202 {
		t.Fatalf("got %d %s", status, body)
	}
	key, err := httpsign.NewKey()
	acme.do(err)
	globex.key = key
	globex.serve("/users/bea", slow{globex.actor("bea"), 300 * time.Millisecond})
	body, _ := json.Marshal(globex.follow(bea, alice))
	got := acme.atOnce(times(8, func() *http.Request { return globex.signed(acme, "POST", "/inbox", bea, body) })...)
	if got[202] != 8 || globex.asked() != 2 {
		t.Fatalf("answers %v; asked for %v", got, globex.got)
	}
}

// A stranger may put any key id on a request; it must not make us knock at a
// partner's door for each.
func TestAttack12AFloodOfKeyIdsIsNotReflected(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice := acme.person("alice")
	globex, other := newStranger(t, "globex"), newStranger(t, "other")
	acme.isPartnerOf(globex)
	acme.isPartnerOf(other)
	bea, boris := globex.person("bea"), globex.person("boris")
	if status, body := globex.send(acme, globex.follow(bea, alice)); status != 202 {
		t.Fatalf("got %d %s", status, body)
	}
	met := globex.asked()
	try := func(address, who string) *httptest.ResponseRecorder {
		body, _ := json.Marshal(globex.follow(who, alice)) // strings
		return acme.from(address, globex.signed(acme, "POST", "/inbox", who, body))
	}
	isLater := func(who string, w *httptest.ResponseRecorder) {
		t.Helper()
		if w.Code != 429 || !strings.Contains(w.Body.String(), "asked_lately") || w.Header().Get("Retry-After") != "60" {
			t.Errorf("%s gets %d %s %v", who, w.Code, w.Body, w.Header())
		}
	}
	for address := range 4 {
		from := fmt.Sprintf("192.0.2.%d:1", address)
		for n := range 15 {
			w := try(from, globex.id(fmt.Sprintf("/users/nobody%d-%d", address, n)))
			if n >= limits.KeySeatsEach {
				isLater("more than one address may ask for", w)
			} else if w.Code != 401 || !strings.Contains(w.Body.String(), "unknown_key") {
				t.Fatalf("got %d %s", w.Code, w.Body)
			}
		}
		if address == 0 { // who is met at the same time, elsewhere
			if w := try("192.0.2.99:1", globex.person("brian")); w.Code != 202 {
				t.Errorf("the first of an address is refused: %d %s", w.Code, w.Body)
			}
		}
	}
	if asked := globex.asked() - met - 1; asked != limits.KeySeats {
		t.Errorf("a flood made us ask %d times", asked)
	}
	if status, body := globex.send(acme, globex.follow(bea, alice)); status != 202 {
		t.Errorf("who is known is refused: %d %s", status, body)
	}
	isLater("who is not known", try("192.0.2.98:1", boris))
	eve := other.person("eve")
	if status, body := other.send(acme, other.follow(eve, alice)); status != 202 {
		t.Errorf("another host has to wait: %d %s", status, body)
	}
	acme.ahead.Add(int64(limits.KeySeatTime))
	if w := try("192.0.2.98:1", boris); w.Code != 202 {
		t.Errorf("a minute later: %d %s", w.Code, w.Body)
	}
}

// What cannot be asked for now may be good: who sent it is to come again.
func TestAKeyThatCannotBeHadNowIsNoWrongKey(t *testing.T) {
	t.Parallel()
	acme, globex := found(t, "acme", false), newStranger(t, "globex")
	alice := acme.person("alice")
	acme.isPartnerOf(globex)
	bea := globex.person("bea")
	globex.serve("/users/bea", status(503))
	body, err := json.Marshal(globex.follow(bea, alice))
	acme.do(err)
	for range 2 { // the second time nobody is asked
		w := acme.from("192.0.2.1:1", globex.signed(acme, "POST", "/inbox", bea, body))
		if w.Code != 503 || !strings.Contains(w.Body.String(), "key_not_now") || w.Header().Get("Retry-After") != "60" {
			t.Errorf("got %d %s %v", w.Code, w.Body, w.Header())
		}
	}
}

func TestAttack12ForgedSignaturesOfKnownPeopleAreNotReflected(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice := acme.person("alice")
	globex, evil := newStranger(t, "globex"), newStranger(t, "evil")
	acme.isPartnerOf(globex)
	forger := &stranger{t: t, key: evil.key, url: globex.url, host: globex.host}
	var people []string
	for n := range 15 { // more than there are seats: the first day of a company
		who := globex.person(fmt.Sprintf("p%d", n))
		if status, body := globex.send(acme, globex.follow(who, alice)); status != 202 {
			t.Fatalf("person %d: got %d %s", n, status, body)
		}
		people = append(people, who)
	}
	met := globex.asked()
	for i, who := range append(people, people...) {
		want, reason := 401, "signature_wrong"
		if n := i % len(people); n >= limits.KeySeatsEach { // perhaps their key is another now
			want, reason = 429, "asked_lately"
		}
		if status, body := forger.send(acme, forger.follow(who, alice)); status != want || !strings.Contains(body, reason) {
			t.Fatalf("number %d gets %d %s", i, status, body)
		}
	}
	if asked := globex.asked() - met; asked != limits.KeySeatsEach {
		t.Errorf("30 forgeries made us ask %d times", asked)
	}
	if status, body := globex.send(acme, globex.follow(people[0], alice)); status != 202 {
		t.Errorf("the forged are refused: %d %s", status, body)
	}
}

// Nor does a reader use up what others may ask for.
func TestAttack12AFloodOfKeyIdsByReadersKeepsNobodyElseOut(t *testing.T) {
	t.Parallel()
	acme, globex := found(t, "acme", false), newStranger(t, "globex")
	alice := acme.person("alice")
	acme.isPartnerOf(globex)
	read := func(address, who string) int {
		return acme.from(address, globex.signed(acme, "GET", "/users/"+string(alice.Username), who, nil)).Code
	}
	for n := range limits.KeySeatsEach + 2 {
		want := 401
		if n >= limits.KeySeatsEach {
			want = 429
		}
		if status := read("192.0.2.1:1", globex.id(fmt.Sprint("/users/nobody", n))); status != want {
			t.Fatalf("number %d gets %d", n, status)
		}
	}
	if status := read("192.0.2.2:1", globex.person("bea")); status != 200 {
		t.Errorf("who reads from elsewhere gets %d", status)
	}
}

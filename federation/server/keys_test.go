package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

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
	for n := range 30 {
		made := globex.id(fmt.Sprintf("/users/nobody%d", n))
		if status, body := globex.send(acme, globex.follow(made, alice)); status != 401 || !strings.Contains(body, "unknown_key") {
			t.Fatalf("got %d %s", status, body)
		}
	}
	if asked := globex.asked() - met; asked != 10 {
		t.Errorf("a flood of 30 made us ask %d times", asked)
	}
	if status, body := globex.send(acme, globex.follow(bea, alice)); status != 202 {
		t.Errorf("who is known is refused: %d %s", status, body)
	}
	if status, _ := globex.send(acme, globex.follow(boris, alice)); status != 401 {
		t.Errorf("who is not known has to wait: %d", status)
	}
	eve := other.person("eve")
	if status, body := other.send(acme, other.follow(eve, alice)); status != 202 {
		t.Errorf("another host has to wait: %d %s", status, body)
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
	for _, who := range append(people, people...) {
		if status, body := forger.send(acme, forger.follow(who, alice)); status != 401 || !strings.Contains(body, "signature_wrong") {
			t.Fatalf("got %d %s", status, body)
		}
	}
	if asked := globex.asked() - met; asked != 10 {
		t.Errorf("30 forgeries made us ask %d times", asked)
	}
	if status, body := globex.send(acme, globex.follow(people[0], alice)); status != 202 {
		t.Errorf("the forged are refused: %d %s", status, body)
	}
}

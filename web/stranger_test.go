package web

import (
	"testing"
	"time"

	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/limit"
)

func TestStrangersSeeOnlySoManyPagesAndMembersAllThatTheyLike(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice, stranger, other := c.as(c.member("alice", "Alice")), c.browser(), c.browser()
	alice.address = stranger.address
	stranger.get("/sign-in").is(200)
	for range limits.StrangerBurst {
		c.web.Paces.Take(limit.Address(stranger.address), limit.Stranger(), time.Now().Add(time.Hour))
	}
	for _, path := range []string{"/", "/sign-in", "/home", "/@alice", "/nothing"} {
		if p := stranger.get(path).is(429).has("Wait a little"); p.header.Get("Retry-After") == "" {
			t.Errorf("%s does not say when to come again", path)
		}
		other.get(path)
	}
	if p := stranger.post("/sign-in", "login", "alice", "password", "x").is(429); p.header.Get("Retry-After") == "" {
		t.Error("the answer to a form does not say when to come again")
	}
	alice.get("/home").is(200)
	other.get("/sign-in").is(200)
}

package e2e

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"
)

func TestTheCommandsWorkOnARunningInstance(t *testing.T) {
	t.Parallel()
	acme, _ := sharedPair(t)
	o, olga := newOutsider(t), acme.hire(t, "olga")

	expect := func(when string, want int) {
		t.Helper()
		if got := o.follows(t, olga); got != want {
			t.Errorf("%s: a delivery is answered %d, want %d", when, got, want)
		}
	}
	expect("before it is a partner", http.StatusForbidden)
	acme.does(t, "partner", "allow", o.host, "--let", "all")
	expect("as a partner", http.StatusAccepted)
	soon(t, 2*time.Minute, func() error {
		return olga.isFollowedBy(t.Context(), &person{name: "mallory", at: &company{host: o.host}})
	})
	acme.does(t, "partner", "remove", o.host)
	expect("as a partner no more", http.StatusForbidden)

	must(t, olga.get(t.Context(), "/api/v1/timelines/home", nil))
	was := olga.token
	acme.does(t, "member", "lock", "olga")
	olga.isKeptOut(t, "locked")
	acme.does(t, "member", "unlock", "olga")
	olga.isKeptOut(t, "let in again, with the token of before")
	olga.token = acme.token(t, "olga")
	must(t, olga.get(t.Context(), "/api/v1/timelines/home", nil))
	if was == olga.token {
		t.Error("the new token is the old one")
	}
}

// isKeptOut expects that p's token opens nothing.
func (p *person) isKeptOut(t *testing.T, when string) {
	t.Helper()
	for _, path := range []string{"/api/v1/accounts/verify_credentials", "/api/v1/timelines/home"} {
		err := p.get(t.Context(), path, nil)
		refused, ok := errors.AsType[*refusal](err)
		if !ok || !slices.Contains([]int{http.StatusUnauthorized, http.StatusForbidden}, refused.Status) {
			t.Errorf("%s: %s is answered %v", when, path, err)
		}
	}
}

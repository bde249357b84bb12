package server_test

import (
	"testing"

	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// Where everybody may come, who was revoked may not: they neither read nor act, and nothing
// is sent to them.
func TestOpenFederationIsShutToWhomAnAgreementShutsOut(t *testing.T) {
	t.Parallel()
	for state, c := range map[string]struct {
		final   string
		partner bool
		passes  bool
	}{
		"suspended":    {partner: true},
		"winding_down": {final: "terminated"},
		"revoked":      {final: "revoked"},
		"ended":        {final: "terminated", passes: true},
	} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			acme, globex := found(t, "acme", true), newStranger(t, "globex")
			alice, bea := acme.person("alice"), globex.person("bea")
			globex.send(acme, globex.follow(bea, alice))
			pump(t, acme)
			acme.tx(func(tx *store.Tx) error {
				if err := tx.PutPartnership(t.Context(), store.Partnership{ID: acme.House.InstanceActor() + "/1", Host: globex.host, Knowledge: []byte("{}"), State: state, Final: c.final}); err != nil || !c.partner {
					return err
				}
				return tx.PutPartner(t.Context(), store.Partner{Host: globex.host, Agreement: "1", Suspended: true})
			})
			for _, path := range []string{"/users/alice/outbox", "/directory?q=ALI"} {
				if status, body := acme.get(globex, bea, path); (status == 200) != c.passes {
					t.Errorf("%s: %d %s", path, status, body)
				}
			}
			if status, body := globex.send(acme, globex.create(bea, "/notes/1", "a word")); (status == 202) != c.passes {
				t.Errorf("what they send: %d %s", status, body)
			}
			before := globex.posts()
			_, err := acme.Post(t.Context(), alice, federation.Draft{Text: "for all"})
			acme.do(err)
			for _, d := range acme.sendsNow() {
				if err := acme.Deliver(t.Context(), d); (err == nil) != c.passes {
					t.Errorf("a delivery: %v", err)
				}
			}
			if got := globex.posts() > before; got != c.passes {
				t.Errorf("it was sent to: %t", got)
			}
		})
	}
}

// sendsNow does the jobs of a company but for its deliveries, which it gives.
func (c *company) sendsNow() (all []store.Deliver) {
	c.t.Helper()
	for range 3 {
		_, err := c.db.Drain(c.t.Context(), 1000, func(ps []store.Promise) error {
			for _, p := range ps {
				if p.Kind == "fan" {
					all = append(all, c.fans(p.Payload)...)
				}
			}
			return nil
		})
		c.do(err)
	}
	return all
}

package server_test

import (
	"testing"
	"time"

	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// A new post of an open group goes out as what its author did, and as a boost for software
// that knows only those. A host that runs what we do gets it once.
func TestAPostOfAGroupIsBroughtOnceToOurOwnKind(t *testing.T) {
	t.Parallel()
	acme, globex := companies(t)
	initech := found(t, "initech", false)
	acme.allow(initech)
	alice, bea, ina := acme.person("alice"), globex.person("bea"), initech.person("ina")
	g, err := acme.OpenGroup(t.Context(), alice, federation.GroupDraft{Name: "Atlas", Companies: []string{globex.House.Host, initech.House.Host}})
	acme.do(err)
	for _, a := range []store.Actor{acme.sees(bea), acme.put(t, ina)} {
		acme.tx(func(tx *store.Tx) error {
			_, err := tx.PutEdge(t.Context(), store.Edge{Kind: store.Membership, Actor: a.Key, Object: g.Key, Accepted: true})
			return err
		})
	}
	acme.do(acme.db.SetSoftware(t.Context(), globex.House.Host, federation.Software, "1.0", time.Now()))
	acme.do(acme.db.SetSoftware(t.Context(), initech.House.Host, "lemmy", "0.19", time.Now()))
	c := &crowd{company: acme}
	c.brought()
	_, err = acme.Post(t.Context(), alice, federation.Draft{Text: "plan", Group: g.Key})
	acme.do(err)
	times := map[string]int{}
	for _, d := range c.deliveries() {
		times[d.Host()]++
	}
	if times[globex.House.Host] != 1 || times[initech.House.Host] != 2 || len(times) != 2 {
		t.Errorf("it was brought %v times", times)
	}
}

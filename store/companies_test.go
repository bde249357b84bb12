package store_test

import (
	"reflect"
	"testing"

	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// A server may speak for several domains: each is a company of its own.
func TestCompaniesOfAGroupAreToldByTheirHandles(t *testing.T) {
	t.Parallel()
	w := &town{t: t, db: storetest.New(t)}
	group := w.actor("Group", "room", "acme.example")
	handled := func(name, origin, host string, accepted bool) {
		who := w.actor("Person", name, origin)
		w.actors[len(w.actors)-1].Host = host
		w.edge(store.Membership, who, group, accepted)
	}
	for _, name := range []string{"a", "b", "c"} {
		handled(name, "hosted.example", "globex.example", true)
	}
	handled("d", "hosted.example", "initech.example", true)
	handled("e", "hosted.example", "initech.example", false) // waits
	handled("f", "social.hooli.example", "hooli.example", true)
	handled("g", "social.hooli.example", "hooli.example", true)
	handled("h", "acme.example", "acme.example", true)
	w.settle()
	got, err := w.db.Companies(t.Context(), group)
	if err != nil {
		t.Fatal(err)
	}
	people := map[string]int{}
	for _, c := range got {
		people[c.Host] = c.People
	}
	if want := map[string]int{"globex.example": 3, "hooli.example": 2, "acme.example": 1, "initech.example": 1}; !reflect.DeepEqual(people, want) || got[0].Host != "globex.example" {
		t.Errorf("they are %+v", got)
	}
}

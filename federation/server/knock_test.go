package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/partnership"
	"entente.example/entente/store"
)

// Whoever writes the name of a partner under something makes us ask it for its keys once.
func TestForgedMessagesOfAPartnerMakeUsAskItOnce(t *testing.T) {
	t.Parallel()
	acme, globex := agreed(t)
	var asked atomic.Int64
	next := globex.http.Config.Handler
	globex.http.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		next.ServeHTTP(w, r)
	})
	forged := func(actor activity.ID) *activity.Fault {
		return activity.FaultOf(acme.Partnerships().Receive(t.Context(), fmt.Appendf(nil, `{"@context":"https://www.w3.org/ns/activitystreams","id":"%[1]s#1","type":"Update","actor":%[1]q,"to":[%[2]q],"published":%[3]q,
			"object":{"id":"%[4]s/y","type":"Partnership"},"proof":{"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","proofPurpose":"assertionMethod","verificationMethod":"%[1]s#ed25519-key",
			"proofValue":"z3sXaxjKs4M3BRicwWA9peyNPJvJqxtGsDmpt1jjoHCjgeUf71TRFz56osPSfDErszyLp5Ks1EhYSgpDaNM977Rg2"}}`,
			actor, acme.House.InstanceActor(), acme.now().UTC().Format(time.RFC3339), globex.House.URL), "an address"))
	}
	first := forged(globex.House.InstanceActor())
	once := asked.Load()
	if first.Kind != activity.Unauthenticated || once == 0 {
		t.Fatalf("%v, after %d requests", first, once)
	}
	for i := range 20 {
		if f := forged(globex.House.InstanceActor()); f.Reason != "asked_lately" || f.Kind != activity.TooMany || f.RetryAfter() == "" {
			t.Fatalf("number %d: %v", i, f)
		}
		if f := forged(activity.ID(globex.House.URL + fmt.Sprint("/made-up/", i))); f.Kind != activity.Unauthenticated {
			t.Fatalf("made up: %v", f)
		}
	}
	if n := asked.Load(); n != once {
		t.Errorf("more forgeries made us ask %d times more", n-once)
	}
	acme.ahead.Add(int64(limits.KeyRefresh + time.Second))
	if forged(globex.House.InstanceActor()); asked.Load() == once {
		t.Error("it is never asked again")
	}
	isState(t, agreement.StateActive, acme, globex)
}

func TestOneDomainDoesNotKeepOthersFromOffering(t *testing.T) {
	t.Parallel()
	acme, globex := found(t, "acme", false), found(t, "globex", false)
	offers := func(from *company) error {
		acme.do(from.Partnerships().Propose(t.Context(), acme.host(), everything()))
		return from.TellPartner(t.Context(), store.TellPartner{Host: acme.host(), Agreement: from.stands(acme).ID, Verb: partnership.Offer})
	}
	waiting := func(pattern string, n int) {
		acme.exec(fmt.Sprintf(`INSERT INTO partnerships (id, host, other, knowledge, state, made_at)
			SELECT 'https://' || %[1]s || '/p', %[1]s, '', '{}', 'proposed', now() FROM generate_series(1, %[2]d) AS n`, pattern, n))
	}
	waiting("'h' || n || '.evil.example'", limits.OpenOffers+20)
	if err := offers(globex); err != nil {
		t.Fatalf("the hosts of one domain shut out another: %v", err)
	}
	initech := found(t, "initech", false)
	waiting("'h' || n || '.initech.localhost'", limits.DomainOffers)
	if err := offers(initech); err == nil || !strings.Contains(err.Error(), "many_offers") {
		t.Errorf("one more of a domain that has many: %v", err)
	}
}

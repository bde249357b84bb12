package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/proof"
	"entente.example/entente/store"
)

// speaks is something that an instance says of its agreements, signed now by the key that it
// has at the moment.
func (c *company) speaks(to *company) func(at time.Time, kind, object string) []byte {
	c.t.Helper()
	secret, err := c.db.Secret(c.t.Context(), c.itself().Key, store.Ed25519)
	c.do(err)
	key, err := httpsign.ParsePrivateKey(secret.PEM)
	c.do(err)
	return func(at time.Time, kind, object string) []byte {
		raw, err := proof.Sign([]byte(fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":"%[1]s#1","type":%q,"actor":%[1]q,"to":[%[3]q],"published":%[4]q,"object":%s}`,
			c.InstanceActor(), kind, to.InstanceActor(), at.Format(time.RFC3339), object)), httpsign.Signer{KeyID: secret.KeyID, Key: key}, at)
		c.do(err)
		return raw
	}
}

// An instance whose keys were stolen, or are gone, comes back: new keys, six words that two
// admins compare, and on goes what they had. Whoever has the old keys is heard no more.
func TestAnInstanceThatHasLostItsKeysComesBack(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	acme, globex := agreed(t)
	alice, bea := acme.person("alice"), globex.person("bea")
	group := acme.makes(alice, activity.AccessClosed, globex.Host)
	acme.do(globex.Join(ctx, bea, globex.sees(group)))
	pump(t, acme, globex)
	acme.do(acme.LetIn(ctx, alice, group, acme.knows(string(bea.ID)), true))
	pump(t, acme, globex)
	before, err := globex.Post(ctx, bea, federation.Draft{Text: "before", Group: globex.knows(string(group.ID)).Key})
	acme.do(err)
	pump(t, acme, globex)
	words, _, err := acme.Partnerships().Compare(ctx, globex.host())
	acme.do(err)
	acme.do(acme.Partnerships().Confirm(ctx, globex.host(), words))
	thief := globex.speaks(acme)

	acme.do(globex.LoseKeys(ctx, globex.itself()))
	acme.do(globex.LoseKeys(ctx, bea))
	if secrets, err := globex.db.Secrets(ctx, globex.itself().Key); err != nil || len(secrets) != 2 || len(globex.itself().AssertionMethod) != 1 {
		t.Errorf("it has %d secret keys, and shows %+v, %v", len(secrets), globex.itself().AssertionMethod, err)
	}
	pumpRefused(t, acme, globex)
	if s := acme.shows(globex); s.State != agreement.StateSuspended || s.We.Why != agreement.KeyChange || s.ConfirmedAt != nil {
		t.Fatalf("acme hears of a new key, and has %s, %+v", s.State, s.We)
	}
	digest := fmt.Sprintf(`{"type":"StateDigest","agreements":{%q:"x"}}`, acme.stands(globex).ID)
	if got := reason(acme.Partnerships().Receive(ctx, thief(acme.now(), "Update", digest), "192.0.2.9:1")); got != "key_changed" {
		t.Errorf("who has the old key is answered %q", got)
	}
	if err := acme.Partnerships().Resume(ctx, globex.host(), ""); reason(err) != "compare_first" {
		t.Errorf("before anybody has compared: %v", err)
	}

	now, confirmed, err := acme.Partnerships().Compare(ctx, globex.host())
	acme.do(err)
	theirs, _, err := globex.Partnerships().Compare(ctx, acme.host())
	acme.do(err)
	if now == words || now != theirs || confirmed {
		t.Fatalf("the words were %q, and are %q and %q", words, now, theirs)
	}
	acme.do(acme.Partnerships().Confirm(ctx, globex.host(), now))
	acme.do(globex.Partnerships().Confirm(ctx, acme.host(), now))
	if got := reason(acme.Partnerships().Receive(ctx, thief(acme.now(), "Update", digest), "192.0.2.9:1")); got == "" {
		t.Error("who has the old key is believed again")
	}
	acme.do(acme.Partnerships().Resume(ctx, globex.host(), ""))
	pump(t, acme, globex)
	isState(t, agreement.StateActive, acme, globex)
	globex.isSignedAnew(acme)

	after, err := globex.Post(ctx, bea, federation.Draft{Text: "after", Group: globex.knows(string(group.ID)).Key})
	acme.do(err)
	mine := acme.writes(alice, "and here", group)
	pump(t, acme, globex)
	for _, c := range []*company{acme, globex} {
		for _, id := range []activity.ID{before.ID, after.ID, mine.ID} {
			if !c.has(string(id)) || !c.note(id).Admitted {
				t.Errorf("%s has not %s in the group", c.Host, id)
			}
		}
	}
	if is, err := acme.db.IsMember(ctx, acme.knows(string(bea.ID)).Key, group.Key); err != nil || !is {
		t.Errorf("bea is in the group: %t, %v", is, err)
	}
}

// pumpRefused is pump where one side takes nothing of the other for now.
func pumpRefused(t *testing.T, all ...*company) {
	t.Helper()
	for range 4 { // to and fro, and again
		for _, c := range all {
			_, err := c.db.Drain(t.Context(), 1000, func(ps []store.Promise) error {
				for _, p := range ps {
					err := c.run(t.Context(), p.Kind, []byte(p.Payload))
					if err != nil && !strings.Contains(err.Error(), "key_changed") && !strings.Contains(err.Error(), "not_a_partner") {
						t.Errorf("%s of %s: %v", p.Kind, c.House.Host, err)
					}
				}
				return nil
			})
			c.do(err)
		}
	}
}

// isSignedAnew fails where something that a company has said of an agreement is signed by
// another key than the one that it shows.
func (c *company) isSignedAnew(with *company) {
	c.t.Helper()
	var w agreement.Written
	if err := json.Unmarshal(c.stands(with).Knowledge, &w); err != nil {
		c.t.Fatal(err)
	}
	shown := string(c.itself().AssertionMethod[0].ID)
	for _, raw := range append(w.Consents, w.Registers...) {
		if strings.Contains(string(raw), string(c.InstanceActor())+"#") && !strings.Contains(string(raw), shown) {
			c.t.Errorf("this is signed by a key that is gone: %s", raw)
		}
	}
}

package server_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/store"
)

// newKeys makes every key of a company another one, as in life.
func (c *company) newKeys() {
	c.t.Helper()
	c.options.NewKey = httpsign.NewKey
	c.Service = federation.New(c.options)
}

// follows makes bea of globex follow alice of acme, and pumps.
func follows(t *testing.T, acme, globex *company) (alice, bea store.Actor) {
	t.Helper()
	alice, bea = acme.person("alice"), globex.person("bea")
	globex.do(globex.Follow(t.Context(), bea, globex.sees(alice)))
	pump(t, acme, globex)
	return alice, bea
}

func (c *company) posts(a store.Actor, text string) {
	c.t.Helper()
	_, err := c.Post(c.t.Context(), a, federation.Draft{Text: text})
	c.do(err)
}

func TestDeliveriesUnderWayWhileTheKeysRotateArrive(t *testing.T) {
	t.Parallel()
	acme, globex := companies(t)
	acme.newKeys()
	alice, bea := follows(t, acme, globex)
	var want []string
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() { // deliveries run beside everything else
		for {
			select {
			case <-stop:
				return
			default:
				pump(t, acme, globex)
			}
		}
	})
	for n := range 12 {
		text := fmt.Sprintf("post %d", n)
		want = append([]string{text}, want...)
		acme.posts(alice, text)
		if n%4 == 1 {
			acme.do(acme.RotateKeys(t.Context(), alice))
		}
		if n == 6 {
			instance, err := acme.db.Actor(t.Context(), acme.InstanceActor())
			acme.do(err)
			acme.do(acme.RotateKeys(t.Context(), instance))
		}
	}
	close(stop)
	wg.Wait()
	pump(t, acme, globex)
	got := globex.home(bea)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("bea sees %q", got)
	}
	now, err := acme.db.ActorByKey(t.Context(), alice.Key)
	acme.do(err)
	known := globex.sees(alice)
	if len(now.PublicKey) != 1 || now.PublicKey[0].ID == alice.ID+"#main-key" || !slices.Equal(known.KeyIDs(), now.KeyIDs()) || len(now.AssertionMethod) != 4 {
		t.Errorf("globex knows %v, acme has %v", known.KeyIDs(), now.KeyIDs())
	}
}

// deaf makes a company answer nothing until hear is called.
func (c *company) deaf() (hear func()) {
	next := c.http.Config.Handler
	c.http.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	return func() { c.http.Config.Handler = next }
}

// tries does the jobs of a company and gives back those that failed for now.
func (c *company) tries() (failed []store.Promise) {
	c.t.Helper()
	for range 10 {
		n, err := c.db.Drain(c.t.Context(), 1000, func(ps []store.Promise) error {
			for _, p := range ps {
				err := c.run(c.t.Context(), p.Kind, []byte(p.Payload))
				if err != nil && activity.KindOf(err) != activity.Later {
					c.t.Errorf("%s: %v", p.Kind, err)
				}
				if err != nil {
					failed = append(failed, p)
				}
			}
			return nil
		})
		c.do(err)
		if n == 0 {
			break
		}
	}
	return failed
}

func TestAPartnerThatWasAwayDuringTheRotationGetsEverything(t *testing.T) {
	t.Parallel()
	acme, globex := companies(t)
	acme.newKeys()
	alice, bea := follows(t, acme, globex)
	hear := globex.deaf()
	acme.posts(alice, "before")
	acme.do(acme.RotateKeys(t.Context(), alice))
	acme.posts(alice, "between")
	acme.do(acme.RotateKeys(t.Context(), alice))
	acme.posts(alice, "after")
	waiting := acme.tries()
	if len(waiting) != 5 {
		t.Fatalf("%d wait", len(waiting))
	}
	hear()
	slices.Reverse(waiting) // the newest first: the keys of the oldest are known to nobody there
	for _, p := range waiting {
		if err := acme.run(t.Context(), p.Kind, []byte(p.Payload)); err != nil {
			t.Errorf("%s: %v", p.Payload, err)
		}
	}
	pump(t, acme, globex)
	got := globex.home(bea)
	slices.Sort(got)
	if want := []string{"after", "before", "between"}; !slices.Equal(got, want) {
		t.Errorf("bea sees %q", got)
	}
}

// A server that never looks for a key, as Lemmy and old versions of Misskey: it
// knows one for each actor and takes a new one from an Update alone.
func TestAServerThatKnowsOneKeyAnActorIsServedWithTheOldOne(t *testing.T) {
	t.Parallel()
	acme, globex := companies(t)
	acme.newKeys()
	alice, _ := follows(t, acme, globex)
	known := globex.sees(alice)
	pem := known.PublicKey[0].PEM
	var took []string
	listens := true // to the news
	globex.http.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sig, err := httpsign.Parse(r, globex.House.URL)
		body, errBody := io.ReadAll(r.Body)
		key, errKey := httpsign.ParsePublicKey(pem)
		if err = errors.Join(err, errBody, errKey); err == nil {
			err = sig.Verify(r, body, key, time.Now(), globex.House.Hosts())
		}
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		var doc struct {
			Type   string
			Object json.RawMessage
		}
		_ = json.Unmarshal(body, &doc)
		took = append(took, doc.Type)
		if a, err := activity.ReadActor(doc.Object); err == nil && doc.Type == "Update" && listens {
			pem = a.PublicKey[0].PEM
		}
		w.WriteHeader(http.StatusAccepted)
	})
	for _, listens = range []bool{true, false} {
		took = nil
		acme.do(acme.RotateKeys(t.Context(), alice))
		acme.posts(alice, "news")
		if failed := acme.tries(); len(failed) > 0 || !slices.Equal(took, []string{"Update", "Create"}) {
			t.Errorf("listening %v: it took %q, and %d failed", listens, took, len(failed))
		}
	}
}

func TestOldKeysAreRemovedAfterAWeek(t *testing.T) {
	t.Parallel()
	acme, globex := companies(t)
	acme.newKeys()
	alice, _ := follows(t, acme, globex)
	acme.do(acme.RotateKeys(t.Context(), alice))
	pump(t, acme, globex)
	count := func() (secrets, listed, known int) {
		all, err := acme.db.Secrets(t.Context(), alice.Key)
		acme.do(err)
		now, err := acme.db.ActorByKey(t.Context(), alice.Key)
		acme.do(err)
		return len(all), len(now.AssertionMethod), len(globex.sees(alice).AssertionMethod)
	}
	acme.do(acme.Retire(t.Context(), store.Retire{Actor: alice.Key})) // too early
	if s, l, k := count(); s != 4 || l != 2 || k != 2 {
		t.Fatalf("%d secrets, %d listed, %d known", s, l, k)
	}
	keys, err := acme.Keys(t.Context(), alice)
	if err != nil || keys.Before == nil {
		t.Fatalf("the old ones are gone: %v", err)
	}
	for _, c := range []*company{acme, globex} {
		c.ahead.Store(int64(limits.KeyKept + 2*time.Minute))
	}
	if keys, err = acme.Keys(t.Context(), alice); err != nil || keys.Before != nil {
		t.Errorf("the old ones still sign: %v", err)
	}
	acme.tx(func(tx *store.Tx) error { // the job was parked until then
		tx.Now = acme.Now()
		n, err := tx.Release(t.Context(), 10)
		if n != 1 {
			t.Errorf("%d jobs were due", n)
		}
		return err
	})
	pump(t, acme, globex)
	if s, l, k := count(); s != 2 || l != 1 || k != 1 {
		t.Errorf("%d secrets, %d listed, %d known", s, l, k)
	}
}

func TestOnlyOurOwnKeysRotate(t *testing.T) {
	t.Parallel()
	acme, globex := companies(t)
	alice, _ := follows(t, acme, globex)
	if err := globex.RotateKeys(t.Context(), globex.sees(alice)); activity.FaultOf(err).Reason != "not_ours" {
		t.Errorf("got %v", err)
	}
}

// A stranger that changes its key: the same id with another key, or another id.
func TestAKeyOfAPartnerMayChangeWithOrWithoutItsId(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]string{"the same id": "#main-key", "another id": "#key-2"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acme, alice, globex, bea := guest(t)
			key, err := httpsign.NewKey()
			acme.do(err)
			globex.key = key
			doc := globex.actor("bea")
			doc["publicKey"].(map[string]any)["id"] = bea + id
			globex.serve("/users/bea", doc)
			body, _ := json.Marshal(globex.follow(bea, alice))
			r := globex.signed(acme, "POST", "/inbox", bea, body)
			r.Header.Del("Signature")
			acme.do(httpsign.Sign(r, body, httpsign.Signer{KeyID: activity.ID(bea + id), Key: key}, time.Now()))
			if status, answer := acme.answer(r); status != 202 {
				t.Errorf("got %d %s", status, answer)
			}
		})
	}
}

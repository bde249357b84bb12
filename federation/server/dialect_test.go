package server_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/store"
)

// heard is how the signed requests that a company gets are signed: dialect, kind of
// key, and the end of the key's id.
type heard struct {
	mu  sync.Mutex
	all []string
}

// listen notes every request to a company from now on, before it is answered.
func (c *company) listen() *heard {
	h, next := &heard{}, c.http.Config.Handler
	c.http.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if sig, err := httpsign.Parse(r, c.House.URL); err == nil {
			_, name, _ := strings.Cut(string(sig.KeyID), "#")
			kind, _, _ := strings.Cut(name, "-key")
			h.mu.Lock()
			h.all = append(h.all, string(sig.Dialect())+" "+kind)
			h.mu.Unlock()
		}
		next.ServeHTTP(w, r)
	})
	return h
}

// saw are the requests since it was asked last.
func (h *heard) saw() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := h.all
	h.all = nil
	return all
}

func TestTwoInstancesSpeakRFC9421WithEd25519FromTheSecondRequestOn(t *testing.T) {
	t.Parallel()
	acme, globex := companies(t)
	toAcme, toGlobex := acme.listen(), globex.listen()
	alice, bea := acme.person("alice"), globex.person("bea")
	globex.do(globex.Follow(t.Context(), bea, globex.sees(alice)))
	pump(t, acme, globex)
	_, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello"})
	acme.do(err)
	pump(t, acme, globex)
	const first, later = "cavage main", "rfc9421 ed25519"
	for name, saw := range map[string][]string{"acme": toAcme.saw(), "globex": toGlobex.saw()} {
		if len(saw) < 3 || slices.Contains(saw[1:], first) || slices.ContainsFunc(saw, func(s string) bool { return s != first && s != later }) {
			t.Errorf("%s got %q", name, saw)
		}
		t.Logf("%s got %q", name, saw)
	}
	if got := globex.home(bea); !slices.Equal(got, []string{"hello"}) {
		t.Errorf("bea sees %q", got)
	}
}

func TestAStrangerIsAnsweredInItsOwnDialect(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	if status, body := globex.send(acme, globex.follow(bea, alice)); status != 202 {
		t.Fatalf("got %d %s", status, body)
	}
	for _, dialect := range []string{"", "rfc9421"} {
		r := globex.signed(acme, "GET", "/users/alice", bea, nil)
		if dialect != "" {
			r.Header.Del("Signature")
			acme.do(httpsign.SignMessage(r, nil, httpsign.Signer{KeyID: activity.ID(bea + "#main-key"), Key: globex.key}, acme.Now()))
		}
		if status, body := acme.answer(r); status != 200 {
			t.Fatalf("%s: got %d %s", dialect, status, body)
		}
		if learnt, _, err := acme.db.Dialect(t.Context(), globex.host); err != nil || learnt != dialect {
			t.Errorf("after %q learnt %q, %v", dialect, learnt, err)
		}
	}
}

func TestAnUnsignedRequestIsToldHowToSign(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	for method, want := range map[string]string{"GET": httpsign.AcceptSignatureGET, "POST": httpsign.AcceptSignature} {
		path := map[string]string{"GET": "/users/alice", "POST": "/inbox"}[method]
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+acme.http.Listener.Addr().String()+path, strings.NewReader(`{"type":"Like","actor":"https://x.example/a"}`))
		acme.do(err)
		r.Header.Set("Accept", "application/activity+json")
		r.Header.Set("Content-Type", "application/activity+json")
		resp, err := http.DefaultTransport.RoundTrip(r)
		acme.do(err)
		resp.Body.Close()
		if resp.StatusCode != 401 || resp.Header.Get("Accept-Signature") != want || resp.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d %v", method, resp.StatusCode, resp.Header)
		}
	}
}

func TestActorsFromBeforeGetTheirKeyAtTheStartWhicheverProcessIsFirst(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice := acme.person("alice")
	atlas := acme.opens(alice, "Atlas")
	instance, err := acme.db.Actor(t.Context(), acme.InstanceActor())
	acme.do(err)
	all := []store.Actor{alice, atlas, instance}
	acme.tx(func(tx *store.Tx) error { // as an older version left them
		for _, a := range all {
			if err := tx.RetireSecrets(t.Context(), a.Key); err != nil {
				return err
			}
			if _, err := tx.DropSecrets(t.Context(), a.Key, tx.Now); err != nil {
				return err
			}
			key, err := oneKey()
			acme.do(err)
			pem, err := httpsign.EncodePrivateKey(key)
			acme.do(err)
			if _, err := tx.PutSecret(t.Context(), store.Secret{KeyID: a.ID + "#main-key", Actor: a.Key, Kind: store.RSA, PEM: pem}); err != nil {
				return err
			}
			a.AssertionMethod = nil
			if _, err := tx.PutActor(t.Context(), a); err != nil {
				return err
			}
		}
		return nil
	})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := acme.Prepare(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, a := range all {
		now, err := acme.db.ActorByKey(t.Context(), a.Key)
		acme.do(err)
		secrets, err := acme.db.Secrets(t.Context(), a.Key)
		acme.do(err)
		if len(secrets) != 2 || len(now.AssertionMethod) != 1 || len(now.PublicKey) != 1 {
			t.Fatalf("%s has %d secrets and lists %v", a.ID, len(secrets), now.AssertionMethod)
		}
		public := now.AssertionMethod[0]
		keys, err := acme.Keys(t.Context(), now)
		acme.do(err)
		if public.ID != keys.Ed25519.KeyID || public.Controller != a.ID || public.ID != a.ID+"#ed25519-key" {
			t.Errorf("%s lists %+v, and signs as %s", a.ID, public, keys.Ed25519.KeyID)
		}
	}
}

func TestActorsPublishTheirKeysAndWhatTheyUnderstand(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	atlas := acme.opens(alice, "Atlas", "*")
	for _, path := range []string{"/actor", "/users/alice", "/groups/" + string(atlas.Username)} {
		_, body := acme.get(globex, bea, path)
		var doc struct {
			Context         []any `json:"@context"`
			PublicKey       map[string]string
			AssertionMethod []map[string]string
			Generator       struct {
				Type       string
				Implements []map[string]string
			}
		}
		if err := json.Unmarshal([]byte(body), &doc); err != nil || len(doc.AssertionMethod) != 1 {
			t.Fatalf("%s: %s, %v", path, body, err)
		}
		id, key := acme.URL+path, doc.AssertionMethod[0]
		if key["id"] != id+"#ed25519-key" || key["type"] != "Multikey" || key["controller"] != id || !strings.HasPrefix(key["publicKeyMultibase"], "z6Mk") {
			t.Errorf("%s lists %v", path, key)
		}
		if doc.PublicKey["id"] != id+"#main-key" || doc.PublicKey["owner"] != id {
			t.Errorf("%s has the key %v", path, doc.PublicKey)
		}
		if doc.Generator.Type != "Application" || !slices.ContainsFunc(doc.Generator.Implements, func(i map[string]string) bool {
			return i["href"] == "https://datatracker.ietf.org/doc/html/rfc9421"
		}) {
			t.Errorf("%s is made by %v", path, doc.Generator)
		}
		for _, needed := range []any{"https://w3id.org/security/v1", "https://w3id.org/security/multikey/v1", "https://w3id.org/security/data-integrity/v1"} {
			if !slices.Contains(doc.Context, needed) {
				t.Errorf("%s lacks the context %v", path, needed)
			}
		}
	}
}

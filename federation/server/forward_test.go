package server_test

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/proof"
	"entente.example/entente/store"
)

// prover serves an actor that has an Ed25519 key too, and gives its id and key.
func (s *stranger) prover(name string) (id string, by httpsign.Signer) {
	s.t.Helper()
	key, err := httpsign.NewEd25519()
	if err != nil {
		s.t.Fatal(err)
	}
	id = s.person(name)
	by = httpsign.Signer{KeyID: activity.ID(id + "#ed25519-key"), Key: key}
	doc := s.actor(name)
	doc["assertionMethod"] = []any{multikey(id, by)}
	s.serve("/users/"+name, doc)
	return id, by
}

func multikey(controller string, by httpsign.Signer) map[string]any {
	public := httpsign.EncodeMultikey(by.Key.Public().(ed25519.PublicKey))
	return map[string]any{"id": by.KeyID, "type": "Multikey", "controller": controller, "publicKeyMultibase": public}
}

// proven is a document with a proof.
func (s *stranger) proven(doc map[string]any, by httpsign.Signer) map[string]any {
	s.t.Helper()
	doc["@context"] = []any{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v1"}
	raw, err := json.Marshal(doc)
	if err != nil {
		s.t.Fatal(err)
	}
	signed, err := proof.Sign(raw, by, time.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(signed, &all); err != nil {
		s.t.Fatal(err)
	}
	return all
}

// forward delivers an activity of somebody else, signed by one of s's own people.
func (s *stranger) forward(c *company, by string, doc map[string]any) (int, string) {
	s.t.Helper()
	body, err := json.Marshal(doc)
	if err != nil {
		s.t.Fatal(err)
	}
	return c.answer(s.signed(c, "POST", "/inbox", by, body))
}

// said is the Create of a public note under an id that can be fetched.
func (s *stranger) said(actor, path, content string) map[string]any {
	create := s.create(actor, path, content)
	create["id"] = s.id(path + "/activity")
	return create
}

// changed is the Update of a note, made at a time; "" leaves the time out.
func (s *stranger) changed(actor, path, content, updated string) map[string]any {
	update := s.said(actor, path, content)
	update["id"], update["type"] = s.id(path+"/update/"+content), "Update"
	if updated != "" {
		update["object"].(map[string]any)["updated"] = updated
	}
	return update
}

// three are acme, a partner with somebody who proves, and a partner that forwards.
func three(t *testing.T) (acme *company, good *stranger, bea string, by httpsign.Signer, other *stranger, ivan string) {
	t.Helper()
	acme = found(t, "acme", false)
	good, other = newStranger(t, "good"), newStranger(t, "other")
	acme.isPartnerOf(good)
	acme.isPartnerOf(other)
	bea, by = good.prover("bea")
	return acme, good, bea, by, other, other.person("ivan")
}

func (c *company) has(id string) bool {
	c.t.Helper()
	_, ok, err := activity.Optional(c.db.Note(c.t.Context(), activity.ID(id)))
	c.do(err)
	return ok
}

func (c *company) says(id string) string {
	c.t.Helper()
	return activity.PlainText(string(c.note(activity.ID(id)).Content))
}

func TestAForwardedActivityIsBelievedWithTheProofOfItsActor(t *testing.T) {
	t.Parallel()
	acme, good, bea, by, other, ivan := three(t)
	if status, body := other.forward(acme, ivan, good.proven(good.said(bea, "/notes/1", "proven"), by)); status != 202 {
		t.Fatalf("got %d %s", status, body)
	}
	pump(t, acme)
	if got := acme.says(good.id("/notes/1")); got != "proven" {
		t.Errorf("it says %q", got)
	}
	if good.asked() != 1 { // for its key
		t.Errorf("asked for %q", good.got)
	}
	asked := good.asked()
	other.forward(acme, ivan, good.proven(good.said(bea, "/notes/2", "again"), by))
	other.forward(acme, ivan, good.proven(good.changed(bea, "/notes/2", "edited", "2026-11-25T12:00:00Z"), by))
	pump(t, acme)
	if got := acme.says(good.id("/notes/2")); got != "edited" || good.asked() != asked {
		t.Errorf("it says %q; asked for %q", got, good.got)
	}
}

func TestAForwardedActivityWithoutAProofIsWhatItsOwnHostSays(t *testing.T) {
	t.Parallel()
	acme, good, bea, _, other, ivan := three(t)
	good.serve("/notes/1/activity", good.said(bea, "/notes/1", "what bea said"))
	lie := good.said(bea, "/notes/1", "what ivan says that she said")
	lie["signature"] = map[string]any{"type": "RsaSignature2017", "creator": bea + "#main-key", "signatureValue": "eA=="}
	asked := good.asked()
	if status, body := other.forward(acme, ivan, lie); status != 202 || good.asked() != asked {
		t.Fatalf("got %d %s; asked for %q while it waited", status, body, good.got)
	}
	pump(t, acme)
	if got := acme.says(good.id("/notes/1")); got != "what bea said" {
		t.Errorf("it says %q", got)
	}
}

func TestAForwardedActivityWaitsForAnOriginThatIsAway(t *testing.T) {
	t.Parallel()
	acme, good, bea, _, other, ivan := three(t)
	good.serve("/notes/1/activity", status(503))
	other.forward(acme, ivan, good.said(bea, "/notes/1", "x"))
	waiting := acme.tries()
	if len(waiting) != 1 {
		t.Fatalf("%d wait", len(waiting))
	}
	good.serve("/notes/1/activity", good.said(bea, "/notes/1", "late"))
	acme.do(acme.run(t.Context(), waiting[0].Kind, []byte(waiting[0].Payload)))
	if got := acme.says(good.id("/notes/1")); got != "late" {
		t.Errorf("it says %q", got)
	}
}

func TestAttack03ForwardedActivitiesAreForged(t *testing.T) {
	t.Parallel()
	acme, good, bea, by, evil, mallory := three(t)
	_, colleague := good.prover("boris")
	_, foreign := evil.prover("mallory")
	evil.send(acme, evil.said(mallory, "/hello", "hello"))
	pump(t, acme)
	before := acme.rows()
	changed := func(change func(map[string]any)) map[string]any {
		doc := good.proven(good.said(bea, "/notes/1", "true"), by)
		change(doc)
		return doc
	}
	for name, doc := range map[string]map[string]any{
		"nothing vouches for it":                  good.said(bea, "/notes/1", "forged"),
		"an id that cannot be fetched":            good.create(bea, "/notes/1", "forged"),
		"a proof by the forwarder":                good.proven(good.said(bea, "/notes/1", "forged"), foreign),
		"a proof by a colleague":                  good.proven(good.said(bea, "/notes/1", "forged"), colleague),
		"her key id, the forwarder's key":         good.proven(good.said(bea, "/notes/1", "forged"), httpsign.Signer{KeyID: by.KeyID, Key: foreign.Key}),
		"a key that she does not list":            good.proven(good.said(bea, "/notes/1", "forged"), httpsign.Signer{KeyID: activity.ID(bea + "#other"), Key: foreign.Key}),
		"her key for RSA":                         good.proven(good.said(bea, "/notes/1", "forged"), httpsign.Signer{KeyID: activity.ID(bea + "#main-key"), Key: foreign.Key}),
		"a proof over other content":              changed(func(d map[string]any) { d["object"].(map[string]any)["content"] = "forged" }),
		"a proof over another object":             changed(func(d map[string]any) { d["object"].(map[string]any)["id"] = good.id("/notes/2") }),
		"a proof over another id":                 changed(func(d map[string]any) { d["id"] = good.id("/notes/9/activity") }),
		"a proof over other addressees":           changed(func(d map[string]any) { d["cc"] = mallory }),
		"a proof under another @context":          changed(func(d map[string]any) { d["@context"] = "https://www.w3.org/ns/activitystreams" }),
		"a proof that has expired":                changed(func(d map[string]any) { d["proof"].(map[string]any)["expires"] = "2020-01-01T00:00:00Z" }),
		"two proofs":                              changed(func(d map[string]any) { d["proof"] = []any{d["proof"], d["proof"]} }),
		"her proof, the forwarder's name":         changed(func(d map[string]any) { d["actor"] = mallory }),
		"another's name, proven by the forwarder": good.proven(good.said(mallory, "/notes/1", "forged"), foreign),
		"a linked data signature": func() map[string]any {
			d := good.said(bea, "/notes/1", "forged")
			d["signature"] = map[string]any{"type": "RsaSignature2017"}
			return d
		}(),
		"a proof by nobody (did:key), and no origin": good.proven(good.said(bea, "/notes/1", "forged"), httpsign.Signer{KeyID: "did:key:z6Mk", Key: foreign.Key}),
	} {
		t.Run(name, func(t *testing.T) {
			if status, answer := evil.forward(acme, mallory, doc); status != 202 && status != 401 {
				t.Errorf("got %d %s", status, answer)
			}
			asked := evil.asked()
			pump(t, acme)
			if doc["actor"] != mallory && evil.asked() != asked {
				t.Errorf("asked its host for %q", evil.got[asked:])
			}
			if acme.has(good.id("/notes/1")) || acme.has(good.id("/notes/2")) {
				t.Error("it was believed")
			}
			if name != "her proof, the forwarder's name" && name != "another's name, proven by the forwarder" && acme.rows() != before {
				t.Errorf("it left %s, before %s", acme.rows(), before)
			}
		})
	}
	// None of them has used up her id.
	if status, answer := good.send(acme, good.said(bea, "/notes/1", "true")); status != 202 {
		t.Errorf("got %d %s", status, answer)
	}
	pump(t, acme)
	if got := acme.says(good.id("/notes/1")); got != "true" {
		t.Errorf("it says %q", got)
	}
}

func TestAttack03AnOlderUpdateIsBroughtAgain(t *testing.T) {
	t.Parallel()
	acme, good, bea, by, evil, mallory := three(t)
	good.send(acme, good.said(bea, "/notes/1", "first"))
	now := good.changed(bea, "/notes/1", "now", "2026-11-25T12:00:00Z")
	good.serve("/notes/1", now["object"])
	good.send(acme, now)
	pump(t, acme)
	profile := good.actor("bea")
	profile["name"] = "as she was called once"
	for name, old := range map[string]map[string]any{
		"with its time":    good.changed(bea, "/notes/1", "old", "2026-11-24T12:00:00Z"),
		"without its time": good.changed(bea, "/notes/1", "older", ""),
		"of the profile":   {"id": good.id("/old-profile"), "type": "Update", "actor": bea, "object": profile, "to": activity.Public},
	} {
		t.Run(name, func(t *testing.T) {
			if status, answer := evil.forward(acme, mallory, good.proven(old, by)); status != 202 {
				t.Errorf("got %d %s", status, answer)
			}
			pump(t, acme)
			if got := acme.says(good.id("/notes/1")); got != "now" {
				t.Errorf("it says %q", got)
			}
			a, err := acme.db.Actor(t.Context(), activity.ID(bea))
			if acme.do(err); a.Name != "" {
				t.Errorf("she is called %q", a.Name)
			}
		})
	}
}

func TestAForwarderAndAllWhomItSpeaksOfArePartners(t *testing.T) {
	t.Parallel()
	acme, good, bea, by, _, _ := three(t)
	evil := newStranger(t, "evil")
	mallory, foreign := evil.prover("mallory")
	doc := good.proven(good.said(bea, "/notes/1", "x"), by)
	if status, answer := evil.forward(acme, mallory, doc); status != 403 {
		t.Errorf("a stranger forwards: %d %s", status, answer)
	}
	for name, doc := range map[string]map[string]any{
		"the actor is a stranger": evil.proven(evil.said(mallory, "/notes/1", "x"), foreign),
		"the key is a stranger's": good.proven(good.said(bea, "/notes/2", "x"), httpsign.Signer{KeyID: foreign.KeyID, Key: foreign.Key}),
	} {
		asked := evil.asked()
		if status, answer := good.forward(acme, bea, doc); status != 403 || evil.asked() != asked {
			t.Errorf("%s: %d %s; asked for %q", name, status, answer, evil.got)
		}
	}
}

func TestAProofOutweighsTheSignatureOfTheRequest(t *testing.T) {
	t.Parallel()
	acme, good, bea, by, _, _ := three(t)
	wrong := good.proven(good.said(bea, "/notes/1", "signed"), by)
	wrong["object"].(map[string]any)["content"] = "changed"
	odd := good.said(bea, "/notes/3", "another suite")
	odd["proof"] = map[string]any{"type": "DataIntegrityProof", "cryptosuite": "ecdsa-jcs-2019", "verificationMethod": by.KeyID, "proofPurpose": "assertionMethod", "proofValue": "z1"}
	for path, doc := range map[string]map[string]any{"/notes/1": wrong, "/notes/2": good.proven(good.said(bea, "/notes/2", "right"), by), "/notes/3": odd} {
		if status, answer := good.send(acme, doc); status != 202 {
			t.Errorf("got %d %s", status, answer)
		}
		pump(t, acme)
		if acme.has(good.id(path)) != (path != "/notes/1") {
			t.Errorf("%s is here: %v", path, acme.has(good.id(path)))
		}
	}
	rec, err := acme.db.Recorded(t.Context(), activity.ID(good.id("/notes/1/activity")))
	if err != nil || rec.Outcome != "proof_wrong" {
		t.Errorf("outcome %q, %v", rec.Outcome, err)
	}
}

func TestEveryActivityOfOursCarriesAProofThatHolds(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice := acme.person("alice")
	post, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello <>& \u2028 €"})
	acme.do(err)
	acme.do(acme.Like(t.Context(), alice, post))
	gone, err := acme.Post(t.Context(), alice, federation.Draft{Text: "goodbye"})
	acme.do(err)
	acme.do(acme.Delete(t.Context(), alice, gone))
	acme.do(acme.RotateKeys(t.Context(), alice))
	kinds := map[string]bool{}
	_, err = acme.db.Drain(t.Context(), 100, func(ps []store.Promise) error {
		for _, p := range ps {
			var fan store.Fan
			acme.do(json.Unmarshal([]byte(p.Payload), &fan))
			rec, err := acme.db.RecordedByKey(t.Context(), fan.Activity)
			acme.do(err)
			if len(rec.Raw) == 0 {
				continue // of what is deleted nothing goes out any more
			}
			holds, err := acme.Errand().Proven(t.Context(), rec.Raw, alice.ID)
			if err != nil || !holds {
				t.Errorf("%s: %v, %v", rec.Raw, holds, err)
			}
			kinds[rec.Type] = true
		}
		return nil
	})
	acme.do(err)
	if got := slices.Sorted(maps.Keys(kinds)); !slices.Equal(got, []string{"Create", "Delete", "Like", "Update"}) {
		t.Errorf("only %q", got)
	}
}

// What a member did reaches the third company with the member's proof: nobody asks
// the member's own host for it.
func TestAGroupRelaysWithTheProofsOfItsMembers(t *testing.T) {
	t.Parallel()
	acme, globex := companies(t)
	initech := found(t, "initech", false)
	for _, c := range []*company{acme, globex} {
		c.allow(initech)
		initech.allow(c)
	}
	alice, bea, ivan := acme.person("alice"), globex.person("bea"), initech.person("ivan")
	atlas := acme.opens(alice, "Atlas", "*")
	globex.do(globex.Join(t.Context(), bea, globex.sees(atlas)))
	initech.do(initech.Join(t.Context(), ivan, initech.sees(atlas)))
	pump(t, acme, globex, initech)
	initech.sees(bea) // and so her keys
	asked := globex.reads()
	post, err := globex.Post(t.Context(), bea, federation.Draft{Text: "to all three", Group: globex.sees(atlas).Key})
	globex.do(err)
	pump(t, acme, globex, initech)
	if got := initech.home(ivan); !slices.Equal(got, []string{"to all three"}) {
		t.Errorf("ivan sees %q", got)
	}
	globex.do(globex.Delete(t.Context(), bea, globex.note(post.ID)))
	pump(t, acme, globex, initech)
	if got := initech.home(ivan); len(got) != 0 {
		t.Errorf("ivan sees %q after the Delete", got)
	}
	if read := asked(); len(read) != 0 {
		t.Errorf("initech or acme asked globex for %q", read)
	}
}

// reads are the documents that others ask a company for from now on.
func (c *company) reads() func() []string {
	var mu sync.Mutex
	var all []string
	next := c.http.Config.Handler
	c.http.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			mu.Lock()
			all = append(all, r.URL.Path)
			mu.Unlock()
		}
		next.ServeHTTP(w, r)
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}

func TestAGroupThatChangesWhatAMemberDidIsRefused(t *testing.T) {
	t.Parallel()
	acme, _, globex, initech, _ := club(t)
	ivan, by := initech.prover("ivan")
	club := globex.id("/users/club")
	into := func(path, content string) map[string]any {
		doc := initech.said(ivan, path, content)
		doc["object"].(map[string]any)["audience"] = club
		doc["audience"] = club
		return initech.proven(doc, by)
	}
	right, wrong := into("/notes/8", "right"), into("/notes/9", "right")
	wrong["object"].(map[string]any)["content"] = "wrong"
	asked := initech.asked()
	for n, inner := range []map[string]any{right, wrong} {
		acme.takes(globex, announce(globex, fmt.Sprint("proven-", n), inner))
	}
	if !acme.has(initech.id("/notes/8")) || acme.has(initech.id("/notes/9")) {
		t.Errorf("right %v, wrong %v", acme.has(initech.id("/notes/8")), acme.has(initech.id("/notes/9")))
	}
	if slices.ContainsFunc(initech.got[asked:], func(s string) bool { return s != "GET /users/ivan" }) { // for the key
		t.Errorf("asked for %q", initech.got[asked:])
	}
}

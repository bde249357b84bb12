package server_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/store"
)

// The rows of the interop notes on known attacks, as far as they concern the
// whole server; those of the HTTP client and of signatures alone are beside
// their code.

func TestAttack01AServerThatServesSomebodyElsesId(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	evil, good := newStranger(t, "evil"), newStranger(t, "good")
	mallory := evil.person("mallory")
	evil.serve("/x", map[string]any{"id": good.id("/users/victim"), "type": "Person", "preferredUsername": "victim", "inbox": good.id("/users/victim/inbox")})
	evil.serve("/y", map[string]any{"id": good.id("/notes/1"), "type": "Note", "attributedTo": good.id("/users/victim"), "content": "x", "to": activity.Public})
	for _, path := range []string{"/x", "/y"} {
		evil.send(acme, map[string]any{"id": mallory + "#" + path, "type": "Announce", "actor": mallory, "object": evil.id(path), "to": activity.Public})
		pump(t, acme)
	}
	if _, err := acme.db.Actor(t.Context(), activity.ID(good.id("/users/victim"))); activity.KindOf(err) != activity.NotFound {
		t.Errorf("the victim was stored: %v", err)
	}
	if _, err := acme.db.Note(t.Context(), activity.ID(good.id("/notes/1"))); activity.KindOf(err) != activity.NotFound {
		t.Errorf("the note was stored: %v", err)
	}
}

func TestAttack03AKeyThatClaimsAnotherOwner(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	alice := acme.person("alice")
	evil, good := newStranger(t, "evil"), newStranger(t, "good")
	victim, mallory := good.person("victim"), evil.person("mallory")
	pem := httpsign.EncodePublicKey(&evil.key.PublicKey)
	evil.serve("/key", map[string]any{"id": evil.id("/key"), "type": "Key", "owner": victim, "publicKeyPem": pem})
	forged := evil.actor("mallory")
	forged["publicKey"] = map[string]any{"id": evil.id("/users/mallory#main-key"), "owner": victim, "publicKeyPem": pem}
	evil.serve("/users/forged", forged)
	before := acme.rows()
	for name, tc := range map[string]struct{ keyID, actor string }{
		"a key document with a foreign owner":       {evil.id("/key"), victim},
		"its own key, another's name":               {mallory + "#main-key", victim},
		"a key id on the victim's host":             {victim + "#main-key", victim},
		"a key id that its own actor does not list": {mallory + "#other", mallory},
	} {
		t.Run(name, func(t *testing.T) {
			doc := map[string]any{"id": tc.actor + "#f", "type": "Follow", "actor": tc.actor, "object": alice.ID}
			body, _ := json.Marshal(doc)
			r := evil.signed(acme, "POST", "/inbox", mallory, body)
			r.Header.Del("Signature")
			acme.do(httpsign.Sign(r, body, httpsign.Signer{KeyID: activity.ID(tc.keyID), Key: evil.key}, time.Now()))
			if status, answer := acme.answer(r); status != 401 {
				t.Errorf("got %d %s", status, answer)
			}
		})
	}
	t.Run("an embedded actor lists the attacker's key", func(t *testing.T) {
		embedded := evil.actor("mallory")
		embedded["id"], embedded["inbox"] = victim, victim+"/inbox"
		body, _ := json.Marshal(map[string]any{"id": victim + "#f", "type": "Follow", "actor": embedded, "object": alice.ID})
		if status, answer := acme.answer(evil.signed(acme, "POST", "/inbox", mallory, body)); status != 401 {
			t.Errorf("got %d %s", status, answer)
		}
	})
	pump(t, acme)
	if acme.rows() != before {
		t.Errorf("it left %s, before %s", acme.rows(), before)
	}
}

func TestAttack03AnEd25519KeyThatIsSomebodyElses(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	alice := acme.person("alice")
	evil, good := newStranger(t, "evil"), newStranger(t, "good")
	victim, _ := good.prover("victim")
	mallory, own := evil.prover("mallory")
	colleague, _ := evil.prover("colleague")
	id := func(text string) httpsign.Signer { return httpsign.Signer{KeyID: activity.ID(text), Key: own.Key} }
	serve := func(name string, keys ...map[string]any) {
		doc := evil.actor(name)
		doc["assertionMethod"] = keys
		evil.serve("/users/"+name, doc)
	}
	// The attacker's own documents claim keys for others; bare keys do so too.
	serve("foreign", multikey(victim, id(evil.id("/users/foreign#k"))))
	serve("elsewhere", multikey(evil.id("/users/elsewhere"), id(good.id("/users/victim#k"))))
	for _, name := range []string{"foreign", "elsewhere"} { // acme has met them, and knows their keys
		if status, answer := acme.get(evil, evil.id("/users/"+name), "/users/alice"); status != 200 {
			t.Fatalf("got %d %s", status, answer)
		}
	}
	bare := multikey(victim, id(evil.id("/bare")))
	evil.serve("/bare", bare)
	// On the victim's host a client may write what it likes, but no keys (FEP-fe34).
	written := multikey(victim, id(good.id("/notes/1")))
	written["attributedTo"], written["content"] = good.id("/users/client"), "a note that looks like a key"
	good.serve("/notes/1", written)
	before := acme.rows()
	for name, tc := range map[string]struct {
		by    httpsign.Signer
		actor string
	}{
		"a controller on another host":               {id(evil.id("/users/foreign#k")), victim},
		"a controller that is somebody else":         {id(evil.id("/users/foreign#k")), evil.id("/users/foreign")},
		"a key id on the victim's host":              {id(good.id("/users/victim#k")), victim},
		"a key id on another host than its actor's":  {id(good.id("/users/victim#k")), evil.id("/users/elsewhere")},
		"a bare key under the victim's control":      {id(evil.id("/bare")), victim},
		"a key that a client wrote as an object":     {id(good.id("/notes/1")), victim},
		"the victim's key id and the attacker's key": {id(victim + "#ed25519-key"), victim},
		"its own key, another's name":                {own, victim},
		"its own key, a colleague's name":            {own, colleague},
	} {
		t.Run(name, func(t *testing.T) {
			doc := map[string]any{"id": tc.actor + "#f", "type": "Follow", "actor": tc.actor, "object": alice.ID}
			body, _ := json.Marshal(doc)
			r := evil.signed(acme, "POST", "/inbox", mallory, body)
			r.Header.Del("Signature")
			acme.do(httpsign.SignMessage(r, body, tc.by, time.Now()))
			if status, answer := acme.answer(r); status != 401 {
				t.Errorf("got %d %s", status, answer)
			}
			// The same as a proof, in the actor's name, sent by mallory.
			doc["id"] = tc.actor + "/f"
			if status, answer := evil.forward(acme, mallory, evil.proven(doc, tc.by)); status != 401 && status != 202 {
				t.Errorf("forwarded: got %d %s", status, answer)
			}
		})
	}
	pump(t, acme)
	if n, err := acme.db.CountTo(t.Context(), store.Follow, alice.Key); err != nil || n != 0 || acme.rows() != before {
		t.Errorf("%d follow alice, %v; it left %s, before %s", n, err, acme.rows(), before)
	}
}

// Neither what people write here nor what others write becomes a key (FEP-fe34).
func TestAttack03NobodyCreatesKeysByWritingThem(t *testing.T) {
	t.Parallel()
	acme, good, bea, by, _, _ := three(t)
	alice := acme.person("alice")
	for _, kind := range []string{"Multikey", "Key", "CryptographicKey"} {
		key := multikey(bea, httpsign.Signer{KeyID: activity.ID(good.id("/keys/" + kind)), Key: by.Key})
		key["type"], key["attributedTo"], key["to"], key["content"] = kind, bea, activity.Public, "x"
		for _, verb := range []string{"Create", "Update", "Add"} {
			doc := map[string]any{"id": good.id("/a/" + kind + verb), "type": verb, "actor": bea, "object": key, "to": activity.Public, "target": bea + "#keys"}
			if status, answer := good.send(acme, doc); status != 202 {
				t.Errorf("got %d %s", status, answer)
			}
			pump(t, acme)
		}
		if acme.has(good.id("/keys/" + kind)) {
			t.Errorf("a %s was kept", kind)
		}
		if _, err := acme.db.ActorByKeyID(t.Context(), activity.ID(good.id("/keys/"+kind))); activity.KindOf(err) != activity.NotFound {
			t.Errorf("a %s is believed: %v", kind, err)
		}
	}
	before := alice.KeyIDs()
	post, err := acme.Post(t.Context(), alice, federation.Draft{Text: `{"type":"Multikey","controller":"` + string(alice.ID) + `"}`})
	acme.do(err)
	if _, _, err := acme.Errand().Key(t.Context(), post.ID, true); activity.KindOf(err) != activity.Unauthenticated {
		t.Errorf("a post is a key: %v", err)
	}
	if now, err := acme.db.ActorByKey(t.Context(), alice.Key); err != nil || !slices.Equal(now.KeyIDs(), before) {
		t.Errorf("alice's keys became %v, %v", now.KeyIDs(), err)
	}
}

func TestAttack04ASignedRequestWithAnotherBodyOrHost(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	alice := acme.person("alice")
	globex := newStranger(t, "globex")
	bea := globex.person("bea")
	body, _ := json.Marshal(globex.follow(bea, alice))
	for name, spoil := range map[string]func(r *http.Request) *http.Request{
		"another body": func(*http.Request) *http.Request {
			other, _ := json.Marshal(map[string]any{"id": bea + "#x", "type": "Follow", "actor": bea, "object": bea})
			r := globex.signed(acme, "POST", "/inbox", bea, other)
			signed := globex.signed(acme, "POST", "/inbox", bea, body)
			for _, h := range []string{"Signature", "Digest", "Date"} {
				r.Header.Set(h, signed.Header.Get(h))
			}
			return r
		},
		"another host": func(r *http.Request) *http.Request { r.Host = "elsewhere.example"; return r },
		"another path": func(r *http.Request) *http.Request { r.URL.Path = "/users/alice/inbox"; return r },
		"signed for another server": func(r *http.Request) *http.Request {
			r.Host = "elsewhere.example"
			acme.do(httpsign.Sign(r, body, httpsign.Signer{KeyID: activity.ID(bea + "#main-key"), Key: globex.key}, time.Now()))
			return r
		},
		"no digest": func(r *http.Request) *http.Request {
			r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), " digest", "", 1))
			return r
		},
		"an old date": func(r *http.Request) *http.Request { r.Header.Set("Date", "Sun, 05 Jan 2014 21:31:40 GMT"); return r },
	} {
		t.Run(name, func(t *testing.T) {
			if status, answer := acme.answer(spoil(globex.signed(acme, "POST", "/inbox", bea, body))); status != 401 {
				t.Errorf("got %d %s", status, answer)
			}
		})
	}
}

func TestAttack06ADocumentReframedByJSONLD(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	alice := acme.person("alice")
	evil, good := newStranger(t, "evil"), newStranger(t, "good")
	mallory, victim := evil.person("mallory"), good.person("victim")
	before := acme.rows()
	for name, change := range map[string]func(map[string]any){
		"@graph":             func(d map[string]any) { d["@graph"] = []any{map[string]any{"actor": victim}} },
		"@included":          func(d map[string]any) { d["@included"] = []any{} },
		"@reverse":           func(d map[string]any) { d["object"] = map[string]any{"id": alice.ID, "@reverse": map[string]any{}} },
		"a twin in capitals": func(d map[string]any) { d["Actor"] = victim },
		"a context that gives actor another meaning": func(d map[string]any) {
			d["@context"] = []any{"https://www.w3.org/ns/activitystreams", map[string]any{"actor": "as:attributedTo", "fake": "as:actor"}}
			d["fake"] = victim
		},
		"a context in the object": func(d map[string]any) {
			d["object"] = map[string]any{"@context": map[string]any{"id": "as:url"}, "id": alice.ID}
		},
	} {
		t.Run(name, func(t *testing.T) {
			doc := evil.follow(mallory, alice)
			change(doc)
			if status, answer := evil.send(acme, doc); status != 400 {
				t.Errorf("got %d %s", status, answer)
			}
		})
	}
	pump(t, acme)
	if after := acme.rows(); after != before {
		t.Errorf("before %s, now %s", before, after)
	}
}

func TestAttack07ACreateOfAKnownPrivateIdAddsNobody(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	alice, amir := acme.person("alice"), acme.person("amir")
	good, evil := newStranger(t, "good"), newStranger(t, "evil")
	bea, mallory := good.person("bea"), evil.person("mallory")
	secret := good.create(bea, "/notes/1", "for alice")
	secret["to"] = alice.ID
	secret["object"].(map[string]any)["to"] = alice.ID
	good.send(acme, secret)
	pump(t, acme)
	id := activity.ID(good.id("/notes/1"))
	before := acme.note(id)

	for _, kind := range []string{"Create", "Update"} {
		forged := evil.create(mallory, "/notes/9", "for amir")
		forged["type"], forged["id"] = kind, evil.id("/forged/"+kind)
		o := forged["object"].(map[string]any)
		o["id"], o["to"] = id, []any{amir.ID, activity.Public}
		o["tag"] = map[string]any{"type": "Mention", "href": amir.ID, "name": "@amir"}
		evil.send(acme, forged)
		widened := good.create(bea, "/notes/1", "for all")
		widened["type"], widened["id"] = kind, good.id("/widened/"+kind)
		widened["object"].(map[string]any)["to"] = []any{activity.Public, amir.ID}
		good.send(acme, widened)
		pump(t, acme)
	}
	after := acme.note(id)
	if after.Visibility != before.Visibility || len(after.Addressed) != 1 || after.AuthorKey != before.AuthorKey || after.Has(activity.Public) {
		t.Errorf("it became %+v", after)
	}
	if _, err := acme.db.VisibleNote(t.Context(), after.Key, store.Reader{Actor: amir.Key}); activity.KindOf(err) != activity.NotFound {
		t.Errorf("amir can read it: %v", err)
	}
	if ns, err := acme.db.Notifications(t.Context(), amir.Key, store.Page{}); err != nil || len(ns) != 0 {
		t.Errorf("amir was told %v, %v", ns, err)
	}
}

func TestAttack08NobodyChangesWhatIsNotTheirs(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	alice := acme.person("alice")
	atlas, err := acme.OpenGroup(t.Context(), alice, federation.GroupDraft{Name: "Atlas"})
	acme.do(err)
	good, evil := newStranger(t, "good"), newStranger(t, "evil")
	bea, mallory := good.person("bea"), evil.person("mallory")
	good.send(acme, good.follow(bea, alice))
	good.send(acme, good.create(bea, "/notes/1", "original"))
	post, err := acme.Post(t.Context(), alice, federation.Draft{Text: "ours"})
	acme.do(err)
	pump(t, acme)
	theirs := good.id("/notes/1")
	before, original := acme.rows(), acme.note(activity.ID(theirs))
	for name, doc := range map[string]map[string]any{
		"Update of another's note":            {"type": "Update", "object": map[string]any{"id": theirs, "type": "Note", "attributedTo": bea, "content": "spoilt", "to": activity.Public}},
		"Update in one's own name":            {"type": "Update", "object": map[string]any{"id": theirs, "type": "Note", "attributedTo": mallory, "content": "spoilt", "to": activity.Public}},
		"Update of another actor":             {"type": "Update", "object": good.actor("bea")},
		"Delete of another's note":            {"type": "Delete", "object": theirs},
		"Delete of our note":                  {"type": "Delete", "object": post.ID},
		"Delete of another actor":             {"type": "Delete", "object": bea},
		"Delete of one of us":                 {"type": "Delete", "object": alice.ID},
		"Undo of another's Follow":            {"type": "Undo", "object": good.follow(bea, alice)},
		"Undo of another's Follow by its id":  {"type": "Undo", "object": bea + "#follow-alice"},
		"Accept of what was not asked":        {"type": "Accept", "object": good.follow(bea, alice)},
		"Reject of another's Follow":          {"type": "Reject", "object": good.follow(bea, alice)},
		"Add to another's collection":         {"type": "Add", "object": theirs, "target": alice.Featured.ID},
		"Add to the moderators":               {"type": "Add", "object": mallory, "target": atlas.AttributedTo.First(), "audience": atlas.ID, "to": atlas.ID},
		"Remove from the moderators":          {"type": "Remove", "object": alice.ID, "target": atlas.AttributedTo.First(), "audience": atlas.ID, "to": atlas.ID},
		"Block out of a group":                {"type": "Block", "object": alice.ID, "target": atlas.ID},
		"Create into a group":                 {"type": "Create", "object": map[string]any{"id": evil.id("/notes/2"), "type": "Note", "attributedTo": mallory, "content": "x", "to": []any{atlas.ID, activity.Public}, "audience": atlas.ID}},
		"Create in another's name":            {"type": "Create", "object": map[string]any{"id": evil.id("/notes/3"), "type": "Note", "attributedTo": bea, "content": "x", "to": activity.Public}},
		"Create on another's host":            {"type": "Create", "object": map[string]any{"id": good.id("/notes/4"), "type": "Note", "attributedTo": mallory, "content": "x", "to": activity.Public}},
		"Announce of an activity by no group": {"type": "Announce", "object": good.create(bea, "/notes/5", "x")},
	} {
		t.Run(name, func(t *testing.T) {
			doc["id"], doc["actor"] = evil.id("/a/"+strings.ReplaceAll(name, " ", "-")), mallory
			if status, answer := evil.send(acme, doc); status != 202 && status != 401 {
				t.Errorf("got %d %s", status, answer)
			}
			pump(t, acme)
			if acme.rows() != before || acme.note(activity.ID(theirs)).Content != original.Content {
				t.Errorf("it left %s, before %s", acme.rows(), before)
			}
		})
	}
}

func TestAttack09AddressesAreNeverPartOfSQL(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	alice := acme.person("alice")
	globex := newStranger(t, "globex")
	bea := globex.person("bea")
	doc := globex.actor("bea")
	doc["inbox"] = globex.id("/x'||pg_sleep(9)--")
	globex.serve("/x'||pg_sleep(9)--", true)
	doc["followers"] = globex.id("/f') OR ('1'='1")
	globex.serve("/users/bea", doc)
	globex.send(acme, globex.follow(bea, alice))
	pump(t, acme)
	_, err := acme.Post(t.Context(), alice, federation.Draft{Text: "to the followers"})
	acme.do(err)
	inboxes, err := acme.db.Inboxes(t.Context(), activity.Audience{To: activity.IDs{alice.Followers.ID}, Cc: activity.IDs{"x') OR ('1'='1"}})
	if err != nil || len(inboxes) != 1 || inboxes[0] != doc["inbox"] {
		t.Fatalf("got %q, %v", inboxes, err)
	}
}

func TestAttack10WhoIsNotAcceptedFollowsNobody(t *testing.T) {
	t.Parallel()
	acme, globex := companies(t)
	alice, bea, eve := acme.person("alice"), globex.person("bea"), globex.person("eve")
	ctx := t.Context()
	acme.tx(func(tx *store.Tx) error { // alice wants to be asked
		alice.ManuallyApproves = true
		_, err := tx.PutActor(ctx, alice)
		return err
	})
	globex.do(globex.Follow(ctx, bea, globex.sees(alice)))
	pump(t, acme, globex)
	if is, err := globex.db.HasEdge(ctx, store.Follow, bea.Key, globex.sees(alice).Key); err != nil || is {
		t.Fatalf("an unanswered wish counts as a follow: %v", err)
	}
	post, err := acme.Post(ctx, alice, federation.Draft{Text: "for followers", Visibility: activity.VisibleFollowers})
	acme.do(err)
	pump(t, acme, globex)
	if _, err := globex.db.Note(ctx, post.ID); activity.KindOf(err) != activity.NotFound {
		t.Fatalf("it went to a company without followers: %v", err)
	}
	// Even where a company has one legitimate follower, the others there see nothing.
	acme.tx(func(tx *store.Tx) error {
		_, err := tx.Accept(ctx, store.Follow, acme.sees(bea).Key, alice.Key)
		return err
	})
	globex.tx(func(tx *store.Tx) error {
		_, err := tx.Accept(ctx, store.Follow, bea.Key, globex.sees(alice).Key)
		return err
	})
	post, err = acme.Post(ctx, alice, federation.Draft{Text: "for followers again", Visibility: activity.VisibleFollowers})
	acme.do(err)
	pump(t, acme, globex)
	n := globex.note(post.ID)
	for who, want := range map[store.Key]activity.Kind{bea.Key: 0, eve.Key: activity.NotFound} {
		_, err := globex.db.VisibleNote(ctx, n.Key, store.Reader{Actor: who})
		if err == nil != (want == 0) {
			t.Errorf("reader %v: %v", who, err)
		}
	}
}

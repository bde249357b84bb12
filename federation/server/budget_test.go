package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// costly makes people of a stranger as dear as can be: each address is refused once, is
// found after two redirects, turns out to be another, and has its handle at a host that
// sends whoever asks for it from here to there.
func costly(evil, handles *stranger) {
	refused := map[string]bool{}
	evil.make = func(path string) any {
		if !refused[path] {
			refused[path] = true
			return status(401)
		}
		refused[path] = false
		way, name, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
		if next, leads := map[string]string{"far": "/near/", "near": "/here/"}[way]; leads {
			return activity.ID(evil.id(next + name))
		}
		if way != "here" && way != "users" {
			return nil
		}
		doc := evil.actor(name)
		doc["webfinger"] = name + "@" + handles.host
		return doc
	}
	handles.make = func(path string) any {
		if strings.Count(path, "x") >= limits.Redirects {
			return nil
		}
		return activity.ID(handles.id(path + "x"))
	}
}

func TestAttack12OneActivityCostsNoMoreRequestsThanItsBudget(t *testing.T) {
	t.Parallel()
	acme, evil, handles := found(t, "acme", false), newStranger(t, "evil"), newStranger(t, "handles")
	alice := acme.person("alice")
	acme.isPartnerOf(evil)
	acme.isPartnerOf(handles)
	costly(evil, handles)
	create := evil.create(evil.id("/users/mallory"), "/notes/1", "hello")
	var tags, to []any
	for i := range 50 {
		id := evil.id(fmt.Sprint("/far/m", i))
		tags, to = append(tags, map[string]any{"type": "Mention", "href": id, "name": "@m"}), append(to, id)
	}
	o := create["object"].(map[string]any)
	o["tag"], o["cc"], o["inReplyTo"], o["audience"] = tags, append(to, alice.ID), evil.id("/far/parent"), evil.id("/far/group")
	if status, body := evil.send(acme, create); status != 202 {
		t.Fatalf("got %d %s", status, body)
	}
	first := evil.asked() + handles.asked()
	_, err := acme.db.Drain(t.Context(), 100, func(ps []store.Promise) error {
		for _, p := range ps {
			if p.Kind == "received" {
				acme.do(acme.run(t.Context(), p.Kind, []byte(p.Payload)))
			}
		}
		return nil
	})
	acme.do(err)
	all := evil.asked() + handles.asked()
	if t.Logf("%d requests for the signature, %d in all", first, all); first == 0 || all <= first || all > limits.Fetches {
		t.Errorf("it made us send %d requests for its signature, and %d in all", first, all)
	}
	if !acme.keeps(evil, "/notes/1") {
		t.Error("the note was not taken")
	}
}

func TestAttack12ASignatureCostsNoMoreRequestsThanItsBudget(t *testing.T) {
	t.Parallel()
	acme, evil, handles := found(t, "acme", false), newStranger(t, "evil"), newStranger(t, "handles")
	acme.isPartnerOf(evil)
	acme.isPartnerOf(handles)
	costly(evil, handles)
	for _, actor := range []string{"/far/mallory", "/users/mallory"} {
		before := evil.asked() + handles.asked()
		other := &stranger{t: t, key: newStranger(t, "other").key, host: evil.host, url: evil.url} // its key is not theirs
		if status, body := other.send(acme, evil.create(evil.id(actor), "/notes/1", "hello")); status != 401 {
			t.Errorf("%s: got %d %s", actor, status, body)
		}
		if n := evil.asked() + handles.asked() - before; n == 0 || n > limits.Fetches {
			t.Errorf("%s made us send %d requests", actor, n)
		}
	}
}

// That nobody may ask for its key any more does not make a proof wrong.
func TestAProofWhoseKeyNoBudgetIsLeftForIsNotWrong(t *testing.T) {
	t.Parallel()
	acme, good, bea, by, _, _ := three(t)
	for _, tc := range []struct {
		path  string
		asked int
		want  string
	}{{"/notes/1", limits.Fetches, "budget_spent"}, {"/notes/2", 0, store.Applied}} {
		doc := good.proven(good.said(bea, tc.path, "hello"), by)
		raw, err := json.Marshal(doc)
		acme.do(err)
		acme.do(acme.Receive(t.Context(), store.Received{Raw: raw, Signer: bea, Asked: tc.asked}))
		rec, err := acme.db.Recorded(t.Context(), activity.ID(doc["id"].(string)))
		if err != nil || rec.Outcome != tc.want {
			t.Errorf("after %d requests the outcome is %q, %v", tc.asked, rec.Outcome, err)
		}
	}
}

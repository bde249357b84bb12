package server_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/card"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
)

// parlour is a group at Globex, a partner, with alice of ours in it and boris of Initech,
// which is none.
type parlour struct {
	*company
	t       *testing.T
	alice   store.Actor
	globex  *stranger
	initech *stranger
	boris   string
	by      httpsign.Signer // boris
	seal    httpsign.Signer // the instance of Initech
	said    int
}

func newParlour(t *testing.T) *parlour {
	t.Helper()
	c := &parlour{t: t}
	c.company, c.alice, c.globex, _ = guest(t)
	c.initech = newStranger(t, "initech")
	for _, name := range []string{"club", "other"} {
		doc := group(c.globex, name)
		doc["manuallyApprovesFollowers"], doc["followers"] = true, c.globex.id("/users/"+name+"/followers")
		c.globex.serve("/users/"+name, doc)
		c.joined(store.Membership, c.alice, c.meets(c.alice, c.globex.id("/users/"+name)))
	}
	c.boris, c.by = c.initech.prover("boris")
	c.seal = c.shows(newEd25519(t))
	return c
}

func newEd25519(t *testing.T) httpsign.Signer {
	t.Helper()
	key, err := httpsign.NewEd25519()
	if err != nil {
		t.Fatal(err)
	}
	return httpsign.Signer{Key: key}
}

// shows makes these the keys of Initech's instance, and gives the first with its name.
func (c *parlour) shows(keys ...httpsign.Signer) httpsign.Signer {
	id := c.initech.id("/actor")
	doc := c.initech.actor("server")
	doc["id"], doc["type"], doc["inbox"] = id, "Application", id+"/inbox"
	delete(doc, "publicKey")
	var list []any
	for i := range keys {
		if keys[i].KeyID == "" {
			keys[i].KeyID = activity.ID(fmt.Sprintf("%s#key-%d", id, time.Now().UnixNano()))
		}
		list = append(list, multikey(id, keys[i]))
	}
	doc["assertionMethod"] = list
	c.initech.serve("/actor", doc)
	return keys[0]
}

func (c *parlour) group() activity.ID { return activity.ID(c.globex.id("/users/club")) }

// card is that of boris, changed.
func (c *parlour) card(change func(*activity.Actor, *activity.ID, *httpsign.Signer, *time.Time)) json.RawMessage {
	c.t.Helper()
	who := activity.Actor{ID: activity.ID(c.boris), Username: "boris", Name: "Boris", AssertionMethod: activity.List[activity.Multikey]{{
		ID: c.by.KeyID, Type: "Multikey", Controller: activity.ID(c.boris), Value: multikey(c.boris, c.by)["publicKeyMultibase"].(string)}}}
	group, by, at := c.group(), c.seal, c.now()
	if change != nil {
		change(&who, &group, &by, &at)
	}
	raw, err := card.Issue(who, group, by, at)
	return must(c.company, raw, err)
}

// create is a post of boris in the club with a card.
func (c *parlour) create(card json.RawMessage) map[string]any {
	c.said++
	create := c.initech.create(c.boris, fmt.Sprintf("/notes/%d", c.said), "hello")
	to := []any{c.group(), c.group() + "/followers"}
	for _, o := range []map[string]any{create, create["object"].(map[string]any)} {
		o["to"], o["audience"] = to, c.group()
		delete(o, "cc")
	}
	if card != nil {
		create["card"] = card
	}
	return create
}

// tells announces it in the club, and gives what became of it.
func (c *parlour) tells(object map[string]any, change ...func(map[string]any)) string {
	c.t.Helper()
	c.said++
	a := announce(c.globex, fmt.Sprint("told ", c.said), object)
	a["companies"] = []any{c.initech.host}
	for _, change := range change {
		change(a)
	}
	status, answer := c.globex.send(c.company, a)
	if status != 202 {
		return answer
	}
	pump(c.t, c.company)
	return c.outcome(a["id"].(string))
}

func (c *parlour) proven(doc map[string]any) map[string]any { return c.initech.proven(doc, c.by) }

func TestACardIsForgedByNobody(t *testing.T) {
	t.Parallel()
	c := newParlour(t)
	type change = func(*activity.Actor, *activity.ID, *httpsign.Signer, *time.Time)
	mine := httpsign.Signer{KeyID: activity.ID(c.globex.id("/actor#key")), Key: newEd25519(t).Key}
	for want, change := range map[string]change{
		"card_wrong_issuer": func(_ *activity.Actor, _ *activity.ID, by *httpsign.Signer, _ *time.Time) { *by = mine },
		"proof_wrong":       func(_ *activity.Actor, _ *activity.ID, by *httpsign.Signer, _ *time.Time) { by.Key = mine.Key },
		"unknown_key": func(_ *activity.Actor, _ *activity.ID, by *httpsign.Signer, _ *time.Time) {
			by.KeyID = activity.ID(c.initech.id("/actor#no-such-key"))
		},
		"card_wrong_group": func(_ *activity.Actor, group *activity.ID, _ *httpsign.Signer, _ *time.Time) {
			*group = activity.ID(c.globex.id("/users/other"))
		},
		"card_wrong_actor": func(who *activity.Actor, _ *activity.ID, _ *httpsign.Signer, _ *time.Time) {
			who.ID = activity.ID(c.initech.id("/users/somebody"))
		},
		"card_expired": func(_ *activity.Actor, _ *activity.ID, _ *httpsign.Signer, at *time.Time) {
			*at = at.Add(-limits.CardLife - time.Minute)
		},
		"proof_in_future": func(_ *activity.Actor, _ *activity.ID, _ *httpsign.Signer, at *time.Time) {
			*at = at.Add(limits.ClockSkew + time.Minute)
		},
		"card_malformed": func(who *activity.Actor, _ *activity.ID, _ *httpsign.Signer, _ *time.Time) { who.AssertionMethod = nil },
	} {
		c.ahead.Add(int64(limits.KeyRetry + time.Second)) // its keys may be asked for again
		if got := c.tells(c.proven(c.create(c.card(change)))); got != want && !(want == "proof_in_future" && got == "card_expired") {
			t.Errorf("%s: it is recorded as %q", want, got)
		}
	}
	if got := c.tells(c.proven(c.create(nil))); got != "no_card" {
		t.Errorf("without a card it is recorded as %q", got)
	}
	if got := c.tells(c.create(c.card(nil))); got != "not_proven" {
		t.Errorf("without a proof of the member it is recorded as %q", got)
	}
	theirs := c.create(c.card(nil))
	if got := c.tells(c.initech.proven(theirs, httpsign.Signer{KeyID: c.by.KeyID, Key: mine.Key})); got != "proof_wrong" {
		t.Errorf("with a proof by another key it is recorded as %q", got)
	}
	if got := c.tells(c.proven(c.create(c.card(nil))), func(a map[string]any) { delete(a, "companies") }); !strings.Contains(got, "not_a_partner") {
		t.Errorf("where the host does not name the company: %s", got)
	}
	if n, err := c.db.CardHosts(t.Context(), []activity.ID{c.group()}); err != nil || len(n) > 0 && c.knows(c.boris).Name != "Boris" {
		t.Errorf("somebody was made up: %v, %v", n, err)
	}
	if got := c.tells(c.proven(c.create(c.card(nil)))); got != store.Applied {
		t.Fatalf("a good one is recorded as %q", got)
	}
	c.onlyAskedForKeys()
}

// onlyAskedForKeys fails where Initech was asked for anything but its instance actor.
func (c *parlour) onlyAskedForKeys() {
	c.t.Helper()
	for _, asked := range c.initech.traffic() {
		if asked != "GET /actor" {
			c.t.Errorf("Initech was asked: %.200s", asked)
		}
	}
}

func TestACardCountsInItsGroupAlone(t *testing.T) {
	t.Parallel()
	c := newParlour(t)
	post := c.create(c.card(nil))
	if got := c.tells(c.proven(post)); got != store.Applied {
		t.Fatalf("it is recorded as %q", got)
	}
	note := post["object"].(map[string]any)["id"].(string)
	does := func(kind string, object any, more map[string]any) map[string]any {
		c.said++
		doc := map[string]any{"id": c.initech.id(fmt.Sprint("/acts/", c.said)), "type": kind, "actor": c.boris, "object": object,
			"to": []any{c.group()}, "card": c.card(nil)}
		for k, v := range more {
			doc[k] = v
		}
		return c.proven(doc)
	}
	public := c.create(c.card(nil))
	public["to"], public["audience"] = "https://www.w3.org/ns/activitystreams#Public", nil
	public["object"].(map[string]any)["to"], public["object"].(map[string]any)["audience"] = public["to"], nil
	private := c.writes(c.alice, "elsewhere", store.Actor{})
	for what, doc := range map[string]map[string]any{
		"a post for everybody": c.proven(public), "a follow": does("Follow", c.alice.ID, nil), "a new profile": does("Update", c.initech.actor("boris"), nil),
		"a like of a post outside": does("Like", private.ID, nil), "a farewell to all": does("Delete", c.boris, nil),
		"a farewell to another group": does("Delete", c.boris, map[string]any{"audience": c.globex.id("/users/other")}), "a block": does("Block", c.alice.ID, nil),
		"a report": does("Flag", c.alice.ID, nil), "a move": does("Move", c.boris, map[string]any{"target": c.alice.ID}),
	} {
		if got := c.tells(doc); got == store.Applied {
			t.Errorf("%s is taken by a card", what)
		}
	}
	boris := c.knows(c.boris)
	if !boris.DeletedAt.IsZero() || !boris.ByCard() {
		t.Errorf("boris is now %+v", boris)
	}
	for what, status := range map[string]int{
		"sent by its host":        statusOf(c.initech.send(c.company, c.proven(c.create(c.card(nil))))),
		"forwarded by a partner":  statusOf(c.globex.forward(c.company, c.globex.person("gil"), c.proven(c.create(c.card(nil))))),
		"announced by a person":   statusOf(c.globex.send(c.company, with(announce(c.globex, "x", c.proven(c.create(c.card(nil)))), "actor", c.globex.person("gus")))),
		"a boost of it by a name": statusOf(c.globex.send(c.company, with(announce(c.globex, "y", note), "actor", c.globex.person("gus")))),
	} {
		if status != 403 {
			t.Errorf("%s: the answer is %d", what, status)
		}
	}
	if got := c.tells(c.proven(c.create(c.card(nil))), func(a map[string]any) { a["actor"] = c.globex.id("/users/other") }); got != "card_wrong_group" {
		t.Errorf("in another group it is recorded as %q", got)
	}
	if texts := c.home(c.alice); len(slices.Compact(texts)) != 2 { // that, and her own
		t.Errorf("alice reads %v", texts)
	}
	c.takesLeave(does)
}

// takesLeave: who is met in two groups deletes themselves in one, and then in the other.
func (c *parlour) takesLeave(does func(kind string, object any, more map[string]any) map[string]any) {
	c.t.Helper()
	boris, other := c.knows(c.boris), c.knows(c.globex.id("/users/other"))
	post := c.create(c.card(nil))
	if got := c.tells(c.proven(post)); got != store.Applied {
		c.t.Errorf("it is recorded as %q", got)
	}
	n := c.note(activity.ID(post["object"].(map[string]any)["id"].(string)))
	c.tx(func(tx *store.Tx) error { return tx.Admit(c.t.Context(), n.Key, other.Key) })
	if got := c.tells(does("Delete", c.boris, map[string]any{"audience": c.group()})); got != store.Applied {
		c.t.Errorf("his farewell is recorded as %q", got)
	}
	if texts := c.home(c.alice); len(texts) != 2 || !c.knows(c.boris).DeletedAt.IsZero() {
		c.t.Errorf("alice reads %v", texts)
	}
	c.tx(func(tx *store.Tx) error {
		_, err := tx.Unsay(c.t.Context(), boris.Key, other.Key)
		return err
	})
	if c.knows(c.boris).DeletedAt.IsZero() {
		c.t.Error("he is gone from all groups, and still there")
	}
}

func statusOf(status int, _ string) int { return status }

func with(doc map[string]any, name string, value any) map[string]any {
	doc[name] = value
	return doc
}

// A new key of an instance is believed beside one that was known, or when all that was known
// is as old as keys are kept.
func TestTheKeysOfWhoIssuesCardsArePinned(t *testing.T) {
	t.Parallel()
	c := newParlour(t)
	tells := func(want string) {
		t.Helper()
		c.ahead.Add(int64(limits.KeyRetry + time.Second))
		if got := c.tells(c.proven(c.create(c.card(nil)))); got != want {
			t.Errorf("it is recorded as %q, not %q", got, want)
		}
	}
	tells(store.Applied)
	old := c.seal
	c.seal = c.shows(newEd25519(t), old)
	tells(store.Applied)
	c.seal = c.shows(newEd25519(t))
	tells("issuer_changed")
	before := len(c.initech.traffic())
	if got := c.tells(c.proven(c.create(c.card(nil)))); got != "unknown_key" {
		t.Errorf("right after it is recorded as %q", got)
	}
	if asked := c.initech.traffic()[before:]; len(asked) > 0 {
		t.Errorf("and Initech is asked again: %q", asked)
	}
	c.tx(func(tx *store.Tx) error {
		a := c.knows(c.initech.id("/actor"))
		a.FetchedAt = tx.Now.Add(-limits.KeyKept)
		_, err := tx.PutActor(t.Context(), a)
		return err
	})
	tells(store.Applied)
	c.onlyAskedForKeys()
}

// What comes late, or is taken up by another process at the same time, says who somebody was.
func TestAnOlderCardChangesNothingOfANewerOne(t *testing.T) {
	t.Parallel()
	c := newParlour(t)
	called := func(name activity.Text, ago time.Duration) json.RawMessage {
		return c.card(func(a *activity.Actor, _ *activity.ID, _ *httpsign.Signer, at *time.Time) {
			a.Name, *at = name, c.now().Add(-ago)
		})
	}
	for _, said := range []struct {
		card json.RawMessage
		want activity.Text
	}{{called("Boris", time.Minute), "Boris"}, {called("Boris the first", time.Hour), "Boris"}, {called("Boris the third", 0), "Boris the third"}, {called("Boris", time.Minute), "Boris the third"}} {
		if got := c.tells(c.proven(c.create(said.card))); got != store.Applied {
			t.Errorf("it is recorded as %q", got)
		}
		if got := c.knows(c.boris).Name; got != said.want {
			t.Errorf("he is called %q, not %q", got, said.want)
		}
	}
}

// Who was known by a card is the same when the agreement comes and when it goes.
func TestWhoWasKnownByACardStaysTheSameWithAnAgreement(t *testing.T) {
	t.Parallel()
	c := newParlour(t)
	if got := c.tells(c.proven(c.create(c.card(nil)))); got != store.Applied {
		t.Fatalf("it is recorded as %q", got)
	}
	before := c.knows(c.boris)
	c.isPartnerOf(c.initech)
	c.takes(c.initech, c.initech.follow(c.boris, c.alice))
	now := c.knows(c.boris)
	if now.Key != before.Key || now.ByCard() {
		t.Errorf("boris is %d with %q, and was %d", now.Key, now.Inbox.ID, before.Key)
	}
	c.tx(func(tx *store.Tx) error {
		return tx.PutPartner(t.Context(), store.Partner{Host: c.initech.host, Suspended: true})
	})
	if got := c.tells(c.proven(c.create(c.card(nil)))); got != "partner_suspended" {
		t.Errorf("while it is suspended it is recorded as %q", got)
	}
	c.tx(func(tx *store.Tx) error {
		_, err := tx.RemovePartner(t.Context(), c.initech.host)
		return err
	})
	if got := c.tells(c.proven(c.create(c.card(nil)))); got != store.Applied {
		t.Errorf("afterwards it is recorded as %q", got)
	}
	if now := c.knows(c.boris); now.Key != before.Key || !now.ByCard() {
		t.Errorf("boris is %d with %q, and was %d", now.Key, now.Inbox.ID, before.Key)
	}
	for _, ends := range []struct {
		state agreement.State
		mode  agreement.Mode
		want  string
	}{{agreement.StateEnded, agreement.Terminated, store.Applied}, {agreement.StateEnded, agreement.Revoked, policy.Revoked},
		{agreement.StateDeclined, agreement.Terminated, policy.Revoked}, {agreement.StateEnded, agreement.Terminated, store.Applied}} {
		c.tx(func(tx *store.Tx) error {
			return tx.PutPartnership(t.Context(), store.Partnership{ID: activity.ID(c.initech.id("/agreements/" + fmt.Sprint(time.Now().UnixNano()))),
				Host: c.initech.host, Other: activity.ID(c.initech.id("/actor")), Knowledge: json.RawMessage("{}"), State: string(ends.state), IsOver: true, Final: string(ends.mode), MadeAt: time.Now()})
		})
		if got := c.tells(c.proven(c.create(c.card(nil)))); got != ends.want {
			t.Errorf("after one that was %s (%s) it is recorded as %q", ends.mode, ends.state, got)
		}
	}
}

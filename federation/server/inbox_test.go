package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

func TestTheInboxSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice := acme.person("alice")
	globex, other := newStranger(t, "globex"), newStranger(t, "other")
	acme.isPartnerOf(globex)
	bea, eve := globex.person("bea"), other.person("eve")
	globex.person("boris")
	follow := func() []byte { b, _ := json.Marshal(globex.follow(bea, alice)); return b }
	for name, tc := range map[string]struct {
		request func() *http.Request
		status  int
		reason  string
	}{
		"good": {func() *http.Request { return globex.signed(acme, "POST", "/inbox", bea, follow()) }, 202, ""},
		"to the inbox of one person": {func() *http.Request {
			return globex.signed(acme, "POST", "/users/alice/inbox", bea, follow())
		}, 202, ""},
		"to the inbox of nobody": {func() *http.Request {
			return globex.signed(acme, "POST", "/users/nobody/inbox", bea, follow())
		}, 404, "not_found"},
		"to the inbox of nobody, by a stranger": {func() *http.Request {
			b, _ := json.Marshal(other.follow(eve, alice))
			return other.signed(acme, "POST", "/users/nobody/inbox", eve, b)
		}, 403, "not_a_partner"},
		"unsigned": {func() *http.Request {
			r := globex.signed(acme, "POST", "/inbox", bea, follow())
			r.Header.Del("Signature")
			return r
		}, 401, "unsigned"},
		"signed with another key": {func() *http.Request {
			forger := &stranger{t: t, key: other.key, url: globex.url, host: globex.host}
			return forger.signed(acme, "POST", "/inbox", bea, follow())
		}, 401, "signature_wrong"},
		"signed by somebody else of the same host": {func() *http.Request {
			return globex.signed(acme, "POST", "/inbox", globex.id("/users/boris"), follow())
		}, 401, "wrong_signer"},
		"not a partner": {func() *http.Request {
			b, _ := json.Marshal(other.follow(eve, alice))
			return other.signed(acme, "POST", "/inbox", eve, b)
		}, 403, "not_a_partner"},
		"no activity": {func() *http.Request {
			return globex.signed(acme, "POST", "/inbox", bea, []byte(`{"type":"Follow"}`))
		}, 400, "no_actor"},
		"no JSON": {func() *http.Request { return globex.signed(acme, "POST", "/inbox", bea, []byte(`hello`)) }, 400, "bad_json"},
		"no JSON and not a partner": {func() *http.Request {
			return other.signed(acme, "POST", "/inbox", eve, []byte(`hello`))
		}, 403, "not_a_partner"},
		"nested too deep": {func() *http.Request {
			return globex.signed(acme, "POST", "/inbox", bea, []byte(strings.Repeat(`{"a":`, 10_000)+"1"+strings.Repeat("}", 10_000)))
		}, 413, "too_deep"},
		"too large": {func() *http.Request {
			return globex.signed(acme, "POST", "/inbox", bea, bytes.Repeat([]byte(" "), 1<<20+1))
		}, 413, "too_large"},
		"another media type": {func() *http.Request {
			r := globex.signed(acme, "POST", "/inbox", bea, follow())
			r.Header.Set("Content-Type", "application/json")
			return r
		}, 415, "wrong_media_type"},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := acme.answer(tc.request())
			if status != tc.status || !strings.Contains(body, tc.reason) {
				t.Fatalf("got %d %s, want %d %s", status, body, tc.status, tc.reason)
			}
		})
	}
}

func TestWhoIsRefusedIsNotedAsAKnock(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice := acme.person("alice")
	eveHost := newStranger(t, "eve")
	eve := eveHost.person("eve")
	for range 3 {
		if status, body := eveHost.send(acme, eveHost.follow(eve, alice)); status != 403 || body != `{"error":"not_a_partner"}` {
			t.Fatalf("got %d %s", status, body)
		}
	}
	if status, _ := acme.get(eveHost, eve, "/users/alice"); status != 403 {
		t.Fatalf("reading gives %d", status)
	}
	knocks, err := acme.db.Knocks(t.Context(), 10)
	acme.do(err)
	if len(knocks) != 1 || knocks[0].Host != eveHost.host || knocks[0].Times != 4 || knocks[0].Tried != "serve: GET /users/alice" {
		t.Fatalf("noted %+v", knocks)
	}
	if eveHost.asked() != 0 {
		t.Fatalf("we asked a host that is no partner for %v", eveHost.got)
	}
	acme.isPartnerOf(eveHost) // at once, without a restart
	if status, body := eveHost.send(acme, eveHost.follow(eve, alice)); status != 202 {
		t.Fatalf("after allowing: %d %s", status, body)
	}
}

func TestEveryHostInAnActivityPassesThePolicy(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice := acme.person("alice")
	globex := newStranger(t, "globex")
	acme.isPartnerOf(globex)
	bea := globex.person("bea")
	const third = "https://third.example/users/carl"
	note := func(change func(n map[string]any)) map[string]any {
		c := globex.create(bea, "/notes/1", "hello")
		change(c["object"].(map[string]any))
		return c
	}
	for place, doc := range map[string]map[string]any{
		"attributedTo":       note(func(n map[string]any) { n["attributedTo"] = []string{bea, third} }),
		"object":             {"id": bea + "#1", "type": "Like", "actor": bea, "object": third},
		"object of an inner": {"id": bea + "#2", "type": "Undo", "actor": bea, "object": map[string]any{"id": bea + "#3", "type": "Like", "actor": bea, "object": third}},
		"inReplyTo":          note(func(n map[string]any) { n["inReplyTo"] = third }),
		"tag":                note(func(n map[string]any) { n["tag"] = map[string]any{"type": "Mention", "href": third, "name": "@carl"} }),
		"audience":           note(func(n map[string]any) { n["audience"] = third }),
		"cc":                 note(func(n map[string]any) { n["cc"] = []string{third} }),
		"target":             {"id": bea + "#4", "type": "Add", "actor": bea, "object": bea, "target": third},
	} {
		t.Run(place, func(t *testing.T) {
			before := acme.rows()
			status, body := globex.send(acme, doc)
			pump(t, acme)
			if status != 403 || body != `{"error":"not_a_partner"}` || acme.rows() != before {
				t.Fatalf("got %d %s; %s, before %s", status, body, acme.rows(), before)
			}
		})
	}
	t.Run("final host of a redirect", func(t *testing.T) {
		other := newStranger(t, "other")
		other.serve("/notes/9", map[string]any{"id": globex.id("/notes/9"), "type": "Note", "attributedTo": bea, "content": "x", "to": activity.Public})
		globex.serve("/notes/9", activity.ID(other.id("/notes/9")))
		before := acme.rows()
		globex.send(acme, map[string]any{"id": bea + "#5", "type": "Announce", "actor": bea, "object": globex.id("/notes/9"), "to": activity.Public})
		pump(t, acme)
		if acme.rows() != before || other.asked() != 0 {
			t.Fatalf("%s, before %s; asked %v", acme.rows(), before, other.got)
		}
	})
	t.Run("hashtags and pictures name nobody", func(t *testing.T) {
		status, body := globex.send(acme, note(func(n map[string]any) {
			n["tag"] = []any{map[string]any{"type": "Hashtag", "href": "https://tags.example/x", "name": "#x"}}
			n["attachment"] = []any{map[string]any{"type": "Image", "url": "https://media.example/x.png"}}
		}))
		if status != 202 {
			t.Fatalf("got %d %s", status, body)
		}
	})
	_ = alice
}

func TestNothingIsSentToOrFetchedFromAFormerPartner(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice := acme.person("alice")
	globex := newStranger(t, "globex")
	acme.isPartnerOf(globex)
	bea := globex.person("bea")
	globex.send(acme, globex.follow(bea, alice))
	pump(t, acme)
	globex.send(acme, globex.create(bea, "/notes/1", "hello"))
	pump(t, acme)
	theirs := acme.note(activity.ID(globex.id("/notes/1")))

	acme.tx(func(tx *store.Tx) error { _, err := tx.RemovePartner(t.Context(), globex.host); return err })
	before := globex.asked()
	_, err := acme.Post(t.Context(), alice, federation.Draft{Text: "for us alone"})
	acme.do(err)
	pump(t, acme)
	if err := acme.Like(t.Context(), alice, theirs); activity.FaultOf(err).Reason != "not_a_partner" {
		t.Errorf("liking a post of a former partner: %v", err)
	}
	if _, err := acme.Search(t.Context(), alice, globex.id("/users/boris"), true); activity.FaultOf(err).Reason != "not_a_partner" {
		t.Errorf("searching at a former partner: %v", err)
	}
	if globex.asked() != before {
		t.Errorf("a former partner was asked or told: %v", globex.got[before:])
	}
	if status, _ := globex.send(acme, globex.follow(bea, alice)); status != 403 {
		t.Errorf("a former partner delivers: %d", status)
	}
	if status, _ := acme.get(globex, bea, "/users/alice"); status != 403 {
		t.Errorf("a former partner reads: %d", status)
	}
}

func TestUnknownActivitiesAreKeptAndHaveNoEffect(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice := acme.person("alice")
	globex := newStranger(t, "globex")
	acme.isPartnerOf(globex)
	bea := globex.person("bea")
	before := acme.rows()
	if status, body := globex.send(acme, map[string]any{"id": bea + "#wave", "type": "Wave", "actor": bea, "object": alice.ID}); status != 202 {
		t.Fatalf("got %d %s", status, body)
	}
	pump(t, acme)
	kept, err := acme.db.Recorded(t.Context(), activity.ID(bea+"#wave"))
	acme.do(err)
	if kept.Outcome != store.Unknown || !strings.Contains(string(kept.Raw), "Wave") || acme.rows() != before {
		t.Fatalf("kept %+v; %s", kept, acme.rows())
	}
}

func TestTheDeleteOfSomebodyUnknownIsTakenAndForgotten(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	globex := newStranger(t, "globex")
	acme.isPartnerOf(globex)
	pump(t, acme)
	gone := globex.id("/users/gone")
	status, _ := globex.send(acme, map[string]any{"id": gone + "#delete", "type": "Delete", "actor": gone, "object": gone, "to": activity.Public})
	if b, err := acme.db.Backlog(t.Context()); err != nil || status != 202 || b.Waiting != 0 || globex.asked() != 0 {
		t.Fatalf("got %d, %d jobs, asked %v, %v", status, b.Waiting, globex.got, err)
	}
}

// Who may not see that there is a closed group does not learn it by posting to its inbox.
func TestTheInboxOfAClosedGroupIsThereForWhoMaySeeTheGroup(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	closed, err := s.OpenGroup(t.Context(), s.alice, federation.GroupDraft{Name: "Closed", Access: activity.AccessClosed, Companies: []string{"*"}})
	s.do(err)
	post := func(who, path string) string {
		body, err := json.Marshal(map[string]any{"id": who + path, "type": "Like", "actor": who, "object": who})
		s.do(err)
		status, says := s.answer(s.globex.signed(s.company, "POST", path, who, body))
		return fmt.Sprint(status, says)
	}
	path := "/groups/" + string(closed.Username) + "/inbox"
	s.grants(s.globex, allBut(agreement.SeeClosed), agreement.Everything())
	if closed, none := post(s.bea, path), post(s.bea, "/groups/none/inbox"); closed != none {
		t.Errorf("without the word it is %s, and what is not there is %s", closed, none)
	}
	s.joined(store.Membership, s.knows(s.cora), closed)
	if got := post(s.cora, path); got != "202" {
		t.Errorf("a member gets %s", got)
	}
	s.grants(s.globex, only(agreement.SeeClosed), agreement.Everything())
	if got := post(s.bea, path); got != "202" {
		t.Errorf("with the word it is %s", got)
	}
}

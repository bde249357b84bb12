package mastodon_test

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// hidden is what alice keeps from some, and they are: everything of hers has "hush" in it.
type hidden struct {
	*company
	alice, bob *person // bob may read it, for the most part
	notes      []string
	others     []string // ids of hers that are no notes
	iri        string   // of a note
	shown      string   // a note for all, with a hidden answer and a hidden quote
	group      store.Actor
	secret     string // the id of a group
	outsiders  []*person
}

func (c *company) tie(kind string, p *person, to store.Actor, accepted bool) {
	c.t.Helper()
	c.tx(func(tx *store.Tx) error {
		_, err := tx.PutEdge(c.t.Context(), store.Edge{Kind: kind, Actor: p.Key, Object: to.Key, Accepted: accepted})
		return err
	})
}

// hide hires alice and who may not see: nobody's follower, one who has asked only, one who
// was a follower and a member of the group and is not any more, and one whom alice has blocked.
func (c *company) hide() hidden {
	c.t.Helper()
	h := hidden{company: c, alice: c.hire("alice"), bob: c.hire("bob")}
	pending, ex, blocked := c.hire("pending"), c.hire("former"), c.hire("blocked")
	for _, p := range []*person{h.bob, ex, blocked} {
		c.tie(store.Follow, p, h.alice.Actor, true)
	}
	c.tie(store.Follow, pending, h.alice.Actor, false)
	h.group = c.groupAbroad()
	for _, p := range []*person{h.alice, h.bob, ex} {
		c.tie(store.Membership, p, h.group, true)
	}
	inGroup := c.arrives(c.stranger("bea", "globex.example"), "hush-in-the-group", activity.Audience{}, func(n *store.Note) {
		n.GroupKey, n.Admitted, n.Visibility = h.group.Key, true, activity.VisibleFollowers
	})
	c.tx(func(tx *store.Tx) error { return tx.FanToMembers(c.t.Context(), inGroup, h.group.Key) })

	shown := h.alice.post("for all")
	private := h.alice.post("hush, #followers", "visibility", "private")
	h.iri, h.shown = private["uri"].(string), id(shown)
	h.notes = []string{inGroup.Key.String(), id(private),
		id(h.alice.post("hush, @bob @blocked", "visibility", "direct")),
		id(h.alice.post("hush, a poll", "visibility", "private", "poll[options][]", "one", "poll[options][]", "two", "poll[expires_in]", "3600")),
		id(h.alice.post("hush, an answer", "visibility", "private", "in_reply_to_id", id(shown))),
		id(h.alice.post("hush, a quote", "visibility", "private", "quoted_status_id", id(shown))),
	}
	for access, name := range map[string]string{"closed": "what all here may know of", "secret": "hush: a secret"} { // bob is in both
		shut := id(h.alice.does("POST", "/api/entente/v1/groups", "display_name", name, "access", access).object())
		h.alice.does("PUT", "/api/entente/v1/groups/"+shut+"/invitations/"+h.bob.Key.String())
		h.bob.does("POST", "/api/entente/v1/groups/"+shut+"/join")
		h.notes = append(h.notes, id(h.alice.post("hush, in a group", "group_id", shut)))
		if access == "secret" {
			h.secret = shut
		}
	}
	h.alice.does("POST", "/api/v1/statuses/"+id(private)+"/reblog", "visibility", "private")
	ex.does("POST", "/api/v1/statuses/"+id(private)+"/favourite") // they have read it, and may no longer
	ex.does("POST", "/api/v1/accounts/"+h.alice.Key.String()+"/unfollow")
	c.tx(func(tx *store.Tx) error {
		_, err := tx.CutEdge(c.t.Context(), store.Membership, ex.Key, h.group.Key)
		return err
	})
	h.alice.does("POST", "/api/v1/accounts/"+blocked.Key.String()+"/block")
	h.bob.does("POST", "/api/v1/statuses/"+id(private)+"/favourite")
	h.outsiders = []*person{c.hire("nora"), pending, ex, blocked}
	h.others = append(h.alice.keeps(), h.secret)
	return h
}

// groupAbroad is a group that a partner keeps.
func (c *company) groupAbroad() (g store.Actor) {
	c.t.Helper()
	c.stranger("bea", "globex.example")
	c.tx(func(tx *store.Tx) (err error) {
		at := activity.ID("https://globex.example/groups/atlas")
		g, err = tx.PutActor(c.t.Context(), store.Actor{Host: "globex.example", Actor: activity.Actor{ID: at, Type: "Group", Username: "atlas", Inbox: activity.Ref{ID: at + "/inbox"}}})
		return err
	})
	return g
}

// keeps gives ids of what is a person's alone: a picture, a draft, a notification.
func (p *person) keeps() []string {
	p.t.Helper()
	picture := id(p.uploads(pngOf(3, 2), "x", "image/png").is(http.StatusOK).object())
	draft := id(p.post("hush, tomorrow", "scheduled_at", time.Now().Add(24*time.Hour).Format(time.RFC3339)))
	notices := p.does("GET", "/api/v1/notifications").list()
	if len(notices) == 0 {
		p.t.Fatal("there is no notification to steal")
	}
	return []string{picture, draft, id(notices[0])}
}

// without are the headers of an answer but for the time and the name of the request.
func (a answer) without() http.Header {
	h := a.Header.Clone()
	for _, name := range []string{"Date", "X-Request-Id"} {
		h.Del(name)
	}
	return h
}

// isLike says whether a stranger cannot tell two answers apart.
func (a answer) isLike(b answer) bool {
	return a.StatusCode == b.StatusCode && a.body == b.body && reflect.DeepEqual(a.without(), b.without())
}

// Every route that reads is walked, so that a new one is in the matrix too.
func TestAttack10WhoMayNotSeeAThingFindsNothingOnAnyRouteForClients(t *testing.T) {
	t.Parallel()
	h := open(t).hide()
	tells := func(who *person, r string, a answer) {
		if strings.Contains(a.body, "hush") || slices.ContainsFunc(h.notes, func(s string) bool { return strings.Contains(a.body, s) }) {
			t.Errorf("%s tells %s: %s", r, who.Username, a.body)
		}
	}
	queries := []string{"", "q=hush", "q=%23followers", "q=hush&type=statuses", "q=" + url.QueryEscape(h.iri) + "&resolve=true", "acct=alice",
		"id[]=" + h.alice.Key.String(), "types[]=status", "local=true", "only_media=true", "min_id=0", "max_id=" + h.notes[1] + "9"}
	for _, who := range h.outsiders {
		for _, r := range h.api.Table() {
			method, path := lineTo(r, "{id}")
			if method != http.MethodGet || strings.Contains(path, "/streaming") {
				continue
			}
			if !strings.Contains(path, "{id}") {
				for _, q := range queries {
					tells(who, r.Pattern+"?"+q, who.asks(method, path+"?"+q))
				}
				continue
			}
			at := func(id string) answer { return who.asks(method, strings.ReplaceAll(path, "{id}", id)) }
			missing := at("7")
			for _, key := range slices.Concat(h.notes, h.others) {
				if a := at(key); !a.isLike(missing) {
					t.Errorf("%s gives %s %d %s for %s, and %d %s for what is missing", r.Pattern, who.Username, a.StatusCode, a.body, key, missing.StatusCode, missing.body)
				}
			}
			tells(who, r.Pattern, at(h.shown))
			tells(who, r.Pattern, at(h.alice.Key.String()))
			tells(who, r.Pattern, at(h.group.Key.String()))
		}
	}
	if got := h.bob.does("GET", "/api/v1/statuses/"+h.notes[0]).object(); !strings.Contains(got["content"].(string), "hush") {
		t.Errorf("who is in the group reads %v", got)
	}
}

func TestAttack10WhatSuspendedPeopleWroteIsOnNoRouteForClients(t *testing.T) {
	t.Parallel()
	h := open(t).hide()
	h.tx(func(tx *store.Tx) error { return tx.Suspend(t.Context(), h.alice.Key, tx.Now) })
	for _, r := range h.api.Table() {
		method, path := lineTo(r, "{id}")
		if method != http.MethodGet || strings.Contains(path, "/streaming") {
			continue
		}
		for _, key := range append(h.notes[1:], h.alice.Key.String()) {
			if a := h.bob.asks(method, strings.ReplaceAll(path, "{id}", key)+"?q=hush&acct=alice"); strings.Contains(a.body, "hush, ") {
				t.Errorf("%s tells a follower of %s: %s", r.Pattern, key, a.body)
			}
		}
	}
}

func TestAttack10WhatIsHiddenArrivesOnNoStream(t *testing.T) {
	t.Parallel()
	c := streaming(t)
	h := c.hide()
	heard := map[string]*listener{}
	for _, who := range h.outsiders {
		for _, stream := range []string{"user", "user/notification", "public", "public/local"} {
			heard[string(who.Username)+" on "+stream] = who.listens(stream)
		}
	}
	h.alice.post("hush, followers", "visibility", "private")
	h.alice.post("hush, @bob", "visibility", "direct")
	h.alice.does("PUT", "/api/v1/statuses/"+h.notes[1], "status", "hush, it has changed")
	h.alice.does("DELETE", "/api/v1/statuses/"+h.notes[2])
	h.bob.post("that is all @nora @pending @former @blocked")
	for name, l := range heard {
		for done := false; !done; {
			select {
			case e, open := <-l.events:
				if !open || strings.Contains(e.data, "hush") || slices.ContainsFunc(h.notes, func(s string) bool { return strings.Contains(e.data, s) }) {
					t.Errorf("%s hears %s: %s", name, e.name, e.data)
				}
				done = !open || strings.Contains(e.data, "that is all")
			case <-time.After(2 * time.Minute):
				t.Fatalf("%s does not hear the last post", name)
			}
		}
	}
}

package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// hidden is what alice keeps from some, and they are: everything of hers has "hush" in it.
type hidden struct {
	*company
	alice, bob store.Actor // bob follows her, and may read it
	notes      []string
	iri        string // of a note
	outsiders  map[string]*browser
}

// hide hires alice and who may not see: who has signed in, who has asked to follow, who was
// let in once and is not any more, whom she has blocked; and puts her things in their way.
func (c *company) hide() hidden {
	c.Helper()
	h := hidden{company: c, alice: c.member("alice", "Alice"), bob: c.member("bob", "Bob")}
	nora, pending, former, blocked := c.member("nora", "Nora"), c.member("pending", "Pen"), c.member("former", "Fred"), c.member("blocked", "Bo")
	for _, a := range []store.Actor{h.bob, former, blocked} {
		c.joined(store.Follow, a, h.alice)
	}
	c.tx(func(tx *store.Tx) error {
		_, err := tx.PutEdge(c.Context(), store.Edge{Kind: store.Follow, Actor: pending.Key, Object: h.alice.Key})
		return err
	})
	post := func(text string, v activity.Visibility, to store.Key) store.Note {
		n, err := c.engine.Post(c.Context(), h.alice, federation.Draft{Text: text, Visibility: v, ReplyTo: to})
		c.does(err)
		h.notes = append(h.notes, n.Key.String())
		return n
	}
	shown := post("for all", activity.VisiblePublic, 0)
	h.notes = nil
	private := post("hush, #followers", activity.VisibleFollowers, 0)
	post("hush, @bob @blocked", activity.VisibleDirect, 0)
	post("hush, an answer", activity.VisibleFollowers, shown.Key)
	for _, access := range []activity.Access{activity.AccessClosed, activity.AccessSecret} {
		g, err := c.engine.OpenGroup(c.Context(), h.alice, federation.GroupDraft{Name: "a group", Access: access})
		c.does(err)
		c.joined(store.Membership, h.bob, g)
		n, err := c.engine.Post(c.Context(), h.alice, federation.Draft{Text: "hush, in a group", Group: g.Key})
		c.does(err)
		h.notes = append(h.notes, n.Key.String())
	}
	h.iri = string(private.ID)
	c.does(c.engine.Like(c.Context(), former, private)) // they have read it, and may no longer
	c.does(c.engine.Unfollow(c.Context(), former, h.alice))
	c.does(c.engine.Block(c.Context(), h.alice, blocked))
	h.outsiders = map[string]*browser{"a stranger": c.browser(), "nora": c.as(nora), "pending": c.as(pending), "former": c.as(former), "blocked": c.as(blocked)}
	return h
}

// lineAt is a line of the table with the address of one of alice's notes.
func lineAt(l line, key string) (method, path string) {
	method, path, ok := strings.Cut(l.pattern, " ")
	if !ok {
		method, path = http.MethodGet, "/nothing/here/at/all"
	}
	return method, strings.NewReplacer("{$}", "", "{at}", "@alice", "{key}", key).Replace(path)
}

// Every page is walked, so that a new one is in the matrix too.
func TestAttack10WhoMayNotSeeAThingFindsNothingOnAnyPage(t *testing.T) {
	t.Parallel()
	h := newCompany(t).hide()
	for name, b := range h.outsiders {
		for _, l := range h.web.table() {
			if method, _ := lineAt(l, ""); method != http.MethodGet {
				continue
			}
			for _, key := range h.notes {
				_, path := lineAt(l, key)
				for _, query := range []string{"", "?q=" + url.QueryEscape(h.iri), "?q=hush", "?q=%23followers", "?before=" + key + "9", "?after=7"} {
					if p := b.get(path + query); strings.Contains(p.body, "hush, ") || strings.Contains(p.body, key) && !strings.Contains(path+query, key) {
						t.Errorf("%s%s shows %s %s: %s", l.pattern, query, name, key, p.main())
					}
				}
			}
		}
		for _, l := range h.web.table() {
			h.asMissing(name, b, l, h.notes)
		}
	}
	if p := h.as(h.bob).get("/@alice/" + h.notes[0]); p.code != http.StatusOK || !strings.Contains(p.body, "hush") {
		t.Errorf("a follower gets %d", p.code)
	}
}

// asMissing sees to it that a line gives somebody the same of these notes as of one that is not there.
func (h hidden) asMissing(name string, b *browser, l line, notes []string) {
	h.Helper()
	if !strings.Contains(l.pattern, "{key}") {
		return
	}
	const none = "117000000000000007"
	at := func(key string) (int, string, string) {
		method, path := lineAt(l, key)
		p := b.send(method, path, url.Values{"token": {b.token}, "text": {"stolen"}, "emoji": {"🎉"}, "choice": {"0"}})
		return p.code, strings.ReplaceAll(p.to(), key, "it"), strings.ReplaceAll(p.main(), key, "it")
	}
	code, to, body := at(none)
	for _, key := range notes {
		if c, x, y := at(key); c != code || x != to || y != body || c == http.StatusOK {
			h.Errorf("%s gives %s %d to %q for %s, and %d to %q for what is missing:\n%s", l.pattern, name, c, x, key, code, to, y)
		}
	}
}

func TestAttack25WhoDidNotWriteAPostChangesItOnNoPage(t *testing.T) {
	t.Parallel()
	h := newCompany(t).hide()
	shown, err := h.engine.Post(t.Context(), h.alice, federation.Draft{Text: "for all"})
	h.does(err)
	bob := h.as(h.bob)
	for _, l := range h.web.table() {
		if strings.HasSuffix(l.pattern, "/edit") || strings.HasSuffix(l.pattern, "/delete") {
			h.asMissing("bob", bob, l, append(slices.Clone(h.notes), shown.Key.String()))
		}
	}
	for _, key := range append(h.notes, shown.Key.String()) {
		h.as(h.alice).get("/@alice/" + key).is(http.StatusOK).hasNot("stolen")
	}
}

func TestAttack25ASessionThatIsOverOpensNoPage(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice, locked := c.member("alice", "Alice"), c.member("locked", "Lo")
	out, stopped, late := c.as(alice), c.as(locked), c.browser()
	out.get("/home").is(http.StatusOK)
	stopped.get("/home").is(http.StatusOK)
	kept := *out
	kept.cookies = map[string]*http.Cookie{}
	for name, cookie := range out.cookies {
		kept.cookies[name] = cookie
	}
	out.post("/sign-out")
	secret := store.NewSecret()
	c.tx(func(tx *store.Tx) error {
		if err := tx.Lock(t.Context(), locked.Key); err != nil {
			return err
		}
		if err := tx.PutSession(t.Context(), store.Session{Hash: store.Hash("later"), Member: locked.Key, ExpiresAt: time.Now().Add(time.Hour)}); err != nil {
			return err
		}
		return tx.PutSession(t.Context(), store.Session{Hash: store.Hash(secret), Member: alice.Key, ExpiresAt: time.Now().Add(-time.Minute)})
	})
	name := c.web.cookieName(sessionCookie)
	late.cookies[name] = &http.Cookie{Name: name, Value: secret}
	after := c.browser()
	after.cookies[name] = &http.Cookie{Name: name, Value: "later"}
	for kind, b := range map[string]*browser{"signed out": &kept, "locked": stopped, "begun after the lock": after, "expired": late} {
		for _, l := range c.web.table() {
			if l.admits == everybody {
				continue
			}
			method, path := lineAt(l, "7")
			if p := b.send(method, path, url.Values{"token": {b.token}}); p.code != http.StatusSeeOther || !strings.HasPrefix(p.to(), "/sign-in?to=") {
				t.Errorf("%s opens for a session that is %s: %d to %q", l.pattern, kind, p.code, p.to())
			}
		}
	}
}

package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
)

// What nobody may know is not told by how we answer either.

func TestWhatIsGoneOrInAGroupIsNotServedByItsActivities(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	other := newStranger(t, "other")
	acme.isPartnerOf(other)
	eve := other.person("eve")
	served := func(s *stranger, who string) (n int) {
		for _, r := range acme.said() {
			if status, body := acme.get(s, who, "/activities/"+r.Key.String()); status == 200 && strings.Contains(body, "leaked") {
				n++
			}
		}
		return n
	}
	post := func(d federation.Draft) federation.Draft {
		_, err := acme.Post(t.Context(), alice, d)
		acme.do(err)
		return d
	}
	post(federation.Draft{Text: "leaked"})
	if n := served(other, eve); n != 1 {
		t.Errorf("a public post is served %d times", n)
	}
	gone, err := acme.Post(t.Context(), alice, federation.Draft{Text: "leaked"})
	acme.do(err)
	acme.do(acme.Delete(t.Context(), alice, gone))
	if n := served(other, eve); n != 0 {
		t.Errorf("a deleted post is served %d times", n)
	}
	atlas := acme.opens(alice, "Atlas", globex.host)
	inside := post(federation.Draft{Text: "leaked", Group: atlas.Key})
	if n := served(other, eve); n != 0 {
		t.Errorf("a post in a group is served %d times to a company outside", n)
	}
	post(inside)
	if n := served(globex, bea); n == 0 {
		t.Error("a post in a group is not served to a company in it")
	}
}

func TestAnUnsignedFarewellIsUnauthenticated(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	atlas := acme.opens(alice, "Merger")
	for _, id := range []string{string(atlas.ID), acme.URL + "/groups/nothing", string(alice.ID), acme.URL + "/users/nobody", bea, globex.id("/users/nobody"), "https://third.example/u"} {
		body := fmt.Sprintf(`{"type":"Delete","actor":%q,"object":%q}`, id, id)
		r, err := http.NewRequestWithContext(t.Context(), "POST", acme.URL+"/inbox", strings.NewReader(body))
		acme.do(err)
		r.Header.Set("Content-Type", "application/activity+json")
		if status, answer := acme.answer(r); status != 401 || answer != `{"error":"unsigned"}` {
			t.Errorf("%s: got %d %s", id, status, answer)
		}
	}
}

// Whether we know who leaves is not told by how long it takes to say that it was taken.
func TestABadlySignedFarewellTakesAsLongForAll(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	evil, _ := outsider(t, acme)
	forger := &stranger{t: t, key: evil.key, url: globex.url, host: globex.host}
	for _, id := range []string{bea, globex.id("/users/nobody")} {
		for range 5 {
			began := time.Now()
			forger.send(acme, map[string]any{"id": id + "#bye", "type": "Delete", "actor": id, "object": id})
			if took := time.Since(began); took < 20*time.Millisecond { // a beat has 25
				t.Errorf("%s is answered after %s", id, took)
			}
		}
	}
}

func TestABadlySignedFarewellIsAnsweredAlikeForAll(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	evil, _ := outsider(t, acme)
	atlas := acme.opens(alice, "Merger")
	forger := &stranger{t: t, key: evil.key, url: globex.url, host: globex.host}
	for _, pair := range [][2]string{{bea, globex.id("/users/nobody")}, {string(alice.ID), acme.URL + "/users/nobody"}, {string(atlas.ID), acme.URL + "/groups/nothing"}} {
		for _, verb := range []string{"Delete", "Update"} {
			var answers [2]string
			for i, id := range pair {
				status, body := forger.send(acme, map[string]any{"id": id + "#bye", "type": verb, "actor": id, "object": id})
				answers[i] = fmt.Sprint(status, " ", body)
			}
			if answers[0] != answers[1] {
				t.Errorf("%s of somebody known %q, of nobody %q", verb, answers[0], answers[1])
			}
		}
	}
	pump(t, acme)
	if a := acme.knows(bea); !a.Usable() {
		t.Error("the forger has removed bea")
	}
}

func TestOnlyWhatWasPublicLeavesATombstone(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	acme.person("amir")
	atlas := acme.opens(alice, "Ours alone")
	for name, tc := range map[string]struct {
		draft federation.Draft
		want  int
	}{
		"public":       {federation.Draft{Text: "a"}, 410},
		"unlisted":     {federation.Draft{Text: "b", Visibility: activity.VisibleUnlisted}, 410},
		"for us alone": {federation.Draft{Text: "@amir psst", Visibility: activity.VisibleDirect}, 404},
		"in our group": {federation.Draft{Text: "c", Group: atlas.Key}, 404},
	} {
		post, err := acme.Post(t.Context(), alice, tc.draft)
		acme.do(err)
		acme.do(acme.Delete(t.Context(), alice, post))
		if status, _ := acme.get(globex, bea, "/notes/"+post.Key.String()); status != tc.want {
			t.Errorf("%s: %d, want %d", name, status, tc.want)
		}
	}
}

func TestAddressesThatNothingHasAreRefusedAndDoNotFail(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	for _, odd := range []string{"%00", "a%00b", "%27%00", "%ff", "%00;x", "%2500", "%zz", "'"} {
		for _, path := range []string{"acct:" + odd + "@" + acme.House.Host, acme.URL + "/users/alice" + odd} {
			if status, body := acme.get(nil, "", "/.well-known/webfinger?resource="+path); status != 400 && status != 404 {
				t.Errorf("%s: %d %s", path, status, body)
			}
		}
		if odd == "%zz" {
			continue // no address at all
		}
		if status, body := acme.get(globex, bea, "/users/"+odd); status != 400 && status != 404 {
			t.Errorf("%s: %d %s", odd, status, body)
		}
	}
}

// What our readers of JSON take for the same, policy takes for the same.
func TestNoSpellingPassesThePolicy(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	globex := newStranger(t, "globex")
	acme.isPartnerOf(globex)
	bea := globex.person("bea")
	const third = "https://third.example/users/carl"
	link, mention := map[string]any{"href": third}, map[string]any{"type": "Mention", "href": third}
	create := func(property string, v any) map[string]any {
		c := globex.create(bea, "/notes/1", "hello")
		c["object"].(map[string]any)[property] = v
		return c
	}
	inCapitals := create("inReplyTo", third)
	inCapitals["OBJECT"] = inCapitals["object"]
	delete(inCapitals, "object")
	for name, doc := range map[string]map[string]any{
		"InReplyTo": create("InReplyTo", third), "CC": create("CC", []string{third}), "Tag": create("Tag", mention), "To": create("To", third),
		"AttributedTo": create("AttributedTo", third), "Audience": create("Audience", third), "OBJECT": inCapitals,
		"Href of a tag":      create("tag", map[string]any{"type": "Mention", "Href": third}),
		"Id of a link":       create("cc", map[string]any{"ID": third}),
		"long s":             create("attributedTo", map[string]any{"id": bea, "hreſ": third, "Href": third}),
		"link in inReplyTo":  create("inReplyTo", link),
		"link in cc":         create("cc", []any{link}),
		"link in audience":   create("audience", link),
		"link as the object": {"id": bea + "#1", "type": "Like", "actor": bea, "object": link},
		"link with an id":    create("inReplyTo", map[string]any{"id": bea, "href": third}),
	} {
		before := acme.rows()
		status, answer := globex.send(acme, doc)
		pump(t, acme)
		if status != 400 && status != 403 || acme.rows() != before {
			t.Errorf("%s: %d %s; it left %s, before %s", name, status, answer, acme.rows(), before)
		}
	}
}

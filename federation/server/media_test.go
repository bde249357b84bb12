package server_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/media"
	"entente.example/entente/store"
)

// drawing is a PNG of 30 by 20 pixels.
func drawing(t testing.TB) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 30, 20))
	for x := range 30 {
		img.Set(x, x/2, color.RGBA{R: 200, A: 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sends makes a picture of a file that one of ours sends.
func (c *company) sends(who store.Actor, file []byte) store.Media {
	c.t.Helper()
	m, err := c.Media().Add(c.t.Context(), who, media.Upload{File: file, Description: "a line"})
	return must(c, m, err)
}

// links are the addresses of a reader of ours.
func (c *company) links(who store.Actor) media.Links {
	c.t.Helper()
	l, err := c.Media().Links(c.t.Context(), who.Key)
	return must(c, l, err)
}

// shown is the answer to an address of ours, in full.
func (c *company) shown(address string, accept ...string) *http.Response {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), "GET", address, nil)
	c.do(err)
	r.Header["Accept"] = accept
	r.URL.Host = c.http.Listener.Addr().String()
	resp, err := http.DefaultTransport.RoundTrip(r)
	c.do(err)
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	c.do(err)
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp
}

func text(resp *http.Response) string {
	b, _ := io.ReadAll(resp.Body) // from memory
	return string(b)
}

func TestAPictureIsForWhoMayReadItsPost(t *testing.T) {
	t.Parallel()
	acme, globex := companies(t)
	initech, evil := newStranger(t, "initech"), newStranger(t, "evil")
	acme.isPartnerOf(initech)
	peter, mallory := initech.person("peter"), evil.person("mallory")
	alice, amir, bea, eve := acme.person("alice"), acme.person("amir"), globex.person("bea"), globex.person("eve")
	ctx := t.Context()
	globex.do(globex.Follow(ctx, bea, globex.sees(alice)))
	pump(t, acme, globex)
	m := acme.sends(alice, drawing(t))
	path := "/media/" + m.Key.String()
	if status, _ := acme.get(initech, peter, path); status != 404 {
		t.Errorf("a partner sees what is not posted: %d", status)
	}
	post, err := acme.Post(ctx, alice, federation.Draft{Visibility: activity.VisibleFollowers, Media: []store.Key{m.Key}})
	acme.do(err)
	pump(t, acme, globex)

	missing, absent := acme.get(initech, peter, "/media/1")
	for who, tc := range map[string]struct {
		by     *stranger
		actor  string
		status int
	}{
		"nobody":                      {nil, "", 401},
		"somebody of no partner":      {evil, mallory, 403},
		"a partner without followers": {initech, peter, 404},
	} {
		if status, body := acme.get(tc.by, tc.actor, path); status != tc.status || status == missing && body != absent {
			t.Errorf("%s: %d %s", who, status, body)
		}
	}
	if resp := acme.shown(acme.links(alice).Own(m.Key)); resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "image/png" {
		t.Errorf("alice: %d %v", resp.StatusCode, resp.Header)
	}
	if resp := acme.shown(acme.links(amir).Own(m.Key)); resp.StatusCode != 404 || text(resp) != absent {
		t.Errorf("amir does not follow alice: %d", resp.StatusCode)
	}

	// Globex gets it for bea, signed, and shows it from its own address.
	copied := globex.note(post.ID)
	if a := copied.Attachment; len(a) != 1 || a[0].Width != 30 || a[0].Height != 20 || a[0].Blurhash != activity.Text(m.Blurhash) || a[0].Name != "a line" {
		t.Fatalf("bea's note says %+v", a)
	}
	address := globex.links(bea).Of(copied, 0)
	resp := globex.shown(address)
	if resp.StatusCode != 200 || !strings.HasPrefix(text(resp), "\x89PNG") || !strings.HasPrefix(address, globex.House.URL) {
		t.Fatalf("bea: %s %d", address, resp.StatusCode)
	}
	for name, other := range map[string]string{
		"eve, who does not follow alice": globex.links(eve).Of(copied, 0),
		"bea's link for eve":             strings.Replace(address, bea.Key.String(), eve.Key.String(), 1),
		"another attachment":             strings.Replace(address, "/0?", "/1?", 1),
		"a signature of somebody's own":  strings.Replace(address, "by=", "by=AAAA", 1),
		"no link at all":                 address[:strings.Index(address, "?")],
	} {
		if resp := globex.shown(other); resp.StatusCode != 404 && resp.StatusCode != 401 {
			t.Errorf("%s: %d", name, resp.StatusCode)
		}
	}
	globex.tx(func(tx *store.Tx) error { _, err := tx.RemovePartner(ctx, acme.House.Host); return err })
	if resp := globex.shown(address); resp.StatusCode != 404 {
		t.Errorf("acme is no partner any more: %d", resp.StatusCode)
	}
	acme.do(acme.Delete(ctx, alice, acme.note(post.ID)))
	if status, _ := acme.get(initech, peter, path); status != 404 {
		t.Errorf("after the post is deleted: %d", status)
	}
}

// A link is good for days, and opens nothing to who has been shut out meanwhile.
func TestAttack25ALinkOfWhoIsShutOutOpensNoPicture(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	locked, suspended := acme.person("alice"), acme.person("amir")
	at := func(who store.Actor) string { return acme.links(who).Own(acme.sends(who, drawing(t)).Key) }
	ofLocked, ofSuspended := at(locked), at(suspended)
	for _, address := range []string{ofLocked, ofSuspended} {
		if resp := acme.shown(address); resp.StatusCode != 200 {
			t.Fatalf("%d before", resp.StatusCode)
		}
	}
	acme.tx(func(tx *store.Tx) error { return tx.Lock(t.Context(), locked.Key) })
	acme.tx(func(tx *store.Tx) error { return tx.Suspend(t.Context(), suspended.Key, tx.Now) })
	for who, address := range map[string]string{"locked": ofLocked, "suspended": ofSuspended} {
		if resp := acme.shown(address); resp.StatusCode != 404 {
			t.Errorf("who is %s sees it: %d", who, resp.StatusCode)
		}
	}
}

func TestAPictureBelongsToOnePostOfItsOwner(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	alice, amir := acme.person("alice"), acme.person("amir")
	ctx := t.Context()
	a, b := acme.sends(alice, drawing(t)), acme.sends(alice, drawing(t))
	refused := func(who store.Actor, draft federation.Draft, reason string) {
		t.Helper()
		if _, err := acme.Post(ctx, who, draft); activity.FaultOf(err).Reason != reason {
			t.Errorf("%v", err)
		}
	}
	post, err := acme.Post(ctx, alice, federation.Draft{Text: "one", Media: []store.Key{a.Key}})
	acme.do(err)
	refused(amir, federation.Draft{Text: "theirs", Media: []store.Key{b.Key}}, "no_such_media")
	refused(alice, federation.Draft{Text: "again", Media: []store.Key{a.Key}}, "no_such_media")
	refused(alice, federation.Draft{Text: "twice", Media: []store.Key{b.Key, b.Key}}, "no_such_media")
	refused(alice, federation.Draft{Text: "many", Media: make([]store.Key, 5)}, "many_media")
	refused(alice, federation.Draft{}, "empty_text")

	_, err = acme.Edit(ctx, alice, post, federation.Draft{Text: "two", Media: []store.Key{b.Key, a.Key}})
	acme.do(err)
	edited := acme.note(post.ID)
	if urls := []activity.ID{edited.Attachment[0].URL[0], edited.Attachment[1].URL[0]}; !slices.Equal(urls, []activity.ID{acme.MediaURL(b.Key), acme.MediaURL(a.Key)}) {
		t.Errorf("%v", urls)
	}
	_, err = acme.Edit(ctx, alice, edited, federation.Draft{Text: "none"})
	acme.do(err)
	if _, err := acme.Post(ctx, alice, federation.Draft{Text: "free again", Media: []store.Key{a.Key}}); err != nil {
		t.Error(err)
	}
}

func TestAttack02AnUploadIsNoDocument(t *testing.T) {
	t.Parallel()
	acme, globex := companies(t)
	mallory, bea := acme.person("mallory"), globex.person("bea")
	ctx := t.Context()
	actor := `{"@context":"https://www.w3.org/ns/activitystreams","id":"` + acme.House.URL + `/media/1","type":"Person","preferredUsername":"ceo","inbox":"https://evil.example/inbox"}`
	if _, err := acme.Media().Add(ctx, mallory, media.Upload{File: []byte(actor)}); activity.FaultOf(err).Reason != "not_a_picture" {
		t.Errorf("a document was taken as a picture: %v", err)
	}
	polyglot := append(drawing(t), actor...)
	m := acme.sends(mallory, polyglot)
	_, err := acme.Post(ctx, mallory, federation.Draft{Text: "look", Media: []store.Key{m.Key}})
	acme.do(err)
	resp := acme.shown(acme.links(mallory).Own(m.Key), "application/activity+json", `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`)
	want := map[string]string{"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Content-Disposition": "inline; filename=picture.png",
		"Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'", "Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "private, max-age=3600"}
	for name, value := range want {
		if got := resp.Header.Get(name); got != value {
			t.Errorf("%s is %q", name, got)
		}
	}
	if body := text(resp); strings.Contains(body, "activitystreams") || strings.Contains(body, "ceo") {
		t.Error("the document is still in the picture")
	}
	before := globex.rows()
	found, err := globex.Search(ctx, bea, string(acme.MediaURL(m.Key)), true)
	if err == nil && (len(found.Actors) > 0 || len(found.Notes) > 0) || globex.rows() != before {
		t.Errorf("globex found %+v", found)
	}
	pump(t, acme, globex)
	if _, err := globex.db.Actor(ctx, acme.MediaURL(m.Key)); activity.KindOf(err) != activity.NotFound {
		t.Errorf("globex knows the upload as an actor: %v", err)
	}
}

// A stranger whose attachment is anything but a picture: nothing of it comes to our pages.
func TestAttack02WhatAPartnerCallsAPictureIsDrawnAnew(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	alice := acme.person("alice")
	served := map[string][]byte{
		"/actor.json": []byte(`{"id":"x","type":"Person"}`), "/page.png": []byte("<html><script>alert(1)</script>"), "/x.svg": []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`),
		"/good": append(drawing(t), "<script>alert(1)</script>"...), "/long": append(drawing(t), make([]byte, limits.PictureBytes)...),
	}
	asked := 0
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write(served[r.URL.Path])
	}))
	defer files.Close()
	base := strings.Replace(files.URL, "127.0.0.1", "globex.localhost", 1)
	globex := newStranger(t, "globex")
	bea := globex.person("bea")
	for path := range served {
		doc := globex.create(bea, "/notes"+path, "look")
		doc["object"].(map[string]any)["attachment"] = map[string]any{"type": "Document", "mediaType": "image/png", "url": base + path}
		globex.send(acme, doc)
	}
	pump(t, acme)
	for path := range served {
		address := acme.links(alice).Of(acme.note(activity.ID(globex.id("/notes"+path))), 0)
		resp, again := acme.shown(address), acme.shown(address)
		switch body := text(resp); {
		case path != "/good" && (resp.StatusCode != 404 || again.StatusCode != 404):
			t.Errorf("%s: %d %s", path, resp.StatusCode, body)
		case path == "/good" && (resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "image/png" || strings.Contains(body, "script")):
			t.Errorf("%s: %d %v", path, resp.StatusCode, resp.Header)
		}
	}
	if asked != len(served) {
		t.Errorf("asked %d times for %d files", asked, len(served))
	}
}

// An attachment may be anywhere: what another origin gives there is a picture, drawn
// anew, or nothing; never a document, whatever it is called and whatever it claims.
func TestAttack02AnAttachmentOfAnotherOriginIsAPictureOrNothing(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	alice := acme.person("alice")
	globex, evil, good := newStranger(t, "globex"), newStranger(t, "evil"), newStranger(t, "good")
	bea := globex.person("bea")
	evil.serve("/users/mallory", evil.actor("mallory"))
	evil.serve("/victim.png", good.actor("victim"))
	evil.serve("/ours.png", map[string]any{"id": alice.ID, "type": "Person", "preferredUsername": "alice", "inbox": evil.id("/inbox")})
	evil.serve("/away", activity.ID(acme.URL+"/actor"))
	evil.serve("/home", alice.ID)
	before := acme.sees(alice)
	addresses := []string{evil.id("/users/mallory"), evil.id("/victim.png"), evil.id("/ours.png"), evil.id("/away"), evil.id("/home"), string(alice.ID)}
	for i, address := range addresses {
		doc := globex.create(bea, fmt.Sprint("/notes/", i), "look")
		doc["object"].(map[string]any)["attachment"] = map[string]any{"type": "Image", "mediaType": "image/png", "url": address}
		globex.send(acme, doc)
	}
	pump(t, acme)
	for i, address := range addresses {
		resp := acme.shown(acme.links(alice).Of(acme.note(activity.ID(globex.id(fmt.Sprint("/notes/", i)))), 0))
		if body := text(resp); resp.StatusCode != 404 || strings.Contains(body, "preferredUsername") {
			t.Errorf("%s gives %d %s", address, resp.StatusCode, body)
		}
	}
	pump(t, acme)
	for _, id := range []string{evil.id("/users/mallory"), evil.id("/victim.png"), good.id("/users/victim")} {
		if _, err := acme.db.Actor(t.Context(), activity.ID(id)); activity.KindOf(err) != activity.NotFound {
			t.Errorf("%s is known: %v", id, err)
		}
	}
	if after := acme.sees(alice); after.Inbox.ID != before.Inbox.ID || !slices.Equal(after.KeyIDs(), before.KeyIDs()) {
		t.Errorf("alice was %+v and is %+v", before, after)
	}
	if evil.asked() == 0 {
		t.Error("nobody has looked, and this says nothing")
	}
}

// A file may be at a partner other than its author's. When that is none any more, or the
// author may send no files any more, it is not shown either, although we have it.
func TestAttack02APictureOfWhoIsNoPartnerAnyMoreIsNotShown(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice, ctx := acme.person("alice"), t.Context()
	globex, files := newStranger(t, "globex"), newStranger(t, "files")
	acme.isPartnerOf(globex)
	acme.isPartnerOf(files)
	files.serve("/x.png", drawing(t))
	doc := globex.create(globex.person("bea"), "/notes/1", "look")
	doc["object"].(map[string]any)["attachment"] = map[string]any{"type": "Image", "mediaType": "image/png", "url": files.id("/x.png")}
	globex.send(acme, doc)
	pump(t, acme)
	address := acme.links(alice).Of(acme.note(activity.ID(globex.id("/notes/1"))), 0)
	shows := func(when string, want int) {
		t.Helper()
		if resp := acme.shown(address); resp.StatusCode != want {
			t.Errorf("%s it is %d", when, resp.StatusCode)
		}
	}
	shows("at first", 200)
	lets := func(g agreement.Grant) {
		acme.tx(func(tx *store.Tx) error {
			return tx.PutPartner(ctx, store.Partner{Host: globex.host, Lets: g.Raw(), Takes: agreement.Everything().Raw()})
		})
	}
	lets(allBut(agreement.UploadFile))
	shows("without the word", 404)
	lets(agreement.Everything())
	shows("with the word", 200)
	acme.tx(func(tx *store.Tx) error {
		_, err := tx.RemovePartner(ctx, files.host)
		return err
	})
	shows("without its host", 404)
	if files.asked() != 1 {
		t.Errorf("it was asked for %d times", files.asked())
	}
}

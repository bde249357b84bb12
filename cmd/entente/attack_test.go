package main

import (
	"bytes"
	"crypto/rsa"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"entente.example/entente/activity"
	"entente.example/entente/api/mastodon"
	"entente.example/entente/federation"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/policy"
	"entente.example/entente/federation/remote"
	"entente.example/entente/federation/server"
	"entente.example/entente/store"
	"entente.example/entente/store/grant"
	"entente.example/entente/store/storetest"
	"entente.example/entente/web"
	"entente.example/entente/worker/live"
)

// The rows of the interop notes on known attacks that end on the screen: from the
// inbox to what clients and browsers get.

//go:embed testdata/xss.txt
var xss string

// house is a whole instance but for the queue, and a partner's server.
type house struct {
	mux     *http.ServeMux
	t       *testing.T
	db      *store.Store
	engine  *federation.Service
	url     string
	alice   store.Actor
	secret  string // of alice's session
	token   string // and of her client
	key     *rsa.PrivateKey
	far     string // the partner
	actors  map[string]any
	stopped time.Time
}

func newHouse(t *testing.T) *house {
	t.Helper()
	mux := http.NewServeMux()
	near := httptest.NewServer(mux)
	t.Cleanup(near.Close)
	_, port, _ := strings.Cut(near.Listener.Addr().String(), ":")
	h := &house{t: t, mux: mux, db: storetest.New(t), url: "http://acme.localhost:" + port, secret: store.NewSecret(), token: store.NewSecret(), actors: map[string]any{}}
	names := federation.House{Host: "acme.localhost:" + port, URL: h.url}
	gate, log := policy.New(h.db, true, names.Host), slog.New(slog.DiscardHandler)
	h.engine = federation.New(federation.Options{House: names, Store: h.db, Gate: gate, Log: log, Now: h.now, Client: remote.New(remote.Options{
		InsecureHTTP: true, PrivateNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}, UserAgent: "Entente/test", Gate: gate.Fetching()})})
	h.does(h.engine.Prepare(t.Context()))
	pages, err := web.New(names, h.db, h.engine, log)
	h.does(err)
	pages.Routes(mux)
	server.New(h.engine, "test", log).Routes(mux)
	mastodon.New(names, h.db, h.engine, "test", live.New(h.db, log), log).Routes(mux)
	h.alice, err = h.engine.NewMember(t.Context(), store.Member{Email: "alice@acme.example"}, "alice", "Alice")
	h.does(err)
	h.does(h.db.InTx(t.Context(), h.signIn))
	h.key, err = httpsign.NewKey()
	h.does(err)
	partner := httptest.NewServer(http.HandlerFunc(h.serve))
	t.Cleanup(partner.Close)
	_, port, _ = strings.Cut(partner.Listener.Addr().String(), ":")
	h.far = "http://globex.localhost:" + port
	return h
}

// now is the time here: it goes on, unless it was stopped.
func (h *house) now() time.Time {
	if h.stopped.IsZero() {
		return time.Now()
	}
	return h.stopped
}

func (h *house) signIn(tx *store.Tx) error {
	ctx := h.t.Context()
	if err := tx.PutSession(ctx, store.Session{Hash: store.Hash(h.secret), Member: h.alice.Key, ExpiresAt: time.Now().Add(time.Hour)}); err != nil {
		return err
	}
	app, err := tx.PutApp(ctx, store.App{ClientID: "client", Secret: store.Hash("secret"), Name: "Tests", RedirectURIs: []string{grant.OutOfBand}, Scopes: grant.Scopes()})
	if err != nil {
		return err
	}
	return tx.PutToken(ctx, store.Token{Hash: store.Hash(h.token), App: app.Key, Member: h.alice.Key, Scopes: []string{"read", "write"}})
}

func (h *house) does(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) serve(w http.ResponseWriter, r *http.Request) {
	doc, ok := h.actors[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/activity+json")
	_ = json.NewEncoder(w).Encode(doc)
}

// meets serves an actor of the partner, with more properties, whom alice follows.
func (h *house) meets(name string, more map[string]any) string {
	h.t.Helper()
	id := h.far + "/users/" + name
	doc := map[string]any{"id": id, "type": "Person", "preferredUsername": name, "inbox": id + "/inbox", "followers": id + "/followers",
		"publicKey": map[string]any{"id": id + "#main-key", "owner": id, "publicKeyPem": httpsign.EncodePublicKey(&h.key.PublicKey)}}
	for k, v := range more {
		doc[k] = v
	}
	h.actors["/users/"+name] = doc
	return id
}

// sends delivers an activity to the real inbox, and does what it brings.
func (h *house) sends(actor string, doc map[string]any) {
	h.t.Helper()
	body, err := json.Marshal(doc)
	h.does(err)
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, h.url+"/inbox", bytes.NewReader(body))
	h.does(err)
	r.Header.Set("Content-Type", "application/activity+json")
	h.does(httpsign.Sign(r, body, httpsign.Signer{KeyID: activity.ID(actor + "#main-key"), Key: h.key}, time.Now()))
	if code, _, said := h.answer(r); code != http.StatusAccepted {
		h.t.Fatalf("the inbox says %d %s", code, said)
	}
	_, err = h.db.Drain(h.t.Context(), 100, func(ps []store.Promise) error {
		for _, p := range ps {
			var job store.Received
			if p.Kind == job.Kind() {
				h.does(json.Unmarshal([]byte(p.Payload), &job))
				h.does(h.engine.Receive(h.t.Context(), job))
			}
		}
		return nil
	})
	h.does(err)
}

func (h *house) answer(r *http.Request) (int, http.Header, string) {
	h.t.Helper()
	_, port, _ := strings.Cut(r.URL.Host, ":")
	r.URL.Host = "127.0.0.1:" + port // names under .localhost are this machine's
	resp, err := http.DefaultTransport.RoundTrip(r)
	h.does(err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	h.does(err)
	return resp.StatusCode, resp.Header, string(b)
}

// page is a page as alice's browser gets it.
func (h *house) page(path string) (http.Header, string) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.url+path, nil)
	h.does(err)
	r.AddCookie(&http.Cookie{Name: "entente_session", Value: h.secret})
	code, header, body := h.answer(r)
	if code != http.StatusOK {
		h.t.Fatalf("%s: %d %.300s", path, code, body)
	}
	return header, body
}

// entity is what alice's client gets.
func (h *house) entity(path string) (v any) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.url+path, nil)
	h.does(err)
	r.Header.Set("Authorization", "Bearer "+h.token)
	code, _, body := h.answer(r)
	if code != http.StatusOK {
		h.t.Fatalf("%s: %d %.300s", path, code, body)
	}
	h.does(json.Unmarshal([]byte(body), &v))
	return v
}

// everywhere that one can attack with a text.
func (h *house) attack(i int, v string) (actor, note store.Key) {
	h.t.Helper()
	emoji := []any{map[string]any{"type": "Emoji", "name": ":" + v + ":", "icon": map[string]any{"url": "javascript:alert(1)"}},
		map[string]any{"type": "Emoji", "name": v, "icon": map[string]any{"url": "https://media.example/x.png"}}}
	name := fmt.Sprintf("eve%d", i)
	by := h.meets(name, map[string]any{"name": v, "summary": v, "tag": emoji, "attachment": []any{map[string]any{"type": "PropertyValue", "name": v, "value": v}},
		"icon": map[string]any{"type": "Image", "url": "javascript:" + v}, "url": "javascript:" + v})
	id := fmt.Sprintf("%s/notes/%d", h.far, i)
	tags := append(emoji, map[string]any{"type": "Hashtag", "name": "#" + v, "href": "javascript:" + v}, map[string]any{"type": "Mention", "name": v, "href": string(h.alice.ID)},
		map[string]any{"type": "Mention", "name": "@" + v, "href": v})
	h.sends(by, map[string]any{"id": id + "#create", "type": "Create", "actor": by, "to": []any{activity.Public, h.alice.ID}, "object": map[string]any{
		"id": id, "type": "Question", "attributedTo": by, "to": []any{activity.Public, h.alice.ID}, "content": v, "name": v, "summary": v, "contentMap": map[string]any{"en": v, v: v}, "tag": tags,
		"source":   map[string]any{"content": sourced + v, "mediaType": "text/html"},
		"location": v, "url": "javascript:" + v, "oneOf": []any{map[string]any{"name": v}, map[string]any{"name": v + "2"}},
		"attachment": []any{map[string]any{"type": "Document", "mediaType": v, "url": "https://media.example/x", "name": v, "summary": v, "blurhash": v}, map[string]any{"type": "Image", "url": "javascript:" + v}}}})
	n, err := h.db.Note(h.t.Context(), activity.ID(id))
	h.does(err)
	return n.AuthorKey, n.Key
}

func vectors() []string { return strings.Split(strings.TrimSpace(xss), "\n") }

func TestAttack14NothingThatComesThroughTheInboxRuns(t *testing.T) {
	t.Parallel()
	if n := len(vectors()); n < 60 {
		t.Fatalf("only %d vectors", n)
	}
	h := newHouse(t)
	for i, v := range vectors() {
		actor, note := h.attack(i, v)
		kept, err := h.db.NoteByKey(t.Context(), note)
		h.does(err)
		author, err := h.db.ActorByKey(t.Context(), actor)
		h.does(err)
		for _, text := range []activity.Text{kept.Content, kept.Summary, author.Summary, author.Fields[0].Value, kept.ContentMap["en"]} {
			checkFragment(t, "what is kept of "+v, string(text)) // at the door
		}
		h.look(v, actor, note)
	}
	h.lists()
}

// look is at everything that shows a note and its author.
func (h *house) look(v string, actor, note store.Key) {
	h.t.Helper()
	path := "/api/v1/statuses/" + note.String() // the author is in it
	checkEntity(h.t, path+" with "+v, "", h.entity(path))
	if raw := fmt.Sprint(h.entity(path), h.entity(path+"/source"), h.entity(path+"/history")); strings.Contains(raw, sourced) {
		h.t.Errorf("the source of %s is given out: %s", v, raw)
	}
	a, err := h.db.ActorByKey(h.t.Context(), actor)
	h.does(err)
	at := "/@" + url.PathEscape(a.Handle())
	for _, path := range []string{at, at + "/" + note.String()} {
		header, body := h.page(path)
		checkPage(h.t, path+" with "+v, header, body)
		if strings.Contains(body, sourced) {
			h.t.Errorf("%s shows the source of %s", path, v)
		}
	}
}

// sourced is in what somebody else's server says that the author typed, which is no
// part of what is read: it is not sanitised, and may say something else.
const sourced = "as it was typed: "

// lists are the pages and timelines on which all of it is shown at once.
func (h *house) lists() {
	h.t.Helper()
	for _, path := range []string{"/api/v1/notifications", "/api/v1/timelines/public", "/api/v1/timelines/home", "/api/v2/search?q=eve"} {
		checkEntity(h.t, path, "", h.entity(path))
	}
	for _, path := range []string{"/notifications", "/home", "/search?q=eve", "/search?q=%23x"} {
		header, body := h.page(path)
		checkPage(h.t, path, header, body)
	}
}

func TestAttack14WhatIsKeptIsSanitisedAgainWhenItIsShown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i, v := range vectors() {
		actor, note := h.poison(i, v)
		h.look(v, actor, note)
	}
	h.lists()
}

// poison writes rows as if nobody had cleaned them at the door.
func (h *house) poison(i int, v string) (actor, note store.Key) {
	h.t.Helper()
	id, text := activity.ID(fmt.Sprintf("%s/users/mal%d", h.far, i)), activity.Text(v)
	h.does(h.db.InTx(h.t.Context(), func(tx *store.Tx) error {
		a, err := tx.PutActor(h.t.Context(), store.Actor{Host: id.Host(), Actor: activity.Actor{ID: id, Type: "Person", Username: activity.Text(fmt.Sprint("mal", i)), Inbox: activity.Ref{ID: id + "/inbox"},
			Name: text, Summary: text, Fields: activity.List[activity.Field]{{Type: "PropertyValue", Name: text, Value: text}},
			Icon: activity.List[activity.Attachment]{{URL: activity.IDs{"javascript:alert(1)"}}}, URL: activity.IDs{"javascript:alert(1)"}}})
		if err != nil {
			return err
		}
		n := store.Note{Key: store.NewKey(tx.Now), AuthorKey: a.Key, Visibility: activity.VisiblePublic, Note: activity.Note{ID: id + "/1", Type: "Question", AttributedTo: activity.IDs{id},
			Content: text, Name: text, Summary: text, Source: &activity.Source{Content: sourced + text, MediaType: "text/html"}, ContentMap: map[string]activity.Text{v: text}, URL: activity.IDs{"javascript:alert(1)"}, Published: activity.At(tx.Now), Place: activity.Place(text),
			Question:   activity.Question{AnyOf: activity.List[activity.PollOption]{{Name: text}, {Name: "b"}}},
			Attachment: activity.List[activity.Attachment]{{Type: text, MediaType: text, Name: text, Blurhash: text, URL: activity.IDs{"https://media.example/x"}, Preview: "javascript:alert(1)"}, {URL: activity.IDs{"javascript:alert(1)"}}},
			Tag:        activity.List[activity.Tag]{{Type: "Emoji", Name: text, Icon: &activity.Attachment{URL: activity.IDs{"javascript:alert(1)"}}}, {Type: "Hashtag", Name: text, Href: "javascript:alert(1)"}, {Type: "Mention", Name: text, Href: text}}}}
		n.ThreadKey = n.Key
		if _, err := tx.PutNote(h.t.Context(), n); err != nil {
			return err
		}
		actor, note = a.Key, n.Key
		return tx.Notify(h.t.Context(), h.alice.Key, "mention", a.Key, n.Key)
	}))
	return actor, note
}

// markup are the fields of entities that are HTML; addresses those that are loaded
// or led to.
var (
	markup    = map[string]bool{"content": true, "note": true, "value": true}
	addresses = map[string]bool{"url": true, "uri": true, "static_url": true, "preview_url": true, "remote_url": true, "preview_remote_url": true, "avatar": true,
		"avatar_static": true, "header": true, "header_static": true}
)

func checkEntity(t *testing.T, where, name string, v any) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		for name, each := range v {
			checkEntity(t, where, name, each)
		}
	case []any:
		for _, each := range v {
			checkEntity(t, where, name, each)
		}
	case string:
		switch {
		case markup[name]:
			checkFragment(t, where+" in "+name, v)
		case addresses[name] && v != "" && !strings.HasPrefix(v, "http://") && !strings.HasPrefix(v, "https://"):
			t.Errorf("%s: %s is %q", where, name, v)
		case name == "shortcode" && strings.Trim(v, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "":
			t.Errorf("%s: an emoji is called %q", where, v)
		}
	}
}

// texts are the elements of what others write, pages those of our own besides.
var (
	texts = strings.Fields("p br span a abbr del s pre blockquote code b strong u sub sup i em h1 h2 h3 h4 h5 ul ol li ruby rt rp")
	pages = strings.Fields("html head meta title link body svg symbol path circle rect use div header nav bdi form input button main footer " +
		"section article details summary label textarea select option time dl dt dd fieldset legend meter img")
)

func checkFragment(t *testing.T, where, text string) {
	t.Helper()
	nodes, err := html.ParseFragment(strings.NewReader(text), &html.Node{Type: html.ElementNode, DataAtom: atom.Div, Data: "div"})
	if err != nil {
		t.Errorf("%s: %v", where, err)
	}
	root := &html.Node{}
	for _, n := range nodes {
		root.AppendChild(n)
	}
	checkNodes(t, where, root, texts)
}

func checkNodes(t *testing.T, where string, root *html.Node, elements []string) {
	t.Helper()
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && !strings.Contains(" "+strings.Join(elements, " ")+" ", " "+n.Data+" ") {
			t.Errorf("%s: there is a <%s>", where, n.Data)
		}
		for _, a := range n.Attr {
			value := strings.ToLower(strings.Map(func(r rune) rune {
				if r <= ' ' {
					return -1
				}
				return r
			}, a.Val))
			scheme, _, _ := strings.Cut(value, ":")
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "src" && !(strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "//")), strings.Contains(" style srcset srcdoc poster background ping data manifest formtarget xlink:href http-equiv ", " "+a.Key+" "):
				t.Errorf("%s: <%s> has %s=%q", where, n.Data, a.Key, a.Val)
			case (a.Key == "href" || a.Key == "action" || a.Key == "formaction") && strings.Contains(" javascript data vbscript file blob feed ", " "+scheme+" "):
				t.Errorf("%s: it leads to %q", where, a.Val)
			case (a.Key == "action" || a.Key == "formaction" || n.Data == "link" && a.Key == "href") && !strings.HasPrefix(a.Val, "/"):
				t.Errorf("%s: <%s> has %s=%q", where, n.Data, a.Key, a.Val)
			}
		}
	}
}

func checkPage(t *testing.T, where string, header http.Header, body string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	checkNodes(t, where, doc, append(pages, texts...))
	csp := header.Get("Content-Security-Policy")
	if csp != "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'" || header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s: the policy is %q", where, csp)
	}
}

func TestAttack23APoisonedRowDoesNotTakeTheTimelineWithIt(t *testing.T) { // CVE-2026-50129
	t.Parallel()
	h := newHouse(t)
	deep := activity.Text(strings.Repeat("<blockquote>", 20_000) + "deep")
	poisons := []activity.Note{
		{Content: "<math><annotation>", ContentMap: map[string]activity.Text{"": deep, "en": "<math>"}},
		{Content: deep, Name: deep, Summary: deep, Sensitive: true},
		{Type: "Event", Name: "x", Place: activity.Place(deep), Lang: activity.Language(strings.Repeat("x-", 50))},
		{Type: "Question", Question: activity.Question{OneOf: activity.List[activity.PollOption]{{Replies: activity.Tally{Total: -1}}, {Replies: activity.Tally{Total: 1 << 62}}}, Voters: -9}},
		{Tag: activity.List[activity.Tag]{{Type: "Emoji", Name: "::"}, {Type: "Mention"}, {Type: "Hashtag"}, {Type: "Emoji", Name: ":x:", Icon: &activity.Attachment{}}}},
		{Attachment: activity.List[activity.Attachment]{{}, {URL: activity.IDs{"%"}}, {Type: "Link"}, {URL: activity.IDs{"https://[::1"}}, {URL: activity.IDs{"https://x:99999999/"}, MediaType: "image/"}}, URL: activity.IDs{"%zz"}},
		{Content: "\u202e<a href=\"https://%zz/\">https://x.y</a><a href=\"http://[\">a.b</a>"},
		{Type: "Video", Context: json.RawMessage(`{}`), Conversation: deep, Source: &activity.Source{}},
	}
	id := activity.ID(h.far + "/users/mal")
	var author store.Actor
	h.does(h.db.InTx(t.Context(), func(tx *store.Tx) (err error) {
		author, err = tx.PutActor(t.Context(), store.Actor{Host: id.Host(), Actor: activity.Actor{ID: id, Type: "Person", Username: "mal", Inbox: activity.Ref{ID: id + "/inbox"}, Summary: deep,
			Fields: activity.List[activity.Field]{{Name: deep, Value: deep}}, Icon: activity.List[activity.Attachment]{{}}, Tag: activity.List[activity.Tag]{{Type: "Emoji"}}}})
		if err != nil {
			return err
		}
		for i, n := range append(poisons, activity.Note{Content: "healthy"}) {
			n.ID, n.AttributedTo = id+activity.ID(fmt.Sprint("/", i)), activity.IDs{id}
			row := store.Note{Key: store.NewKey(tx.Now), AuthorKey: author.Key, Visibility: activity.VisiblePublic, Note: n}
			row.ThreadKey = row.Key
			if _, err := tx.PutNote(t.Context(), row); err != nil {
				return err
			}
			if err := tx.Notify(t.Context(), h.alice.Key, "mention", author.Key, row.Key); err != nil {
				return err
			}
		}
		return nil
	}))
	at := "/@" + url.PathEscape(author.Handle())
	for _, path := range []string{"/notifications", at, "/search?q=mal"} {
		if _, body := h.page(path); !strings.Contains(body, "healthy") && !strings.HasPrefix(path, "/search") || !strings.HasSuffix(strings.TrimSpace(body), "</html>") {
			t.Errorf("%s does not show what is healthy, or ends early", path)
		}
	}
	for path, want := range map[string]int{"/api/v1/timelines/public": len(poisons) + 1, "/api/v1/accounts/" + author.Key.String() + "/statuses": len(poisons) + 1, "/api/v1/notifications": len(poisons) + 1} {
		if got := h.entity(path).([]any); len(got) != want {
			t.Errorf("%s has %d of %d", path, len(got), want)
		}
	}
}

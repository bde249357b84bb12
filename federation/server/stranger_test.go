package server_test

import (
	"bytes"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/store"
)

// stranger is a server of other software: it serves the documents that it is
// given, and signs what it is told to, honest or not.
type stranger struct {
	t    testing.TB
	key  *rsa.PrivateKey
	http *httptest.Server
	host string
	url  string

	mu   sync.Mutex
	docs map[string]any        // by path
	got  []string              // paths asked for
	sent []string              // what it was sent, as JSON
	make func(path string) any // documents that nobody has written down; nil for none
}

// status is what is answered in place of a document.
type status int

func newStranger(t testing.TB, name string) *stranger {
	t.Helper()
	key, err := httpsign.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	s := &stranger{t: t, key: key, docs: map[string]any{}}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	s.http = h
	s.named(name + ".localhost")
	return s
}

// named gives it another name; do it first.
func (s *stranger) named(name string) {
	_, port, _ := strings.Cut(s.http.Listener.Addr().String(), ":")
	s.host = name + ":" + port
	s.url = "http://" + s.host
}

func (s *stranger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, r.Method+" "+r.URL.Path)
	doc, ok := s.docs[r.URL.Path]
	if !ok && s.make != nil {
		doc = s.make(r.URL.Path)
		ok = doc != nil
	}
	code, fails := doc.(status)
	file, isFile := doc.([]byte)
	switch to, redirects := doc.(activity.ID); {
	case !ok:
		http.NotFound(w, r)
	case fails:
		w.WriteHeader(int(code))
	case isFile:
		_, _ = w.Write(file)
	case redirects:
		http.Redirect(w, r, string(to), http.StatusFound)
	case r.Method == http.MethodPost:
		body, _ := io.ReadAll(r.Body) // or what came of it
		s.sent = append(s.sent, string(body))
		w.WriteHeader(http.StatusAccepted)
	default:
		w.Header().Set("Content-Type", "application/activity+json")
		_ = json.NewEncoder(w).Encode(doc)
	}
}

func (s *stranger) serve(path string, doc any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.docs[path] = doc
}

// answers are the types of the activities that it was sent about an object.
func (s *stranger) answers(object string) (types []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, body := range s.sent {
		var e activity.Envelope
		if json.Unmarshal([]byte(body), &e) == nil && string(e.Object.ID) == object {
			types = append(types, e.Type)
		}
	}
	return types
}

func (s *stranger) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.got)
}

func (s *stranger) id(path string) string { return s.url + path }

// person serves an actor with the stranger's key.
func (s *stranger) person(name string) string {
	id := s.id("/users/" + name)
	s.serve("/users/"+name, s.actor(name))
	s.serve("/users/"+name+"/inbox", true)
	return id
}

func (s *stranger) actor(name string) map[string]any {
	id := s.id("/users/" + name)
	return map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": "Person", "preferredUsername": name,
		"inbox": id + "/inbox", "followers": id + "/followers",
		"publicKey": map[string]any{"id": id + "#main-key", "owner": id, "publicKeyPem": httpsign.EncodePublicKey(&s.key.PublicKey)},
	}
}

// signed is a request to a company, signed as actor.
func (s *stranger) signed(c *company, method, path, actor string, body []byte) *http.Request {
	s.t.Helper()
	var in io.Reader
	if body != nil {
		in = bytes.NewReader(body)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, c.House.URL+path, in)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Accept", "application/activity+json")
	if body != nil {
		r.Header.Set("Content-Type", "application/activity+json")
	}
	if err := httpsign.Sign(r, body, httpsign.Signer{KeyID: activity.ID(actor + "#main-key"), Key: s.key}, time.Now()); err != nil {
		s.t.Fatal(err)
	}
	return r
}

// send delivers an activity and gives the status and the body of the answer.
func (s *stranger) send(c *company, doc map[string]any) (int, string) {
	s.t.Helper()
	body, err := json.Marshal(doc)
	if err != nil {
		s.t.Fatal(err)
	}
	return c.answer(s.signed(c, "POST", "/inbox", doc["actor"].(string), body))
}

// answer is what a company says to a request.
func (c *company) answer(r *http.Request) (int, string) {
	c.t.Helper()
	// The names under .localhost are this machine's, whatever the resolver says.
	r.URL.Host = c.http.Listener.Addr().String()
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp.StatusCode, strings.TrimSpace(string(b))
}

// get reads a path of a company, signed as actor of s; unsigned when s is nil.
func (c *company) get(s *stranger, actor, path string) (int, string) {
	c.t.Helper()
	if s != nil {
		return c.answer(s.signed(c, "GET", path, actor, nil))
	}
	r, err := http.NewRequestWithContext(c.t.Context(), "GET", c.House.URL+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Accept", "application/activity+json")
	return c.answer(r)
}

// create is the Create of a public note.
func (s *stranger) create(actor, path, content string) map[string]any {
	id := s.id(path)
	return map[string]any{"id": id + "#create", "type": "Create", "actor": actor, "to": activity.Public,
		"object": map[string]any{"id": id, "type": "Note", "attributedTo": actor, "content": content, "to": activity.Public}}
}

// follow makes one of the stranger's people follow one of the company's.
func (s *stranger) follow(actor string, whom store.Actor) map[string]any {
	return map[string]any{"id": fmt.Sprintf("%s#follow-%s", actor, whom.Username), "type": "Follow", "actor": actor, "object": whom.ID}
}

func (c *company) isPartnerOf(s *stranger) {
	c.t.Helper()
	c.tx(func(tx *store.Tx) error {
		return tx.PutPartner(c.t.Context(), store.Partner{Host: s.host, Lets: agreement.Everything().Raw(), Takes: agreement.Everything().Raw()})
	})
}

// rows counts what is in the tables that an activity can change.
func (c *company) rows() string {
	c.t.Helper()
	e, err := c.db.Footprint(c.t.Context())
	c.do(err)
	return e
}

package e2e

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/httpsign"
)

// outsider is a server of other software, with one person, mallory: all it says is
// true and well signed.
type outsider struct {
	host   string
	signer httpsign.Signer
	heard  chan string // what is delivered to it
}

func newOutsider(t *testing.T) *outsider {
	t.Helper()
	heard := make(chan string, 100)
	o := newOutsiderWho(t, func(said string) { heard <- said }, func(string) (any, bool) { return nil, false })
	o.heard = heard
	return o
}

// newOutsiderWho calls hear with what is delivered, before it answers, and shows the
// documents that it has at a path, or else mallory.
func newOutsiderWho(t *testing.T, hear func(said string), show func(path string) (doc any, has bool)) *outsider {
	t.Helper()
	port, err := shop.freePort()
	must(t, err)
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	must(t, err)
	key, err := httpsign.NewKey()
	must(t, err)
	o := &outsider{host: fmt.Sprintf("outsider.localhost:%d", port)}
	me := o.id("/mallory")
	o.signer = httpsign.Signer{KeyID: me + "#main-key", Key: key}
	doc, err := json.Marshal(activity.Actor{Context: activity.Context, ID: me, Type: "Person", Username: "mallory",
		Inbox: activity.Ref{ID: me + "/inbox"}, Outbox: activity.Ref{ID: me + "/outbox"},
		PublicKey: activity.List[activity.PublicKey]{{ID: o.signer.KeyID, Owner: me, PEM: httpsign.EncodePublicKey(&key.PublicKey)}}})
	must(t, err)
	s := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			body, _ := io.ReadAll(r.Body) // half of it is of no use to the test either
			hear(string(body))
			w.WriteHeader(http.StatusAccepted)
			return
		}
		w.Header().Set("Content-Type", "application/activity+json")
		shown := any(json.RawMessage(doc))
		if other, has := show(r.URL.Path); has {
			shown = other
		}
		_ = json.NewEncoder(w).Encode(shown) // whoever asked has gone
	})}
	go s.Serve(l) //nolint:errcheck // it ends with Close
	t.Cleanup(func() { _ = s.Close() })
	return o
}

func (o *outsider) id(path string) activity.ID { return activity.ID("http://" + o.host + path) }

// follows delivers a Follow of somebody, signed, and gives the status of the answer.
func (o *outsider) follows(t *testing.T, p *person) int {
	t.Helper()
	me, them := o.id("/mallory"), activity.ID(p.at.url()+"/users/"+p.name)
	body, err := json.Marshal(map[string]any{"@context": activity.Context, "type": "Follow",
		"id": o.id("/" + strings.ToLower(rand.Text())), "actor": me, "object": them})
	must(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, string(them)+"/inbox", bytes.NewReader(body))
	must(t, err)
	r.Header.Set("Content-Type", "application/activity+json")
	return o.send(t, r, body).status
}

// send signs a request, and gives what comes back.
func (o *outsider) send(t *testing.T, r *http.Request, body []byte) seen {
	t.Helper()
	must(t, httpsign.Sign(r, body, o.signer, time.Now()))
	return see(t, r)
}

// seen is all that somebody gets to see of an answer.
type seen struct {
	status int
	header http.Header // without the time of day
	body   string
}

// see sends a request and goes where the answer leads no further.
func see(t *testing.T, r *http.Request) seen {
	t.Helper()
	browser := *loopback
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := browser.Do(r)
	must(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	resp.Header.Del("Date")
	return seen{resp.StatusCode, resp.Header, string(body)}
}

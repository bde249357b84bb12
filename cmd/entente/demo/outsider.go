package demo

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/httpsign"
)

// outsider is a third company that nobody has made a partner: all it says is
// true and well signed.
type outsider struct {
	host   string
	server *http.Server
	signer httpsign.Signer
	client *http.Client
}

// newOutsider serves the actor document of mallory, with her key, at a port.
func newOutsider(ctx context.Context, port int) (*outsider, error) {
	l, err := listen(ctx, port)
	if err != nil {
		return nil, err
	}
	key, err := httpsign.NewKey()
	if err != nil {
		return nil, err
	}
	o := &outsider{host: fmt.Sprintf("outsider.localhost:%d", port), client: loopbackClient()}
	me := o.id("/mallory")
	o.signer = httpsign.Signer{KeyID: me + "#main-key", Key: key}
	doc, err := json.Marshal(activity.Actor{Context: activity.Context, ID: me, Type: "Person", Username: "mallory",
		Inbox: activity.Ref{ID: me + "/inbox"}, Outbox: activity.Ref{ID: me + "/outbox"},
		PublicKey: activity.List[activity.PublicKey]{{ID: o.signer.KeyID, Owner: me, PEM: httpsign.EncodePublicKey(&key.PublicKey)}}})
	if err != nil {
		return nil, err
	}
	o.server = &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/activity+json")
		_, _ = w.Write(doc) // whoever asked has gone
	})}
	go o.server.Serve(l) //nolint:errcheck // it ends with close
	return o, nil
}

func (o *outsider) id(path string) activity.ID { return activity.ID("http://" + o.host + path) }

func (o *outsider) close() { _ = o.server.Close() }

// reads asks for an object, signed, and returns the status of the answer.
func (o *outsider) reads(ctx context.Context, iri string) (int, error) {
	return o.send(ctx, http.MethodGet, iri, nil)
}

// delivers brings a note for somebody to an inbox, signed, and returns the
// status of the answer.
func (o *outsider) delivers(ctx context.Context, inbox string, to activity.ID) (int, error) {
	me, note := o.id("/mallory"), o.id("/notes/"+strings.ToLower(rand.Text()))
	body, err := json.Marshal(map[string]any{
		"@context": activity.Context, "id": note + "/create", "type": "Create", "actor": me, "to": []activity.ID{to},
		"object": map[string]any{"id": note, "type": "Note", "attributedTo": me, "to": []activity.ID{to}, "content": "Let me in."},
	})
	if err != nil {
		return 0, err
	}
	return o.send(ctx, http.MethodPost, inbox, body)
}

func (o *outsider) send(ctx context.Context, method, address string, body []byte) (int, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(string(body)))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Accept", "application/activity+json")
	if body != nil {
		r.Header.Set("Content-Type", "application/activity+json")
	}
	if err := httpsign.Sign(r, body, o.signer, time.Now()); err != nil {
		return 0, err
	}
	resp, err := o.client.Do(r)
	if err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, resp.Body.Close()
}

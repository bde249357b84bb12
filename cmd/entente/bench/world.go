package bench

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/store"
)

// world is all the other servers: host number n is hn.localhost, a name that leads to
// this machine without a resolver. They share a few listeners, each with a port of its
// own, so that the ports of connections do not run out.
type world struct {
	names    []string // of the hosts
	partners bool     // they speak as Entente does
	numbers  map[string]int
	server   *http.Server
	delay    time.Duration
	pits     int // the last so many never answer
	closed   chan struct{}
	heard    atomic.Pointer[func(arrival)]
	docs     sync.Map // path at host -> document
	odd      atomic.Int64
}

// arrival is something that was delivered.
type arrival struct {
	host int
	path string
	body []byte
	at   time.Time
}

// listeners is how many ports there are.
const listeners = 8

func newWorld(ctx context.Context, hosts int) (*world, error) {
	w := &world{numbers: map[string]int{}, closed: make(chan struct{})}
	w.server = &http.Server{Handler: w, ReadHeaderTimeout: time.Minute, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	var ports []int
	for range min(listeners, hosts) {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", loopback+":0")
		if err != nil {
			return nil, err
		}
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
		go w.server.Serve(l) //nolint:errcheck // it ends with close
	}
	for n := range hosts {
		name := fmt.Sprintf("h%d.localhost:%d", n, ports[n%len(ports)])
		w.names = append(w.names, name)
		w.numbers[name] = n
	}
	return w, nil
}

func (w *world) close() {
	close(w.closed)
	_ = w.server.Close()
}

// hear gives what is delivered from now on to fn, which many may call at once.
func (w *world) hear(fn func(arrival)) { w.heard.Store(&fn) }

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	at := time.Now()
	n, known := w.numbers[r.Host]
	body, err := io.ReadAll(r.Body)
	switch {
	case !known || err != nil:
		http.Error(rw, "who?", http.StatusMisdirectedRequest)
		return
	case n >= len(w.names)-w.pits:
		select { // a tar-pit takes what comes, and says nothing
		case <-w.closed:
		case <-r.Context().Done():
		}
		return
	case w.delay > 0:
		time.Sleep(w.delay)
	}
	if r.Method == http.MethodGet {
		w.show(rw, r)
		return
	}
	if isMessage := r.Header.Get("Signature-Input") != ""; r.Header.Get("Signature") == "" || isMessage != w.partners {
		w.odd.Add(1)
	}
	rw.WriteHeader(http.StatusAccepted)
	if fn := w.heard.Load(); fn != nil {
		(*fn)(arrival{n, r.URL.Path, body, at})
	}
}

// show answers with the document of somebody, or with where they are.
func (w *world) show(rw http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/.well-known/webfinger" {
		account := r.URL.Query().Get("resource")
		name, _, _ := strings.Cut(strings.TrimPrefix(account, "acct:"), "@")
		rw.Header().Set("Content-Type", "application/jrd+json")
		_ = json.NewEncoder(rw).Encode(map[string]any{"subject": account, "links": []map[string]string{
			{"rel": "self", "type": "application/activity+json", "href": "http://" + r.Host + "/users/" + name}}})
		return
	}
	doc, ok := w.docs.Load(r.Host + r.URL.Path)
	if !ok {
		http.NotFound(rw, r)
		return
	}
	rw.Header().Set("Content-Type", "application/activity+json")
	_, _ = rw.Write(doc.([]byte)) // whoever asked has gone
}

// person is somebody elsewhere.
type person struct {
	store.Actor
	key *rsa.PrivateKey
}

// person number n on a host.
func (w *world) person(host, n int, key *rsa.PrivateKey) person {
	name := "p" + strconv.Itoa(n)
	id := activity.ID("http://" + w.names[host] + "/users/" + name)
	a := activity.Actor{Context: activity.Context, ID: id, Type: "Person", Username: activity.Text(name), Name: activity.Text("Person " + strconv.Itoa(n)),
		Inbox: activity.Ref{ID: id + "/inbox"}, Outbox: activity.Ref{ID: id + "/outbox"}, Followers: activity.Ref{ID: id + "/followers"},
		Endpoints: activity.Endpoints{SharedInbox: activity.Text("http://" + w.names[host] + "/inbox")}, Published: activity.At(time.Now())}
	if key != nil {
		a.PublicKey = activity.List[activity.PublicKey]{{ID: id + "#main-key", Owner: id, PEM: httpsign.EncodePublicKey(&key.PublicKey)}}
	}
	return person{store.Actor{Actor: a, Key: store.NewKey(time.Now()), Host: w.names[host], FetchedAt: time.Now()}, key}
}

// people are n of them, spread over the hosts.
func (w *world) people(n int, keys []*rsa.PrivateKey) []person {
	all := make([]person, n)
	for i := range all {
		var key *rsa.PrivateKey
		if len(keys) > 0 {
			key = keys[i%len(keys)]
		}
		all[i] = w.person(i%len(w.names), i, key)
	}
	return all
}

// letter is a signed request to our inbox.
func (p person) letter(ctx context.Context, to string, body []byte) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(string(body)))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/activity+json")
	return r, httpsign.Sign(r, body, httpsign.Signer{KeyID: p.ID + "#main-key", Key: p.key}, time.Now())
}

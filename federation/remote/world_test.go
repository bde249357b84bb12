package remote

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/httpsign"
)

// world is an internet on one machine: every name in it has a public address,
// and whoever connects to one reaches the same TLS server, which tells hosts
// apart. The client under test runs with the rules of production.
type world struct {
	server  *httptest.Server
	hosts   map[string]http.HandlerFunc
	address func(host string) []netip.Addr // what the resolver says (nil: no such host); public when nil
	refuse  string                         // the host that the gate refuses

	mu     sync.Mutex
	events []string // "allow host", "resolve host", "dial address", "get url"
}

var (
	public  = netip.MustParseAddr("93.184.216.34")
	key     = sync.OnceValue(func() *rsa.PrivateKey { k, err := httpsign.NewKey(); must(err); return k })
	certOf  = sync.OnceValue(certificate)
	signer  = sync.OnceValue(func() Keys { return Keys{RSA: httpsign.Signer{KeyID: "https://us.test/actor#key", Key: key()}} })
	anytime = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// certificate is for all the hosts of all the tests.
func certificate() tls.Certificate {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "the world"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"*.test", "*.example", "quitter.no", "poa.st", "whitehouse.gov", "mastodon.social", "pleroma.soykaf.com", "framatube.org"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	must(err)
	leaf, err := x509.ParseCertificate(der)
	must(err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k, Leaf: leaf}
}

func newWorld(t testing.TB, hosts map[string]http.HandlerFunc) (*world, *Client) {
	t.Helper()
	w := &world{hosts: hosts}
	w.server = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.happened("get https://" + r.Host + r.RequestURI)
		if handle := hosts[r.Host]; handle != nil {
			handle(rw, r)
			return
		}
		http.NotFound(rw, r)
	}))
	w.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	w.server.TLS = &tls.Config{Certificates: []tls.Certificate{certOf()}}
	w.server.EnableHTTP2 = true
	w.server.StartTLS()
	t.Cleanup(w.server.Close)
	return w, w.client(t, Options{})
}

// client is one that lives in this world.
func (w *world) client(t testing.TB, o Options) *Client {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AddCert(certOf().Leaf)
	o.Gate, o.Resolver, o.Dial, o.RootCAs = w, w, w.dial, pool
	o.Now, o.UserAgent = func() time.Time { return anytime }, "Entente/1.0 (+https://us.test)"
	c := New(o)
	t.Cleanup(c.transport.CloseIdleConnections)
	return c
}

func (w *world) happened(event string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, event)
}

// saw are the events that start so.
func (w *world) saw(start string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.events), func(e string) bool { return !strings.HasPrefix(e, start) })
}

func (w *world) Allow(_ context.Context, host string) error {
	w.happened("allow " + host)
	if host == w.refuse {
		return activity.Refuse(activity.Denied, "not_a_partner", "%s is not a partner", host)
	}
	return nil
}

func (w *world) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	w.happened("resolve " + host)
	if w.address == nil {
		return []netip.Addr{public}, nil
	}
	if ips := w.address(host); ips != nil {
		return ips, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func (w *world) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	w.happened("dial " + addr)
	return new(net.Dialer).DialContext(ctx, network, w.server.Listener.Addr().String())
}

// says serves a body as an ActivityPub document.
func says(format string, args ...any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/activity+json; charset=utf-8")
		fmt.Fprintf(w, format, args...)
	}
}

func note(id string) http.HandlerFunc { return says(`{"id":%q,"type":"Note"}`, id) }

// routes serves paths (with their query), 404 for the rest.
func routes(paths map[string]http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if handle := paths[r.RequestURI]; handle != nil {
			handle(w, r)
			return
		}
		http.NotFound(w, r)
	}
}

func redirect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// wantFault checks the kind and the reason of an error.
func wantFault(t *testing.T, err error, kind activity.Kind, reason string) {
	t.Helper()
	f, ok := errors.AsType[*activity.Fault](err)
	if !ok || f.Kind != kind || f.Reason != reason || f.Say == "" {
		t.Fatalf("err = %v; want %q of kind %d", err, reason, kind)
	}
}

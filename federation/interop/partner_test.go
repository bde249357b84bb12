package interop_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"entente.example/entente/activity"
)

// A partner is every other server of the world: whatever a host is called, who
// connects to it ends here. It serves the documents of one scene at a time and
// takes what is delivered.
type partner struct {
	secure, plain *httptest.Server
	authority     *authority

	mu    sync.Mutex
	world *world
	got   []activity.Envelope
	calls int
}

func newPartner(t *testing.T, a *authority) *partner {
	p := &partner{authority: a}
	p.plain, p.secure = p.listen(t, "http://"), p.listen(t, "https://")
	p.plain.Start()
	p.secure.TLS = &tls.Config{GetCertificate: a.certificate}
	p.secure.StartTLS()
	return p
}

func (p *partner) listen(t *testing.T, scheme string) *httptest.Server {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.serve(w, r, activity.ID(scheme+r.Host+r.RequestURI))
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.SetKeepAlivesEnabled(false) // a thousand hosts would be a thousand connections
	t.Cleanup(s.Close)
	return s
}

// plays makes the world of a scene the one that is served, and forgets what came.
func (p *partner) plays(w *world) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.world, p.got, p.calls = w, nil, 0
}

func (p *partner) serve(w http.ResponseWriter, r *http.Request, id activity.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	if r.Method == http.MethodPost {
		p.take(w, r)
		return
	}
	doc, status := p.world.document(id), http.StatusOK
	switch {
	case p.world.gone[id]:
		doc, status = json.RawMessage(`{"type":"Tombstone","id":"`+string(id)+`"}`), http.StatusGone
	case doc == nil:
		status = http.StatusNotFound
	case strings.Contains(string(id), "/.well-known/"):
		w.Header().Set("Content-Type", "application/jrd+json")
	default:
		w.Header().Set("Content-Type", "application/activity+json; charset=utf-8")
	}
	w.WriteHeader(status)
	_, _ = w.Write(doc)
}

func (p *partner) take(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if e, err := activity.ReadEnvelope(body); err == nil {
		p.got = append(p.got, e)
	}
	w.WriteHeader(http.StatusAccepted)
}

// requests is how often somebody has called since the scene began.
func (p *partner) requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

// received says whether an activity of this type came that is about id.
func (p *partner) received(verb string, about activity.ID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.got {
		if e.Type == verb && e.Object.ID == about {
			return true
		}
	}
	return false
}

// LookupNetIP finds every host at the same public address.
func (p *partner) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("93.184.216.34")}, nil
}

// dial connects to this partner whatever the address; the port says whether TLS
// is spoken.
func (p *partner) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	to := p.plain
	if strings.HasSuffix(addr, ":443") {
		to = p.secure
	}
	return new(net.Dialer).DialContext(ctx, network, to.Listener.Addr().String())
}

// An authority certifies every host, for this test only.
type authority struct {
	key    *ecdsa.PrivateKey
	root   *x509.Certificate
	mu     sync.Mutex
	issued map[string]*tls.Certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{key: key, issued: map[string]*tls.Certificate{}}
	a.root = &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "the world"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, a.root, a.root, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if a.root, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.root)
	return pool
}

// certificate is made when a host is first called.
func (a *authority) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.issued[hello.ServerName]; c != nil {
		return c, nil
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(int64(len(a.issued) + 2)), DNSNames: []string{hello.ServerName},
		NotBefore: a.root.NotBefore, NotAfter: a.root.NotAfter}
	der, err := x509.CreateCertificate(rand.Reader, leaf, a.root, a.key.Public(), a.key)
	if err != nil {
		return nil, err
	}
	c := &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: a.key}
	a.issued[hello.ServerName] = c
	return c, nil
}

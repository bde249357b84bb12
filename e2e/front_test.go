package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"
)

// front is what stands before a server in production: it speaks TLS, and hands
// all on. This one also remembers who asked for what.
type front struct {
	host string // as in "acme.localhost:20000"
	back string // where the server listens, as in "127.0.0.1:20001"

	mu     sync.Mutex
	passed []knock
}

// knock is one request of a server.
type knock struct {
	from    string // the host whose key has signed it, "" when none has
	method  string
	path    string
	dialect dialect
	status  int // of the answer
}

// dialect is how a request is signed.
type dialect string

const (
	unsigned dialect = ""
	cavage   dialect = "cavage"
	rfc9421  dialect = "rfc9421"
)

func dialectOf(h http.Header) dialect {
	switch {
	case h.Get("Signature-Input") != "":
		return rfc9421
	case h.Get("Signature") != "":
		return cavage
	}
	return unsigned
}

var keyHost = regexp.MustCompile(`(?i)keyid="https://([^/"]+)`)

func signerOf(h http.Header) string {
	found := keyHost.FindStringSubmatch(h.Get("Signature-Input") + h.Get("Signature"))
	if found == nil {
		return ""
	}
	return found[1]
}

// newFront puts a front before a server that will listen on a free port.
func newFront(t *testing.T, name string) *front {
	t.Helper()
	port, err := shop.freePort()
	must(t, err)
	behind, err := shop.freePort()
	must(t, err)
	f := &front{host: fmt.Sprintf("%s.localhost:%d", name, port), back: fmt.Sprintf("127.0.0.1:%d", behind)}
	l, err := tls.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port), &tls.Config{Certificates: []tls.Certificate{shop.trust.certify(t, name+".localhost")}})
	must(t, err)
	s := &http.Server{Handler: f.handler(), ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	go s.Serve(l) //nolint:errcheck // it ends with Close
	t.Cleanup(func() { _ = s.Close() })
	return f
}

func (f *front) handler() http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: f.back})
			r.SetXForwarded()
			r.Out.Host = r.In.Host
		},
		ModifyResponse: func(r *http.Response) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			was := r.Request
			f.passed = append(f.passed, knock{signerOf(was.Header), was.Method, was.URL.Path, dialectOf(was.Header), r.StatusCode})
			return nil
		},
		ErrorLog: log.New(io.Discard, "", 0), // a server that has been stopped is no news
	}
	return proxy
}

// knocks are the requests so far that are as asked.
func (f *front) knocks(so ...func(knock) bool) (found []knock) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, k := range f.passed {
		if !slices.ContainsFunc(so, func(is func(knock) bool) bool { return !is(k) }) {
			found = append(found, k)
		}
	}
	return found
}

func from(host string) func(knock) bool    { return func(k knock) bool { return k.from == host } }
func asked(path string) func(knock) bool   { return func(k knock) bool { return k.path == path } }
func answered(status int) func(knock) bool { return func(k knock) bool { return k.status == status } }

func isDelivery(k knock) bool { return k.method == http.MethodPost }

// authority is who the fronts have their certificates from. The programs under
// test trust it, and nobody else does.
type authority struct {
	tls.Certificate
	file string // of its certificate
}

const validFor = 24 * time.Hour

func newAuthority(folder string) (*authority, error) {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Entente's tests"}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(validFor)}
	cert, err := issue(template, nil)
	if err != nil {
		return nil, err
	}
	a := &authority{cert, filepath.Join(folder, "authority.pem")}
	return a, os.WriteFile(a.file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}), 0o600)
}

// isTrusted makes a client believe what a has signed.
func (a *authority) isTrusted(by *http.Client) {
	pool := x509.NewCertPool()
	pool.AddCert(a.Leaf)
	by.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: pool}
}

func (a *authority) certify(t *testing.T, name string) tls.Certificate {
	t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	must(t, err)
	cert, err := issue(&x509.Certificate{SerialNumber: serial, DNSNames: []string{name}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(validFor)}, a)
	must(t, err)
	return cert
}

// issue makes a certificate by an authority, nil for one that vouches for itself.
func issue(template *x509.Certificate, by *authority) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	parent, signer := template, any(key)
	if by != nil {
		parent, signer = by.Leaf, by.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}

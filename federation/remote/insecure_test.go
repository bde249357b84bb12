package remote

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"entente.example/entente/activity"
)

// issued is a certificate for *.test by an authority of its own, after change.
func issued(t *testing.T, change func(*x509.Certificate)) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	from := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(48 * time.Hour)}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{"*.test"}, NotBefore: from.NotBefore, NotAfter: from.NotAfter}
	change(leaf)
	der, err := x509.CreateCertificate(rand.Reader, leaf, from, &k.PublicKey, k)
	must(err)
	root, err := x509.CreateCertificate(rand.Reader, from, from, &k.PublicKey, k)
	must(err)
	authority, err := x509.ParseCertificate(root)
	must(err)
	pool := x509.NewCertPool()
	pool.AddCert(authority)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k}, pool
}

// What one insecure setting allows, plain http, must not reach TLS: CVE-2026-59825.
func TestAttack22ABadCertificateIsRefusedWhateverElseIsAllowed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change  func(*x509.Certificate)
		unknown bool // the authority
		good    bool
	}{
		"good":        {change: func(*x509.Certificate) {}, good: true},
		"self-signed": {change: func(*x509.Certificate) {}, unknown: true},
		"wrong name":  {change: func(c *x509.Certificate) { c.DNSNames = []string{"other.example"} }},
		"expired":     {change: func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-24 * time.Hour) }},
		"not yet":     {change: func(c *x509.Certificate) { c.NotBefore = time.Now().Add(24 * time.Hour) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cert, pool := issued(t, tc.change)
			if tc.unknown {
				pool = x509.NewCertPool()
			}
			var reached atomic.Int32
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				reached.Add(1)
				if r.Method == http.MethodGet {
					note("https://good.test/1")(rw, r)
				}
			}))
			s.Config.ErrorLog = log.New(io.Discard, "", 0)
			s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
			s.StartTLS()
			defer s.Close()
			c := New(Options{InsecureHTTP: true, PrivateNetworks: prefixes("0.0.0.0/0", "::/0"), Gate: &world{}, RootCAs: pool, Resolver: &world{address: func(string) []netip.Addr { return []netip.Addr{public} }},
				Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
					return new(net.Dialer).DialContext(ctx, network, s.Listener.Addr().String())
				}})
			defer c.transport.CloseIdleConnections()
			_, fetched := c.Fetch(t.Context(), "https://good.test/1", signer())
			delivered := c.Deliver(t.Context(), "https://good.test/inbox", []byte(`{}`), signer())
			if tc.good {
				if fetched != nil || delivered != nil {
					t.Fatalf("the good one: %v, %v", fetched, delivered)
				}
				return
			}
			wantFault(t, fetched, activity.Later, "unreachable")
			wantFault(t, delivered, activity.Later, "unreachable")
			if n := reached.Load(); n != 0 {
				t.Errorf("%d requests went out", n)
			}
		})
	}
}

package httpsign

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entente.example/entente/activity"
)

var (
	now   = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	body  = []byte(`{"type":"Follow"}`)
	hosts = []string{"other.example", "ours.example"}
	ada   = sync.OnceValue(newKey)
	eve   = sync.OnceValue(newKey)
)

const origin = "https://ours.example"

const adasKey activity.ID = "https://ada.example/users/ada#main-key"

func newKey() *rsa.PrivateKey {
	key, err := NewKey()
	if err != nil {
		panic(err)
	}
	return key
}

// letter is a signed request before it is written: what it says, and how it is
// signed. It signs by itself, so that it can do everything that Sign would not.
type letter struct {
	method, target, host, date, digest, algorithm string
	body                                          []byte
	listed                                        []string
	created, expires                              time.Time
	key                                           *rsa.PrivateKey
	hash                                          crypto.Hash
	extra                                         string      // more parameters
	more                                          http.Header // more headers
	signedTarget                                  string      // when it is not target
}

func aPost() *letter {
	sum := sha256.Sum256(body)
	return &letter{
		method: "POST", target: "/inbox?from=ada", host: "ours.example", body: body, key: ada(), hash: crypto.SHA256,
		date: now.Format(http.TimeFormat), digest: "SHA-256=" + base64.StdEncoding.EncodeToString(sum[:]),
		algorithm: "rsa-sha256", listed: []string{"(request-target)", "host", "date", "digest"}, more: http.Header{},
	}
}

func aGet() *letter {
	l := aPost()
	l.method, l.body, l.digest, l.listed = "GET", nil, "", []string{"(request-target)", "host", "date"}
	return l
}

// byCreated is how a sender signs that gives (created) and no Date.
func (l *letter) byCreated(at time.Time) *letter {
	l.algorithm, l.created, l.date = "hs2019", at, ""
	l.listed = slices.DeleteFunc(l.listed, func(s string) bool { return s == "date" })
	l.listed = append(l.listed, "(created)")
	return l
}

func (l *letter) without(name string) *letter {
	l.listed = slices.DeleteFunc(slices.Clone(l.listed), func(s string) bool { return s == name })
	return l
}

func (l *letter) line(name string) string {
	wire := l.signedTarget
	if wire == "" {
		wire = l.target
	}
	values := map[string]string{
		"(request-target)": strings.ToLower(l.method) + " " + wire, "host": l.host, "date": l.date, "digest": l.digest,
		"(created)": fmt.Sprint(l.created.Unix()), "(expires)": fmt.Sprint(l.expires.Unix()),
	}
	if v, ok := values[name]; ok {
		return name + ": " + v
	}
	return name + ": " + strings.Join(l.more.Values(name), ", ")
}

func (l *letter) signature(t testing.TB) string {
	t.Helper()
	var lines []string
	for _, name := range l.listed {
		lines = append(lines, l.line(name))
	}
	h := l.hash.New()
	h.Write([]byte(strings.Join(lines, "\n")))
	sig, err := rsa.SignPKCS1v15(rand.Reader, l.key, l.hash, h.Sum(nil))
	if err != nil {
		t.Fatal(err)
	}
	params := fmt.Sprintf(`keyId=%q,headers=%q,signature=%q`, adasKey, strings.Join(l.listed, " "), base64.StdEncoding.EncodeToString(sig))
	if l.algorithm != "" {
		params += fmt.Sprintf(`,algorithm=%q`, l.algorithm)
	}
	if !l.created.IsZero() {
		params += fmt.Sprintf(`,created=%d`, l.created.Unix())
	}
	if !l.expires.IsZero() {
		params += fmt.Sprintf(`,expires=%d`, l.expires.Unix())
	}
	return params + l.extra
}

// sent is the request as our server reads it off the wire.
func (l *letter) sent(t testing.TB) *http.Request {
	t.Helper()
	h := l.more.Clone()
	for name, value := range map[string]string{"Date": l.date, "Digest": l.digest, "Signature": l.signature(t)} {
		if value != "" {
			h.Set(name, value)
		}
	}
	return wire(t, l.method, l.target, l.host, h, l.body)
}

func wire(t testing.TB, method, target, host string, h http.Header, body []byte) *http.Request {
	t.Helper()
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, target, host)
	if err := h.Write(&b); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&b, "\r\n%s", body)
	r, err := http.ReadRequest(bufio.NewReader(&b))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// believe parses and verifies, as an inbox does.
func believe(r *http.Request, body []byte, key crypto.PublicKey) error {
	s, err := Parse(r, origin)
	if err != nil {
		return err
	}
	return s.Verify(r, body, key, now, hosts)
}

// wantReason checks the outcome: "" means believed.
func wantReason(t *testing.T, err error, reason string) {
	t.Helper()
	switch {
	case reason == "" && err != nil:
		t.Fatalf("refused: %v", err)
	case reason != "" && err == nil:
		t.Fatalf("believed; want %q", reason)
	case reason != "" && (activity.FaultOf(err).Reason != reason || activity.KindOf(err) != activity.Unauthenticated):
		t.Fatalf("refused as %v; want %q", err, reason)
	}
}

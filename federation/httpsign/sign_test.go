package httpsign

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
)

// known is what a second implementation signs, in another language.
type known struct {
	KeyID    activity.ID
	Keys     map[string]string
	Multikey string
	Cases    []struct {
		Title, Method, URL, Key string
		Dialect                 Dialect
		Headers, Want           map[string]string
		Body                    *string
	}
}

func readKnown(t testing.TB) (k known, keys map[string]crypto.Signer) {
	t.Helper()
	b, err := os.ReadFile("testdata/known.json")
	if err == nil {
		err = json.Unmarshal(b, &k)
	}
	if err != nil {
		t.Fatal(err)
	}
	keys = map[string]crypto.Signer{}
	for name, text := range k.Keys {
		if keys[name], err = ParsePrivateKey(text); err != nil {
			t.Fatal(err)
		}
	}
	return k, keys
}

var signers = map[Dialect]func(*http.Request, []byte, Signer, time.Time) error{Cavage: Sign, RFC9421: SignMessage}

func TestWhatWeSignIsWhatOthersSignAndBelievedByUs(t *testing.T) {
	t.Parallel()
	k, keys := readKnown(t)
	for _, c := range k.Cases {
		t.Run(c.Title, func(t *testing.T) {
			t.Parallel()
			var sent []byte
			if c.Body != nil {
				sent = []byte(*c.Body)
			}
			r, err := http.NewRequest(c.Method, c.URL, bytes.NewReader(sent))
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range c.Headers {
				r.Header.Set(name, value)
			}
			for range 2 { // signed again, it is signed once
				if err := signers[c.Dialect](r, sent, Signer{KeyID: k.KeyID, Key: keys[c.Key]}, now); err != nil {
					t.Fatal(err)
				}
			}
			for _, name := range []string{"Date", "Digest", digestHeader, inputHeader, "Signature"} {
				if got := strings.Join(r.Header.Values(name), " AND "); got != c.Want[name] {
					t.Errorf("%s: %s\n   want %s", name, got, c.Want[name])
				}
			}
			came := wire(t, r.Method, r.URL.RequestURI(), r.Host, r.Header, sent)
			wantReason(t, believe(came, sent, keys[c.Key].Public()), "")
			s, err := Parse(came, origin)
			if _, synchronises := c.Headers["Collection-Synchronization"]; err != nil || s.Covers("Collection-Synchronization") != synchronises {
				t.Errorf("covers %q, %v", s.covered, err)
			}
		})
	}
	if len(k.Cases) == 0 {
		t.Error("nothing was signed")
	}
}

func TestOneDialectLeavesNothingOfTheOther(t *testing.T) {
	t.Parallel()
	r, err := http.NewRequest(http.MethodPost, "https://ours.example/inbox", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, dialect := range []Dialect{RFC9421, Cavage, RFC9421} { // as a second knock does
		for _, b := range [][]byte{[]byte("an earlier body"), body} {
			if err := signers[dialect](r, b, Signer{KeyID: adasKey, Key: ada()}, now); err != nil {
				t.Fatal(err)
			}
		}
		came := wire(t, r.Method, "/inbox", r.Host, r.Header, body)
		wantReason(t, believe(came, body, &ada().PublicKey), "")
		if s, err := Parse(came, origin); err != nil || s.Dialect() != dialect {
			t.Errorf("is %s, %v", s.Dialect(), err)
		}
	}
}

func TestSignNeedsAKeyWithAUsableID(t *testing.T) {
	t.Parallel()
	for name, by := range map[string]Signer{
		"no key":                 {KeyID: adasKey},
		"a nil key":              {KeyID: adasKey, Key: (*rsa.PrivateKey)(nil)},
		"a short key of Ed25519": {KeyID: adasKey, Key: ed25519.PrivateKey("short")},
		"no key id":              {Key: ada()},
		"a quote in a key id":    {KeyID: `https://a.example/"`, Key: ada()},
		"a key id of two rows":   {KeyID: "https://a.example/\n", Key: ada()},
	} {
		for dialect, sign := range signers {
			r, _ := http.NewRequest(http.MethodGet, "https://ours.example/", nil)
			if err := sign(r, nil, by, now); activity.FaultOf(err).Reason != "no_signing_key" {
				t.Errorf("%s, %s: err = %v", name, dialect, err)
			}
		}
	}
	r, _ := http.NewRequest(http.MethodGet, "https://ours.example/", nil)
	if err := Sign(r, nil, Signer{KeyID: adasKey, Key: bob()}, now); activity.FaultOf(err).Reason != "no_signing_key" {
		t.Errorf("Ed25519 in draft-cavage: err = %v", err) // nobody would know how to read it
	}
}

func TestWhatHasNoAddressCannotBeSigned(t *testing.T) {
	t.Parallel()
	for dialect, sign := range signers {
		for name, u := range map[string]*url.URL{"a path alone": {Path: "/inbox"}, "no host name": {Scheme: "https", Host: "ours.example:x"}} {
			r := &http.Request{Method: http.MethodGet, URL: u, Header: http.Header{}}
			if err := sign(r, nil, Signer{KeyID: adasKey, Key: ada()}, now); activity.FaultOf(err).Reason != "cannot_sign" {
				t.Errorf("%s, %s: err = %v", name, dialect, err)
			}
		}
	}
	r, _ := http.NewRequest(http.MethodGet, "https://ours.example/", nil)
	if err := SignMessage(r, nil, Signer{KeyID: "https://ä.example/", Key: ada()}, now); activity.FaultOf(err).Reason != "cannot_sign" {
		t.Errorf("a key id that no string of RFC 9651 holds: err = %v", err)
	}
}

// What AcceptSignature asks for is what is believed.
func TestWhatWeAskForIsBelieved(t *testing.T) {
	t.Parallel()
	for asked, p := range map[string]*parcel{AcceptSignature: aParcel(), AcceptSignatureGET: aFetch()} {
		list, ends := strings.CutSuffix(strings.TrimPrefix(asked, "sig1=("), ");created")
		p.covered = strings.Fields(list)
		wantReason(t, believe(p.sent(t), p.body, p.key.Public()), "")
		if !ends {
			t.Errorf("asks for %s", asked)
		}
	}
}

func BenchmarkSign(b *testing.B) {
	for name, bench := range map[string]struct {
		sign func(*http.Request, []byte, Signer, time.Time) error
		key  crypto.Signer
	}{"Cavage": {Sign, ada()}, "RSA9421": {SignMessage, ada()}, "Ed25519": {SignMessage, bob()}} {
		b.Run(name, func(b *testing.B) {
			by := Signer{KeyID: adasKey, Key: bench.key}
			r, err := http.NewRequest(http.MethodPost, "https://ours.example/inbox", nil)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := bench.sign(r, body, by, now); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	sealed := aParcel()
	sealed.key = ada()
	for name, bench := range map[string]struct {
		r   *http.Request
		key crypto.PublicKey
	}{"Cavage": {aPost().sent(b), ada().Public()}, "RSA9421": {sealed.sent(b), ada().Public()}, "Ed25519": {aParcel().sent(b), bob().Public()}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := believe(bench.r, body, bench.key); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

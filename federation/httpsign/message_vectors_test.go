package httpsign

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
)

// anyKey reads a public key of any kind that the vectors have.
func (k pemKeys) anyKey(t *testing.T, name string) crypto.PublicKey {
	t.Helper()
	block, _ := pem.Decode([]byte(k[name].PublicKeyPem))
	if block == nil {
		t.Fatalf("no key %s", name)
	}
	if block.Type == pkcs1 {
		return k.key(t, name)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Of the vectors of the RFC, three are signed in a way that is understood here.
// None is taken, since each leaves the body, the target or both to a thief.
func TestVectorsOfRFC9421(t *testing.T) {
	t.Parallel()
	var v struct {
		Keys        pemKeys
		TestRequest string
		Cases       []struct{ Title, KeyID, Message, SignatureBase, SignatureInput, Signature string }
	}
	fixture(t, "vectors/rfc9421-appendix-b.json", &v)
	reasons := map[string]struct{ read, parse string }{
		"Minimal Signature Using rsa-pss-sha512":            {"signature_malformed", "signature_malformed"}, // covers nothing
		"Selective Covered Components using rsa-pss-sha512": {"component_not_taken", "component_not_taken"}, // @query-param
		"Full Coverage using rsa-pss-sha512":                {"", ""},
		"Signing a Response using ecdsa-p256-sha256":        {"component_not_taken", "component_not_taken"}, // @status
		"Signing a Request using hmac-sha256":               {"", "target_not_signed"},
		"Signing a Request using ed25519":                   {"", "target_not_signed"},
	}
	for _, c := range v.Cases {
		t.Run(c.Title, func(t *testing.T) {
			t.Parallel()
			want, known := reasons[c.Title]
			if !known {
				t.Fatal("a case that the test does not know")
			}
			text := strings.Replace(v.TestRequest, "\n\n", "\r\n\r\n", 1)
			r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set(inputHeader, c.SignatureInput)
			r.Header.Set("Signature", c.Signature)
			_, err = Parse(r, "https://example.com")
			wantReason(t, err, want.parse)
			s, err := readMessage(r.Header)
			wantReason(t, err, want.read)
			if err != nil {
				return
			}
			if got := s.base(r); got != c.SignatureBase {
				t.Errorf("signed is %q, want %q", got, c.SignatureBase)
			}
			if c.KeyID == "test-shared-secret" {
				return // a secret that others know proves nothing; there is no such key here
			}
			if strings.Contains(c.KeyID, "pss") {
				s.algorithm = rsaPSS // which the vector does not say
			}
			if !s.isBy(v.Keys.anyKey(t, c.KeyID), r) {
				t.Error("the signature is not believed")
			}
		})
	}
	_, body, _ := strings.Cut(v.TestRequest, "\n\n")
	digest := regexp.MustCompile(`Content-Digest: (.*)`).FindStringSubmatch(v.TestRequest)
	if err := checkContentDigest(http.Header{digestHeader: {digest[1]}}, []byte(body)); err != nil {
		t.Error(err)
	}
	if len(v.Cases) != len(reasons) {
		t.Errorf("tried %d vectors, want %d", len(v.Cases), len(reasons))
	}
}

func TestVectorsOfMastodonByRFC9421(t *testing.T) {
	t.Parallel()
	var v struct {
		Origin string
		Keys   pemKeys
		Cases  []struct {
			recorded
			Title, Scheme, Key, SignatureBase string
			ExpectVerified                    bool
		}
	}
	fixture(t, "vectors/mastodon-request-signatures.json", &v)
	reasons := map[string]string{
		"with mismatching query string":                   "signature_wrong",
		"with a mismatching path":                         "signature_wrong",
		"with a mismatching method":                       "digest_not_signed", // now a POST
		"with a request older than a day":                 "signature_expired",
		"when the Digest of a POST request is not signed": "digest_not_signed",
		"with a tampered body on a POST request":          "digest_mismatch",
		"with a tampered path in a POST request":          "signature_wrong",
		"with a malformed `Content-Digest` header":        "digest_malformed",
	}
	tried := 0
	for _, c := range v.Cases {
		if c.Scheme != "rfc9421" {
			continue
		}
		tried++
		t.Run(c.Title+", "+c.Key, func(t *testing.T) {
			t.Parallel()
			r := c.request(t, "")
			s, err := readMessage(r.Header)
			if err != nil {
				t.Fatal(err)
			}
			s.origin = v.Origin
			if got := s.base(r); got != c.SignatureBase {
				t.Errorf("signed is %q, want %q", got, c.SignatureBase)
			}
			if s, err = Parse(r, v.Origin); err == nil {
				err = s.Verify(r, []byte(c.Body), v.Keys.anyKey(t, c.Key), time.Unix(1703066400, 0), []string{"www.example.com"})
			}
			wantReason(t, err, reasons[c.Title])
			if (err == nil) != c.ExpectVerified {
				t.Errorf("Mastodon expects %v, err = %v", c.ExpectVerified, err)
			}
		})
	}
	if tried != 12 {
		t.Errorf("tried %d vectors, want 12", tried)
	}
}

func TestVectorsOfFEP521a(t *testing.T) {
	t.Parallel()
	var v struct{ Scenarios string }
	fixture(t, "vectors/fep-521a-feature.json", &v)
	hexes := regexp.MustCompile(`hex string "([0-9a-f]+)"`).FindAllStringSubmatch(v.Scenarios, -1)
	documents := regexp.MustCompile(`(?s)"""(.*?)"""`).FindAllStringSubmatch(v.Scenarios, -1)
	if len(hexes) != 2 || len(documents) != 2 {
		t.Fatalf("%d keys, %d documents", len(hexes), len(documents))
	}
	for i, wantReason := range []string{"", "key_not_taken"} { // Ed25519, RSA
		var doc struct{ PublicKeyMultibase string }
		if err := json.Unmarshal([]byte(documents[i][1]), &doc); err != nil {
			t.Fatal(err)
		}
		raw, err := hex.DecodeString(hexes[i][1])
		if err != nil {
			t.Fatal(err)
		}
		key, err := ParseMultikey(doc.PublicKeyMultibase)
		if (wantReason == "") != (err == nil) || (err != nil && activity.FaultOf(err).Reason != wantReason) {
			t.Errorf("err = %v, want %q", err, wantReason)
		}
		if err == nil && (!bytes.Equal(key, raw) || EncodeMultikey(key) != doc.PublicKeyMultibase) {
			t.Errorf("read as %x, written as %s", key, EncodeMultikey(key))
		}
	}
}

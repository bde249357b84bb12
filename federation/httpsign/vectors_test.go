package httpsign

import (
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// fixture reads a document of the corpus into v.
func fixture(t *testing.T, name string, v any) {
	t.Helper()
	folder := os.Getenv("ENTENTE_FIXTURES")
	if folder == "" {
		t.Skip("ENTENTE_FIXTURES does not name the folder of recorded documents, so they are not tried")
	}
	b, err := os.ReadFile(filepath.Join(folder, name))
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// recorded is a request as the vectors write it.
type recorded struct {
	Method, Target string
	Headers        map[string]string
	Body           string
}

func (c recorded) request(t *testing.T, signature string) *http.Request {
	t.Helper()
	h := http.Header{}
	for name, value := range c.Headers {
		if name != "Host" {
			h.Set(name, value)
		}
	}
	if signature != "" {
		h.Set("Signature", signature)
	}
	return wire(t, c.Method, c.Target, c.Headers["Host"], h, []byte(c.Body))
}

type pemKeys map[string]struct{ PublicKeyPem string }

// key allows any size: the vectors of the draft have 1024 bits.
func (k pemKeys) key(t *testing.T, name string) *rsa.PublicKey {
	t.Helper()
	key, err := decodePublicKey(k[name].PublicKeyPem)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestVectorsOfTheDraft(t *testing.T) {
	t.Parallel()
	var v struct {
		Keys    pemKeys
		Request recorded
		Cases   []struct{ Title, SigningString, SignatureHeader string }
	}
	fixture(t, "vectors/cavage-appendix-c.json", &v)
	stricter := map[string]string{ // what Parse says of a good signature, and why it may
		"C.1. Default Test":     "target_not_signed", // the date alone fits any request of that minute
		"C.2. Basic Test":       "digest_not_signed", // fits any body
		"C.3. All Headers Test": "",
	}
	for _, c := range v.Cases {
		t.Run(c.Title, func(t *testing.T) {
			t.Parallel()
			r := v.Request.request(t, c.SignatureHeader)
			s, err := read(c.SignatureHeader)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.signingString(r, r.RequestURI); got != c.SigningString {
				t.Errorf("signed is %q, want %q", got, c.SigningString)
			}
			if !s.isBy(v.Keys.key(t, "Test"), r) {
				t.Error("the signature is not believed")
			}
			if err := checkDigest(r.Header, []byte(v.Request.Body)); err != nil {
				t.Error(err)
			}
			_, err = Parse(r, origin)
			wantReason(t, err, stricter[c.Title])
		})
	}
}

func TestVectorsOfMastodon(t *testing.T) {
	t.Parallel()
	var v struct {
		Keys  pemKeys
		Cases []struct {
			recorded
			Title, Scheme, SigningString  string
			ExpectVerified                bool
			SignatureValidOverThisRequest bool
		}
	}
	fixture(t, "vectors/mastodon-request-signatures.json", &v)
	reasons := map[string]string{
		"with mismatching query string":                   "signature_wrong",
		"with an unparsable date":                         "date_malformed",
		"with a request older than a day":                 "signature_expired",
		"when the Digest of a POST request is not signed": "digest_not_signed",
		"with a tampered body on a POST request":          "digest_mismatch",
	}
	clock, tried := time.Unix(1703066400, 0), 0
	for _, c := range v.Cases {
		if c.Scheme != "cavage" {
			continue
		}
		tried++
		t.Run(c.Title, func(t *testing.T) {
			t.Parallel()
			r, key := c.request(t, ""), v.Keys.key(t, "rsa")
			s, err := read(c.Headers["Signature"])
			if err != nil {
				t.Fatal(err)
			}
			if got := s.signingString(r, r.RequestURI); got != c.SigningString {
				t.Errorf("signed is %q, want %q", got, c.SigningString)
			}
			if !s.isBy(key, r) && c.SignatureValidOverThisRequest {
				t.Error("the signature is not believed")
			}
			if s, err = Parse(r, origin); err == nil {
				err = s.Verify(r, []byte(c.Body), key, clock, []string{"www.example.com"})
			}
			wantReason(t, err, reasons[c.Title])
			if (err == nil) != c.ExpectVerified {
				t.Errorf("Mastodon expects %v, err = %v", c.ExpectVerified, err)
			}
		})
	}
	if tried != 10 {
		t.Errorf("tried %d vectors, want 10", tried)
	}
}

func TestACapturedHS2019RequestIsRead(t *testing.T) {
	t.Parallel()
	var c recorded
	fixture(t, "vectors/cavage-hs2019-created-expires-capture.json", &c)
	c.Target = "/i/inbox" // the vector has a whole URL
	r := c.request(t, "")
	s, err := Parse(r, origin)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.timely(r, time.Unix(1756126694, 0)); err != nil {
		t.Error(err)
	}
	if err := checkDigest(r.Header, []byte(c.Body)); err != nil {
		t.Error(err)
	}
	if s.KeyID == "" || s.created.Unix() != 1756126694 || s.expires.Unix() != 1756130294 || len(s.covered) != 7 {
		t.Errorf("read as %+v", s)
	}
}

// The verifier cases of wxwClub say what to change; they are signed here.
func TestVerifierCasesOfWxwClub(t *testing.T) {
	t.Parallel()
	type vector struct {
		Case         string
		Body         json.RawMessage
		ExpectStatus int
	}
	var cases []vector
	fixture(t, "vectors/cavage-verifier-cases-wxwclub.json", &cases)
	for _, c := range cases {
		t.Run(c.Case, func(t *testing.T) {
			t.Parallel()
			l, reason := wxwClub(t, c.Case, c.Body)
			r := l.sent(t)
			if c.Case == "signature-base64" {
				r.Header.Set("Signature", `keyId="k",headers="(request-target) host date digest",signature="!!! not base64 !!!"`)
			}
			wantReason(t, believe(r, c.Body, &ada().PublicKey), reason)
			differs := c.Case == "created-stale" || c.Case == "rsa-sha512"
			if ((reason == "") != (c.ExpectStatus == http.StatusAccepted)) != differs {
				t.Errorf("the vector expects %d", c.ExpectStatus)
			}
		})
	}
}

func wxwClub(t *testing.T, name string, body []byte) (*letter, string) {
	t.Helper()
	l := aPost()
	l.body, l.digest = body, digestOf(t, body)
	switch name {
	case "created-stale":
		return l.byCreated(now.Add(-1000 * time.Second)), "" // looser on purpose: Mastodon's hour, §1.2.4
	case "digest-body-modified":
		l.digest = digestOf(t, []byte("another"))
		return l, "digest_mismatch"
	case "duplicate-param":
		l.extra = `,keyId="https://remote.example/users/alice#main-key"`
		return l, "parameter_twice"
	case "expires-past":
		l.byCreated(now.Add(-3 * time.Hour)).listed = append(l.listed, "(expires)")
		l.expires = now.Add(-2 * time.Hour)
		return l, "signature_expired"
	case "header-missing":
		l.listed = append(l.listed, "x-forwarded-for")
		return l, "header_missing"
	case "hs2019-created":
		return l.byCreated(now), ""
	case "key-not-rsa":
		l.key = eve() // whatever the sender signs with: ours is Ada's; see TestOnlyRSAKeys...
		return l, "signature_wrong"
	case "rsa-sha512":
		l.algorithm = "rsa-sha512"
		return l, "algorithm_not_taken" // stricter on purpose: Mastodon takes rsa-sha256 and hs2019, §1.2.1
	case "signature-base64":
		return l, "signature_malformed"
	}
	t.Fatalf("a case that the test does not know: %s", name)
	return nil, ""
}

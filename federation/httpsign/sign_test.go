package httpsign

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/go-fed/httpsig"

	"entente.example/entente/activity"
)

func TestWhatWeSignIsBelievedByUsAndByGoFed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		method, url string
		body        []byte
		listed      string
	}{
		"a GET with a query":      {"GET", "https://ours.example/a?page=2&x=%2F", nil, `headers="(request-target) host date"`},
		"a GET of a root":         {"GET", "https://ours.example", nil, `headers="(request-target) host date"`},
		"a GET of an escaped id":  {"GET", "https://ours.example/post/https%3A%2F%2Fx.example%2F1", nil, `headers="(request-target) host date"`},
		"a GET with an empty ?":   {"GET", "https://ours.example/a?", nil, `headers="(request-target) host date"`},
		"a POST":                  {"POST", "https://ours.example/inbox", body, `headers="(request-target) host date digest content-type"`},
		"a POST without a body":   {"POST", "https://ours.example/inbox", nil, `headers="(request-target) host date digest content-type"`},
		"a host in capitals":      {"GET", "https://OURS.example./a", nil, `headers="(request-target) host date"`},
		"a path outside of ASCII": {"GET", "https://ours.example/användare/ä", nil, `headers="(request-target) host date"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := http.NewRequest(tc.method, tc.url, bytes.NewReader(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			if tc.method == "POST" {
				r.Header.Set("Content-Type", "application/activity+json")
			}
			if err := Sign(r, tc.body, Signer{KeyID: adasKey, Key: ada()}, now); err != nil {
				t.Fatal(err)
			}
			if given := r.Header.Get("Signature"); !strings.Contains(given, tc.listed) || !strings.Contains(given, `algorithm="rsa-sha256"`) {
				t.Errorf("Signature: %s", given)
			}
			came := wire(t, r.Method, r.URL.RequestURI(), r.Host, r.Header, tc.body)
			wantReason(t, believe(came, tc.body, &ada().PublicKey), "")
			goFedBelieves(t, came)
		})
	}
}

// goFedBelieves asks the library, for which the target has to be put in the
// place where it looks.
func goFedBelieves(t *testing.T, r *http.Request) {
	t.Helper()
	r.URL.Path, r.URL.RawQuery = r.RequestURI, ""
	v, err := httpsig.NewVerifier(r)
	if err == nil {
		err = v.Verify(&ada().PublicKey, httpsig.RSA_SHA256)
	}
	if err != nil {
		t.Errorf("go-fed: %v", err)
	}
}

func TestSignedAgainIsSignedOnce(t *testing.T) {
	t.Parallel()
	r, err := http.NewRequest(http.MethodPost, "https://ours.example/inbox", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{[]byte("an earlier body"), body} {
		if err := Sign(r, b, Signer{KeyID: adasKey, Key: ada()}, now); err != nil {
			t.Fatal(err)
		}
	}
	wantReason(t, believe(wire(t, r.Method, "/inbox", r.Host, r.Header, body), body, &ada().PublicKey), "")
}

func TestSignNeedsAKeyWithAUsableID(t *testing.T) {
	t.Parallel()
	for name, by := range map[string]Signer{
		"no key":               {KeyID: adasKey},
		"no key id":            {Key: ada()},
		"a quote in a key id":  {KeyID: `https://a.example/"`, Key: ada()},
		"a key id of two rows": {KeyID: "https://a.example/\n", Key: ada()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := http.NewRequest(http.MethodGet, "https://ours.example/", nil)
			if err := Sign(r, nil, by, now); activity.FaultOf(err).Reason != "no_signing_key" {
				t.Fatalf("err = %v", err)
			}
		})
	}
}

func BenchmarkSign(b *testing.B) {
	by := Signer{KeyID: adasKey, Key: ada()}
	r, err := http.NewRequest(http.MethodPost, "https://ours.example/inbox", nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := Sign(r, body, by, now); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	r, key := aPost().sent(b), &ada().PublicKey
	for b.Loop() {
		if err := believe(r, body, key); err != nil {
			b.Fatal(err)
		}
	}
}

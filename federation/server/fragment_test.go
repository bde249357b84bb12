package server_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"
	"time"

	"entente.example/entente/activity"
)

func TestWhoFetchesAKeyMaySignTheWholeOfItsID(t *testing.T) {
	t.Parallel()
	c := found(t, "acme", false)
	alice := c.person("alice")
	s := newStranger(t, "fedify")
	c.isPartnerOf(s)
	carol := s.person("carol")
	for _, test := range []struct {
		signed activity.ID
		want   int
	}{
		{alice.ID, http.StatusOK},
		{alice.PublicKey[0].ID, http.StatusOK},
		{alice.AssertionMethod[0].ID, http.StatusOK},
		{alice.ID + "#another-key", http.StatusUnauthorized},
		{c.House.PersonID("bea") + "#main-key", http.StatusUnauthorized},
		{c.House.InstanceActor() + "#main-key", http.StatusUnauthorized},
	} {
		if status, body := c.answer(s.signsAs(c, carol, "/users/alice", test.signed)); status != test.want {
			t.Errorf("with a signature for %s alice is answered %d %s, want %d", test.signed, status, body, test.want)
		}
	}
}

// signsAs is a GET of path whose signature by RFC 9421 says that it is one of target.
func (s *stranger) signsAs(c *company, actor, path string, target activity.ID) *http.Request {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, c.House.URL+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	params := fmt.Sprintf(`("@method" "@target-uri");created=%d;keyid="%s#main-key"`, time.Now().Unix(), actor)
	sum := sha256.Sum256(fmt.Appendf(nil, "\"@method\": GET\n\"@target-uri\": %s\n\"@signature-params\": %s", target, params))
	value, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, sum[:])
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Signature-Input", "sig1="+params)
	r.Header.Set("Signature", "sig1=:"+base64.StdEncoding.EncodeToString(value)+":")
	return r
}

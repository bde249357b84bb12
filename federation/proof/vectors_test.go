package proof

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/canonical"
	"entente.example/entente/federation/httpsign"
)

// fixture reads a document of the corpus into v.
func fixture(t *testing.T, name string, v any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(fixtures(t), name))
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func fixtures(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("ENTENTE_FIXTURES")
	if folder == "" {
		t.Skip("ENTENTE_FIXTURES does not name the folder of recorded documents, so they are not tried")
	}
	return folder
}

func multikey(t *testing.T, text string) ed25519.PublicKey {
	t.Helper()
	key, err := httpsign.ParseMultikey(text)
	if err != nil {
		t.Fatal(err)
	}
	if got := httpsign.EncodeMultikey(key); got != text {
		t.Errorf("written again as %s, not %s", got, text)
	}
	return key
}

// secret reads a secretKeyMultibase, whose prefix is 0x8026.
func secret(t *testing.T, text string) ed25519.PrivateKey {
	t.Helper()
	b, err := httpsign.DecodeMultibase(text)
	seed, isEd := bytes.CutPrefix(b, []byte{0x80, 0x26})
	if err != nil || !isEd {
		t.Fatalf("%x, %v", b, err)
	}
	return ed25519.NewKeyFromSeed(seed)
}

// verified reads the proof of a document and believes it.
func verified(t *testing.T, doc json.RawMessage, key ed25519.PublicKey, now time.Time) Proof {
	t.Helper()
	p, ok, err := Read(doc)
	if err == nil && ok {
		err = p.Verify(key, now)
	}
	if err != nil || !ok {
		t.Fatalf("Read: %v, %v", ok, err)
	}
	return p
}

func TestVectorsOfFEP8b32(t *testing.T) {
	t.Parallel()
	var v struct {
		Secret           string `json:"ed25519SecretKeyMultibase"`
		Unsigned, Signed json.RawMessage
		HashDataHex      string
		Actor            struct {
			AssertionMethod []struct {
				ID                 activity.ID
				PublicKeyMultibase string
			}
		}
	}
	fixture(t, "vectors/fep-8b32-eddsa-jcs-2022.json", &v)
	method := v.Actor.AssertionMethod[0]
	p := verified(t, v.Signed, multikey(t, method.PublicKeyMultibase), time.Now())
	if p.KeyID != method.ID || hex.EncodeToString(p.hash) != v.HashDataHex {
		t.Errorf("read as %+v", p)
	}
	signed, err := Sign(v.Unsigned, httpsign.Signer{KeyID: method.ID, Key: secret(t, v.Secret)}, time.Date(2023, 2, 24, 23, 36, 38, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if want, _ := canonical.JSON(v.Signed); !bytes.Equal(signed, want) {
		t.Errorf("signed as %s,\n   not as %s", signed, want)
	}
}

func TestVectorsOfVCDataIntegrity(t *testing.T) {
	t.Parallel()
	var v struct {
		KeyPair                                                         struct{ PublicKeyMultibase, PrivateKeyMultibase string }
		Unsigned, ProofConfig, Signed                                   json.RawMessage
		CanonicalDocument, CanonicalProofConfig, HashDataHex            string
		DocumentHashHex, ProofHashHex, SignatureHex, SignatureMultibase string
	}
	fixture(t, "vectors/vc-di-eddsa-jcs-2022.json", &v)
	for _, c := range []struct {
		raw  json.RawMessage
		want string
	}{{v.Unsigned, v.CanonicalDocument}, {v.ProofConfig, v.CanonicalProofConfig}} {
		if got, err := canonical.JSON(c.raw); err != nil || string(got) != c.want {
			t.Errorf("canonical is %s, %v", got, err)
		}
	}
	p := verified(t, v.Signed, multikey(t, v.KeyPair.PublicKeyMultibase), time.Now())
	if hex.EncodeToString(p.hash) != v.HashDataHex || v.HashDataHex != v.ProofHashHex+v.DocumentHashHex || hex.EncodeToString(p.value) != v.SignatureHex {
		t.Errorf("read as %+v", p)
	}
	if got := httpsign.EncodeMultibase(ed25519.Sign(secret(t, v.KeyPair.PrivateKeyMultibase), p.hash)); got != v.SignatureMultibase {
		t.Errorf("signed as %s", got)
	}
}

func TestVectorsOfMastodonsProofs(t *testing.T) {
	t.Parallel()
	var v struct {
		PublicKeyMultibase string
		Cases              []struct {
			Document json.RawMessage
			Expires  *time.Time
		}
	}
	fixture(t, "vectors/mastodon-object-integrity-proof.json", &v)
	key, now := multikey(t, v.PublicKeyMultibase), time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	for i, c := range v.Cases {
		p, ok, err := Read(c.Document)
		if err == nil && ok {
			err = p.Verify(key, now)
		}
		want := ""
		if c.Expires != nil && c.Expires.Before(now) {
			want = "proof_expired"
		}
		if !ok || reason(err) != want {
			t.Errorf("case %d: %v, %v, want %q", i, ok, err, want)
		}
		if at := p.created; want != "" && p.Verify(key, at) != nil {
			t.Errorf("case %d: not even when it was made", i)
		}
	}
	if len(v.Cases) != 3 {
		t.Errorf("tried %d cases, want 3", len(v.Cases))
	}
}

func TestVectorsOfFEPc390(t *testing.T) {
	t.Parallel()
	var v struct{ Scenarios string }
	fixture(t, "vectors/fep-c390-feature.json", &v)
	documents, tried := regexp.MustCompile(`(?s)"""(.*?)"""`).FindAllStringSubmatch(v.Scenarios, -1), 0
	for _, found := range documents {
		raw := json.RawMessage(found[1])
		var actor struct{ Attachment []json.RawMessage }
		if err := json.Unmarshal(raw, &actor); err != nil {
			t.Fatal(err)
		}
		if len(actor.Attachment) > 0 {
			raw = actor.Attachment[0]
		}
		p, ok, err := Read(raw)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			continue // the claim alone
		}
		tried++
		id, isKey := strings.CutPrefix(string(p.KeyID), "did:key:")
		if err := p.Verify(multikey(t, id), time.Now()); err != nil || !isKey {
			t.Error(err)
		}
	}
	if tried != 2 {
		t.Errorf("tried %d proofs, want 2", tried)
	}
}

func TestVectorsOfRFC8785(t *testing.T) {
	t.Parallel()
	var v struct {
		Documents  []struct{ Name, InputText, ExpectedUtf8, ExpectedHex string }
		ES6Numbers []struct{ IEEE754Hex, Expected string }
	}
	fixture(t, "vectors/rfc8785-jcs.json", &v)
	for _, d := range v.Documents {
		got, err := canonical.JSON([]byte(d.InputText))
		if err != nil || hex.EncodeToString(got) != d.ExpectedHex || string(got) != d.ExpectedUtf8 {
			t.Errorf("%s: %s, %v", d.Name, got, err)
		}
	}
	for _, n := range v.ES6Numbers {
		bits, err := strconv.ParseUint(n.IEEE754Hex, 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		text := strconv.FormatFloat(math.Float64frombits(bits), 'g', -1, 64)
		if got, err := canonical.JSON([]byte(text)); err != nil || string(got) != n.Expected {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	if len(v.Documents) != 6 || len(v.ES6Numbers) != 7 {
		t.Errorf("tried %d documents and %d numbers", len(v.Documents), len(v.ES6Numbers))
	}
}

// A vector that nobody reads proves nothing.
func TestEveryVectorFileIsReadByATest(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir(filepath.Join(fixtures(t), "vectors"))
	if err != nil {
		t.Fatal(err)
	}
	var tests []byte
	for _, name := range []string{"vectors_test.go", "../httpsign/vectors_test.go", "../httpsign/message_vectors_test.go"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tests = append(tests, b...)
	}
	for _, f := range files {
		if !bytes.Contains(tests, []byte(`fixture(t, "vectors/`+f.Name()+`"`)) {
			t.Errorf("no test reads %s", f.Name())
		}
	}
	if len(files) == 0 {
		t.Error("there are no vectors at all")
	}
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return activity.FaultOf(err).Reason
}

package proof

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/canonical"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/httpsign"
)

var now = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// known is what a second implementation signs, in another language.
type known struct {
	SeedHex, Multikey, Canonical, HashHex string
	KeyID                                 activity.ID
	Unsigned, Signed                      json.RawMessage
	key                                   ed25519.PrivateKey
}

func (k known) public() ed25519.PublicKey { return k.key.Public().(ed25519.PublicKey) }
func (k known) signer() httpsign.Signer   { return httpsign.Signer{KeyID: k.KeyID, Key: k.key} }

func readKnown(t testing.TB) (k known) {
	t.Helper()
	b, err := os.ReadFile("testdata/known.json")
	if err == nil {
		err = json.Unmarshal(b, &k)
	}
	seed, again := hex.DecodeString(k.SeedHex)
	if err != nil || again != nil {
		t.Fatal(err, again)
	}
	k.key = ed25519.NewKeyFromSeed(seed)
	return k
}

// sealed is a document with a proof, by somebody who says what they like.
func (k known) sealed(t testing.TB, doc string, change func(given properties)) json.RawMessage {
	t.Helper()
	all, err := open([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	given := properties{"type": q(kind), "cryptosuite": q(suite), "proofPurpose": q(purpose), "verificationMethod": q(string(k.KeyID)), "created": q("2026-11-23T10:00:00Z")}
	change(given)
	proven := maps.Clone(all)
	_ = proven.follow(given) // where it cannot, it does not matter
	hash, err := proven.hash(given)
	if err != nil {
		t.Fatal(err)
	}
	if given[valueName] == nil {
		given[valueName] = q(httpsign.EncodeMultibase(ed25519.Sign(k.key, hash)))
	}
	if all[proofName], err = given.without(); err != nil {
		t.Fatal(err)
	}
	out, err := all.without()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func q(text string) json.RawMessage { return json.RawMessage(`"` + text + `"`) }

// believe reads and verifies.
func believe(doc []byte, key ed25519.PublicKey) (bool, error) {
	p, ok, err := Read(doc)
	if err == nil && ok {
		err = p.Verify(key, now)
	}
	return ok, err
}

func TestWhatOthersSignIsBelievedAndSignedTheSame(t *testing.T) {
	t.Parallel()
	k := readKnown(t)
	if got, err := canonical.JSON(k.Unsigned); err != nil || string(got) != k.Canonical {
		t.Errorf("canonical is %s, %v", got, err)
	}
	p, ok, err := Read(k.Signed)
	if err != nil || !ok || p.KeyID != k.KeyID || hex.EncodeToString(p.hash) != k.HashHex {
		t.Fatalf("read as %+v, %v, %v", p, ok, err)
	}
	if err := p.Verify(multikey(t, k.Multikey), now); err != nil {
		t.Error(err)
	}
	want, err := canonical.JSON(k.Signed)
	if err != nil {
		t.Fatal(err)
	}
	doc := k.Unsigned
	for range 2 { // signed again, it is signed once
		if doc, err = Sign(doc, k.signer(), now); err != nil || !bytes.Equal(doc, want) {
			t.Fatalf("signed as %s, %v\n   want %s", doc, err, want)
		}
	}
}

func TestSignExplainsProofsToReadersOfJSONLD(t *testing.T) {
	t.Parallel()
	k := readKnown(t)
	const as = `"https://www.w3.org/ns/activitystreams"`
	for given, want := range map[string]string{
		as:                                    "[" + as + "," + dataIntegrityV2 + "]",
		"[" + as + "]":                        "[" + as + "," + dataIntegrityV2 + "]",
		"[" + dataIntegrityV1 + "]":           "[" + dataIntegrityV1 + "]",
		`[{"a":"<"},` + dataIntegrityV2 + `]`: `[{"a":"<"},` + dataIntegrityV2 + `]`,
	} {
		doc, err := Sign(json.RawMessage(`{"@context":`+given+`,"signature":{"type":"RsaSignature2017"}}`), k.signer(), now)
		if err != nil || !strings.HasPrefix(string(doc), `{"@context":`+want+`,"proof":{"@context":`+want+`,"created"`) {
			t.Errorf("%s: %s, %v", given, doc, err)
		}
		if ok, err := believe(doc, k.public()); !ok || err != nil {
			t.Errorf("%s: %v, %v", given, ok, err)
		}
	}
	doc, err := Sign(json.RawMessage(`{"type":"Note"}`), k.signer(), now)
	if ok, again := believe(doc, k.public()); !ok || err != nil || again != nil || bytes.Contains(doc, []byte(contextName)) {
		t.Errorf("no context: %s, %v, %v", doc, err, again)
	}
}

func TestSignNeedsAKeyAndADocument(t *testing.T) {
	t.Parallel()
	k := readKnown(t)
	rsa, err := httpsign.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	for name, by := range map[string]httpsign.Signer{"no key": {KeyID: "k"}, "no key id": {Key: k.key}, "RSA": {KeyID: "k", Key: rsa}, "a short key": {KeyID: "k", Key: ed25519.PrivateKey("short")}} {
		if _, err := Sign(k.Unsigned, by, now); reason(err) != "no_signing_key" || activity.KindOf(err) != activity.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, doc := range []string{"", "null", "[]", `"a"`, `{"a":1,"a":2}`, "{\"a\":\"\xff\"}"} {
		if _, err := Sign(json.RawMessage(doc), k.signer(), now); reason(err) != "cannot_sign" || activity.KindOf(err) != activity.Internal {
			t.Errorf("%s: %v", doc, err)
		}
	}
}

// Each rule of interop.md §1.8. Every proof here is by the right key over what is
// said, so that nothing but the rule can refuse it.
func TestEachRuleOfProofsRefusesByItself(t *testing.T) {
	t.Parallel()
	k := readKnown(t)
	const doc = `{"@context":["a","b"],"id":"https://ada.example/1","type":"Note"}`
	set := func(name, raw string) func(properties) {
		return func(given properties) { given[name] = json.RawMessage(raw) }
	}
	for name, tc := range map[string]struct {
		change func(properties)
		reason string // "" is believed, "none" is passed over
	}{
		"nothing":                        {func(properties) {}, ""},
		"the same context":               {set("@context", `["a","b"]`), ""},
		"the beginning of the context":   {set("@context", `["a"]`), ""},
		"the beginning, not in a list":   {set("@context", `"a"`), ""},
		"another context":                {set("@context", `["b"]`), "proof_context"},
		"a context in another order":     {set("@context", `["b","a"]`), "proof_context"},
		"a longer context":               {set("@context", `["a","b","c"]`), "proof_context"},
		"no created":                     {func(given properties) { delete(given, "created") }, ""},
		"created in an hour":             {set("created", `"2026-11-23T11:00:00Z"`), ""},
		"created later":                  {set("created", `"2026-11-23T11:00:01Z"`), "proof_in_future"},
		"created in another zone":        {set("created", `"2026-11-23T11:30:00.5+01:00"`), ""},
		"created that is no time":        {set("created", `"yesterday"`), "proof_malformed"},
		"created without a zone":         {set("created", `"2026-11-23T10:00:00"`), "proof_malformed"},
		"created that is a number":       {set("created", `1795428000`), "proof_malformed"},
		"created that is null":           {set("created", `null`), "proof_malformed"},
		"expires now":                    {set("expires", `"2026-11-23T10:00:00Z"`), ""},
		"expired":                        {set("expires", `"2026-11-23T09:59:59Z"`), "proof_expired"},
		"expires that is no time":        {set("expires", `"never"`), "proof_malformed"},
		"another purpose":                {set("proofPurpose", `"authentication"`), "proof_malformed"},
		"no purpose":                     {func(given properties) { delete(given, "proofPurpose") }, "proof_malformed"},
		"purposes":                       {set("proofPurpose", `["assertionMethod"]`), "proof_malformed"},
		"a method that is an object":     {set("verificationMethod", `{"id":"https://ada.example/key"}`), "proof_malformed"},
		"no method":                      {set("verificationMethod", `""`), "proof_malformed"},
		"a method longer than an id":     {set("verificationMethod", `"`+strings.Repeat("a", limits.ID+1)+`"`), "proof_malformed"},
		"no value":                       {set("proofValue", `null`), "proof_malformed"},
		"a value in another base":        {set("proofValue", `"uAAAA"`), "proof_malformed"},
		"a value of 63 bytes":            {set("proofValue", `"`+httpsign.EncodeMultibase(make([]byte, 63))+`"`), "proof_malformed"},
		"a value as long as a book":      {set("proofValue", `"z`+strings.Repeat("1", 1<<20)+`"`), "proof_malformed"},
		"a value of zeros":               {set("proofValue", `"`+httpsign.EncodeMultibase(make([]byte, 64))+`"`), "proof_wrong"},
		"another suite":                  {set("cryptosuite", `"eddsa-rdfc-2022"`), "none"},
		"another type":                   {set("type", `"RsaSignature2017"`), "none"},
		"a property that we do not know": {set("nonce", `"x"`), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ok, err := believe(k.sealed(t, doc, tc.change), k.public())
			if want := strings.TrimPrefix(tc.reason, "none"); reason(err) != want || ok != (tc.reason == "") && err == nil {
				t.Fatalf("ok = %v, err = %v, want %q", ok, err, tc.reason)
			}
			if err != nil && activity.KindOf(err) != activity.Unauthenticated {
				t.Errorf("kind of %v", err)
			}
		})
	}
}

func TestOneProofOfOurKindIsFoundAmongOthers(t *testing.T) {
	t.Parallel()
	k := readKnown(t)
	all, err := open(k.Signed)
	if err != nil {
		t.Fatal(err)
	}
	ours, other := string(all[proofName]), `{"type":"DataIntegrityProof","cryptosuite":"bbs-2023","proofValue":"u"}`
	for name, tc := range map[string]struct {
		proof  string
		ok     bool
		reason string
	}{
		"a list of one":        {"[" + ours + "]", true, ""},
		"beside another suite": {"[" + other + "," + ours + "]", true, ""},
		"another suite alone":  {other, false, ""},
		"none in the list":     {"[]", false, ""},
		"null":                 {"null", false, ""},
		"a text":               {`"proof"`, false, ""},
		"the same twice":       {"[" + ours + "," + ours + "]", false, "proof_twice"},
		"a list in a list":     {"[[" + ours + "]]", false, ""},
	} {
		all[proofName] = json.RawMessage(tc.proof)
		doc, err := all.without()
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := believe(doc, k.public()); ok != tc.ok || reason(err) != tc.reason {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
	}
}

// A document that was signed and then changed, as a server would that passes it on
// (interop.md §7 rows 3 and 6).
func TestAttack03AProofDoesNotSurviveAChange(t *testing.T) {
	t.Parallel()
	k := readKnown(t)
	signed := string(k.Signed)
	eve := ed25519.NewKeyFromSeed(make([]byte, 32))
	change := func(was, is string) string {
		if !strings.Contains(signed, was) {
			t.Fatalf("there is no %s", was)
		}
		return strings.Replace(signed, was, is, 1)
	}
	for name, tc := range map[string]struct{ doc, reason string }{
		"nothing":                        {signed, ""},
		"a Linked Data Signature around": {change(`"type": "Create"`, `"type": "Create", "signature": {"type": "RsaSignature2017"}`), ""},
		"blanks":                         {strings.ReplaceAll(signed, "\n", "\r\n\t"), ""},
		"another actor":                  {change("users/ada", "users/eve"), "proof_wrong"},
		"another text":                   {change("Grüße", "Gruesse"), "proof_wrong"},
		"a property more":                {change(`"type": "Create"`, `"type": "Create", "to": "eve"`), "proof_wrong"},
		"an entry less":                  {change(`"sensitive": false,`, ``), "proof_wrong"},
		"null instead of nothing":        {change(`"sensitive": false,`, `"sensitive": null,`), "proof_wrong"},
		"text instead of a number":       {change(`"count": 12`, `"count": "12"`), "proof_wrong"},
		"a name twice":                   {change(`"type": "Create"`, `"type": "Create", "type": "Delete"`), "bad_json"},
		"a name twice, escaped":          {change(`"type": "Create"`, `"type": "Create", "\u0074ype": "Delete"`), "bad_json"},
		"a second proof":                 {change(`"type": "Create"`, `"type": "Create", "proof": null`), "bad_json"},
		"an older time":                  {change(`"created": "2026-11-23T10:00:00Z"`, `"created": "2026-11-22T10:00:00Z"`), "proof_wrong"},
		"another key":                    {change("#ed25519-key", "#eves-key"), "proof_wrong"},
		"another value":                  {change(`"proofValue": "z`, `"proofValue": "z1`), "proof_malformed"},
	} {
		if _, err := believe([]byte(tc.doc), k.public()); reason(err) != tc.reason {
			t.Errorf("%s: err = %v, want %q", name, err, tc.reason)
		}
	}
	for name, key := range map[string]ed25519.PublicKey{"proof_wrong": eve.Public().(ed25519.PublicKey), "key_not_taken": nil} {
		if _, err := believe(k.Signed, key); reason(err) != name {
			t.Errorf("by another key: %v, want %q", err, name)
		}
	}
	if ok, err := believe(k.Unsigned, k.public()); ok || err != nil {
		t.Errorf("without a proof: %v, %v", ok, err)
	}
	for _, doc := range []string{"", "[]", "null", `"proof"`, `{"a":`} {
		if ok, err := believe([]byte(doc), k.public()); ok || reason(err) != "bad_json" {
			t.Errorf("%s: %v, %v", doc, ok, err)
		}
	}
}

// FuzzProof: nothing that is made up is believed, and what is signed is believed as
// long as nothing in it changes.
func FuzzProof(f *testing.F) {
	k := readKnown(f)
	seeds := map[string]bool{}
	for _, seed := range [][]byte{k.Signed, k.Unsigned, k.sealed(f, `{"@context":"a"}`, func(given properties) { given[contextName] = q("a") }), []byte(`{"proof":[{"type":"DataIntegrityProof"},null]}`)} {
		f.Add(seed)
		if p, ok, err := Read(seed); ok && err == nil {
			seeds[hex.EncodeToString(p.hash)] = true
		}
	}
	public := k.public()
	f.Fuzz(func(t *testing.T, doc []byte) {
		p, ok, err := Read(doc)
		if fault := activity.FaultOf(err); err != nil && (ok || fault.Kind == activity.Internal || fault.Say == "") {
			t.Fatalf("ok = %v, err = %#v", ok, fault)
		}
		if ok && p.Verify(public, now) == nil && !seeds[hex.EncodeToString(p.hash)] {
			t.Fatalf("a made up proof was believed: %s", doc)
		}
		signed, err := Sign(doc, k.signer(), now)
		if err != nil {
			if activity.FaultOf(err).Reason != "cannot_sign" {
				t.Fatal(err)
			}
			return
		}
		if ok, err := believe(signed, public); !ok || err != nil {
			t.Fatalf("%s is not believed: %v, %v", signed, ok, err)
		}
		if again, err := canonical.JSON(signed); err != nil || !bytes.Equal(again, signed) {
			t.Fatalf("%s is not canonical: %v", signed, err)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	k := readKnown(b)
	for b.Loop() {
		if _, err := Sign(k.Unsigned, k.signer(), now); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	k := readKnown(b)
	for b.Loop() {
		if ok, err := believe(k.Signed, k.public()); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

// BenchmarkReadHostile reads a mebibyte of each kind that costs the most.
func BenchmarkReadHostile(b *testing.B) {
	var names, long strings.Builder
	for i := range 80_000 {
		fmt.Fprintf(&names, `"%06x":0,`, 80_000-i)
	}
	for i := range 1000 {
		fmt.Fprintf(&long, `"%s%04d":0,`, strings.Repeat("é", 500), 1000-i)
	}
	for name, text := range map[string]string{
		"Numbers": "[" + strings.Repeat("0,", 1<<19) + "0]",
		"Names":   "{" + names.String() + `"":0}`,
		"Long":    "{" + long.String() + `"":0}`,
		"Levels":  strings.Repeat(`{"b":`, 60) + `"` + strings.Repeat("x", 1<<20) + `"` + strings.Repeat(`,"a":0}`, 60),
		"Escapes": `"` + strings.Repeat(`\u0001`, 1<<20/6) + `"`,
	} {
		b.Run(name, func(b *testing.B) {
			doc := []byte(`{"proof":{},"a":` + text + `}`)
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				if _, ok, err := Read(doc); ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}

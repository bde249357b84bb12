package httpsign

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

func TestMultikeysComeBackAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	k, keys := readKnown(t)
	public, _ := keys["ed25519"].Public().(ed25519.PublicKey)
	if got := EncodeMultikey(public); got != k.Multikey || !strings.HasPrefix(got, "z6Mk") {
		t.Errorf("written as %s, want %s", got, k.Multikey)
	}
	if got, err := ParseMultikey(k.Multikey); err != nil || !got.Equal(public) {
		t.Errorf("read as %x, %v", got, err)
	}
}

func TestParseMultikeyRefuses(t *testing.T) {
	t.Parallel()
	key, _ := bob().Public().(ed25519.PublicKey)
	good := EncodeMultikey(key)
	for name, tc := range map[string]struct{ text, reason string }{
		"nothing":                {"", "key_malformed"},
		"a z":                    {"z", "key_malformed"},
		"no base58":              {strings.Replace(good, "z6Mk", "z6Ml0", 1), "key_malformed"},
		"not ASCII":              {good + "é", "key_malformed"},
		"another base":           {"u7QE", "key_malformed"},
		"a blank":                {good + " ", "key_malformed"},
		"31 bytes":               {EncodeMultibase(append([]byte{0xed, 1}, key[:31]...)), "key_malformed"},
		"33 bytes":               {EncodeMultibase(append([]byte{0xed, 1, 0}, key...)), "key_malformed"},
		"a key without a kind":   {EncodeMultibase(key), "key_not_taken"},
		"X25519":                 {EncodeMultibase(append([]byte{0xec, 1}, key...)), "key_not_taken"},
		"a private key":          {EncodeMultibase(append([]byte{0x80, 0x26}, bob().Seed()...)), "key_not_taken"},
		"as long as one of RSA":  {"z4MX" + strings.Repeat("j", 370), "key_not_taken"},
		"as long as a book":      {"z" + strings.Repeat("1", limits.PEM), "key_malformed"},
		"as long, and no base58": {strings.Repeat("0", 370), "key_malformed"},
	} {
		_, err := ParseMultikey(tc.text)
		if f := activity.FaultOf(err); err == nil || f.Reason != tc.reason || f.Kind != activity.Invalid {
			t.Errorf("%s: err = %v, want %q", name, err, tc.reason)
		}
	}
}

// FuzzMultikey: what is read as a key is written as the same text, so that no key
// has two names; and any bytes come back.
func FuzzMultikey(f *testing.F) {
	key, _ := bob().Public().(ed25519.PublicKey)
	for _, seed := range []string{EncodeMultikey(key), "z", "z1", "z6Mk", "z1111", "u7QE", EncodeMultibase(key), "z4MX" + strings.Repeat("j", 370)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := ParseMultikey(text)
		if err == nil && (EncodeMultikey(key) != text || len(key) != ed25519.PublicKeySize) {
			t.Fatalf("%q is read as %x", text, key)
		}
		if f := activity.FaultOf(err); err != nil && (f.Kind != activity.Invalid || f.Say == "") {
			t.Fatalf("err = %#v", f)
		}
		if b := []byte(text); len(b) > 0 && len(b) <= 64 {
			if again, err := DecodeMultibase(EncodeMultibase(b)); err != nil || !bytes.Equal(again, b) {
				t.Fatalf("%x comes back as %x, %v", b, again, err)
			}
		}
	})
}

func TestALongMultibaseIsNotDecoded(t *testing.T) {
	t.Parallel()
	longest := "z" + strings.Repeat("1", limits.Multibase-1)
	if _, err := DecodeMultibase(longest); err != nil {
		t.Error(err)
	}
	if _, err := DecodeMultibase(longest + "1"); err == nil {
		t.Error("one character more is decoded")
	}
}

package httpsign

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func TestKeysComeBackAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	public := EncodePublicKey(&ada().PublicKey)
	if !strings.HasPrefix(public, "-----BEGIN PUBLIC KEY-----\n") {
		t.Errorf("public key is %s", public)
	}
	for name, text := range map[string]string{
		"SPKI":              public,
		"SPKI among blanks": "\n " + public + "\r\n ",
		"PKCS#1":            block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&ada().PublicKey)),
	} {
		if key, err := ParsePublicKey(text); err != nil || !key.Equal(&ada().PublicKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, key := range map[string]interface {
		crypto.Signer
		Equal(crypto.PrivateKey) bool
	}{"RSA": ada(), "Ed25519": bob()} {
		private, err := EncodePrivateKey(key)
		if err != nil || !strings.HasPrefix(private, "-----BEGIN PRIVATE KEY-----\n") {
			t.Fatalf("private key, %s: %v", name, err)
		}
		if again, err := ParsePrivateKey(private); err != nil || !key.Equal(again) {
			t.Errorf("private key, %s: %v", name, err)
		}
	}
}

func TestParsePublicKeyRefuses(t *testing.T) {
	t.Parallel()
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := x509.MarshalPKIXPublicKey(&curve.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	huge := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 8192), E: 65537}
	good := EncodePublicKey(&ada().PublicKey)
	for name, tc := range map[string]struct{ text, reason string }{
		"1024 bits":         {EncodePublicKey(&weak.PublicKey), "key_not_taken"},
		"8193 bits":         {EncodePublicKey(huge), "key_not_taken"},
		"a curve":           {block("PUBLIC KEY", ec), "key_malformed"},
		"two keys":          {good + good, "key_malformed"},
		"text before a key": {"a key:\n" + good, "key_malformed"},
		"text after a key":  {good + "that was a key", "key_malformed"},
		"a damaged first":   {"-----BEGIN PUBLIC KEY-----\n!\n" + good, "key_malformed"},
		"a private key":     {block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(ada())), "key_malformed"},
		"nothing":           {"", "key_malformed"},
		"no PEM":            {"a key", "key_malformed"},
		"damaged":           {block("PUBLIC KEY", []byte("x")), "key_malformed"},
		"damaged, PKCS#1":   {block("RSA PUBLIC KEY", []byte("x")), "key_malformed"},
		"as long as a book": {good + strings.Repeat(" ", limits.PEM), "key_malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ParsePublicKey(tc.text)
			if f := activity.FaultOf(err); err == nil || f.Reason != tc.reason || f.Kind != activity.Invalid {
				t.Fatalf("err = %v, want %q", err, tc.reason)
			}
		})
	}
}

func TestParsePrivateKeyTellsNothingOfTheKey(t *testing.T) {
	t.Parallel()
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := EncodePrivateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", other, block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(ada())), block("PRIVATE KEY", []byte("x"))} {
		_, err := ParsePrivateKey(text)
		if f := activity.FaultOf(err); err == nil || f.Reason != "key_malformed" || f.Kind != activity.Internal {
			t.Errorf("err = %v", err)
		}
	}
}

// FuzzPEM: whatever is read as a key is one of a size that we take, and reads the
// same when it is written again.
func FuzzPEM(f *testing.F) {
	k, _ := readKnown(f)
	for _, seed := range []string{
		k.Keys["rsa"], k.Keys["ed25519"], EncodePublicKey(&ada().PublicKey), block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&ada().PublicKey)),
		"-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----", "-----BEGIN ", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if key, err := ParsePublicKey(text); err == nil {
			again, err := ParsePublicKey(EncodePublicKey(key))
			if err != nil || !again.Equal(key) || key.N.BitLen() < limits.MinKeyBits || key.N.BitLen() > limits.KeyBits {
				t.Fatalf("a key of %d bits, %v", key.N.BitLen(), err)
			}
			if err := believe(aFetch().sent(t), nil, key); err == nil {
				t.Fatal("a made up key was believed")
			}
		} else if f := activity.FaultOf(err); f.Kind != activity.Invalid || f.Say == "" {
			t.Fatalf("err = %#v", f)
		}
		if key, err := ParsePrivateKey(text); err == nil {
			if _, err := EncodePrivateKey(key); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A key that was read is read once, and each text is its own key.
func TestAPrivateKeyIsReadOnce(t *testing.T) {
	t.Parallel()
	texts := map[string]crypto.Signer{}
	for _, key := range []crypto.Signer{ada(), bob()} {
		text, err := EncodePrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		texts[text] = key
	}
	for text, key := range texts {
		first, err := ParsePrivateKey(text)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParsePrivateKey(text)
		if err != nil || !key.(interface{ Equal(crypto.PrivateKey) bool }).Equal(again) {
			t.Fatalf("it is another one: %v", err)
		}
		if rsaKey, ok := first.(*rsa.PrivateKey); ok && again != crypto.Signer(rsaKey) {
			t.Error("it was read twice")
		}
		if _, err := ParsePrivateKey(text + "x"); err == nil {
			t.Error("a text with more in it is taken for the key")
		}
	}
}

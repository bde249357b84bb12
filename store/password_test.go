package store_test

import (
	"strings"
	"testing"

	"entente.example/entente/store"
)

func TestPasswordsAreKeptAsArgon2id(t *testing.T) {
	t.Parallel()
	hash, err := store.HashPassword("correct horse")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$") || strings.Contains(hash, "horse") {
		t.Fatalf("kept as %q, %v", hash, err)
	}
	if again, _ := store.HashPassword("correct horse"); again == hash {
		t.Error("two hashes of one password are the same")
	}
	for hash, password := range map[string]string{hash: "wrong horse", "": "correct horse", "$argon2id$": "correct horse"} {
		if store.CheckPassword(hash, password) {
			t.Errorf("%q opens %q", password, hash)
		}
	}
	if !store.CheckPassword(hash, "correct horse") {
		t.Error("the password does not fit")
	}
	for _, bad := range []string{"", "short", strings.Repeat("x", 2000)} {
		if _, err := store.HashPassword(bad); err == nil {
			t.Errorf("a password of %d bytes is taken", len(bad))
		}
	}
}

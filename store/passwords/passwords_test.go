package passwords

import (
	"strings"
	"testing"
)

func TestPasswordsAreKeptAsArgon2id(t *testing.T) {
	t.Parallel()
	hash, err := Hash("correct horse")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$") || strings.Contains(hash, "horse") {
		t.Fatalf("kept as %q, %v", hash, err)
	}
	if again, _ := Hash("correct horse"); again == hash {
		t.Error("two hashes of one password are the same")
	}
	for hash, password := range map[string]string{hash: "wrong horse", "": "correct horse", "$argon2id$": "correct horse"} {
		if Check(hash, password) {
			t.Errorf("%q opens %q", password, hash)
		}
	}
	if !Check(hash, "correct horse") {
		t.Error("the password does not fit")
	}
	for _, bad := range []string{"", "short", strings.Repeat("x", 2000)} {
		if _, err := Hash(bad); err == nil {
			t.Errorf("a password of %d bytes is taken", len(bad))
		}
	}
}

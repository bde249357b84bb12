// Package passwords keeps passwords so that nobody can read them.
package passwords

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"entente.example/entente/activity"
)

// Costs of argon2id: 19 MiB, two passes, one lane (OWASP password storage, first
// choice of 2024).
const (
	argonMemory = 19 * 1024 // KiB
	argonPasses = 2
	argonLanes  = 1
	argonBytes  = 32
)

// Min and longest are how long a password of a member may be, in bytes.
const (
	Min     = 10
	longest = 1024
)

// Hash gives the argon2id hash of a password in PHC form, or refuses
// (Invalid) one that is too short or over 1 KiB.
func Hash(password string) (string, error) {
	if len(password) < Min || len(password) > longest {
		return "", activity.Refuse(activity.Invalid, "bad_password", "a password has %d to %d characters", Min, longest)
	}
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails (crypto/rand)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonPasses, argonLanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(argon(password, salt))), nil
}

// Check says whether the password is the one behind the hash. It takes
// as long for an unusable hash, so that nobody can tell who has a password.
func Check(hash, password string) bool {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		argon(password, make([]byte, 16))
		return false
	}
	salt, errSalt := base64.RawStdEncoding.DecodeString(parts[4])
	want, errWant := base64.RawStdEncoding.DecodeString(parts[5])
	got := argon(password, salt)
	return errSalt == nil && errWant == nil && subtle.ConstantTimeCompare(got, want) == 1
}

func argon(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(password), salt, argonPasses, argonMemory, argonLanes, argonBytes)
}

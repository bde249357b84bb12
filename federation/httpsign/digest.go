package httpsign

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// checkDigest compares the SHA-256 of body with the one that the Digest header
// claims (RFC 3230 §4.3.2). The header may list several algorithms, of which the
// others are passed over; the name is in any case, SHA-256 exactly once.
func checkDigest(header []string, body []byte) error {
	var claimed []byte
	for entry := range strings.SplitSeq(strings.Join(header, ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(entry), "=")
		if !strings.EqualFold(name, "SHA-256") {
			continue
		}
		sum, err := base64.StdEncoding.Strict().DecodeString(value)
		if err != nil || len(sum) != sha256.Size || claimed != nil {
			return reject("digest_malformed", "Digest holds SHA-256 once, 32 bytes in base64")
		}
		claimed = sum
	}
	if claimed == nil {
		return reject("digest_malformed", "Digest holds no SHA-256")
	}
	if sum := sha256.Sum256(body); !bytes.Equal(sum[:], claimed) {
		return reject("digest_mismatch", "the body is not the one that was signed")
	}
	return nil
}

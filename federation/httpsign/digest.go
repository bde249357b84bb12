package httpsign

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/dunglas/httpsfv"
)

// checkDigest compares the SHA-256 of body with the one that the Digest header
// claims (RFC 3230 §4.3.2). The header may list several algorithms, of which the
// others are passed over; the name is in any case, SHA-256 exactly once.
func checkDigest(h http.Header, body []byte) error {
	var claimed []byte
	for entry := range strings.SplitSeq(strings.Join(h.Values("Digest"), ","), ",") {
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

// checkContentDigest is the same for Content-Digest (RFC 9530 §2), where SHA-512
// is as good. Of both, each has to be right; other algorithms are passed over.
func checkContentDigest(h http.Header, body []byte) error {
	d, err := dictionary(h, digestHeader, "digest_malformed")
	if err != nil {
		return err
	}
	sum256, sum512, known := sha256.Sum256(body), sha512.Sum512(body), false
	for name, sum := range map[string][]byte{"sha-256": sum256[:], "sha-512": sum512[:]} {
		member, given := d.Get(name)
		if !given {
			continue
		}
		item, _ := member.(httpsfv.Item)
		claimed, ok := item.Value.([]byte)
		if !ok || len(claimed) != len(sum) {
			return reject("digest_malformed", "%s holds %s as %d bytes in base64 between colons", digestHeader, name, len(sum))
		}
		if !bytes.Equal(sum, claimed) {
			return reject("digest_mismatch", "the body is not the one that was signed")
		}
		known = true
	}
	if !known {
		return reject("digest_malformed", "%s holds neither sha-256 nor sha-512", digestHeader)
	}
	return nil
}

// sha256Of is the value of Digest or, between colons, of Content-Digest.
func sha256Of(body []byte) string {
	sum := sha256.Sum256(body)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Package httpsign signs requests and believes signed requests, in both dialects of
// the fediverse: draft-cavage-http-signatures-12, which everybody reads, by RSA;
// and RFC 9421, HTTP Message Signatures, by RSA or Ed25519.
//
// A request is believed in two steps, because the key has to be found between:
//
//	s, err := httpsign.Parse(r, origin) // who says it is? not believed yet
//	key := ...                          // the public key of s.KeyID
//	err = s.Verify(r, body, key, now, hosts)
//
// Whose key it is remains for the caller to prove: by the actor's own document,
// never by the key's.
//
// # What is asked of a signature
//
// The same in both dialects, and at one place (verify.go): it covers the method, the
// target with its query, the host, a time, and for whatever may have a body its
// digest; each part that it covers is there; the time is about now; the host is one
// of ours; the body has that digest. What differs is how these are written:
//
//	              draft-cavage           RFC 9421
//	method        (request-target)       @method
//	target        (request-target)       @target-uri; @request-target; @path and @query
//	host          host                   @target-uri; @authority
//	time          date; (created)        created
//	digest        digest, SHA-256        content-digest, SHA-256 or SHA-512
//
// Headers that are structured are read by github.com/dunglas/httpsfv, which lets the
// last of two equal names win, as the standard says; here the second one is refused.
// Signing and verifying write what is signed by the same few lines. Second
// implementations hold them to account: the tests have what others signed.
package httpsign

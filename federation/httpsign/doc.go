// Package httpsign signs requests and believes signed requests: HTTP signatures
// as in draft-cavage-http-signatures-12, the dialect that all of the fediverse
// speaks, RSA only.
//
// A request is believed in two steps, because the key has to be found between:
//
//	s, err := httpsign.Parse(r)          // who says it is? not believed yet
//	key := ...                           // the public key of s.KeyID
//	err = s.Verify(r, body, key, now, hosts)
//
// Whose key it is remains for the caller to prove: by the actor's own document,
// never by the key's.
//
// # What go-fed/httpsig does, and what it does not
//
// Sign lets github.com/go-fed/httpsig do the work, on a copy of the request that
// shows it the target as it goes over the wire; by itself it would sign the
// decoded path. Its verifier is not used. It splits on commas inside quotes, lets
// the last of two parameters win, asks for no header at all, never looks at Date
// or Digest, and refuses a (created) more than ten seconds ahead of a clock that
// it reads itself, so no wrapping can give partners the hour that they need.
// Verify therefore writes the signing string anew and calls crypto/rsa; the tests
// hold the two against each other.
package httpsign

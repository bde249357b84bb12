package server

import (
	"context"
	"crypto"
	"net/http"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/federation/httpsign"
)

// verify believes a signature or says why not. It also believes a server that
// fetches the key of one of our people and signs the whole of its id, with the
// fragment that no request carries: Fedify does, and would go back to draft-cavage
// for good when it is not understood.
func (s *Server) verify(ctx context.Context, r *http.Request, body []byte, sig httpsign.Signature, key crypto.PublicKey) error {
	by := func(sig httpsign.Signature) error { return sig.Verify(r, body, key, s.engine.Now(), s.house.Hosts()) }
	err := by(sig)
	if err == nil || sig.Dialect() != httpsign.RFC9421 || r.Method != http.MethodGet || activity.FaultOf(err).Reason != "signature_wrong" {
		return err
	}
	names, failed := s.keyNames(ctx, r)
	if failed != nil {
		return failed
	}
	for _, name := range names {
		if by(sig.At(name)) == nil {
			return nil
		}
	}
	return err
}

// keyNames are the fragments that lead to the keys of the person who is asked for.
// That there are some gives nothing away: WebFinger tells everybody who is here.
func (s *Server) keyNames(ctx context.Context, r *http.Request) (names []string, err error) {
	if !strings.HasPrefix(r.URL.Path, "/users/") {
		return nil, nil
	}
	a, _, err := activity.Optional(s.db.Actor(ctx, activity.ID(s.house.URL+r.URL.Path)))
	add := func(key activity.ID) {
		if _, name, ok := strings.Cut(string(key), "#"); ok && a.Local {
			names = append(names, "#"+name)
		}
	}
	for _, k := range a.PublicKey {
		add(k.ID)
	}
	for _, k := range a.AssertionMethod {
		add(k.ID)
	}
	return names, err
}

package interop_test

import (
	"net/http"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation/httpsign"
)

// turnAway delivers the same activities where only partners are let in, and
// nobody is one: each is refused, nothing is fetched, and only knocks remain.
func (s *stage) turnAway(t *testing.T, all []document, l library) {
	w := newWorld(l, httpsign.EncodePublicKey(&s.keys.theirs.PublicKey))
	s.partner.plays(w)
	in := s.found(t, "https://closed.example", false)
	in.person(activity.ID(in.URL+"/users/bea"), "Person")
	knocked := map[string]bool{}
	for _, d := range all {
		a, err := read(d.raw)
		if d.kind != anActivity || err != nil {
			continue
		}
		w.learn(d.raw)
		key := w.keyID(a.Actor.ID)
		knocked[key.Host()] = true
		if status, reason := in.post(d.raw, httpsign.Signer{KeyID: key, Key: s.keys.theirs}); status != http.StatusForbidden {
			t.Errorf("%s: %d %s; want 403", d.path, status, reason)
		}
	}
	in.settle()
	if n := s.partner.requests(); n != 0 {
		t.Errorf("%d requests were made to strangers", n)
	}
	if n := s.facts(t); n != 0 {
		t.Errorf("strangers have left %d facts", n)
	}
	ks, err := s.db.Knocks(t.Context(), len(all))
	in.must(err)
	for _, k := range ks {
		delete(knocked, k.Host)
	}
	var actors, activities int
	in.must(s.tables.QueryRowContext(t.Context(), "SELECT (SELECT count(*) FROM actors WHERE NOT local), (SELECT count(*) FROM activities)").Scan(&actors, &activities))
	if len(knocked) > 0 || actors+activities > 0 {
		t.Errorf("no knocks of %v; %d strangers and %d activities were kept", knocked, actors, activities)
	}
}

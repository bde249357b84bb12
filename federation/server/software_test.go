package server_test

import (
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity/limits"
)

// runs serves what a stranger says that it runs.
func (s *stranger) runs(name, version string) {
	s.serve("/.well-known/nodeinfo", map[string]any{"links": []any{map[string]any{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": s.id("/nodeinfo")}}})
	s.serve("/nodeinfo", map[string]any{"version": "2.0", "software": map[string]any{"name": name, "version": version}})
}

func TestPartnersAreAskedOnceADayWhatTheyRun(t *testing.T) {
	t.Parallel()
	acme, globex, other := found(t, "acme", true), newStranger(t, "globex"), newStranger(t, "other")
	acme.isPartnerOf(globex)
	other.runs("mastodon", "4.5.0") // no partner
	runs := func() string {
		t.Helper()
		acme.do(acme.AskPartners(t.Context()))
		ps, err := acme.db.Partners(t.Context())
		if must(acme, ps, err); len(ps) != 1 {
			t.Fatalf("got %+v", ps)
		}
		return ps[0].Software + " " + ps[0].Version
	}
	globex.runs("mastodon", "4.5.0")
	if got := runs(); got != "mastodon 4.5.0" {
		t.Errorf("it runs %q", got)
	}
	asked := globex.asked()
	globex.runs("lemmy", "\u001b[2J"+strings.Repeat("\u202e9", limits.SoftwareVersion)+"\u0000")
	if got := runs(); got != "mastodon 4.5.0" || globex.asked() != asked {
		t.Errorf("it was asked again, and runs %q", got)
	}
	acme.ahead.Add(int64(limits.SoftwareEvery + time.Second))
	if got, want := runs(), "lemmy [2J"+strings.Repeat("9", limits.SoftwareVersion-3); got != want {
		t.Errorf("it runs %q, not %q", got, want)
	}
	globex.serve("/nodeinfo", status(503))
	acme.ahead.Add(int64(limits.SoftwareEvery + time.Second))
	if got := runs(); !strings.HasPrefix(got, "lemmy ") {
		t.Errorf("while it does not answer it runs %q", got)
	}
	globex.serve("/nodeinfo", map[string]any{"software": map[string]any{"name": "<script>", "version": "1"}})
	acme.ahead.Add(int64(limits.SoftwareEvery + time.Second))
	if got := runs(); got != " " {
		t.Errorf("when it says nothing that can be read it runs %q", got)
	}
	if other.asked() != 0 {
		t.Error("who is no partner was asked")
	}
}

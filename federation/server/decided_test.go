package server_test

import (
	"slices"
	"testing"
	"time"

	"entente.example/entente/federation"
)

// Who may look into a group is decided by its owner, and an operator can look it up.
func TestWhatOpensAGroupToCompaniesIsInTheAuditLog(t *testing.T) {
	t.Parallel()
	acme, globex := companies(t)
	alice := acme.person("alice")
	g, err := acme.OpenGroup(t.Context(), alice, federation.GroupDraft{Name: "Atlas"})
	acme.do(err)
	summary, to := "What we build", []string{globex.House.Host + "=read"}
	g, err = acme.ChangeGroup(t.Context(), alice, g, federation.Settings{Summary: &summary})
	acme.do(err)
	g, err = acme.ChangeGroup(t.Context(), alice, g, federation.Settings{Companies: &to})
	acme.do(err)
	strangers := []string{"initech.example"}
	if _, err := acme.ChangeGroup(t.Context(), alice, g, federation.Settings{Companies: &strangers}); err == nil {
		t.Error("who is no partner is let in")
	}
	lines, err := acme.db.Audited(t.Context(), string(g.ID), time.Time{}, 10)
	acme.do(err)
	var said []string
	for _, l := range lines {
		if l.Who != string(alice.ID) {
			t.Errorf("%s decided %s", l.Who, l.What)
		}
		said = append(said, l.What+" "+l.Details["access"]+" "+l.Details["companies"])
	}
	if want := []string{"group.changed open " + globex.House.Host + "=read", "group.opened open "}; !slices.Equal(said, want) {
		t.Errorf("the log has %q, want %q", said, want)
	}
}

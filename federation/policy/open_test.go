package policy_test

import (
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// Open federation gives a former partner no more than its agreement gave: nothing while it is
// suspended, wound up or revoked, and what a stranger has once it has ended.
func TestOpenFederationDoesNotGiveBackWhatAnAgreementHasTaken(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	follow := agreement.Grant{Words: []agreement.Word{agreement.Follow}, People: agreement.Everyone()}.Raw()
	row := store.Partner{Agreement: "https://acme.example/agreements/1", Lets: follow, Takes: follow}
	suspended, early, late := row, row, row
	suspended.Suspended, early.FromAt, late.UntilAt = true, time.Now().Add(time.Hour), time.Now().Add(-time.Hour)
	for name, c := range map[string]struct {
		state, final string
		partner      *store.Partner
		passes       bool
		waits        bool
		isStranger   bool
	}{
		"active":               {state: "active", partner: &row, passes: true},
		"suspended":            {state: "suspended", partner: &suspended, waits: true},
		"not yet":              {state: "active", partner: &early, passes: true, isStranger: true},
		"over, not noticed":    {state: "active", partner: &late},
		"winding-down":         {state: "winding_down", final: "terminated"},
		"revoked":              {state: "revoked", final: "revoked"},
		"revoked and over":     {state: "ended", final: "revoked"},
		"ended":                {state: "ended", final: "terminated", passes: true},
		"lapsed after its day": {state: "ended", passes: true},
		"only declined":        {state: "declined", final: "terminated", passes: true},
		"by our word again":    {state: "ended", final: "revoked", partner: &store.Partner{Lets: row.Lets, Takes: row.Takes}, passes: true},
	} {
		t.Run(name, func(t *testing.T) {
			host := strings.NewReplacer(" ", "-", ",", "").Replace(name) + ".example"
			keepAgreement(t, db, host, c.state, c.final, c.partner)
			gate := policy.New(db, true, "acme.example")
			isLetThrough(t, db, gate, host, c.passes, c.waits)
			for _, w := range []agreement.Word{agreement.Follow, agreement.Directory, agreement.JoinGroup} {
				want := c.passes && (c.partner == nil || c.isStranger || w == agreement.Follow)
				if is, err := gate.IsLet(t.Context(), w, host, ""); err != nil || is != want {
					t.Errorf("it is let %s: %t, %v", w, is, err)
				}
				if err := gate.Takes(t.Context(), w, host, "https://acme.example/users/alice"); (err == nil) != want {
					t.Errorf("it lets ours %s: %v", w, err)
				}
				agreeing, err := gate.Agreeing(t.Context(), w, w, []string{host})
				if agreeing[host] != (want || c.waits) || err != nil {
					t.Errorf("it agrees to %s: %t, %v", w, agreeing[host], err)
				}
			}
		})
	}
}

// isLetThrough asks at each door: alone and in a document, in a transaction and outside.
func isLetThrough(t *testing.T, db *store.Store, gate *policy.Gate, host string, passes, waits bool) {
	t.Helper()
	doc := []byte(`{"type":"Like","actor":"https://` + host + `/users/bea"}`)
	for _, d := range []policy.Direction{policy.Accept, policy.Send, policy.Fetch, policy.Serve} {
		if err := gate.Allow(t.Context(), d, host, "a test"); (err == nil) != passes || err != nil && waits && d == policy.Send && activity.FaultOf(err).Reason != policy.Suspended {
			t.Errorf("%s: %v", d, err)
		}
		if err := gate.AllowAll(t.Context(), d, doc); (err == nil) != passes {
			t.Errorf("%s of a document: %v", d, err)
		}
	}
	if may, err := gate.Sendable(t.Context(), []string{host}); err != nil || may[host] != (passes || waits) {
		t.Errorf("it may be sent to: %t, %v", may[host], err)
	}
	err := db.InTx(t.Context(), func(tx *store.Tx) error {
		is, err := gate.In(tx).Passes(t.Context(), host)
		if is != passes {
			t.Errorf("in a transaction it passes: %t", is)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func keepAgreement(t *testing.T, db *store.Store, host, state, final string, partner *store.Partner) {
	t.Helper()
	err := db.InTx(t.Context(), func(tx *store.Tx) error {
		ps := store.Partnership{ID: activity.ID("https://" + host + "/agreements/1"), Host: host, Other: activity.ID("https://" + host + "/actor"),
			Knowledge: []byte("{}"), State: state, Final: final}
		if err := tx.PutPartnership(t.Context(), ps); err != nil || partner == nil {
			return err
		}
		p := *partner
		p.Host = host
		return tx.PutPartner(t.Context(), p)
	})
	if err != nil {
		t.Fatal(err)
	}
}

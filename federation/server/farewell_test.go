package server_test

import (
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// An agreement ends at once for all, though thousands of their people are taken out of our
// groups bit by bit: who is still in one reads, writes and hears nothing.
func TestTheRightsOfAPartnerEndBeforeItsPeopleAreOut(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice := acme.person("alice")
	globex, bea := outsider(t, acme)
	group := acme.makes(alice, activity.AccessClosed, globex.host)
	minutes := acme.writes(alice, "minutes", group)
	path := strings.TrimPrefix(string(minutes.ID), acme.House.URL)
	acme.get(globex, bea, path) // now she is known
	pump(t, acme)
	acme.joined(store.Membership, acme.knows(bea), group)
	if code, _ := acme.get(globex, bea, path); code != 200 {
		t.Fatalf("a member reads it: %d", code)
	}
	acme.crowd(group, globex.host, 1500)
	acme.tx(func(tx *store.Tx) error {
		if _, err := tx.RemovePartner(t.Context(), globex.host); err != nil {
			return err
		}
		return tx.Part(t.Context(), globex.host)
	})
	if n := acme.finds("SELECT FROM edges WHERE kind = 'member' AND object = $1", int64(group.Key)); n < 100 {
		t.Fatalf("only %d are left in the group", n)
	}
	acme.joined(store.Membership, acme.knows(bea), group) // she is one of them
	if code, text := acme.get(globex, bea, path); code/100 != 4 {
		t.Errorf("she reads it: %d %.200s", code, text)
	}
	if code, text := globex.send(acme, globex.into(bea, "/notes/1", group.ID)); code/100 != 4 {
		t.Errorf("she writes: %d %.200s", code, text)
	}
	before := len(globex.traffic())
	acme.writes(alice, "later", group)
	pump(t, acme)
	if heard := globex.traffic()[before:]; len(heard) > 0 {
		t.Errorf("her company hears %q", heard)
	}
	if n := acme.finds("SELECT FROM edges AS e JOIN actors AS a ON a.key = e.actor WHERE e.kind = 'member' AND e.object = $1 AND a.username LIKE 'crowd%'", int64(group.Key)); n > 0 {
		t.Errorf("%d are still in it in the end", n)
	}
}

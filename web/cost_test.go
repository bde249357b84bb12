package web

import (
	"net/http"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// To parse and plan what a page asks took longer than to answer it: whoever reads a page
// again asks only what its connection knows, and little of it.
func TestAPageAsksWhatIsPlannedAlready(t *testing.T) {
	t.Parallel()
	dsn, queries := storetest.Counted(t)
	db, err := store.Open(dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	c := newCompanyOn(t, db, "https://acme.example")
	alice := c.member("alice", "Alice")
	group, err := c.engine.OpenGroup(t.Context(), alice, federation.GroupDraft{Username: "board", Name: "The board"})
	c.does(err)
	for range 20 {
		c.wrote(alice, store.Note{Note: activity.Note{Content: "<p>Minutes</p>"}, GroupKey: group.Key, Admitted: true})
	}
	own := c.wrote(alice, store.Note{Note: activity.Note{Content: "<p>Hello</p>"}})
	a := c.as(alice)
	for path, most := range map[string]int64{"/@board": 16, "/home": 6, "/@alice": 14, notePath(alice, own): 10} {
		asked, anew := int64(1<<62), int64(1<<62)
		for range 20 { // a connection that was idle is asked whether it is there
			before, plannedBefore := queries.Load(), queries.Anew.Load()
			a.get(path).is(http.StatusOK)
			asked, anew = min(asked, queries.Load()-before), min(anew, queries.Anew.Load()-plannedBefore)
		}
		if asked > most || anew > 0 {
			t.Errorf("%s: %d questions of at most %d, of which %d were planned anew", path, asked, most, anew)
		}
	}
}

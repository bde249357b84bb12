package server_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// Many who follow one person at the same moment take turns for that person. What each of
// them asks the database for meanwhile is what the others wait for.
func TestFollowsOfOnePersonAskTheDatabaseForLittle(t *testing.T) {
	t.Parallel()
	dsn, queries := storetest.Counted(t)
	acme, globex := foundOn(t, "acme", false, dsn), newStranger(t, "globex")
	alice := acme.person("alice")
	acme.isPartnerOf(globex)
	const many = 12
	var docs []map[string]any
	for n := range many {
		bea := globex.person(fmt.Sprint("bea", n))
		acme.learns(globex.actor(fmt.Sprint("bea", n)))
		docs = append(docs, globex.follow(bea, alice))
	}
	acme.together(globex, docs[0]["actor"].(string), docs[:1]...) // plans are made
	before := queries.Load()
	transactions := acme.together(globex, docs[1]["actor"].(string), docs[1:]...)
	n := queries.Load() - before
	if transactions > 3 || n > 150 {
		t.Errorf("%d follows in %d transactions: %d queries", many-1, transactions, n)
	}
	followers, err := acme.db.EdgesTo(t.Context(), store.Follow, alice.Key, store.Page{Limit: store.PageMax})
	acme.do(err)
	told, err := acme.db.Notifications(t.Context(), alice.Key, store.Page{Limit: store.PageMax})
	acme.do(err)
	if len(followers) != many || len(told) != many {
		t.Errorf("%d of %d follow, of %d she is told", len(followers), many, len(told))
	}
	pump(t, acme)
	for _, doc := range docs {
		if got := globex.answers(doc["id"].(string)); !slices.Equal(got, []string{"Accept", "Accept"}) { // each job runs twice
			t.Errorf("%v was answered by %v", doc["id"], got)
		}
	}
}

// learns lets a company know somebody elsewhere.
func (c *company) learns(doc map[string]any) {
	c.t.Helper()
	raw, err := json.Marshal(doc)
	c.do(err)
	a, err := activity.ReadActor(raw)
	c.do(err)
	c.tx(func(tx *store.Tx) error {
		_, err := tx.PutActor(c.t.Context(), store.Actor{Actor: a, Host: a.ID.Host()})
		return err
	})
}

// Posts that name somebody share a transaction, too: she is told of each when it is there.
func TestPostsThatNameSomebodyShareATransaction(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	acme.joined(store.Follow, alice, acme.knows(bea))
	var docs []map[string]any
	for n := range 8 {
		doc := globex.create(bea, fmt.Sprint("/named/", n), "hello alice")
		note := doc["object"].(map[string]any)
		note["cc"], doc["cc"] = alice.ID, alice.ID
		note["tag"] = map[string]any{"type": "Mention", "href": alice.ID, "name": "@alice"}
		docs = append(docs, doc)
	}
	if n := acme.together(globex, bea, docs...); n > 3 {
		t.Errorf("they were applied in %d transactions", n)
	}
	told, err := acme.db.Notifications(t.Context(), alice.Key, store.Page{Limit: store.PageMax})
	acme.do(err)
	if told = slices.DeleteFunc(told, func(n store.Notification) bool { return n.Kind != "mention" }); len(told) != len(docs) {
		t.Errorf("she is told of %d of %d", len(told), len(docs))
	}
}

package web

import (
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

func TestAQuoteIsShownWithLeaveAndIsALinkWithout(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice, marc := c.member("alice", "Alice"), c.member("marc", "Marc")
	original, err := c.engine.Post(t.Context(), alice, federation.Draft{Text: "the original words"})
	c.does(err)
	quoting, err := c.engine.Post(t.Context(), marc, federation.Draft{Text: "she is right", Quote: original.Key})
	c.does(err)
	at, m := notePath(marc, quoting), c.as(marc)
	m.get(at).has(`<blockquote class="quoted"`, "the original words", " quotes\"").hasNot("not agreed")
	settle := func(state string) {
		c.tx(func(tx *store.Tx) error {
			return tx.SettleQuote(t.Context(), store.Quote{Note: quoting.Key, IRI: original.ID, Target: original.Key, State: state})
		})
	}
	settle(store.QuotePending)
	m.get(at).has("not agreed", "/search?q=https").hasNot("the original words")
	settle(store.QuoteRevoked)
	m.get(at).hasNot("the original words", "not agreed", "blockquote")
	settle(store.QuoteAccepted)
	c.tx(func(tx *store.Tx) error { return tx.Suspend(t.Context(), alice.Key, tx.Now) })
	m.get(at).hasNot("the original words", "blockquote")
	if original.Visibility != activity.VisiblePublic {
		t.Error("it was not public")
	}
}

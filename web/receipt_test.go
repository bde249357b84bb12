package web

import (
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

func TestTheAuthorSeesHowFarAPostHasCome(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice, marc, bea := c.member("alice", "Alice"), c.member("marc", "Marc"), c.partner(activity.Actor{Username: "bea", Name: "Bea"})
	here, err := c.engine.Post(t.Context(), alice, federation.Draft{Text: "only here"})
	c.does(err)
	c.as(alice).get(notePath(alice, here)).hasNot("Has arrived at")
	c.joined(store.Follow, bea, alice)
	n, err := c.engine.Post(t.Context(), alice, federation.Draft{Text: "for globex too"})
	c.does(err)
	at, b := notePath(alice, n), c.as(alice)
	b.get(at).has("Has arrived at 0 of 1 company", "<bdi>globex.example</bdi>: under way")
	c.as(marc).get(at).has("for globex too").hasNot("Has arrived at", "under way")
	c.browser().get(at).hasNot("Has arrived at")

	settle := func(outcome string) {
		t.Helper()
		fans, err := c.db.Unspread(t.Context(), n.Key)
		c.does(err)
		for _, f := range fans {
			ds, err := c.engine.Deliveries(t.Context(), f)
			c.does(err)
			_, err = c.db.PutDeliveries(t.Context(), ds, false, f.Activity.Time())
			c.does(err)
			c.does(c.db.Spread(t.Context(), f.Activity))
			for _, d := range ds {
				c.tx(func(tx *store.Tx) error {
					return tx.Settle(t.Context(), []store.Settled{{Deliver: d, Outcome: outcome}})
				})
			}
		}
	}
	settle("refused_403: the other server answered 403: <b>no</b>")
	b.get(at).has("Has arrived at 0 of 1 company", "refused", "the other server answered 403: &lt;b&gt;no&lt;/b&gt;")
	b.post(at+"/edit", "text", "again").leadsTo(at)
	settle(store.Delivered)
	b.get(at).has("Has arrived at 1 of 1 company", "has arrived", "<time datetime=").hasNot("refused")
	b.post("/locale", "locale", "fr", "back", at)
	b.get(at).has("Arrivé\u00a0: 1 entreprise sur 1", "<bdi>globex.example</bdi>: arrivé")
}

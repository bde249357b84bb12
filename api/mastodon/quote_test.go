package mastodon_test

import (
	"net/http"
	"strings"
	"testing"

	"entente.example/entente/store"
)

func TestAStatusQuotesAnotherUntilItsAuthorTakesTheLeaveBack(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, amir := c.hire("alice"), c.hire("amir")
	original := alice.post("quote me")
	if a := amir.does("GET", "/api/v1/statuses/"+id(original)).object(); dig(a["quote_approval"], "current_user") != "automatic" {
		t.Errorf("amir may quote it: %v", a["quote_approval"])
	}
	boost := amir.does("POST", "/api/v1/statuses/"+id(original)+"/reblog").object()
	quoting := amir.post("as she says", "quoted_status_id", id(boost)) // of a boost: what it boosts
	if dig(quoting["quote"], "state") != "accepted" || dig(quoting["quote"], "quoted_status", "id") != id(original) {
		t.Fatalf("the quote is %v", quoting["quote"])
	}
	again := alice.post("he quotes me", "quoted_status_id", id(quoting))
	if dig(again["quote"], "quoted_status", "quote", "quoted_status_id") != id(original) || dig(again["quote"], "quoted_status", "quote", "quoted_status") != nil {
		t.Errorf("a quote of a quote is %v", again["quote"])
	}
	path := "/api/v1/statuses/" + id(original)
	if n := alice.does("GET", path).object()["quotes_count"]; n != float64(1) {
		t.Errorf("%v quotes", n)
	}
	if list := alice.does("GET", path+"/quotes").list(); len(list) != 1 || id(list[0]) != id(quoting) {
		t.Errorf("quoted by %v", list)
	}
	amir.asks("POST", path+"/quotes/"+id(quoting)+"/revoke").refused(http.StatusNotFound, "not_found")
	revoked := alice.does("POST", path+"/quotes/"+id(quoting)+"/revoke").object()
	if dig(revoked["quote"], "state") != "revoked" || dig(revoked["quote"], "quoted_status") != nil {
		t.Errorf("after that the quote is %v", revoked["quote"])
	}
	if list := alice.does("GET", path+"/quotes").list(); len(list) != 0 {
		t.Errorf("quoted by %v", list)
	}
}

func TestWhoMayQuoteIsUpToTheAuthor(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, amir := c.hire("alice"), c.hire("amir")
	for policy, want := range map[string]string{"nobody": "denied", "followers": "unknown", "public": "automatic"} {
		s := alice.post("a post", "quote_approval_policy", policy)
		if got := dig(amir.does("GET", "/api/v1/statuses/"+id(s)).object()["quote_approval"], "current_user"); got != want {
			t.Errorf("%s: %v", policy, got)
		}
		a := amir.asks("POST", "/api/v1/statuses", "status", "x", "quoted_status_id", id(s))
		if ok := policy == "public"; ok != (a.StatusCode == http.StatusOK) || !ok && !strings.Contains(a.body, "not_quotable") {
			t.Errorf("%s: %d %s", policy, a.StatusCode, a.body)
		}
	}
	alice.asks("POST", "/api/v1/statuses", "status", "x", "quote_approval_policy", "friends").refused(http.StatusUnprocessableEntity, "bad_quote_policy")
}

func TestWhatIsQuotedIsSeenOnlyByWhoMaySeeIt(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, amir := c.hire("alice"), c.hire("amir")
	original := alice.post("quote me")
	quoting := amir.post("as she says", "quoted_status_id", id(original))
	c.tx(func(tx *store.Tx) error { return tx.Suspend(t.Context(), alice.Key, tx.Now) })
	if q := amir.does("GET", "/api/v1/statuses/"+id(quoting)).object()["quote"]; dig(q, "state") != "unauthorized" || dig(q, "quoted_status") != nil {
		t.Errorf("of somebody suspended: %v", q)
	}
}

package mastodon_test

import (
	"net/http"
	"testing"

	"entente.example/entente/store"
)

func TestAMemberReportsSomebodyToTheAdmins(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, amir := c.hire("alice"), c.hire("amir")
	bad := amir.post("something bad")
	secret := amir.post("to nobody", "visibility", "direct")
	r := alice.does("POST", "/api/v1/reports", "account_id", amir.Key.String(), "status_ids[]", id(bad), "comment", "look", "category", "spam", "forward", "true").object()
	if r["action_taken"] != false || r["comment"] != "look" || r["category"] != "spam" || r["forwarded"] != false || dig(r["target_account"], "id") != amir.Key.String() {
		t.Errorf("got %v", r)
	}
	if ids, ok := r["status_ids"].([]any); !ok || len(ids) != 1 || ids[0] != id(bad) {
		t.Errorf("about %v", r["status_ids"])
	}
	rs, err := c.db.Reports(t.Context(), true, store.Page{})
	if err != nil || len(rs) != 1 || rs[0].Reporter != alice.Key || rs[0].Account != amir.Key {
		t.Errorf("kept %+v, %v", rs, err)
	}
	alice.asks("POST", "/api/v1/reports", "account_id", amir.Key.String(), "status_ids[]", id(secret)).refused(http.StatusNotFound, "not_found")
	alice.asks("POST", "/api/v1/reports", "account_id", alice.Key.String(), "status_ids[]", id(bad)).refused(http.StatusUnprocessableEntity, "foreign_note")
	alice.asks("POST", "/api/v1/reports", "account_id", "7").refused(http.StatusNotFound, "not_found")
	alice.asks("POST", "/api/v1/reports", "account_id", amir.Key.String(), "category", "boring").refused(http.StatusUnprocessableEntity, "bad_category")
}

package mastodon_test

import (
	"net/http"
	"reflect"
	"strconv"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
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

func TestAdminsAreToldWhatEachReportIsAbout(t *testing.T) {
	t.Parallel()
	c := open(t)
	boss, alice, amir, bob := c.hire("boss"), c.hire("alice"), c.hire("amir"), c.hire("bob")
	for _, about := range []*person{amir, bob} {
		alice.does("POST", "/api/v1/reports", "account_id", about.Key.String(), "comment", "look")
	}
	told := boss.does("GET", "/api/v1/notifications").list()
	if got := each(told, "report", "target_account", "acct"); !reflect.DeepEqual(got, []any{"bob", "amir"}) {
		t.Fatalf("about %v", got)
	}
	if got := each(told, "report", "comment"); !reflect.DeepEqual(got, []any{"look", "look"}) {
		t.Errorf("comments %v", got)
	}
	posted := alice.post("hello")
	boss.does("POST", "/api/v1/statuses/"+id(posted)+"/favourite")
	if got := alice.does("GET", "/api/v1/notifications").list(); len(got) != 1 || dig(got[0], "report") != nil {
		t.Errorf("alice was told %v", got)
	}
}

func TestAReportNamesAtMostAHundredPosts(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, amir := c.hire("alice"), c.hire("amir")
	form := []string{"account_id", amir.Key.String()}
	for range limits.ReportedNotes {
		n := c.arrives(amir.Actor, strconv.Itoa(len(form)), activity.Audience{To: activity.IDs{activity.Public}}, nil)
		form = append(form, "status_ids[]", n.Key.String())
	}
	alice.does("POST", "/api/v1/reports", form...)
	alice.asks("POST", "/api/v1/reports", append(form, form[2:4]...)...).refused(http.StatusUnprocessableEntity, "long_report")
}

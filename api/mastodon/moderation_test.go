package mastodon_test

import (
	"fmt"
	"net/http"
	"reflect"
	"testing"
)

func TestThoseWhoLookAfterAGroupDoSoThroughTheAPI(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob, carol, dora := c.hire("alice"), c.hire("bob"), c.hire("carol"), c.hire("dora")
	key := func(p *person) string { return p.Key.String() }
	at := "/api/entente/v1/groups"
	group := alice.does("POST", at, "display_name", "Board", "note", "To decide", "access", "closed", "reviewed", "true").object()
	at += "/" + id(group)
	if group["access"] != "closed" || group["reviewed"] != true || group["inviting"] != "moderators" || dig(group, "relationship", "owner") != true {
		t.Errorf("the group is %v", group)
	}
	for _, p := range []*person{bob, carol} {
		if got := p.does("POST", at+"/join").object(); dig(got, "relationship", "requested") != true || dig(got, "relationship", "member") != false {
			t.Errorf("after asking: %v", got)
		}
	}
	if got := bob.does("GET", at).object(); got["note"] != group["note"] || got["members_count"] != 0.0 {
		t.Errorf("who is not in it is shown %v", got)
	}
	if got := bob.does("GET", at+"/members").list(); len(got) != 0 {
		t.Errorf("who is not in it is shown the members %v", got)
	}
	bob.asks("GET", at+"/requests").refused(http.StatusForbidden, "not_a_moderator")
	if got := each(alice.does("GET", at+"/requests").list(), "id"); !reflect.DeepEqual(got, []any{key(carol), key(bob)}) {
		t.Errorf("the requests are %v", got)
	}
	alice.does("POST", at+"/requests/"+key(bob)+"/accept")
	alice.does("POST", at+"/requests/"+key(carol)+"/reject")
	alice.does("PUT", at+"/invitations/"+key(dora))
	if got := dora.does("GET", "/api/entente/v1/group_invitations").list(); len(got) != 1 || dig(got[0], "relationship", "invited") != true {
		t.Errorf("dora is invited to %v", got)
	}
	if got := dora.does("POST", at+"/join").object(); dig(got, "relationship", "member") != true || got["members_count"] != 3.0 {
		t.Errorf("dora joins: %v", got)
	}
	post := bob.post("to be read first", "group_id", id(group))
	if got := dora.does("GET", "/api/v1/timelines/group/"+id(group)).list(); len(got) != 0 || post["visibility"] != "private" {
		t.Errorf("before it is read dora sees %v", got)
	}
	if got := each(alice.does("GET", at+"/waiting").list(), "id"); !reflect.DeepEqual(got, []any{id(post)}) {
		t.Errorf("there wait %v", got)
	}
	alice.does("POST", at+"/waiting/"+id(post)+"/accept")
	if got := each(dora.does("GET", "/api/v1/timelines/group/"+id(group)).list(), "id"); !reflect.DeepEqual(got, []any{id(post)}) {
		t.Errorf("dora sees %v", got)
	}
	alice.does("PUT", at+"/members/"+key(bob), "role", "moderator")
	if got := each(bob.does("GET", at+"/members").list(), "role"); !reflect.DeepEqual(got, []any{"member", "moderator", "owner"}) {
		t.Errorf("the roles are %v", got)
	}
	bob.does("DELETE", at+"/members/"+key(dora))
	bob.does("PUT", at+"/bans/"+key(carol))
	if got := each(bob.does("GET", at+"/bans").list(), "id"); !reflect.DeepEqual(got, []any{key(carol)}) {
		t.Errorf("kept out are %v", got)
	}
	carol.asks("POST", at+"/join").refused(http.StatusForbidden, "banned")
	bob.does("DELETE", at+"/bans/"+key(carol))
	bob.asks("PATCH", at, "access", "open").refused(http.StatusForbidden, "not_a_moderator")
	if got := alice.does("PATCH", at, "access", "open", "display_name", "The board", "posting", "moderators").object(); got["access"] != "open" || got["display_name"] != "The board" || got["posting"] != "moderators" || got["note"] != group["note"] {
		t.Errorf("it is changed to %v", got)
	}
	if got := dora.does("POST", at+"/join").object(); dig(got, "relationship", "member") != true {
		t.Errorf("into the open one dora comes at once: %v", got)
	}
	minutes := fmt.Sprint(alice.post("minutes", "group_id", fmt.Sprint(group["id"]))["id"])
	dora.asks("PUT", at+"/pins/"+minutes).refused(http.StatusForbidden, "not_a_moderator")
	alice.does("PUT", at+"/pins/"+minutes)
	alice.does("PUT", at+"/locks/"+minutes)
	if got := each(dora.does("GET", "/api/v1/accounts/"+fmt.Sprint(group["id"])+"/statuses?pinned=true").list(), "id"); !reflect.DeepEqual(got, []any{minutes}) {
		t.Errorf("what is pinned is %v", got)
	}
	dora.asks("POST", "/api/v1/statuses", "status", "late", "in_reply_to_id", minutes).refused(http.StatusForbidden, "locked")
	alice.does("DELETE", at+"/locks/"+minutes)
	alice.does("DELETE", at+"/pins/"+minutes)
	dora.does("POST", "/api/v1/statuses", "status", "in time", "in_reply_to_id", minutes)
	late := id(dora.does("POST", "/api/v1/statuses", "status", "off topic", "in_reply_to_id", minutes).object())
	alice.does("POST", at+"/waiting/"+late+"/accept")
	bob.does("POST", "/api/v1/reports", "account_id", key(dora), "status_ids[]", late, "comment", "it is rude")
	dora.asks("GET", at+"/reports").refused(http.StatusForbidden, "not_a_moderator")
	if got := bob.does("GET", "/api/v1/notifications?types[]=group_report").list(); len(got) != 1 || dig(got[0], "report", "comment") != "it is rude" || dig(got[0], "account", "id") != key(dora) {
		t.Errorf("a moderator is told %v", got)
	}
	reports := alice.does("GET", at+"/reports").list()
	if len(reports) != 1 || dig(reports[0], "comment") != "it is rude" || dig(reports[0], "target_account", "id") != key(dora) {
		t.Errorf("reported are %v", reports)
	}
	dora.asks("DELETE", at+"/reports/"+id(reports[0])).refused(http.StatusForbidden, "not_a_moderator")
	alice.does("DELETE", at+"/reports/"+id(reports[0]))
	alice.asks("DELETE", at+"/reports/1").refused(http.StatusNotFound, "not_found")
	if got := alice.does("GET", at+"/reports").list(); len(got) != 0 {
		t.Errorf("there are still %v", got)
	}
	dora.asks("DELETE", at+"/posts/"+late, "reason", "mine").refused(http.StatusForbidden, "not_a_moderator")
	alice.asks("DELETE", at+"/posts/"+late).refused(http.StatusUnprocessableEntity, "bad_removal_reason")
	alice.does("DELETE", at+"/posts/"+late, "reason", "it is off topic")
	dora.asks("GET", at+"/removals").refused(http.StatusForbidden, "not_a_moderator")
	if got := alice.does("GET", at+"/removals").list(); len(got) != 1 || dig(got[0], "reason") != "it is off topic" || dig(got[0], "account", "id") != key(dora) || dig(got[0], "moderator", "id") != key(alice) {
		t.Errorf("taken out are %v", got)
	}
	if got := dora.does("GET", "/api/v1/notifications?types[]=moderation_warning").list(); len(got) != 1 || dig(got[0], "moderation_warning", "text") != "it is off topic" || dig(got[0], "account", "id") != id(group) {
		t.Errorf("dora is told %v", got)
	}
	titled := alice.post("the text", "group_id", id(group), "title", "Cake & tea")
	if titled["title"] != "Cake & tea" || titled["content"] != "<p><strong>Cake &amp; tea</strong></p><p>the text</p>" {
		t.Errorf("a discussion is %v", titled)
	}
	if got := alice.does("PUT", "/api/v1/statuses/"+id(titled), "status", "new text").object(); got["title"] != "Cake & tea" || got["content"] != "<p><strong>Cake &amp; tea</strong></p><p>new text</p>" {
		t.Errorf("edited by an app that knows no titles it is %v", got)
	}
	alice.asks("POST", "/api/v1/statuses", "status", "an answer", "title", "its own", "in_reply_to_id", id(titled)).refused(http.StatusUnprocessableEntity, "title_of_answer")
	answered := alice.does("POST", "/api/v1/statuses", "status", "I know", "in_reply_to_id", id(titled)).object()
	alice.asks("GET", "/api/entente/v1/statuses/"+id(titled)+"/answer").refused(http.StatusNotFound, "not_found")
	dora.asks("PUT", at+"/answers/"+id(answered)).refused(http.StatusForbidden, "not_yours")
	alice.does("PUT", at+"/answers/"+id(answered))
	if got := dora.does("GET", "/api/entente/v1/statuses/"+id(titled)+"/answer").object(); got["id"] != answered["id"] {
		t.Errorf("the answer is %v", got)
	}
	alice.does("DELETE", at+"/answers/"+id(answered))
	alice.asks("GET", "/api/entente/v1/statuses/"+id(titled)+"/answer").refused(http.StatusNotFound, "not_found")
	other := fmt.Sprint(alice.post("elsewhere")["id"])
	alice.asks("PUT", at+"/pins/"+other).refused(http.StatusNotFound, "not_found")
}

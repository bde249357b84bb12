package mastodon_test

import (
	"net/http"
	"reflect"
	"testing"

	"entente.example/entente/store"
)

func TestNotificationsTellWhatConcernsMe(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob := c.hire("alice"), c.hire("bob")
	posted := alice.post("hello")
	bob.does("POST", "/api/v1/accounts/"+alice.Key.String()+"/follow")
	bob.does("POST", "/api/v1/statuses/"+id(posted)+"/favourite")
	bob.does("POST", "/api/v1/statuses/"+id(posted)+"/reblog")
	answer := bob.post("@alice indeed", "in_reply_to_id", id(posted))

	all := alice.does("GET", "/api/v1/notifications").list()
	if got := each(all, "type"); !reflect.DeepEqual(got, []any{"mention", "reblog", "favourite", "follow"}) {
		t.Fatalf("types: %v", got)
	}
	if got := each(all, "status", "id"); !reflect.DeepEqual(got, []any{id(answer), id(posted), id(posted), nil}) {
		t.Errorf("statuses: %v", got)
	}
	if got := each(all, "account", "acct"); !reflect.DeepEqual(got, []any{"bob", "bob", "bob", "bob"}) {
		t.Errorf("accounts: %v", got)
	}
	for query, want := range map[string][]any{
		"?types[]=mention":                                   {"mention"},
		"?types[]=mention&types[]=follow":                    {"mention", "follow"},
		"?exclude_types[]=mention&exclude_types[]=favourite": {"reblog", "follow"},
		"?limit=2":                           {"mention", "reblog"},
		"?max_id=" + id(all[2]):              {"follow"},
		"?min_id=" + id(all[3]) + "&limit=1": {"favourite"},
	} {
		if got := each(alice.does("GET", "/api/v1/notifications"+query).list(), "type"); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, not %v", query, got, want)
		}
	}
	at := "/api/v1/notifications/" + id(all[0])
	if got := alice.does("GET", at).object(); dig(got, "status", "id") != id(answer) {
		t.Errorf("one: %v", got)
	}
	bob.asks("GET", at).refused(http.StatusNotFound, "not_found")
	if got := bob.does("GET", "/api/v1/notifications").list(); len(got) != 0 {
		t.Errorf("bob has %v", got)
	}
}

func TestNotificationsCanBeDismissedByTheirOwnerOnly(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob := c.hire("alice"), c.hire("bob")
	bob.does("POST", "/api/v1/accounts/"+alice.Key.String()+"/follow")
	bob.post("@alice hello")
	count := func() int { return len(alice.does("GET", "/api/v1/notifications").list()) }
	at := "/api/v1/notifications/" + id(alice.does("GET", "/api/v1/notifications").list()[0])
	bob.does("POST", at+"/dismiss")
	bob.does("POST", "/api/v1/notifications/clear")
	if count() != 2 {
		t.Fatal("bob dismissed what is alice's")
	}
	alice.does("POST", at+"/dismiss")
	alice.asks("GET", at).is(http.StatusNotFound)
	alice.asks("POST", "/api/v1/notifications/0/dismiss").is(http.StatusNotFound)
	if count() != 1 {
		t.Error("one was to go")
	}
	alice.does("POST", "/api/v1/notifications/clear")
	if count() != 0 {
		t.Error("all were to go")
	}
}

func TestANotificationAboutWhatIsHiddenNowIsNotShown(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob := c.hire("alice"), c.hire("bob")
	bob.post("@alice hello", "visibility", "private")
	if n := len(alice.does("GET", "/api/v1/notifications").list()); n != 1 {
		t.Fatalf("%d notifications", n)
	}
	c.tx(func(tx *store.Tx) error {
		_, err := tx.PutEdge(t.Context(), store.Edge{Kind: store.Block, Actor: bob.Key, Object: alice.Key, Accepted: true})
		return err
	})
	if got := alice.does("GET", "/api/v1/notifications").list(); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

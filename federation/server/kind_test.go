package server_test

import (
	"net/http"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
)

// A server's own actor reads for all of its people. Nobody becomes one by an Update of
// their own, nor by what is fetched of them then.
func TestNobodyBecomesTheirServer(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	cleo := globex.person("cleo")
	globex.send(acme, globex.follow(cleo, alice))
	pump(t, acme)
	post, err := acme.Post(t.Context(), alice, federation.Draft{Text: "@cleo@" + globex.host + " psst", Visibility: activity.VisibleDirect})
	acme.do(err)
	path := "/notes/" + post.Key.String()
	if status, _ := acme.get(globex, cleo, path); status != http.StatusOK {
		t.Fatalf("cleo, whom it is for, gets %d", status)
	}
	grown := globex.actor("bea")
	grown["type"], grown["name"] = "Application", "now a server"
	globex.serve("/users/bea", grown)
	if status, body := globex.send(acme, map[string]any{"id": bea + "#grown", "type": "Update", "actor": bea, "to": activity.Public, "object": grown}); status != http.StatusAccepted {
		t.Fatal(status, body)
	}
	pump(t, acme)
	if now := acme.knows(bea); now.Name != "now a server" || now.Type != "Person" {
		t.Errorf("bea is %q, a %s", now.Name, now.Type)
	}
	if status, body := acme.get(globex, bea, path); status != http.StatusNotFound {
		t.Errorf("bea gets %d %s", status, body)
	}
}

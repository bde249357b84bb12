package server_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
)

// Lemmy, NodeBB and others have people whose names are in one other script than Latin, in
// their ids as they are or percent-encoded: they are found, named and heard like anybody.
func TestWhoHasANameOfAnotherScriptIsHeardAndNamed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"иван", "山田", "احمد", "threadiverse-wg", "jk.nipponalba.scot"} {
		for _, path := range []string{"/users/" + name, "/users/" + url.PathEscape(name)} {
			acme, alice, globex, bea := guest(t)
			globex.person(name)
			id, doc := globex.id(path), globex.actor(name)
			doc["id"], doc["inbox"] = id, id+"/inbox"
			doc["publicKey"].(map[string]any)["id"], doc["publicKey"].(map[string]any)["owner"] = id+"#main-key", id
			globex.serve("/users/"+name, doc)
			globex.fingers("acct:"+name+"@"+globex.host, id)
			post, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello @" + name + "@" + globex.host})
			if acme.do(err); !slices.Equal(post.Mentions(), []activity.ID{activity.ID(id)}) {
				t.Fatalf("%s: it names %v", path, post.Mentions())
			}
			if !strings.Contains(string(post.Content), "@<span>"+name+"</span>") {
				t.Errorf("it reads %s", post.Content)
			}
			acme.takes(globex, globex.create(id, "/notes/1", "hello"), globex.create(bea, "/notes/2", "hello"))
			found, err := acme.Search(t.Context(), alice, "@"+name+"@"+globex.host, true)
			if acme.do(err); len(found.Actors) != 1 || found.Actors[0].ID != activity.ID(id) {
				t.Errorf("%s: found %+v", path, found.Actors)
			}
			if n := acme.note(activity.ID(globex.id("/notes/1"))); n.AuthorKey != acme.knows(id).Key {
				t.Errorf("%s wrote what %d is said to have", path, n.AuthorKey)
			}
			if url.PathEscape(name) == name {
				break
			}
		}
	}
}

package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

func TestOnlyTheDoorsOfTheInstanceAreOpenToStrangers(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice := acme.person("alice")
	post, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello"})
	acme.do(err)
	open := []string{"/actor", "/.well-known/webfinger?resource=acct:alice@" + acme.House.Host, "/.well-known/webfinger?resource=" + string(alice.ID),
		"/.well-known/webfinger?resource=" + acme.URL + "/", "/.well-known/nodeinfo", "/nodeinfo/2.1"}
	for _, path := range open {
		if status, body := acme.get(nil, "", path); status != 200 {
			t.Errorf("%s gives %d %s", path, status, body)
		}
	}
	for _, path := range []string{"/users/alice", "/users/nobody", "/users/alice/outbox", "/users/alice/followers?page=1", "/users/alice/following",
		"/users/alice/featured", "/notes/" + post.Key.String(), "/notes/1", "/notes/1/replies", "/activities/1", "/groups/x", "/groups/x/moderators", "/actor/outbox"} {
		if status, body := acme.get(nil, "", path); status != 401 || body != `{"error":"unsigned"}` {
			t.Errorf("%s gives a stranger %d %s", path, status, body)
		}
	}
}

func TestAnOpenFederationShowsWhatIsPublicToEverybody(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	alice := acme.person("alice")
	public, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello"})
	acme.do(err)
	private, err := acme.Post(t.Context(), alice, federation.Draft{Text: "psst", Visibility: activity.VisibleFollowers})
	acme.do(err)
	for path, want := range map[string]int{"/users/alice": 200, "/notes/" + public.Key.String(): 200, "/notes/" + private.Key.String(): 404, "/users/nobody": 404} {
		if status, _ := acme.get(nil, "", path); status != want {
			t.Errorf("%s gives %d, want %d", path, status, want)
		}
	}
}

// What a partner's server may read, for each kind of post; what it may not read
// looks like what does not exist.
func TestAPartnerReadsWhatItsPeopleMayRead(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice, amir := acme.person("alice"), acme.person("amir")
	globex, initech := newStranger(t, "globex"), newStranger(t, "initech")
	acme.isPartnerOf(globex)
	acme.isPartnerOf(initech)
	bea, ivan := globex.person("bea"), initech.person("ivan")
	globex.send(acme, globex.follow(bea, alice))
	initech.send(acme, initech.follow(ivan, amir))
	pump(t, acme)
	atlas, err := acme.OpenGroup(t.Context(), alice, federation.GroupDraft{Name: "Atlas", Companies: []string{globex.host}})
	acme.do(err)
	post := func(d federation.Draft) string {
		n, err := acme.Post(t.Context(), alice, d)
		acme.do(err)
		return "/notes/" + n.Key.String()
	}
	missing, nothing := acme.get(initech, ivan, "/notes/99999999999999")
	if missing != 404 {
		t.Fatalf("a missing note gives %d", missing)
	}
	for name, tc := range map[string]struct {
		path            string
		globex, initech int
	}{
		"public":          {post(federation.Draft{Text: "a"}), 200, 200},
		"unlisted":        {post(federation.Draft{Text: "b", Visibility: activity.VisibleUnlisted}), 200, 200},
		"for followers":   {post(federation.Draft{Text: "c", Visibility: activity.VisibleFollowers}), 200, 404},
		"for one of them": {post(federation.Draft{Text: "d @bea@" + globex.host, Visibility: activity.VisibleDirect}), 200, 404},
		"for one of us":   {post(federation.Draft{Text: "e @amir", Visibility: activity.VisibleDirect}), 404, 404},
		"in the group":    {post(federation.Draft{Text: "f", Group: atlas.Key}), 200, 404},
		"the group":       {"/groups/atlas", 200, 404},
		"its outbox":      {"/groups/atlas/outbox", 200, 404},
		"its moderators":  {"/groups/atlas/moderators", 200, 404},
		"its members":     {"/groups/atlas/followers?page=1", 200, 404},
	} {
		t.Run(name, func(t *testing.T) {
			if status, body := acme.get(globex, bea, tc.path); status != tc.globex {
				t.Errorf("globex gets %d %s", status, body)
			}
			if status, body := acme.get(initech, ivan, tc.path); status != tc.initech || status == 404 && body != nothing {
				t.Errorf("initech gets %d %s", status, body)
			}
		})
	}
	_, outbox := acme.get(initech, ivan, "/users/alice/outbox?page=1")
	var page struct {
		Items []json.RawMessage `json:"orderedItems"`
	}
	if err := json.Unmarshal([]byte(outbox), &page); err != nil || len(page.Items) != 2 {
		t.Errorf("initech finds %d posts in the outbox, %v", len(page.Items), err)
	}
}

func TestADeletedPostLeavesATombstone(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	post, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello"})
	acme.do(err)
	acme.do(acme.Delete(t.Context(), alice, post))
	status, body := acme.get(globex, bea, "/notes/"+post.Key.String())
	if status != 410 || !strings.Contains(body, `"Tombstone"`) || !strings.Contains(body, string(post.ID)) {
		t.Fatalf("got %d %s", status, body)
	}
}

func TestABrowserIsLedToThePages(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	for _, path := range []string{"/users/alice", "/notes/1"} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", acme.URL+path, nil)
		acme.do(err)
		r.Header.Set("Accept", "text/html,application/xhtml+xml")
		if status, _ := acme.answer(r); status != http.StatusSeeOther {
			t.Errorf("%s gives a browser %d", path, status)
		}
	}
}

func TestAnActorHasWhatOtherSoftwareAsksFor(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	for _, path := range []string{"/users/alice", "/actor"} {
		_, body := acme.get(globex, bea, path)
		var doc map[string]any
		acme.do(json.Unmarshal([]byte(body), &doc))
		for _, name := range []string{"@context", "id", "type", "preferredUsername", "inbox", "outbox", "publicKey", "endpoints", "url", "manuallyApprovesFollowers"} {
			if doc[name] == nil {
				t.Errorf("%s has no %s: %s", path, name, body)
			}
		}
		if doc["id"] != acme.URL+path {
			t.Errorf("%s says that it is %v", path, doc["id"])
		}
	}
	_ = alice
	if _, err := acme.db.EdgeByIRI(t.Context(), store.Edge{}.IRI); activity.KindOf(err) != activity.NotFound {
		t.Errorf("an empty id finds an edge: %v", err)
	}
}

func TestNodeInfoTellsNumbersOnlyWhereTheAdminWantsIt(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	acme.person("alice")
	_, body := acme.get(nil, "", "/nodeinfo/2.1")
	var doc struct {
		Version  string         `json:"version"`
		Usage    map[string]any `json:"usage"`
		Software struct{ Name string }
	}
	acme.do(json.Unmarshal([]byte(body), &doc))
	if doc.Version != "2.1" || doc.Software.Name != "entente" || len(doc.Usage["users"].(map[string]any)) != 0 || doc.Usage["localPosts"] != nil {
		t.Fatalf("it says %s", body)
	}
	acme.doors.Usage = true
	if _, body := acme.get(nil, "", "/nodeinfo/2.1"); !strings.Contains(body, `"users":{"total":1}`) || !strings.Contains(body, `"localPosts":0`) {
		t.Fatalf("with numbers it says %s", body)
	}
}

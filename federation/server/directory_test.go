package server_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// findsByName are the usernames that a search of somebody's finds now, without asking anybody.
func (c *company) findsByName(who store.Actor, words string) (names []string) {
	c.t.Helper()
	found, err := c.Search(c.t.Context(), who, words, false)
	c.do(err)
	for _, a := range found.Actors {
		names = append(names, string(a.Username))
	}
	slices.Sort(names)
	return names
}

// askDirectories asks until all answer: a busy machine is no fault.
func (c *company) askDirectories(who store.Actor, words string) {
	c.t.Helper()
	for range 40 {
		if len(c.silent(who, words)) == 0 {
			return
		}
	}
	c.t.Errorf("a directory is silent about %q", words)
}

func (c *company) silent(who store.Actor, words string) []string {
	c.t.Helper()
	silent, err := c.AskDirectories(c.t.Context(), who, words)
	c.do(err)
	return silent
}

func TestPeopleOfAPartnerAreFoundInItsDirectory(t *testing.T) {
	t.Parallel()
	acme, globex := agreed(t)
	alice, bea := acme.person("alice"), globex.person("beatrice")
	globex.person("bernard")
	locked := globex.person("beth")
	globex.tx(func(tx *store.Tx) error { return tx.Lock(t.Context(), locked.Key) })
	if found := acme.findsByName(alice, "be"); len(found) > 0 {
		t.Fatalf("before, there are %v", found)
	}
	if hosts, err := acme.Directories(t.Context(), alice); err != nil || !slices.Equal(hosts, []string{globex.host()}) {
		t.Fatalf("the directories are %v, %v", hosts, err)
	}
	acme.askDirectories(alice, " Be ")
	if found := acme.findsByName(alice, "be"); !slices.Equal(found, []string{"beatrice", "bernard"}) {
		t.Fatalf("%v are found", found)
	}
	if known := acme.knows(string(bea.ID)); known.Name != bea.Name || known.Inbox.ID == "" {
		t.Errorf("Acme knows %q at %q", known.Name, known.Inbox.ID)
	}
	globex.person("bella")
	acme.askDirectories(alice, "be")
	if found := acme.findsByName(alice, "bel"); len(found) > 0 {
		t.Errorf("the same is asked again at once: %v", found)
	}
	acme.ahead.Add(int64(limits.DirectoryEvery))
	acme.askDirectories(alice, "be")
	if found := acme.findsByName(alice, "bel"); !slices.Equal(found, []string{"bella"}) {
		t.Errorf("it is not asked again later: %v", found)
	}
	for i, words := range []string{"b", "@be", "#be", "be@" + globex.host(), "https://be", strings.Repeat("be", limits.DirectoryWords)} {
		globex.person(fmt.Sprint("bee", i))
		if acme.askDirectories(alice, words); len(acme.findsByName(alice, "be")) != 3 {
			t.Errorf("a directory is asked for %q", words)
		}
	}
}

func TestADirectoryIsAskedOnlyByAgreement(t *testing.T) {
	t.Parallel()
	acme, globex := agreed(t)
	alice, carol := acme.person("alice"), acme.person("carol")
	globex.person("beatrice")
	narrow := agreement.Grant{Words: []agreement.Word{agreement.Profile, agreement.Directory}, People: agreement.These(carol.ID)}
	globex.do(globex.Partnerships().Narrow(t.Context(), acme.host(), narrow, agreement.Everything(), ""))
	pump(t, acme, globex)
	acme.askDirectories(alice, "bea")
	if found := acme.findsByName(alice, "bea"); len(found) > 0 {
		t.Errorf("who is not named in the agreement finds %v", found)
	}
	acme.askDirectories(carol, "bea")
	if found := acme.findsByName(carol, "bea"); len(found) != 1 {
		t.Errorf("who is named finds %v", found)
	}
	acme.do(acme.Partnerships().Suspend(t.Context(), globex.host(), "an audit"))
	if hosts, err := acme.Directories(t.Context(), carol); err != nil || len(hosts) > 0 {
		t.Errorf("while it is suspended the directories are %v, %v", hosts, err)
	}
}

// A directory speaks for people of its own host, and no more of them than ours would.
func TestADirectoryDoesNotSpeakForOthers(t *testing.T) {
	t.Parallel()
	c := newParlour(t)
	id := activity.ID(c.globex.id("/agreements/1"))
	c.tx(func(tx *store.Tx) error {
		err := tx.PutPartnership(t.Context(), store.Partnership{ID: id, Host: c.globex.host, Other: activity.ID(c.globex.id("/actor")), Knowledge: []byte("{}"), State: string(agreement.StateActive)})
		if err != nil {
			return err
		}
		return tx.PutPartner(t.Context(), store.Partner{Host: c.globex.host, Agreement: string(id), Lets: agreement.Everything().Raw(), Takes: agreement.Everything().Raw()})
	})
	mallory := c.globex.actor("mallory")
	aside := c.globex.actor("mallet")
	aside["attributedTo"] = c.initech.id("/users/x")
	items := []any{mallory, c.initech.actor("malik"), group(c.globex, "malls"), aside, map[string]any{"type": "Person"}, "malte", with(c.globex.actor("malcolm"), "type", "Application")}
	c.globex.serve("/directory", map[string]any{"type": "Collection", "id": c.globex.id("/directory?q=mal"), "totalItems": 1, "items": items})
	c.askDirectories(c.alice, "mal")
	if found := c.findsByName(c.alice, "mal"); !slices.Equal(found, []string{"mallory"}) {
		t.Errorf("%v are found", found)
	}
	var many []any
	for i := range limits.DirectoryFound + 1 {
		many = append(many, c.globex.actor(fmt.Sprint("max", i)))
	}
	c.globex.serve("/directory", map[string]any{"type": "Collection", "id": c.globex.id("/directory?q=max"), "items": many})
	c.askDirectories(c.alice, "max")
	for i := range many {
		_, known, err := activity.Optional(c.db.Actor(t.Context(), activity.ID(c.globex.id(fmt.Sprint("/users/max", i)))))
		if c.do(err); known != (i < limits.DirectoryFound) {
			t.Errorf("max%d is kept: %t", i, known)
		}
	}
	c.globex.serve("/directory", status(http.StatusBadGateway))
	for range 2 {
		if silent := c.silent(c.alice, "mam"); !slices.Equal(silent, []string{c.globex.host}) {
			t.Errorf("%v are silent", silent)
		}
	}
}

// Where the agreement names who may read, they read as themselves: profiles, the directory
// and pictures, though their instance gets nothing of it.
func TestWhatOnlyTheNamedMayReadIsFetchedAsOneOfThem(t *testing.T) {
	t.Parallel()
	acme, globex := agreed(t)
	ctx := t.Context()
	carol, bea := acme.person("carol"), globex.person("beatrice")
	picture := globex.sends(bea, drawing(t))
	_, err := globex.Post(ctx, bea, federation.Draft{Text: "look", Media: []store.Key{picture.Key}})
	globex.do(err)
	named := agreement.Everything()
	named.People = agreement.These(carol.ID)
	globex.do(globex.Partnerships().Narrow(ctx, acme.host(), named, agreement.Everything(), ""))
	pump(t, acme, globex)
	acme.askDirectories(carol, "bea")
	if found := acme.findsByName(carol, "bea"); len(found) != 1 {
		t.Errorf("the directory gives %v", found)
	}
	if known := acme.sees(bea); known.Name != bea.Name {
		t.Errorf("her profile has the name %q", known.Name)
	}
	if _, err := acme.Finder.Picture(ctx, activity.ID(globex.House.URL+"/media/"+picture.Key.String())); err != nil {
		t.Errorf("her picture: %v", err)
	}
}

package server_test

import (
	"slices"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// pins are what bea features, as acme knows, the first one on top.
func (c *company) pins(s *stranger) (paths []string) {
	c.t.Helper()
	bea := c.sees(store.Actor{Actor: activity.Actor{Username: "bea"}, Host: s.host})
	edges, err := c.db.EdgesFrom(c.t.Context(), store.Feature, bea.Key, store.Page{})
	for _, e := range must(c, edges, err) {
		n, err := c.db.NoteByKey(c.t.Context(), e.Object)
		paths = append(paths, string(must(c, n, err).ID)[len(s.url):])
	}
	return paths
}

func TestWhatAnActorFeaturesIsFetchedWhenItsProfileIsOpened(t *testing.T) {
	t.Parallel()
	acme, globex := found(t, "acme", false), newStranger(t, "globex")
	acme.isPartnerOf(globex)
	bea, dan := globex.person("bea"), globex.person("dan")
	profile := globex.actor("bea")
	profile["featured"] = bea + "/featured"
	globex.serve("/users/bea", profile)
	globex.say(acme, globex.note(bea, "/notes/0", ""))
	second := globex.note(bea, "/notes/2", "")
	globex.note(bea, "/notes/1", "")
	forged := globex.note(dan, "/notes/dan", "")
	globex.collection("/users/bea/featured", "OrderedCollection", "orderedItems",
		[]any{globex.id("/notes/1"), second, forged, globex.id("/notes/dan"), globex.id("/notes/missing")})
	them := acme.sees(store.Actor{Actor: activity.Actor{Username: "bea"}, Host: globex.host})
	for range 3 {
		acme.do(acme.Visited(t.Context(), them))
		pump(t, acme)
	}
	if got := acme.pins(globex); !slices.Equal(got, []string{"/notes/1", "/notes/2"}) {
		t.Fatalf("bea features %q", got)
	}
	if n := globex.times("/users/bea/featured"); n != 1 {
		t.Errorf("the collection was read %d times", n)
	}
	globex.send(acme, map[string]any{"id": bea + "#unpin", "type": "Remove", "actor": bea, "object": globex.id("/notes/1"), "target": bea + "/featured"})
	globex.send(acme, map[string]any{"id": dan + "#unpin", "type": "Remove", "actor": dan, "object": globex.id("/notes/2"), "target": bea + "/featured"})
	pump(t, acme)
	if got := acme.pins(globex); !slices.Equal(got, []string{"/notes/2"}) {
		t.Errorf("after the Remove bea features %q", got)
	}
}

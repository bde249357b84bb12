package server_test

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Somebody of a third company names a group that lives elsewhere. In it is what says so
// (audience), or is for it alone; a mention is a mention until the group announces it.

func TestANamedGroupElsewhereHidesAPostFromNobody(t *testing.T) {
	t.Parallel()
	acme, alice, globex, initech, _ := club(t)
	boris, there := initech.id("/users/boris"), activity.ID(globex.id("/users/club"))
	public, followers := activity.ID(activity.Public), activity.ID(boris+"/followers")
	amir := acme.person("amir")
	acme.joined(store.Follow, amir, acme.knows(boris))
	for name, tc := range map[string]struct {
		says         map[string]any
		shut         bool
		atOnce       bool // amir, who follows boris, sees it before the group has said a word
		joins        bool // the group takes it in
		stays, after bool // amir sees it then; and when the group has removed it
	}{
		"mentioned":             {map[string]any{"cc": []any{followers, there}}, false, true, true, true, true},
		"mentioned quietly":     {map[string]any{"to": followers, "cc": []any{public, there}}, false, true, true, true, true},
		"for followers":         {map[string]any{"to": followers, "cc": there}, false, true, false, true, true},
		"answered":              {map[string]any{"inReplyTo": initech.id("/notes/1")}, false, true, true, true, true},
		"posted":                {map[string]any{"audience": there}, false, false, true, false, false},
		"sent to it alone":      {map[string]any{"to": there}, false, false, true, false, false},
		"shut, mentioned":       {map[string]any{"cc": []any{followers, there}}, true, true, false, true, true},
		"shut, for followers":   {map[string]any{"to": followers, "cc": there}, true, true, false, true, true},
		"shut, posted":          {map[string]any{"cc": followers, "audience": there}, true, false, false, false, false},
		"shut, sent to members": {map[string]any{"to": []any{there, there + "/followers"}}, true, false, false, false, false},
		"shut, answered":        {map[string]any{"cc": followers, "inReplyTo": initech.id("/notes/1")}, true, false, false, false, false},
	} {
		acme.shuts(globex, name, tc.shut)
		path := "/notes/" + strings.NewReplacer(" ", "-", ",", "").Replace(name)
		create := initech.create(boris, path, name)
		maps.Copy(create["object"].(map[string]any), tc.says)
		initech.serve(path, create["object"])
		acme.takes(initech, create)
		sees := func() bool { return slices.Contains(acme.home(amir), name) }
		if got := sees(); got != tc.atOnce {
			t.Errorf("%s: amir sees it at once: %t", name, got)
		}
		acme.takes(globex, announce(globex, name, initech.id(path)))
		if n := acme.note(activity.ID(initech.id(path))); (n.In() != 0) != tc.joins {
			t.Errorf("%s: announced, it is in %v", name, n.In())
		}
		if got := slices.Contains(acme.home(alice), name); got != tc.joins {
			t.Errorf("%s: alice, who is in the group, sees it: %t", name, got)
		}
		if got := sees(); got != tc.stays {
			t.Errorf("%s: announced, amir sees it: %t", name, got)
		}
		acme.takes(globex, globex.removes(initech.id(path)))
		if got := sees(); got != tc.after {
			t.Errorf("%s: removed from the group, amir sees it: %t", name, got)
		}
		if slices.Contains(acme.home(alice), name) {
			t.Errorf("%s: removed from the group, its members still see it", name)
		}
	}
}

// shuts closes the club of globex, or opens it.
func (c *company) shuts(globex *stranger, before string, shut bool) {
	c.t.Helper()
	doc := group(globex, "club")
	doc["manuallyApprovesFollowers"] = shut
	globex.serve("/users/club", doc)
	c.takes(globex, map[string]any{"id": globex.id("/shuts/" + url.QueryEscape(before)), "type": "Update", "actor": doc["id"], "object": doc})
}

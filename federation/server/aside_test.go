package server_test

import (
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// aside is an answer for those named alone.
func (s *stranger) aside(who, path string, to activity.ID, only ...activity.ID) map[string]any {
	doc := s.replies(who, path, "aside", to)
	doc["to"], doc["object"].(map[string]any)["to"] = only, only
	s.serve(path, doc["object"])
	return doc
}

// What a member tells one person alone, or their followers, is not told to the group,
// though it answers what was posted there.
func TestWhatAMemberTellsOnePersonIsNotToldTheGroup(t *testing.T) {
	t.Parallel()
	for _, access := range []activity.Access{activity.AccessOpen, activity.AccessClosed, activity.AccessSecret} {
		g := newShutGroup(t, access)
		amir := g.person("amir")
		g.joined(store.Membership, amir, g.group)
		g.takes(g.globex, g.globex.aside(g.bea, "/notes/aside", g.post.ID, g.alice.ID),
			g.globex.aside(g.bea, "/notes/followers", g.post.ID, activity.ID(g.bea+"/followers")),
			g.globex.aside(g.bea, "/notes/group", g.post.ID, g.group.ID))
		for path, seen := range map[string]bool{"/notes/aside": false, "/notes/followers": false, "/notes/group": true} {
			n, known, err := activity.Optional(g.db.Note(t.Context(), activity.ID(g.globex.id(path))))
			g.do(err)
			_, readable, err := activity.Optional(g.db.VisibleNote(t.Context(), n.Key, amir.Reader()))
			if g.do(err); known && readable != seen || seen && !readable {
				t.Errorf("%s: amir reads %s: %t", access, path, readable)
			}
		}
		_, err := g.Post(t.Context(), amir, federation.Draft{Text: "@alice psst", Visibility: activity.VisibleDirect, ReplyTo: g.post.Key})
		if activity.FaultOf(err).Reason != "no_aside" {
			t.Errorf("%s: what amir answers alice alone: %v", access, err)
		}
	}
}

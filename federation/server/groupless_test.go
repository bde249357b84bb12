package server_test

import (
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// Where the agreement lets a partner's people into no groups any more, members read
// nothing there, before anybody has taken them out.
func TestAMemberReadsNothingOfAGroupWithoutTheWordToBeInOne(t *testing.T) {
	t.Parallel()
	s, ctx := newSite(t), t.Context()
	server := s.globex.actor("server")
	server["type"] = "Application"
	s.globex.person("server")
	s.globex.serve("/users/server", server)
	s.grants(s.globex, agreement.Everything(), agreement.Everything())
	readers := []string{s.cora, s.globex.id("/users/server")}
	for _, access := range []activity.Access{activity.AccessClosed, activity.AccessSecret} {
		group, err := s.OpenGroup(ctx, s.alice, federation.GroupDraft{Name: "Board " + string(access), Access: access, Companies: []string{s.globex.host}})
		s.do(err)
		s.joined(store.Membership, s.knows(s.cora), group)
		post := s.writes(s.alice, "minutes", group)
		announced := s.announces(group)
		path := func(id activity.ID) string { return strings.TrimPrefix(string(id), s.URL) }
		for _, by := range readers {
			for _, at := range append(announced, path(group.ID), path(post.ID), path(group.ID)+"/outbox") {
				s.grants(s.globex, agreement.Everything(), agreement.Everything())
				if status, body := s.get(s.globex, by, at); status != 200 {
					t.Errorf("%s: with the word %s reads %d %s", access, by, status, body)
				}
				g := allBut(agreement.JoinGroup)
				g.Words = without(g.Words, agreement.SeeClosed)
				s.grants(s.globex, g, agreement.Everything())
				if status, _ := s.get(s.globex, by, at); status != 404 {
					t.Errorf("%s: without it %s reads %d at %s", access, by, status, at)
				}
			}
		}
		s.grants(s.globex, allBut(agreement.JoinGroup), agreement.Everything())
		if status, _ := s.get(s.globex, s.cora, path(post.ID)); status != 404 {
			t.Errorf("%s: who may see that the group is there reads %d in it", access, status)
		}
	}
}

// announces are the paths of what a group has announced.
func (s *site) announces(group store.Actor) (paths []string) {
	s.t.Helper()
	rows := s.sql("SELECT key FROM activities WHERE actor = $1 AND type = 'Announce' ORDER BY key", int64(group.Key))
	defer rows.Close()
	for rows.Next() {
		var key store.Key
		s.do(rows.Scan(&key))
		paths = append(paths, "/activities/"+key.String())
	}
	if s.do(rows.Err()); len(paths) == 0 {
		s.t.Fatal("the group has announced nothing")
	}
	return paths
}

func without(words []agreement.Word, w agreement.Word) (rest []agreement.Word) {
	for _, word := range words {
		if word != w {
			rest = append(rest, word)
		}
	}
	return rest
}

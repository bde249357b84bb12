package server_test

import (
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// What people of two companies do in a closed or secret group of a third goes by its host.

// triangle is a group at Acme with bea of Globex and ira of Initech in it.
type triangle struct {
	*board
	initech *party
	at      *party // Globex
	ira     store.Actor
}

func newTriangle(t *testing.T, access activity.Access) *triangle {
	t.Helper()
	b := newBoard(t, access)
	initech := found(t, "initech", false)
	b.globex.allow(initech)
	initech.allow(b.globex)
	return b.with(initech)
}

// with has ira of Initech in the group besides bea of Globex.
func (b *board) with(initech *company) *triangle {
	t := b.t
	t.Helper()
	tri := &triangle{board: b, initech: &party{company: initech}, at: &party{company: b.globex}}
	for _, c := range []*company{b.acme} {
		c.allow(tri.initech.company)
		tri.initech.allow(c)
	}
	companies := []string{b.globex.Host, tri.initech.Host}
	g, err := b.acme.ChangeGroup(t.Context(), b.alice, b.group, federation.Settings{Companies: &companies})
	b.group = must(b.acme, g, err)
	b.comes(b.bea)
	tri.ira = tri.initech.person("ira")
	b.acme.do(b.acme.Invite(t.Context(), b.alice, b.group, b.acme.sees(tri.ira)))
	tri.pump()
	tri.initech.do(tri.initech.Join(t.Context(), tri.ira, tri.initech.knows(string(b.group.ID))))
	tri.pump()
	tri.at.tap()
	tri.initech.tap()
	return tri
}

func (tri *triangle) pump() { pump(tri.t, tri.acme, tri.globex, tri.initech.company) }

func TestAVoteInAGroupForMembersGoesByItsHost(t *testing.T) {
	t.Parallel()
	for _, access := range []activity.Access{activity.AccessClosed, activity.AccessSecret} {
		t.Run(string(access), func(t *testing.T) {
			t.Parallel()
			ctx, tri := t.Context(), newTriangle(t, access)
			poll, err := tri.globex.Post(ctx, tri.bea, federation.Draft{Text: "what?", Group: tri.there().Key, Poll: &federation.Poll{Options: []string{"tea", "coffee"}, Open: 1 << 40}})
			must(tri.globex, poll, err)
			tri.pump()
			tri.at.takeHeard()
			tri.initech.takeHeard()
			tri.initech.do(tri.initech.Vote(ctx, tri.ira, tri.initech.note(poll.ID), []int{1}))
			tri.pump()
			for _, said := range tri.at.takeHeard() {
				if _, signed, _ := strings.Cut(said, "Signature"); strings.Contains(said, "POST") && strings.Contains(signed, `keyid="http://`+tri.initech.House.Host) {
					t.Errorf("Initech speaks to Globex: %.300s", said)
				}
			}
			tri.acme.do(tri.acme.Vote(ctx, tri.alice, tri.acme.note(poll.ID), []int{1}))
			tri.pump()
			if got := tri.globex.note(poll.ID).Options(); got[0].Replies.Total != 0 || got[1].Replies.Total != 2 {
				t.Errorf("%d and %d votes have come", got[0].Replies.Total, got[1].Replies.Total)
			}
			for _, said := range tri.initech.takeHeard() {
				if strings.Contains(said, `"coffee"`) && strings.Contains(said, "#votes/") {
					t.Errorf("Initech hears who votes what: %.300s", said)
				}
			}
			if err := tri.initech.Vote(ctx, tri.ira, tri.initech.note(poll.ID), []int{0}); reason(err) != "voted_already" {
				t.Errorf("she votes again: %v", err)
			}
			if votes, err := tri.acme.db.OwnVotes(ctx, tri.acme.knows(string(tri.ira.ID)).Key, tri.acme.note(poll.ID).Key); err != nil || len(votes) > 0 {
				t.Errorf("who passes a vote on keeps it: %v, %v", votes, err)
			}
		})
	}
}

// What somebody likes in a group reaches its author there, whose host knows only that
// the group's says so.
func TestALikeInAGroupForMembersReachesItsAuthor(t *testing.T) {
	t.Parallel()
	tri := newTriangle(t, activity.AccessSecret)
	post := tri.globex.writes(tri.bea, "look", tri.there())
	tri.pump()
	tri.initech.do(tri.initech.Like(t.Context(), tri.ira, tri.initech.note(post.ID)))
	tri.pump()
	if is, err := tri.globex.db.HasEdge(t.Context(), store.Like, tri.globex.knows(string(tri.ira.ID)).Key, post.Key); err != nil || !is {
		t.Errorf("she likes it: %t, %v", is, err)
	}
}

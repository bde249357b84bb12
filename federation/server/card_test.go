package server_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
)

// Globex and Initech have no agreement with each other, and each has one with Acme: bea
// and ira meet in alice's group there and nowhere else.

// newStrangers is a triangle of which one side is missing.
func newStrangers(t *testing.T, access activity.Access) *triangle {
	t.Helper()
	return newBoard(t, access).with(found(t, "initech", false))
}

// apart fails where one of the two has heard more of the other than who asks which keys it has.
func (tri *triangle) apart() {
	tri.t.Helper()
	for one, other := range map[*party]*company{tri.at: tri.initech.company, tri.initech: tri.globex} {
		for _, said := range one.takeHeard() {
			_, signed, _ := strings.Cut(strings.ToLower(said), "keyid=")
			if strings.HasPrefix(signed, `"`+other.URL) && !strings.HasPrefix(said, "GET /actor map") {
				tri.t.Errorf("%s has said to %s: %.300s", other.host(), one.host(), said)
			}
		}
	}
}

func (tri *triangle) has(c *company, id activity.ID) bool {
	tri.t.Helper()
	n, known, err := activity.Optional(c.db.Note(tri.t.Context(), id))
	c.do(err)
	return known && n.Admitted
}

func TestTwoCompaniesWithoutAnAgreementReadEachOtherInAGroup(t *testing.T) {
	t.Parallel()
	for _, access := range activity.Accesses {
		t.Run(string(access), func(t *testing.T) {
			t.Parallel()
			ctx, tri := t.Context(), newStrangers(t, access)
			globex, initech := tri.globex, tri.initech.company
			post := globex.writes(tri.bea, "a plan", tri.there())
			tri.pump()
			if !slices.Contains(initech.home(tri.ira), "a plan") {
				t.Fatal("ira does not read what bea has posted")
			}
			bea := initech.knows(string(tri.bea.ID))
			if bea.Name != tri.bea.Name || bea.Host != globex.Host || !bea.ByCard() {
				t.Errorf("Initech knows bea as %q of %q", bea.Name, bea.Host)
			}
			answer, err := initech.Post(ctx, tri.ira, federation.Draft{Text: "a question", ReplyTo: initech.note(post.ID).Key})
			initech.do(err)
			initech.do(initech.Like(ctx, tri.ira, initech.note(post.ID)))
			initech.do(initech.React(ctx, tri.ira, initech.note(post.ID), "🎉"))
			tri.pump()
			if n := globex.note(answer.ID); n.ReplyTo != post.Key || !n.Admitted {
				t.Errorf("bea has the answer as %+v", n)
			}
			ira := globex.knows(string(tri.ira.ID))
			if liked, err := globex.db.HasEdge(ctx, store.Like, ira.Key, post.Key); err != nil || !liked {
				t.Errorf("bea is not told that ira likes it: %v", err)
			}
			if found, err := globex.db.Reactions(ctx, tri.bea.Key, post.Key); err != nil || len(found[post.Key]) != 1 {
				t.Errorf("bea sees the reactions %v, %v", found, err)
			}
			third, err := tri.acme.Post(ctx, tri.alice, federation.Draft{Text: "both are right", ReplyTo: tri.acme.note(answer.ID).Key})
			tri.acme.do(err)
			tri.pump()
			if !tri.has(globex, third.ID) || !tri.has(initech, third.ID) {
				t.Error("what the host answers one of them does not reach both")
			}
			_, err = globex.Edit(ctx, tri.bea, globex.note(post.ID), federation.Draft{Text: "a better plan"})
			globex.do(err)
			initech.do(initech.Unlike(ctx, tri.ira, initech.note(post.ID)))
			tri.pump()
			if text := activity.PlainText(string(initech.note(post.ID).Content)); text != "a better plan" {
				t.Errorf("ira reads %q after the edit", text)
			}
			if liked, err := globex.db.HasEdge(ctx, store.Like, ira.Key, post.Key); err != nil || liked {
				t.Errorf("bea is not told that ira likes it no more: %v", err)
			}
			globex.do(globex.Delete(ctx, tri.bea, globex.note(post.ID)))
			tri.pump()
			if tri.has(initech, post.ID) {
				t.Error("ira still has what bea has deleted")
			}
			bad := initech.writes(tri.ira, "something bad", initech.knows(string(tri.group.ID)))
			tri.pump()
			tri.acme.do(tri.acme.Delete(ctx, tri.alice, tri.acme.note(bad.ID)))
			tri.pump()
			if tri.has(globex, bad.ID) {
				t.Error("a moderator removes a post, and Globex keeps it")
			}
			tri.apart()
			tri.vote()
			tri.meetNowhereElse()
			tri.leave()
		})
	}
}

// vote: bea asks and ira votes, by the group's host, which passes it to bea alone.
func (tri *triangle) vote() {
	tri.t.Helper()
	ctx, globex, initech := tri.t.Context(), tri.globex, tri.initech.company
	poll, err := globex.Post(ctx, tri.bea, federation.Draft{Text: "what?", Group: tri.there().Key, Poll: &federation.Poll{Options: []string{"tea", "coffee"}, Open: time.Hour}})
	globex.do(err)
	tri.pump()
	initech.do(initech.Vote(ctx, tri.ira, initech.note(poll.ID), []int{1}))
	tri.pump()
	if got := globex.note(poll.ID).Options()[1].Replies.Total; got != 1 {
		tri.t.Errorf("of ira's vote bea has %d", got)
	}
	globex.do(globex.Tally(ctx, store.Tally{Poll: globex.note(poll.ID).Key}))
	tri.pump()
	for _, c := range []*company{tri.acme, initech} {
		if n := c.note(poll.ID); n.Options()[1].Replies.Total != 1 || n.Options()[0].Replies.Total != 0 {
			tri.t.Errorf("%s counts %d and %d", c.Host, n.Options()[0].Replies.Total, n.Options()[1].Replies.Total)
		}
	}
	tri.apart()
}

// leave: what somebody says who is not in the group any more reaches nobody there, also
// where their company has not heard of it yet.
func (tri *triangle) leave() {
	tri.t.Helper()
	ctx, globex, initech := tri.t.Context(), tri.globex, tri.initech.company
	said := globex.writes(tri.bea, "said in time", tri.there())
	tri.pump()
	if !tri.has(initech, said.ID) {
		tri.t.Error("ira does not read what bea says before she leaves")
	}
	tri.acme.tx(func(tx *store.Tx) error {
		return tx.CutMember(ctx, tri.acme.knows(string(tri.bea.ID)).Key, tri.group.Key)
	})
	late := globex.writes(tri.bea, "too late", tri.there())
	tri.pump()
	if tri.has(initech, late.ID) {
		tri.t.Error("ira reads who was removed")
	}
	globex.do(globex.Leave(ctx, tri.bea, tri.there()))
	tri.pump()
	if _, err := globex.Post(ctx, tri.bea, federation.Draft{Text: "later", Group: tri.there().Key}); reason(err) != "not_a_member" {
		tri.t.Errorf("who has left posts with %v", err)
	}
	globex.do(globex.Delete(ctx, tri.bea, globex.note(said.ID)))
	tri.pump()
	if tri.has(initech, said.ID) {
		tri.t.Error("ira still has what bea has deleted after she left")
	}
	tri.apart()
}

// meetNowhereElse tries what ira could do about bea outside the group.
func (tri *triangle) meetNowhereElse() {
	tri.t.Helper()
	ctx, initech := tri.t.Context(), tri.initech.company
	bea := initech.knows(string(tri.bea.ID))
	for what, err := range map[string]error{
		"follow": initech.Follow(ctx, tri.ira, bea),
		"invite": initech.Gate().Allow(ctx, policy.Send, bea.ID.Host(), ""),
	} {
		if reason(err) != policy.NotAPartner {
			tri.t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := initech.ByHandle(ctx, string(bea.Username), bea.Host); reason(err) != policy.NotAPartner {
		tri.t.Errorf("bea is found by her handle: %v", err)
	}
	for _, words := range []string{string(bea.ID), "bea", "@bea@" + bea.Host} {
		if found, err := initech.Search(ctx, tri.ira, words, false); err != nil || len(found.Actors) > 0 {
			tri.t.Errorf("a search for %s finds %v, %v", words, found.Actors, err)
		}
	}
	ina := initech.person("ina")
	for who, may := range map[*store.Actor]bool{&tri.ira: true, &ina: tri.there().Access() != activity.AccessSecret} {
		if knows, err := initech.db.Knows(ctx, who.Reader(), bea.Key); err != nil || knows != may {
			tri.t.Errorf("%s is shown bea: %v, %v", who.Username, knows, err)
		}
	}
	tri.pump()
	tri.apart()
}

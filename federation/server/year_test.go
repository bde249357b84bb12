package server_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/partnership"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
)

// year is a project of three companies: Acme has agreements with Globex and with Initech,
// which have none with each other.
type year struct {
	t                      *testing.T
	acme, globex, initech  *company
	alice, amir            store.Actor // of Acme
	bea, boris, ivan, ines visitor
	town, team, board      store.Actor // an open, a closed and a secret group of Acme's
	heard                  map[*company]*party
	held                   []func() error // deliveries that wait for an agreement
}

// knowsOf says whether a company knows somebody.
func (c *company) knowsOf(id activity.ID) bool {
	c.t.Helper()
	_, known, err := activity.Optional(c.db.Actor(c.t.Context(), id))
	c.do(err)
	return known
}

// visitor is somebody of Globex or of Initech.
type visitor struct {
	*company
	who store.Actor
}

// there is a group as a guest's company knows it.
func (g visitor) there(group store.Actor) store.Actor { return g.knows(string(group.ID)) }

// reads says whether a guest may read a note of which their company has a copy.
func (g visitor) reads(n store.Note) bool {
	g.t.Helper()
	copied, has, err := activity.Optional(g.db.Note(g.t.Context(), n.ID))
	if g.do(err); !has {
		return false
	}
	_, has, err = activity.Optional(g.db.VisibleNote(g.t.Context(), copied.Key, g.who.Reader()))
	return must(g.company, has, err)
}

// TestProjectYear plays it. No time passes but on the companies' clocks.
func TestProjectYear(t *testing.T) {
	t.Parallel()
	y := &year{t: t, acme: found(t, "acme", false), globex: found(t, "globex", false), initech: found(t, "initech", false)}
	y.alice, y.amir = y.acme.person("alice"), y.acme.person("amir")
	y.bea, y.boris = visitor{y.globex, y.globex.person("bea")}, visitor{y.globex, y.globex.person("boris")}
	y.ivan, y.ines = visitor{y.initech, y.initech.person("ivan")}, visitor{y.initech, y.initech.person("ines")}
	y.heard = map[*company]*party{}
	for _, c := range y.all() {
		y.heard[c] = &party{company: c}
		y.heard[c].tap()
	}
	for _, chapter := range []struct {
		name string
		play func()
	}{
		{"they agree", y.agree}, {"the groups are opened", y.open}, {"they work", y.work},
		{"a moderator removes a post", y.moderate}, {"the group is handed over", y.handOver},
		{"Initech is suspended", y.suspend}, {"it goes on", y.resume},
		{"bea leaves Globex", y.leave}, {"the town goes to Globex", y.goTo}, {"Initech is revoked", y.revoke}, {"the year is over", y.end},
	} {
		chapter.play()
		y.apart()
		if t.Failed() {
			t.Fatalf("this was when %s", chapter.name)
		}
		y.passes(30 * 24 * time.Hour)
	}
}

func (y *year) all() []*company { return []*company{y.acme, y.globex, y.initech} }

// pump does all jobs. A delivery to who is suspended is held, one to who may not have it
// dropped.
func (y *year) pump() {
	y.t.Helper()
	for done := 1; done > 0; {
		done = 0
		for _, c := range y.all() {
			n, err := c.db.Drain(y.t.Context(), 1000, func(ps []store.Promise) error {
				for _, p := range ps {
					y.does(c, p)
				}
				return nil
			})
			c.do(err)
			done += n
		}
	}
}

func (y *year) does(c *company, p store.Promise) {
	y.t.Helper()
	if p.Kind != "fan" {
		if err := c.run(y.t.Context(), p.Kind, []byte(p.Payload)); err != nil && !activity.KindOf(err).Permanent() {
			y.t.Errorf("%s of %s: %v", p.Kind, c.host(), err)
		}
		return
	}
	for _, d := range c.fans(p.Payload) {
		send := func() error { return c.Deliver(y.t.Context(), d) }
		switch err := send(); {
		case activity.FaultOf(err).Reason == policy.Suspended:
			y.held = append(y.held, send)
		case err != nil && !activity.KindOf(err).Permanent():
			y.t.Errorf("%s to %s: %v", c.host(), d.Inbox, err)
		}
	}
}

// passes lets time go by, a day after the other, on all clocks.
func (y *year) passes(d time.Duration) {
	y.t.Helper()
	for range int(d / (6 * 24 * time.Hour)) { // within the two weeks after which silence suspends
		for _, c := range y.all() {
			c.ahead.Add(int64(6 * 24 * time.Hour))
		}
		for _, c := range y.all() {
			c.do(c.Partnerships().Tick(y.t.Context()))
		}
		y.pump()
	}
}

// is fails unless something is so.
func (y *year) is(what string, so bool) {
	y.t.Helper()
	if !so {
		y.t.Errorf("it is not so that %s", what)
	}
}

// agree: Globex asks for less than it is offered; Initech accepts.
func (y *year) agree() {
	ctx := y.t.Context()
	y.acme.do(y.acme.Partnerships().Propose(ctx, y.globex.host(), everything()))
	y.pump()
	y.globex.do(y.globex.Partnerships().Counter(ctx, y.acme.host(), func(p partnership.Proposal) partnership.Proposal {
		p.Lets, p.Until, p.Reason = allBut(agreement.Bot), p.From.Add(400*24*time.Hour), "no programs, and a little longer"
		return p
	}))
	y.pump()
	isState(y.t, agreement.StateProposed, y.acme, y.globex)
	y.acme.do(y.acme.Partnerships().Accept(ctx, y.globex.host()))
	p := everything()
	p.Until = y.acme.Now().Add(400 * 24 * time.Hour)
	y.acme.do(y.acme.Partnerships().Propose(ctx, y.initech.host(), p))
	y.pump()
	y.initech.do(y.initech.Partnerships().Accept(ctx, y.acme.host()))
	y.pump()
	isState(y.t, agreement.StateActive, y.acme, y.globex)
	isState(y.t, agreement.StateActive, y.acme, y.initech)
	y.is("programs of Acme do nothing at Globex", !y.globex.lets(y.acme, agreement.Bot))
}

// open: an open, a closed and a secret group, and how people come into each.
func (y *year) open() {
	ctx := y.t.Context()
	opens := func(name string, access activity.Access) store.Actor {
		g, err := y.acme.OpenGroup(ctx, y.alice, federation.GroupDraft{Name: name, Access: access, Companies: []string{y.globex.Host, y.initech.Host}})
		return must(y.acme, g, err)
	}
	y.town, y.team, y.board = opens("Town", activity.AccessOpen), opens("Team", activity.AccessClosed), opens("Board", activity.AccessSecret)
	guests := []visitor{y.bea, y.boris, y.ivan, y.ines}
	for _, group := range []store.Actor{y.town, y.team} {
		y.acme.do(y.acme.Join(ctx, y.amir, group))
		for _, g := range guests {
			g.do(g.Join(ctx, g.who, g.sees(group)))
		}
	}
	y.pump()
	for _, g := range guests {
		y.is("an open group lets all in", y.acme.isIn(g.who, y.town) && g.isIn(g.who, y.town))
		y.is("a closed one asks first", !y.acme.isIn(g.who, y.team))
	}
	for _, who := range []store.Actor{y.amir, y.bea.who, y.ivan.who} { // boris and ines wait all year
		y.acme.do(y.acme.LetIn(ctx, y.alice, y.team, y.acme.knows(string(who.ID)), true))
	}
	for _, g := range []visitor{y.bea, y.ivan} {
		y.acme.do(y.acme.Invite(ctx, y.alice, y.board, y.acme.knows(string(g.who.ID))))
		y.pump()
		g.do(g.Join(ctx, g.who, g.there(y.board)))
	}
	y.pump()
	for _, g := range []visitor{y.bea, y.ivan} {
		y.is("who was let in is in", y.acme.isIn(g.who, y.team) && g.isIn(g.who, y.team))
		y.is("who was invited is in", y.acme.isIn(g.who, y.board) && g.isIn(g.who, y.board))
	}
}

// work: a post with a picture, an answer and a reaction, for who is in the group.
func (y *year) work() {
	ctx := y.t.Context()
	for _, group := range []store.Actor{y.town, y.team, y.board} {
		picture := y.acme.sends(y.alice, drawing(y.t))
		plan, err := y.acme.Post(ctx, y.alice, federation.Draft{Text: "the plan", Group: group.Key, Media: []store.Key{picture.Key}})
		y.acme.do(err)
		y.pump()
		for _, g := range []visitor{y.bea, y.ivan} {
			copied := g.note(plan.ID)
			answer, err := g.Post(ctx, g.who, federation.Draft{Text: "a question", ReplyTo: copied.Key})
			g.do(err)
			g.do(g.React(ctx, g.who, copied, "🎉"))
			y.pump()
			y.is("they have the picture", len(copied.Files()) == 1)
			y.is("alice has the answer", y.acme.note(answer.ID).In() == group.Key)
			y.is("the two read each other in the group", y.bea.reads(answer) && y.ivan.reads(answer))
		}
		isOpen := group.Key == y.town.Key
		y.is("ines and boris read what is in the open group only", y.ines.reads(plan) == isOpen && y.boris.reads(plan) == isOpen)
		found, err := y.acme.db.Reactions(ctx, y.alice.Key, plan.Key)
		y.acme.do(err)
		y.is("alice sees that both are glad", len(found[plan.Key]) == 1 && found[plan.Key][0].Count == 2)
	}
}

// moderate: amir looks after the team and takes a post out of it.
func (y *year) moderate() {
	ctx := y.t.Context()
	y.acme.do(y.acme.SetRole(ctx, y.alice, y.team, y.amir, store.Moderator))
	bad := y.initech.writes(y.ivan.who, "something bad", y.ivan.there(y.team))
	y.pump()
	y.is("it is in the team", y.acme.note(bad.ID).In() == y.team.Key)
	y.acme.do(y.acme.Delete(ctx, y.amir, y.acme.note(bad.ID)))
	y.pump()
	_, known, err := activity.Optional(y.acme.db.Note(ctx, bad.ID))
	y.acme.do(err)
	y.is("it is not there any more", !known)
}

// handOver: alice gives the secret group to amir and leaves it.
func (y *year) handOver() {
	ctx := y.t.Context()
	y.acme.do(y.acme.Invite(ctx, y.alice, y.board, y.amir))
	y.acme.do(y.acme.Join(ctx, y.amir, y.board))
	y.pump()
	y.acme.do(y.acme.SetRole(ctx, y.alice, y.board, y.amir, store.Owner))
	y.acme.do(y.acme.Leave(ctx, y.alice, y.board))
	y.pump()
	err := y.acme.Invite(ctx, y.alice, y.board, y.acme.knows(string(y.boris.who.ID)))
	y.is("alice has no say any more", err != nil)
	y.acme.do(y.acme.Invite(ctx, y.amir, y.board, y.acme.knows(string(y.boris.who.ID))))
	y.pump()
	y.globex.do(y.globex.Join(ctx, y.boris.who, y.boris.there(y.board)))
	y.pump()
	y.is("amir has", y.acme.isIn(y.boris.who, y.board) && y.bea.isIn(y.bea.who, y.board))
}

// suspend: nothing goes to Initech or comes from it; the others go on.
func (y *year) suspend() {
	ctx := y.t.Context()
	y.acme.do(y.acme.Partnerships().Suspend(ctx, y.initech.host(), "an audit"))
	y.pump()
	isState(y.t, agreement.StateSuspended, y.acme, y.initech)
	ours := y.acme.writes(y.amir, "while it is suspended", y.board)
	_, err := y.initech.Post(ctx, y.ivan.who, federation.Draft{Text: "from the other side", Group: y.ivan.there(y.board).Key})
	y.is("ivan is told that nothing goes there now", activity.FaultOf(err).Reason == policy.Suspended)
	y.pump()
	y.is("bea reads what amir writes", y.bea.reads(ours))
	y.is("ivan does not", !y.ivan.reads(ours))
	y.is("it waits", len(y.held) > 0)
	y.is("memberships stay", y.acme.isIn(y.ivan.who, y.board))
}

// resume: what has waited goes.
func (y *year) resume() {
	y.acme.do(y.acme.Partnerships().Resume(y.t.Context(), y.initech.host(), ""))
	y.pump()
	isState(y.t, agreement.StateActive, y.acme, y.initech)
	for _, send := range y.held {
		y.acme.do(send())
	}
	y.held = nil
	y.pump()
	y.is("ivan has it now", slices.Contains(y.initech.home(y.ivan.who), "while it is suspended"))
}

// leave: bea is locked at Globex, and is out of all groups by that alone.
func (y *year) leave() {
	y.globex.locks(y.bea.who)
	y.pump()
	for _, group := range []store.Actor{y.town, y.team, y.board} {
		y.is("bea is out", !y.acme.isIn(y.bea.who, group) && !y.globex.isIn(y.bea.who, group))
	}
	after := y.acme.writes(y.amir, "without bea", y.board)
	y.pump()
	y.is("boris reads it and bea does not", y.boris.reads(after) && !y.bea.reads(after))
}

// goTo: the open group is handed over to Globex. Who is of Initech stays behind, since it
// has no agreement there.
func (y *year) goTo() {
	ctx := y.t.Context()
	y.acme.do(y.acme.NameSuccessor(ctx, y.alice, y.town, y.globex.Host, 0))
	y.pump()
	y.globex.do(y.globex.AnswerSuccession(ctx, "admin", y.boris.there(y.town), true))
	y.pump()
	y.acme.do(y.acme.HandOver(ctx, y.alice, y.town))
	y.pump()
	found, err := y.globex.Search(ctx, y.boris.who, string(y.town.ID), false)
	y.globex.do(err)
	if len(found.Actors) != 1 || !found.Actors[0].Local {
		y.t.Fatalf("boris searches for the town and finds %v", found.Actors)
	}
	town := found.Actors[0]
	y.is("Acme's people and boris are in it", y.globex.isIn(y.alice, town) && y.acme.isIn(y.amir, town) && y.globex.isIn(y.boris.who, town))
	y.is("ines stays behind", !y.globex.knowsOf(y.ines.who.ID) || !y.globex.isIn(y.ines.who, town))
	y.is("and keeps what she has", y.initech.isIn(y.ines.who, y.town))
	told, err := y.initech.db.Notifications(ctx, y.ines.who.Key, store.Page{})
	y.initech.do(err)
	y.is("she is told", slices.ContainsFunc(told, func(n store.Notification) bool { return n.Kind == "group_left_out" }))
	fresh := y.globex.writes(y.boris.who, "in our own town", town)
	y.pump()
	y.is("alice reads what boris writes there, and ines does not", slices.Contains(y.acme.home(y.alice), "in our own town") && !y.ines.reads(fresh))
}

// revoke: Initech is out of everything, for good.
func (y *year) revoke() {
	ctx := y.t.Context()
	y.acme.do(y.acme.Partnerships().Revoke(ctx, y.initech.host(), "a breach"))
	y.pump()
	isState(y.t, agreement.StateRevoked, y.acme, y.initech)
	after := y.acme.writes(y.amir, "without Initech", y.board)
	_, err := y.initech.Post(ctx, y.ivan.who, federation.Draft{Text: "still here?", Group: y.ivan.there(y.board).Key})
	y.pump()
	y.is("ivan is in no group any more", err != nil && !y.acme.isIn(y.ivan.who, y.board) && !y.acme.isIn(y.ivan.who, y.town) && !y.initech.isIn(y.ivan.who, y.team))
	y.is("boris reads on and ivan does not", y.boris.reads(after) && !y.ivan.reads(after))
	y.is("nothing waits", len(y.held) == 0)
}

// end: the agreement with Globex runs out by itself.
func (y *year) end() {
	isState(y.t, agreement.StateActive, y.acme, y.globex)
	y.passes(150 * 24 * time.Hour)
	y.is("the term is over", y.acme.stands(y.globex).State != string(agreement.StateActive) && !y.acme.lets(y.globex, agreement.Follow))
}

// apart: Globex and Initech meet in the groups and nowhere else.
func (y *year) apart() {
	y.t.Helper()
	ctx := y.t.Context()
	for one, other := range map[*company]*company{y.globex: y.initech, y.initech: y.globex} {
		y.is("neither may write to the other", one.Gate().Allow(ctx, policy.Send, other.host(), "") != nil)
		for _, said := range y.heard[one].takeHeard() {
			if strings.HasPrefix(said, "GET /actor map[") {
				continue // which is for everybody: whose cards are these?
			}
			if strings.Contains(said, `keyId="`+other.URL) || strings.Contains(said, `keyid="`+other.URL) {
				y.t.Errorf("%s has said to %s: %.300s", other.host(), one.host(), said)
			}
		}
	}
	_, err := y.globex.ByHandle(ctx, string(y.ivan.who.Username)+"x", y.initech.Host)
	y.is("nobody of one finds people of the other", err != nil)
}

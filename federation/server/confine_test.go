package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// No byte about a closed or secret group goes to a host that has nobody in it: whatever
// happens in groups between four companies, every request that one sends another, and
// every answer, is looked through.

// party is one company in the history, with all that is said to it.
type party struct {
	*company
	people []store.Actor
	mu     sync.Mutex
	heard  []string // what others asked and sent it
}

// tap records all that goes to a company from others.
func (p *party) tap() {
	inner := p.http.Config.Handler
	p.http.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		p.mu.Lock()
		p.heard = append(p.heard, r.Method+" "+r.URL.RequestURI()+" "+fmt.Sprint(r.Header)+" "+string(body))
		p.mu.Unlock()
		inner.ServeHTTP(w, r)
	})
}

func (p *party) takeHeard() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	heard := p.heard
	p.heard = nil
	return heard
}

// history is what has happened so far.
type history struct {
	t       *testing.T
	r       *rand.Rand
	parties []*party
	groups  []*common
}

// common is a group with what belongs to it, which no outsider may hear of.
type common struct {
	host  *party
	actor store.Actor
	name  string
	words []string               // ids: its own, and then those of its posts
	notes map[activity.ID]*party // and whose they are
	asked *party                 // who asks to be in it now, and may
}

// asks: who is refused hears that.
func (g *common) asks(p *party) {
	known, err := g.host.db.Group(context.Background(), g.actor.Key)
	if err == nil && known.Access == activity.AccessClosed && known.Seats().Level(p.House.Host) != "" {
		g.asked = p
	}
}

// answers is what a company may hear because it has asked.
func (g *common) answers(p *party) int {
	if g.asked == p {
		return itself
	}
	return nothing
}

func newHistory(t *testing.T, seed uint64) *history {
	t.Helper()
	h := &history{t: t, r: rand.New(rand.NewPCG(seed, 7))}
	for i, name := range []string{"acme", "globex", "initech", "umbrella"} {
		p := &party{company: found(t, name, false)}
		p.tap()
		for j := range 2 {
			p.people = append(p.people, p.person(fmt.Sprintf("p%d%d", i, j)))
		}
		h.parties = append(h.parties, p)
	}
	for _, p := range h.parties {
		for _, q := range h.parties {
			if p != q {
				p.allow(q.company)
			}
		}
	}
	for i, access := range []activity.Access{activity.AccessClosed, activity.AccessSecret} {
		host := h.parties[i]
		var all []string
		for _, p := range h.parties {
			all = append(all, p.House.Host)
		}
		g, err := host.OpenGroup(t.Context(), host.people[0], federation.GroupDraft{Name: fmt.Sprintf("zebra %d", i), Access: access, Companies: all})
		must(host.company, g, err)
		h.groups = append(h.groups, &common{host: host, actor: g, words: []string{string(g.ID)}, name: fmt.Sprintf("zebra %d", i), notes: map[activity.ID]*party{}})
	}
	return h
}

// What a company may hear of a group.
const (
	nothing = iota
	itself  // somebody has asked to be in it: that it is there
	all     // somebody is in it, or invited to it
)

// insiders are what the companies may hear of a group now.
func (h *history) insiders(g *common) map[*party]int {
	h.t.Helper()
	in := map[*party]int{g.host: all}
	for _, p := range h.parties {
		for _, who := range p.people {
			here, ok, err := activity.Optional(g.host.db.Actor(h.t.Context(), who.ID))
			if err != nil {
				h.t.Fatal(err)
			}
			if !ok {
				continue
			}
			for _, kind := range []string{store.Membership, store.Invitation} {
				e, has, err := activity.Optional(g.host.db.Edge(h.t.Context(), kind, here.Key, g.actor.Key))
				if err != nil {
					h.t.Fatal(err)
				}
				if has && e.Accepted {
					in[p] = all
				} else if has {
					in[p] = max(in[p], itself)
				}
			}
		}
	}
	return in
}

// settle does all jobs of all companies. A delivery that is refused is no news.
func (h *history) settle() {
	h.t.Helper()
	for range 60 {
		done := 0
		for _, p := range h.parties {
			n, err := p.db.Drain(h.t.Context(), 1000, func(ps []store.Promise) error {
				for _, job := range ps {
					if err := p.run(h.t.Context(), job.Kind, []byte(job.Payload)); err != nil && !activity.KindOf(err).Permanent() {
						h.t.Errorf("%s of %s: %v", job.Kind, p.House.Host, err)
					}
				}
				return nil
			})
			if err != nil {
				h.t.Fatal(err)
			}
			done += n
		}
		if done == 0 {
			return
		}
	}
	h.t.Fatal("the jobs never end")
}

// oneOf is somebody of a company, mostly a member of the group where one is.
func (h *history) oneOf(g *common, p *party) store.Actor {
	members := []store.Actor{}
	for _, who := range p.people {
		if here, ok, _ := activity.Optional(g.host.db.Actor(h.t.Context(), who.ID)); ok {
			if is, _ := g.host.db.IsMember(h.t.Context(), here.Key, g.actor.Key); is {
				members = append(members, who)
			}
		}
	}
	if len(members) > 0 && h.r.IntN(4) > 0 {
		return members[h.r.IntN(len(members))]
	}
	return p.people[h.r.IntN(len(p.people))]
}

// step is one thing that happens. The error does not matter: much of it is refused.
func (h *history) step() (what string) {
	g := h.groups[h.r.IntN(len(h.groups))]
	p := h.parties[h.r.IntN(len(h.parties))]
	if in := h.insiders(g); h.r.IntN(2) == 0 { // most that happens is done by members
		for in[p] != all {
			p = h.parties[h.r.IntN(len(h.parties))]
		}
	}
	me := h.oneOf(g, p)
	other := h.parties[h.r.IntN(len(h.parties))]
	guest := h.oneOf(g, other)
	owner, ctx := g.host.people[0], h.t.Context()
	group, knows, _ := activity.Optional(p.db.Actor(ctx, g.actor.ID))
	seen := func() (n store.Note, ok bool) {
		for id := range g.notes {
			if n, ok, _ := activity.Optional(p.db.Note(ctx, id)); ok {
				if _, ok, _ = activity.Optional(p.db.VisibleNote(ctx, n.Key, me.Reader())); ok {
					return n, true
				}
			}
		}
		return n, false
	}
	kind := h.r.IntN(28)
	switch {
	case kind == 26:
		return "narrow" + fmt.Sprintf(" (%v)", h.narrow(g))
	case kind == 27 && knows && p != g.host:
		return "lose" + fmt.Sprintf(" (%v)", h.lose(p, me, group))
	case kind > 13:
		kind = 8 + kind%6
	}
	if !knows && kind > 3 {
		kind = h.r.IntN(4)
	}
	var err error
	defer func() { what += fmt.Sprintf(" (%v)", err) }()
	switch kind {
	case 0, 1:
		var there store.Actor
		if there, err = g.host.ByHandle(ctx, string(guest.Username), guest.Host); err == nil {
			err = g.host.Invite(ctx, owner, g.actor, there)
		}
		return "invite " + string(guest.Username)
	case 2:
		if g.actor.Access() == activity.AccessClosed && !knows {
			group, err = p.ByHandle(ctx, string(g.actor.Username), g.actor.Host)
		}
		if err == nil && group.Key != 0 {
			g.asks(p)
			err = p.Join(ctx, me, group)
		}
		return "join by " + string(me.Username)
	case 3, 4:
		edges, _ := g.host.db.Requests(ctx, store.Membership, g.actor.Key, store.Page{})
		for _, e := range edges {
			who, _ := g.host.db.ActorByKey(ctx, e.Actor)
			err = g.host.LetIn(ctx, owner, g.actor, who, h.r.IntN(3) > 0)
		}
		return "answer requests"
	case 5:
		err = p.Leave(ctx, me, group)
		return "leave by " + string(me.Username)
	case 6:
		if who, ok, _ := activity.Optional(g.host.db.Actor(ctx, guest.ID)); ok {
			if err = g.host.Remove(ctx, owner, g.actor, who); h.r.IntN(3) == 0 {
				err = g.host.Ban(ctx, owner, g.actor, who)
			}
		}
		return "remove " + string(guest.Username)
	case 7:
		err = p.Decline(ctx, me, group)
		return "decline by " + string(me.Username)
	case 8, 9:
		err = h.post(g, p, me, federation.Draft{Group: group.Key, Text: "of the zebra with @" + string(guest.Username) + "@" + guest.Host})
		return "post by " + string(me.Username)
	}
	n, ok := seen()
	if !ok {
		return "nothing to see"
	}
	switch kind {
	case 10:
		err = h.post(g, p, me, federation.Draft{ReplyTo: n.Key, Text: "an answer"})
	case 11:
		err = p.Like(ctx, me, n)
	case 12:
		if n.AuthorKey == me.Key {
			_, err = p.Edit(ctx, me, n, federation.Draft{Text: "changed"})
		} else {
			_, err = p.Boost(ctx, me, n)
		}
	case 13:
		if n.AuthorKey == me.Key {
			err = p.Delete(ctx, me, n)
		} else {
			err = p.Unlike(ctx, me, n)
		}
	}
	return fmt.Sprint("deed ", kind, " by ", me.Username)
}

// narrow gives the companies of a group other places in it, and mostly none to one.
func (h *history) narrow(g *common) error {
	var seats []string
	for _, p := range h.parties {
		if h.r.IntN(5) > 0 {
			seats = append(seats, activity.Seat{Host: p.House.Host, Level: activity.Levels[min(h.r.IntN(8), 3)]}.String())
		}
	}
	_, err := g.host.ChangeGroup(h.t.Context(), g.host.people[0], g.actor, federation.Settings{Companies: &seats})
	return err
}

// lose makes a company forget that one of its people is in a group, as if an answer had
// never come: the digests differ from then on.
func (h *history) lose(p *party, me, group store.Actor) error {
	return p.db.InTx(h.t.Context(), func(tx *store.Tx) error {
		was, err := tx.CutEdge(h.t.Context(), store.Membership, me.Key, group.Key)
		if err == nil && !was {
			err = activity.ErrNotFound()
		}
		return err
	})
}

func (h *history) post(g *common, p *party, me store.Actor, d federation.Draft) error {
	n, err := p.Post(h.t.Context(), me, d)
	if err == nil && n.GroupKey != 0 {
		g.words = append(g.words, string(n.ID))
		g.notes[n.ID] = p
	}
	return err
}

// gather brings somebody of every company but the last into a group again, whatever has
// happened, and then there is a poll of one in which the others vote, and one of them is
// lost.
func (h *history) gather(g *common) (voted int) {
	ctx, owner := h.t.Context(), g.host.people[0]
	inside := func() map[*common]map[*party]int { return map[*common]map[*party]int{g: h.insiders(g)} }
	before := inside()
	guests := slices.DeleteFunc(slices.Clone(h.parties[:3]), func(p *party) bool { return p == g.host })
	seats := []string{guests[0].House.Host, guests[1].House.Host}
	_, err := g.host.ChangeGroup(ctx, owner, g.actor, federation.Settings{Companies: &seats})
	must(g.host.company, g.actor, err)
	for _, p := range guests {
		who, err := g.host.ByHandle(ctx, string(p.people[1].Username), p.people[1].Host)
		must(g.host.company, who, err)
		g.host.do(g.host.Unban(ctx, owner, g.actor, who))
		g.host.do(g.host.Invite(ctx, owner, g.actor, who))
		h.settle()
		if err := p.Join(ctx, p.people[1], p.knows(string(g.actor.ID))); err != nil {
			h.t.Logf("%s does not join: %v", who.Username, err) // is in it already
		}
		h.settle()
	}
	poll, author := federation.Poll{Options: []string{"black", "white"}, Open: time.Hour}, guests[0]
	must(author.company, poll, h.post(g, author, author.people[1], federation.Draft{Group: author.knows(string(g.actor.ID)).Key, Text: "of the zebra", Poll: &poll}))
	h.settle()
	asked := activity.ID(g.words[len(g.words)-1])
	for p, who := range map[*party]store.Actor{guests[1]: guests[1].people[1], g.host: owner} {
		p.do(p.Vote(ctx, who, p.note(asked), []int{1}))
		h.settle()
	}
	h.check("a poll", before)
	before = inside() // who is lost may be out at the end
	guests[1].do(h.lose(guests[1], guests[1].people[1], guests[1].knows(string(g.actor.ID))))
	must(g.host.company, poll, h.post(g, g.host, owner, federation.Draft{Group: g.actor.Key, Text: "who is here?"}))
	h.settle()
	h.check("one who is lost", before)
	return int(author.note(asked).Options()[1].Replies.Total)
}

// snoop makes outsiders ask for what they may know of, signed by each one's instance.
func (h *history) snoop() {
	for _, g := range h.groups {
		for _, p := range h.parties {
			for _, id := range g.words {
				if p.Owns(activity.ID(id)) {
					continue
				}
				raw, err := p.Errand().Ask(context.Background(), activity.ID(id))
				if err != nil || raw == nil || h.insiders(g)[p] == all || id == string(g.actor.ID) && g.actor.Access() == activity.AccessClosed {
					continue
				}
				if owner, isNote := g.notes[activity.ID(id)]; !isNote || owner != p {
					h.t.Errorf("%s, which is not in %s, reads %s: %s", p.House.Host, g.actor.Name, id, raw)
				}
			}
		}
	}
}

// check looks through what each company has been told since the last time.
func (h *history) check(did string, before map[*common]map[*party]int) {
	for _, p := range h.parties {
		for _, said := range p.takeHeard() {
			for _, g := range h.groups {
				words := append(slices.Clone(g.words[1:]), g.words[0], string(g.actor.Followers.ID), g.name)
				switch max(before[g][p], h.insiders(g)[p], g.answers(p)) { // when this began, or now
				case all:
					continue
				case itself:
					words = g.words[1:]
				}
				for _, word := range words {
					if strings.Contains(said, word) {
						h.t.Errorf("after %s: %s, which is not in %s, hears %s: %s", did, p.House.Host, g.actor.Name, word, said)
					}
				}
			}
		}
	}
}

func TestNoByteAboutAGroupGoesToAHostOutsideIt(t *testing.T) {
	t.Parallel()
	done := map[string]int{} // in both
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			h := newHistory(t, seed)
			for range 150 {
				before := map[*common]map[*party]int{}
				for _, g := range h.groups {
					before[g] = h.insiders(g)
				}
				for _, g := range h.groups {
					g.asked = nil
				}
				did := h.step()
				h.settle()
				h.check(did, before)
				verb, _, _ := strings.Cut(did, " ")
				if strings.HasSuffix(did, "(<nil>)") {
					done[verb]++
				}
			}
			for _, g := range h.groups {
				if n := h.gather(g); n != 2 {
					t.Errorf("%d votes have come in %s", n, g.name)
				}
			}
			h.snoop()
		})
	}
	for _, verb := range []string{"invite", "join", "post", "deed", "leave", "remove", "narrow"} {
		if done[verb] == 0 {
			t.Errorf("nothing has come of any %s", verb)
		}
	}
	raw, _ := json.Marshal(done)
	t.Logf("what happened: %s", raw)
}

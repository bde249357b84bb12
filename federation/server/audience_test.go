package server_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// crowd is a company among others: its people, those of others that it knows, and its
// groups.
type crowd struct {
	*company
	rand   *rand.Rand
	ours   []store.Actor
	theirs []store.Actor
	groups []store.Actor
	notes  []store.Note
}

// gather makes a crowd. evil.example is no partner any more, though edges to it are left.
func gather(t *testing.T, seed uint64) *crowd {
	c := &crowd{company: found(t, "acme", false), rand: rand.New(rand.NewPCG(seed, 7))}
	for n := range 6 {
		c.ours = append(c.ours, c.person(fmt.Sprintf("our%d", n)))
	}
	hosts := []string{"globex.example", "initech.example", "evil.example"}
	for _, host := range hosts {
		c.tx(func(tx *store.Tx) error {
			return tx.PutPartner(t.Context(), store.Partner{Host: host, Lets: agreement.Everything().Raw(), Takes: agreement.Everything().Raw()})
		})
		for n := range 4 {
			id := activity.ID(fmt.Sprintf("https://%s/users/p%d", host, n))
			a := activity.Actor{ID: id, Type: "Person", Username: activity.Text(fmt.Sprintf("p%d", n)), Inbox: activity.Ref{ID: id + "/inbox"}, Followers: activity.Ref{ID: id + "/followers"}}
			if n < 3 && host != "initech.example" { // who has no shared inbox has their own
				a.Endpoints.SharedInbox = activity.Text("https://" + host + "/inbox")
			}
			c.theirs = append(c.theirs, c.put(store.Actor{Actor: a, Host: host}))
		}
	}
	for n, d := range []federation.GroupDraft{{Companies: []string{"*"}}, {Companies: []string{"globex.example"}}, {}, {Access: activity.AccessClosed, Companies: []string{"globex.example", "initech.example"}}, {Access: activity.AccessSecret, Companies: []string{"globex.example"}}} {
		d.Name = fmt.Sprintf("group %d", n)
		g, err := c.OpenGroup(t.Context(), c.ours[n], d)
		c.groups = append(c.groups, must(c.company, g, err))
	}
	abroad := activity.ID("https://globex.example/groups/atlas")
	c.groups = append(c.groups, c.put(store.Actor{Host: "globex.example", Actor: activity.Actor{ID: abroad, Type: "Group", Username: "atlas", Inbox: activity.Ref{ID: abroad + "/inbox"}, Followers: activity.Ref{ID: abroad + "/followers"}}}))
	c.tx(func(tx *store.Tx) error { _, err := tx.RemovePartner(t.Context(), "evil.example"); return err })
	c.entangle()
	for n, a := range c.theirs[:8] { // of the partners
		note := store.Note{Key: store.NewKey(time.Now()), AuthorKey: a.Key, Visibility: activity.VisiblePublic, Note: activity.Note{ID: activity.ID(fmt.Sprintf("https://%s/notes/%d", a.Host, n)),
			Type: "Note", AttributedTo: activity.IDs{a.ID}, Content: "theirs", Published: activity.At(time.Now()), Audience: activity.Audience{To: activity.IDs{activity.Public}}}}
		note.ThreadKey = note.Key
		c.tx(func(tx *store.Tx) error { _, err := tx.PutNote(t.Context(), note); return err })
		c.notes = append(c.notes, note)
	}
	return c
}

func (c *crowd) put(a store.Actor) (known store.Actor) {
	c.t.Helper()
	c.tx(func(tx *store.Tx) (err error) { known, err = tx.PutActor(c.t.Context(), a); return err })
	return known
}

func (c *crowd) chance(n int) bool { return c.rand.IntN(n) == 0 }

func one[T any](c *crowd, from []T) T { return from[c.rand.IntN(len(from))] }

func (c *crowd) all() []store.Actor { return slices.Concat(c.ours, c.theirs) }

// entangle ties them to each other at random, and suspends one.
func (c *crowd) entangle() {
	tie := func(kind string, a, b store.Actor, accepted bool) {
		c.tx(func(tx *store.Tx) error {
			_, err := tx.PutEdge(c.t.Context(), store.Edge{Kind: kind, Actor: a.Key, Object: b.Key, Accepted: accepted})
			return err
		})
	}
	for _, a := range c.all() {
		for _, b := range c.ours {
			if a.Key != b.Key && c.chance(3) {
				tie(store.Follow, a, b, !c.chance(5))
			}
		}
		for n, g := range c.groups {
			ours := c.rand.IntN(2) == 0 && a.Local
			takes := n == 0 || n == 1 && a.Host == "globex.example" || n == 3 && a.Host != "evil.example" || n == 4 && a.Host == "globex.example"
			if ours || !a.Local && takes && c.chance(3) {
				tie(store.Membership, a, g, !c.chance(5))
			}
		}
	}
	for range 4 {
		a, b := one(c, c.all()), one(c, c.ours)
		if a.Key != b.Key {
			if c.chance(2) {
				a, b = b, a
			}
			tie(store.Block, a, b, true)
			c.tx(func(tx *store.Tx) error { // as Block does
				for _, e := range [][2]store.Actor{{a, b}, {b, a}} {
					if _, err := tx.CutEdge(c.t.Context(), store.Follow, e[0].Key, e[1].Key); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	c.tx(func(tx *store.Tx) error { return tx.Suspend(c.t.Context(), one(c, c.theirs).Key, tx.Now) })
}

// draft is a random one.
func (c *crowd) draft() federation.Draft {
	d := federation.Draft{Text: "hello", Visibility: one(c, []activity.Visibility{activity.VisiblePublic, activity.VisibleUnlisted, activity.VisibleFollowers, activity.VisibleDirect})}
	for range c.rand.IntN(4) {
		d.Text += " @" + c.Handle(one(c, c.all()))
	}
	if len(c.notes) > 0 && c.chance(2) {
		d.ReplyTo = one(c, c.notes).Key
	}
	if len(c.notes) > 0 && c.chance(3) {
		d.Quote = one(c, c.notes).Key
	}
	if d.ReplyTo == 0 && c.chance(2) {
		d.Group = one(c, c.groups).Key
	}
	return d
}

// brought does what is promised, and gives the hosts that something would be brought to.
func (c *crowd) brought() (hosts []string) {
	c.t.Helper()
	for _, d := range c.deliveries() {
		hosts = append(hosts, d.Host())
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// deliveries are those that are promised.
func (c *crowd) deliveries() (all []store.Deliver) {
	c.t.Helper()
	_, err := c.db.Drain(c.t.Context(), 1000, func(ps []store.Promise) error {
		for _, p := range ps {
			if p.Kind != "fan" {
				continue
			}
			var f store.Fan
			if err := json.Unmarshal([]byte(p.Payload), &f); err != nil {
				return err
			}
			ds, err := c.Deliveries(c.t.Context(), f)
			if err != nil {
				return err
			}
			all = append(all, ds...)
		}
		return nil
	})
	c.do(err)
	return all
}

// gets says whether one of ours has a note at home or in their notifications.
func (c *crowd) gets(a store.Actor, n store.Note) bool {
	c.t.Helper()
	es, err := c.db.Home(c.t.Context(), a.Key, store.Page{Limit: 80})
	c.do(err)
	ns, err := c.db.Notifications(c.t.Context(), a.Key, store.Page{Limit: 80})
	c.do(err)
	return slices.ContainsFunc(es, func(e store.Entry) bool { return e.Note.Key == n.Key }) ||
		slices.ContainsFunc(ns, func(x store.Notification) bool { return x.Note == n.Key && x.Kind == "mention" })
}

// What an author is told before is what happens then: the hosts are those that
// something is brought to, and the people those who get to see it.
func TestTheAudienceIsWhoGetsIt(t *testing.T) {
	t.Parallel()
	tried, hosted, refused := 0, 0, 0
	for seed := range uint64(4) {
		c := gather(t, seed)
		c.brought()
		for range 40 {
			me, draft := one(c, c.ours), c.draft()
			said, errSaid := c.Audience(t.Context(), me, draft)
			n, err := c.Post(t.Context(), me, draft)
			if (err == nil) != (errSaid == nil) || err != nil && activity.FaultOf(err).Reason != activity.FaultOf(errSaid).Reason {
				t.Fatalf("seed %d: %+v is said to be %v, and is %v", seed, draft, errSaid, err)
			}
			if refused++; err != nil {
				continue
			}
			refused--
			tried++
			c.notes = append(c.notes, n)
			hosts := c.brought()
			hosted += len(hosts)
			if !slices.Equal(said.Companies, hosts) {
				t.Errorf("seed %d: %s, %+v goes to %q, said was %q", seed, me.Username, draft, hosts, said.Companies)
			}
			c.compare(t, seed, me, draft, n, said)
		}
	}
	if tried < 80 || hosted < 80 || refused < 5 {
		t.Errorf("%d drafts, %d deliveries, %d refused: too few to say anything", tried, hosted, refused)
	}
}

func (c *crowd) compare(t *testing.T, seed uint64, me store.Actor, draft federation.Draft, n store.Note, said federation.Reach) {
	t.Helper()
	if len(said.Some) != said.People {
		t.Errorf("seed %d: %d people, of whom %d are named: %+v", seed, said.People, len(said.Some), draft)
	}
	quotes, _, err := activity.Optional(c.db.NoteByKey(t.Context(), draft.Quote))
	c.do(err)
	narrow := n.GroupKey == 0 && (n.Visibility == activity.VisibleFollowers || n.Visibility == activity.VisibleDirect)
	for _, a := range c.all() {
		if a.Key == me.Key {
			continue
		}
		known, err := c.db.ActorsByKey(t.Context(), a.Key)
		c.do(err)
		isSaid := slices.ContainsFunc(said.Some, func(s store.Actor) bool { return s.Key == a.Key })
		_, reads, err := activity.Optional(c.db.VisibleNote(t.Context(), n.Key, a.Reader()))
		c.do(err)
		isAsked := quotes.Key != 0 && quotes.AuthorKey == a.Key // for leave, with the post
		away := !a.Local && a.Host == "evil.example" || !known[a.Key].Usable()
		switch who := fmt.Sprintf("seed %d: %s, %+v: %s", seed, me.Username, draft, c.Handle(a)); {
		case isSaid && !reads && !isAsked && n.Admitted == (n.GroupKey != 0):
			t.Errorf("%s is said to get it, and may not read it", who)
		case a.Local && reads && c.gets(a, n) && !isSaid: // who is blocked is told of it, and may not read it
			t.Errorf("%s gets it, and is not named", who)
		case narrow && reads && !isSaid && !away:
			t.Errorf("%s may read it, and is not named", who)
		case isSaid && away:
			t.Errorf("%s is said to get it, and is out of reach", who)
		}
	}
}

func TestTheAudienceOfAGroup(t *testing.T) {
	t.Parallel()
	acme, globex := companies(t)
	initech := found(t, "initech", false)
	acme.allow(initech)
	alice, bob, bea, ina := acme.person("alice"), acme.person("bob"), globex.person("bea"), initech.person("ina")
	_ = bob
	g, err := acme.OpenGroup(t.Context(), alice, federation.GroupDraft{Name: "Atlas", Companies: []string{globex.House.Host, initech.House.Host}})
	acme.do(err)
	for _, a := range []store.Actor{acme.sees(bea), acme.put(t, ina)} {
		acme.tx(func(tx *store.Tx) error {
			_, err := tx.PutEdge(t.Context(), store.Edge{Kind: store.Membership, Actor: a.Key, Object: g.Key, Accepted: true})
			return err
		})
	}
	r, err := acme.Audience(t.Context(), alice, federation.Draft{Text: "plan", Group: g.Key})
	acme.do(err)
	want := []string{globex.House.Host, initech.House.Host}
	slices.SortFunc(want, cmp.Compare)
	if r.People != 2 || r.Here != 0 || !slices.Equal(r.Companies, want) || r.Newest.Host != initech.House.Host || r.Widest != federation.WidestGroup || r.Through != "" {
		t.Errorf("%+v", r)
	}
	if _, err := acme.Audience(t.Context(), bob, federation.Draft{Text: "plan", Group: g.Key}); err == nil || !strings.Contains(err.Error(), "not_a_member") {
		t.Errorf("who is not in it is told: %v", err)
	}
	if r, err = acme.Audience(t.Context(), alice, federation.Draft{Text: "@bob hi", Visibility: activity.VisibleDirect}); err != nil || r.People != 1 || r.Here != 1 || len(r.Companies) != 0 || r.Widest != federation.WidestPeople || r.Newest.Host != "" {
		t.Errorf("%+v, %v", r, err)
	}
}

// put is how a company has an actor of another one that it has not asked.
func (c *company) put(t *testing.T, a store.Actor) (known store.Actor) {
	t.Helper()
	a.Key, a.Local = 0, false
	c.tx(func(tx *store.Tx) (err error) { known, err = tx.PutActor(t.Context(), a); return err })
	return known
}

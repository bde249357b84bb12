package server_test

import (
	"database/sql"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// orphans are heirs whose host can go away: while gone is set, nobody reaches Acme.
type orphans struct {
	*triangle
	gone atomic.Bool
}

func newOrphans(t *testing.T, access activity.Access) *orphans {
	t.Helper()
	o := &orphans{triangle: heirs(t, access)}
	inner := o.acme.http.Config.Handler
	o.acme.http.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o.gone.Load() {
			panic(http.ErrAbortHandler)
		}
		inner.ServeHTTP(w, r)
	})
	return o
}

// passes lets days go by on all clocks; who is there looks after the groups each day.
func (o *orphans) passes(days int) {
	o.t.Helper()
	for range days {
		for _, c := range []*company{o.acme, o.globex, o.initech.company} {
			c.ahead.Add(int64(24 * time.Hour))
		}
		for _, c := range o.there() {
			c.do(c.LookAfterGroups(o.t.Context()))
		}
		o.pump()
	}
}

// pump does the jobs of who is there. What is for Acme while it is gone is lost.
func (o *orphans) pump() {
	o.t.Helper()
	for done := 1; done > 0; {
		done = 0
		for _, c := range o.there() {
			n, err := c.db.Drain(o.t.Context(), 1000, func(ps []store.Promise) error {
				for _, p := range ps {
					if err := c.run(o.t.Context(), p.Kind, []byte(p.Payload)); err != nil && (p.Kind != "fan" || !o.gone.Load()) {
						o.t.Errorf("%s of %s: %v", p.Kind, c.Host, err)
					}
				}
				return nil
			})
			c.do(err)
			done += n
		}
	}
}

// there are the companies that can be reached.
func (o *orphans) there() []*company {
	if o.gone.Load() {
		return []*company{o.globex, o.initech.company}
	}
	return []*company{o.acme, o.globex, o.initech.company}
}

// claims lets Globex claim the group, and everybody who is there hear it.
func (o *orphans) claims() error {
	o.t.Helper()
	err := o.globex.Claim(o.t.Context(), "admin", o.triangle.there())
	o.pump()
	return err
}

// moved is where a company knows that the group goes on, "" for nowhere.
func (o *orphans) moved(c *company) activity.ID { return c.knows(string(o.group.ID)).MovedTo.ID }

func TestASuccessorClaimsAGroupWhoseHostIsSilent(t *testing.T) {
	t.Parallel()
	for _, access := range activity.Accesses {
		t.Run(string(access), func(t *testing.T) {
			t.Parallel()
			ctx, o := t.Context(), newOrphans(t, access)
			globex, initech := o.globex, o.initech.company
			post := globex.writes(o.bea, "a plan", o.triangle.there())
			o.pump()
			o.passes(8) // signed anew meanwhile
			o.gone.Store(true)
			o.passes(13)
			if err := o.claims(); reason(err) != "host_alive" {
				t.Errorf("after 13 days it is claimed: %v", err)
			}
			o.passes(2)
			for range 2 {
				globex.do(o.claims())
			}
			heir := o.heir(globex)
			if !o.member(globex, o.bea, heir) || !o.member(globex, o.ira, heir) || !o.member(initech, o.ira, o.heir(initech)) {
				t.Error("bea or ira are not in it")
			}
			roles, err := globex.db.Roles(ctx, heir.Key, []store.Key{o.bea.Key})
			if globex.do(err); roles[o.bea.Key] != store.Owner {
				t.Errorf("bea is %v", roles)
			}
			fresh := initech.writes(o.ira, "we go on", o.heir(initech))
			answer, err := globex.Post(ctx, o.bea, federation.Draft{Text: "yes", ReplyTo: globex.note(post.ID).Key})
			globex.do(err)
			o.pump()
			if !o.has(globex, fresh.ID) || !o.has(initech, answer.ID) || initech.note(post.ID).GroupKey != o.heir(initech).Key {
				t.Error("they do not go on")
			}
			o.returns(heir)
		})
	}
}

// returns: Acme is back, with what alice has written meanwhile, and steps down.
func (o *orphans) returns(heir store.Actor) {
	o.t.Helper()
	late := o.acme.writes(o.alice, "written alone", o.group)
	o.gone.Store(false)
	o.passes(2)
	if o.moved(o.acme) != heir.ID || !o.member(o.globex, o.alice, heir) || !o.member(o.acme, o.alice, o.heir(o.acme)) {
		o.t.Errorf("Acme is back, and knows that it goes on as %q", o.moved(o.acme))
	}
	n := o.acme.note(late.ID)
	if _, err := o.acme.db.VisibleNote(o.t.Context(), n.Key, o.alice.Reader()); err != nil || n.GroupKey != o.heir(o.acme).Key {
		o.t.Errorf("what alice has written alone is lost: %v", err)
	}
}

func TestAClaimWhileTheHostIsAliveIsRefused(t *testing.T) {
	t.Parallel()
	ctx, o := t.Context(), newOrphans(t, activity.AccessClosed)
	if err := o.claims(); reason(err) != "host_alive" {
		t.Errorf("Globex claims at once: %v", err)
	}
	o.passes(1)
	o.lies()
	for range 3 { // it may be said as often as one likes
		o.gone.Store(true)
		o.globex.do(o.globex.Claim(ctx, "admin", o.triangle.there()))
		o.gone.Store(false)
		o.passes(1)
	}
	if at := o.moved(o.initech.company); at != "" {
		t.Errorf("Initech believes that it goes on as %s", at)
	}
	if at := o.moved(o.acme); at != "" {
		t.Errorf("Acme believes that it goes on as %s", at)
	}
	if mine, err := o.initech.db.GroupsOf(ctx, o.ira.Key); err != nil || len(mine) != 1 || mine[0].ID != o.group.ID {
		t.Errorf("ira is in %v, %v", mine, err)
	}
}

// lies makes Globex believe that it has heard nothing of Acme for longer than a year.
func (o *orphans) lies() {
	o.t.Helper()
	db, err := sql.Open("pgx", o.globex.dsn)
	o.globex.do(err)
	defer db.Close()
	for _, lie := range []string{
		"UPDATE signs SET heard_at = heard_at - interval '400 days'",
		"UPDATE successions SET version = version - 400::bigint * 86400000",
	} {
		_, err := db.ExecContext(o.t.Context(), lie)
		o.globex.do(err)
	}
}

// replays makes Globex keep what was said once of who goes on with the group, and nothing else.
func (o *orphans) replays(old store.Succession) {
	o.t.Helper()
	db, err := sql.Open("pgx", o.globex.dsn)
	o.globex.do(err)
	defer db.Close()
	_, err = db.ExecContext(o.t.Context(), "DELETE FROM successions")
	o.globex.do(err)
	o.globex.tx(func(tx *store.Tx) error {
		if _, err := tx.LearnSuccession(o.t.Context(), old); err != nil {
			return err
		}
		if _, err := tx.PutEdge(o.t.Context(), store.Edge{Kind: store.Membership, Actor: o.bea.Key, Object: old.Group, Accepted: true}); err != nil {
			return err
		}
		return tx.Expect(o.t.Context(), old.Group, []store.Expected{{IRI: o.ira.ID, Role: store.Membership}})
	})
}

// What is replayed, taken back, or said by another than the successor counts nowhere.
func TestOnlyWhoIsNamedClaimsAGroup(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(o *orphans){
		"it was taken back":       func(o *orphans) { o.acme.do(o.acme.NameSuccessor(o.t.Context(), o.alice, o.group, "", 0)) },
		"another one was named":   func(o *orphans) { o.acme.do(o.acme.NameSuccessor(o.t.Context(), o.alice, o.group, o.initech.Host, 14)) },
		"its people have left":    func(o *orphans) { o.globex.do(o.globex.Leave(o.t.Context(), o.bea, o.triangle.there())) },
		"it was named for longer": func(o *orphans) { o.acme.do(o.acme.NameSuccessor(o.t.Context(), o.alice, o.group, o.globex.Host, 60)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, o := t.Context(), newOrphans(t, activity.AccessOpen)
			old, err := o.globex.db.Succession(ctx, o.triangle.there().Key)
			o.globex.do(err)
			o.passes(1)
			prepare(o)
			o.pump()
			o.passes(1)
			o.gone.Store(true)
			o.passes(20)
			o.replays(old)
			if err := o.claims(); err != nil {
				t.Fatalf("the lie is not told: %v", err)
			}
			if at := o.moved(o.initech.company); at != "" {
				t.Errorf("Initech believes that it goes on as %s", at)
			}
		})
	}
}

// A host that was away once does not give its groups up to who remembers that later.
func TestAHostThatIsBackBelievesNoLateClaim(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]int{"while it is new": 1, "a week later": 9} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, o := t.Context(), newOrphans(t, activity.AccessOpen)
			o.passes(1)
			o.gone.Store(true)
			o.passes(20)
			o.gone.Store(false)
			o.passes(late)
			o.lies()
			o.gone.Store(true)
			o.globex.do(o.globex.Claim(ctx, "admin", o.triangle.there()))
			o.gone.Store(false)
			o.passes(1)
			if was := o.moved(o.acme) != ""; was != (late == 1) {
				t.Errorf("Acme steps down: %t", was)
			}
		})
	}
}

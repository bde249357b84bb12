package server_test

import (
	"database/sql"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// An old host that is back, and has not heard yet that its group was claimed, takes nothing
// back by talking on; what is posted there meanwhile goes where the rest has gone.
func TestAHostThatIsBackDoesNotUndoAClaim(t *testing.T) {
	t.Parallel()
	ctx, o := t.Context(), newOrphans(t, activity.AccessOpen)
	o.passes(1)
	o.gone.Store(true)
	o.passes(15)
	o.globex.do(o.claims())
	heir := o.heir(o.globex)
	o.gone.Store(false)
	for _, c := range o.there() { // so that it is asked again
		c.ahead.Add(int64(time.Hour))
	}
	name := "Still here"
	_, err := o.acme.ChangeGroup(ctx, o.alice, o.group, federation.Settings{Name: &name})
	o.acme.do(err)
	o.pump()
	believers := []*company{o.globex, o.initech.company}
	between := o.acme.writes(o.alice, "as ever", o.group)
	o.pump()
	for _, c := range believers {
		if at := o.moved(c); at != heir.ID {
			t.Errorf("after an Update by the old host, %s knows that it goes on as %q", c.Host, at)
		}
		if n := c.note(between.ID); n.GroupKey != o.heir(c).Key {
			t.Errorf("%s has what was posted in between in %v", c.Host, n.Groups)
		}
	}
	o.passes(2)
	if at := o.moved(o.acme); at != heir.ID {
		t.Errorf("Acme knows that it goes on as %q", at)
	}
}

// Who has been believed once is the one: the old group names no other later, in its document
// or by a Move.
func TestAGroupMovesOnce(t *testing.T) {
	t.Parallel()
	acme, _, globex, _, initech, _ := removal(t)
	club := globex.person("club")
	old := globex.actor("club")
	old["type"] = "Group"
	globex.serve("/users/club", old)
	for i, name := range []string{"first", "second"} {
		heir := initech.actor(name)
		heir["type"], heir["alsoKnownAs"] = "Group", club
		initech.serve("/users/"+name, heir)
		globex.send(acme, move(club+"#move-"+name, club, club, heir["id"].(string)))
		old["movedTo"] = heir["id"]
		globex.send(acme, map[string]any{"id": club + "#update-" + name, "type": "Update", "actor": club, "object": old})
		pump(t, acme)
		if at := acme.knows(club).MovedTo.ID; string(at) != initech.id("/users/first") {
			t.Errorf("after %d of two it goes on as %q", i+1, at)
		}
		if got, want := acme.outcome(club+"#move-"+name), []string{store.Applied, "group_moved"}[i]; got != want {
			t.Errorf("the Move to the %s is %q", name, got)
		}
		acme.monthsLater()
	}
	next, err := acme.db.Successors(t.Context(), acme.knows(club).Key)
	if acme.do(err); string(next[acme.knows(club).Key].ID) != initech.id("/users/first") {
		t.Errorf("it goes on as %v", next)
	}
}

// monthsLater makes every Move that a company has believed an old one.
func (c *company) monthsLater() {
	c.t.Helper()
	db, err := sql.Open("pgx", c.dsn)
	c.do(err)
	defer db.Close()
	_, err = db.ExecContext(c.t.Context(), "UPDATE moves SET at = at - interval '60 days'")
	c.do(err)
}

package server_test

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// subdomain is the same stranger under another name of its domain.
func (s *stranger) subdomain(i int) *stranger {
	host := fmt.Sprintf("s%d.%s", i, s.host)
	return &stranger{t: s.t, key: s.key, host: host, url: "http://" + host, docs: s.docs}
}

func (c *company) hasMet(id string) bool {
	c.t.Helper()
	_, ok, err := activity.Optional(c.db.Actor(c.t.Context(), activity.ID(id)))
	c.do(err)
	return ok
}

func TestAttack26ManySubdomainsOfOneDomainAreCapped(t *testing.T) {
	t.Parallel()
	acme, evil := found(t, "acme", true), newStranger(t, "evil")
	const hosts = 50
	known := 0
	for i := range hosts {
		sub := evil.subdomain(i)
		name := fmt.Sprint("troll", i)
		actor := sub.person(name)
		sub.send(acme, sub.create(actor, fmt.Sprint("/notes/", i), "hello"))
		if acme.hasMet(actor) {
			known++
		}
	}
	pump(t, acme)
	if known != limits.NewHosts {
		t.Errorf("%d of %d are known", known, hosts)
	}
	other := newStranger(t, "honest")
	bea := other.person("bea")
	if other.send(acme, other.create(bea, "/notes/1", "hello")); !acme.hasMet(bea) {
		t.Error("another domain pays for it")
	}
	again := evil.subdomain(0)
	if status, body := again.send(acme, again.create(again.id("/users/troll0"), "/notes/again", "again")); status != 202 {
		t.Errorf("a host that is known answers %d %s", status, body)
	}
}

func TestAttack26HandlesAtManyHostsOfOneDomainAreNotAllLookedUp(t *testing.T) {
	t.Parallel()
	acme, evil, victim := found(t, "acme", true), newStranger(t, "evil"), newStranger(t, "victim")
	for i := range 2 * limits.NewHosts {
		name := fmt.Sprint("troll", i)
		actor, doc := evil.person(name), evil.actor(name)
		doc["webfinger"] = name + "@" + victim.subdomain(i).host
		evil.serve("/users/"+name, doc)
		if evil.send(acme, evil.create(actor, "/notes/"+name, "hello")); !acme.hasMet(actor) {
			t.Fatalf("%s is not known", name)
		}
	}
	asked := 0
	for _, r := range victim.got {
		if r == "GET /.well-known/webfinger" {
			asked++
		}
	}
	if asked == 0 || asked > limits.NewHosts {
		t.Errorf("the other domain was asked %d times", asked)
	}
}

func TestAttack26HostsThatWereMadeUpAreForgottenWithTheirDomains(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	for i := range 30 {
		acme.tx(func(tx *store.Tx) error {
			tx.Now = tx.Now.Add(time.Duration(i/15) * 48 * time.Hour)
			may, err := tx.Discover(t.Context(), fmt.Sprintf("d%d.test", i), fmt.Sprintf("a.d%d.test", i), limits.NewHosts, 24*time.Hour)
			if !may {
				t.Errorf("domain %d may not be looked at", i)
			}
			return err
		})
	}
	acme.tx(func(tx *store.Tx) error {
		_, err := tx.ForgetDiscoveries(t.Context(), tx.Now.Add(24*time.Hour))
		return err
	})
	db, err := sql.Open("pgx", acme.dsn)
	acme.do(err)
	defer db.Close()
	var left int
	acme.do(db.QueryRowContext(t.Context(), "SELECT count(*) FROM discoveries").Scan(&left))
	if left != 15 {
		t.Errorf("%d are remembered", left)
	}
}

func TestAttack26MentionsDoNotCreateActorsWithoutEnd(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := fan(t)
	globex.make = func(path string) any { // everybody there exists, and mentions the next
		var n int
		if _, err := fmt.Sscanf(path, "/users/m%d", &n); err != nil {
			return nil
		}
		a := globex.actor(fmt.Sprint("m", n))
		a["summary"] = fmt.Sprintf(`<a class="mention" href="%s">next</a>`, globex.id(fmt.Sprint("/users/m", n+1)))
		a["tag"] = map[string]any{"type": "Mention", "href": globex.id(fmt.Sprint("/users/m", n+1))}
		return a
	}
	note := globex.note(bea, "/notes/1", "")
	var tags, to []any
	for i := range 200 {
		id := globex.id(fmt.Sprint("/users/m", 10*i))
		tags, to = append(tags, map[string]any{"type": "Mention", "href": id, "name": "@m"}), append(to, id)
	}
	note["tag"], note["cc"] = tags, append(to, string(alice.ID))
	before := globex.asked()
	globex.say(acme, note)
	if !acme.keeps(globex, "/notes/1") {
		t.Fatal("the note was not taken")
	}
	if n := globex.asked() - before; n > limits.Fetches {
		t.Errorf("it made us ask %d times", n)
	}
	if acme.hasMet(globex.id("/users/m1")) {
		t.Error("whom a mentioned one mentions was fetched")
	}
}

package server_test

import (
	"database/sql"
	"fmt"
	"slices"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// calls sends notes that each name one of the people in turn, the last word of each
// path being its number, and counts how often they are told.
func (s *stranger) calls(c *company, actor, path string, notes int, people ...store.Actor) (told int) {
	c.t.Helper()
	before := c.mentions(people...)
	for i := range notes {
		c.takes(s, s.bomb(actor, fmt.Sprint(path, i), people[i%len(people)].ID, 0))
	}
	return c.mentions(people...) - before
}

// mentions are how often these people were told that somebody wrote to them.
func (c *company) mentions(people ...store.Actor) (n int) {
	c.t.Helper()
	for _, a := range people {
		for p := (store.Page{Limit: store.PageMax}); ; {
			ns, err := c.db.FilteredNotifications(c.t.Context(), a.Key, store.NotificationFilter{Kinds: []string{"mention"}}, p)
			if len(must(c, ns, err)) == 0 {
				break
			}
			n, p.Before = n+len(ns), ns[len(ns)-1].Key
		}
	}
	return n
}

// aDayLater ends the day that first contacts are counted in.
func (c *company) aDayLater() {
	c.t.Helper()
	db, err := sql.Open("pgx", c.dsn)
	c.do(err)
	defer db.Close()
	_, err = db.ExecContext(c.t.Context(), "UPDATE first_contacts SET at = at - $1 * interval '1 second'", limits.FirstContactsWithin.Seconds())
	c.do(err)
}

func TestAttack28AStrangerCallsManyPeopleOneAfterTheOther(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	ctx, alice, amir, ann := t.Context(), acme.person("alice"), acme.person("amir"), acme.person("ann")
	evil := newStranger(t, "evil")
	mallory := evil.person("mallory")
	if n := evil.calls(acme, mallory, "/notes/a", limits.FirstContacts+5, alice, amir, ann); n != limits.FirstContacts {
		t.Fatalf("they were told %d times", n)
	}
	beyond := fmt.Sprint("/notes/a", limits.FirstContacts)
	if got := acme.outcome(evil.id(beyond + "#create")); got != "first_contacts" || acme.has(evil.id(beyond)) {
		t.Errorf("what is beyond is %s, kept: %v", got, acme.has(evil.id(beyond)))
	}
	for i := range limits.FirstContacts { // taking it back does not take back that they were told
		acme.takes(evil, map[string]any{"id": evil.id(fmt.Sprint("/deletes/", i)), "type": "Delete", "actor": mallory, "object": evil.id(fmt.Sprint("/notes/a", i))})
	}
	edit := evil.create(mallory, "/notes/edit", "a word")
	acme.takes(evil, edit, asUpdate(evil.bomb(mallory, "/notes/edit", ann.ID, 0)))
	own := evil.bomb(mallory, "/notes/own", ann.ID, 0)
	own["object"].(map[string]any)["inReplyTo"] = evil.id("/notes/edit")
	acme.takes(evil, own)
	evil.person("ring")
	evil.serve("/users/ring", group(evil, "ring"))
	posted := evil.into(mallory, "/notes/posted", activity.ID(evil.id("/users/ring")))
	o := posted["object"].(map[string]any)
	o["tag"], o["cc"] = []any{map[string]any{"type": "Mention", "href": ann.ID}}, ann.ID
	acme.takes(evil, posted, map[string]any{"id": evil.id("/announces/1"), "type": "Announce", "actor": evil.id("/users/ring"), "object": posted, "to": activity.Public})
	if n := acme.note(activity.ID(evil.id("/notes/posted"))); n.GroupKey == 0 {
		t.Error("there is no group of theirs")
	}
	if n := acme.mentions(ann); n != 0 {
		t.Errorf("by another door ann was told %d times", n)
	}
	_, err := acme.Post(ctx, alice, federation.Draft{Text: "who are you, @mallory@" + evil.host})
	acme.do(err)
	if n := evil.calls(acme, mallory, "/notes/b", 2, alice, amir); n != 1 {
		t.Errorf("alice, who has written to them, and amir were told %d times", n)
	}
	acme.aDayLater()
	if n := evil.calls(acme, mallory, "/notes/c", limits.FirstContacts+1, amir); n != limits.FirstContacts {
		t.Errorf("on the next day amir was told %d times", n)
	}
}

func TestAttack28ManyStrangersOfOneDomainCallManyPeople(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	alice, evil, honest := acme.person("alice"), newStranger(t, "evil"), newStranger(t, "honest")
	const each = limits.FirstContacts
	told := 0
	for i := range limits.DomainFirstContacts/each + 2 {
		sub := evil.subdomain(i % 2)
		name := fmt.Sprint("troll", i)
		told += sub.calls(acme, sub.person(name), "/notes/"+name+"-", each, alice)
	}
	if told != limits.DomainFirstContacts {
		t.Errorf("alice was told %d times", told)
	}
	if n := honest.calls(acme, honest.person("bea"), "/notes/", 1, alice); n != 1 {
		t.Error("another domain pays for it")
	}
}

func TestAttack28SomebodyOfAPartnerMeetsManyPeopleAndNotEverybody(t *testing.T) {
	t.Parallel()
	acme, globex := found(t, "acme", false), newStranger(t, "globex")
	alice, amir, bea, dan := acme.person("alice"), acme.person("amir"), globex.person("bea"), globex.person("dan")
	acme.tx(func(tx *store.Tx) error {
		return tx.PutPartner(t.Context(), store.Partner{Host: globex.host, Lets: agreement.Everything().Raw(), Takes: agreement.Everything().Raw()})
	})
	acme.takes(globex, globex.bomb(bea, "/notes/first", alice.ID, limits.StrangerMentions+5)) // a department
	who := acme.knows(bea)
	acme.joined(store.Follow, amir, who)
	acme.tx(func(tx *store.Tx) error {
		for range limits.PartnerFirstContacts - 4 {
			if err := tx.Meet(t.Context(), store.Contact{Thing: store.NewKey(tx.Now), Author: who.Key, Domain: "globex.localhost", Word: true}, []store.Key{alice.Key}); err != nil {
				return err
			}
		}
		return nil
	})
	if n := globex.calls(acme, bea, "/notes/", 5, alice); n != 3 {
		t.Errorf("alice was told %d times", n)
	}
	if last := globex.id("/notes/4"); !acme.has(last) || len(acme.home(amir)) != 5 {
		t.Errorf("who follows bea misses what alice was not told: %v", acme.home(amir))
	}
	if n := globex.calls(acme, bea, "/for/amir/", 1, amir); n != 1 {
		t.Error("who follows bea is not told")
	}
	if n := globex.calls(acme, dan, "/notes/dan", 1, alice); n != 1 {
		t.Error("all of a partner pay for one")
	}
}

func TestAnEditOfAFirstWordIsNoSecondOne(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	alice, globex := acme.person("alice"), newStranger(t, "globex")
	bea := globex.person("bea")
	globex.calls(acme, bea, "/notes/", limits.FirstContacts, alice)
	edit := asUpdate(globex.bomb(bea, "/notes/0", alice.ID, 0))
	edit["object"].(map[string]any)["content"] = "corrected"
	acme.takes(globex, edit)
	if got := acme.says(globex.id("/notes/0")); got != "corrected" || acme.mentions(alice) != limits.FirstContacts {
		t.Errorf("it says %q, and alice was told %d times", got, acme.mentions(alice))
	}
}

func TestWhoKnowsSomebodyIsAlwaysTold(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	ctx, globex := t.Context(), newStranger(t, "globex")
	bea := globex.person("bea")
	follows, asked, writes, answers, shares, nobody := acme.person("follows"), acme.person("asked"), acme.person("writes"), acme.person("answers"), acme.person("shares"), acme.person("nobody")
	globex.calls(acme, bea, "/notes/", limits.FirstContacts, nobody)
	who := acme.knows(bea)
	acme.joined(store.Follow, follows, who)
	acme.joined(store.Follow, who, nobody) // anybody can do that
	acme.do(acme.Follow(ctx, asked, who))
	_, err := acme.Post(ctx, writes, federation.Draft{Text: "hello @bea@" + globex.host, Visibility: activity.VisibleDirect})
	acme.do(err)
	_, err = acme.Post(ctx, answers, federation.Draft{Text: "no", ReplyTo: acme.note(activity.ID(globex.id("/notes/0"))).Key})
	acme.do(err)
	group := acme.opens(shares, "Atlas", globex.host)
	acme.joined(store.Membership, who, group)
	for name, p := range map[string]store.Actor{"follows": follows, "asked": asked, "writes": writes, "answers": answers, "shares": shares} {
		if n := globex.calls(acme, bea, "/to/"+name, 1, p); n != 1 {
			t.Errorf("who %s was told %d times", name, n)
		}
	}
	both := globex.bomb(bea, "/to/both", nobody.ID, 0)
	o := both["object"].(map[string]any)
	o["tag"] = append(slices.Clone(o["tag"].([]any)), map[string]any{"type": "Mention", "href": writes.ID})
	before := acme.mentions(nobody)
	if acme.takes(globex, both); acme.mentions(nobody) != before || acme.mentions(writes) != 2 {
		t.Errorf("of one note for both, who is unknown was told %d times, who is known %d times", acme.mentions(nobody)-before, acme.mentions(writes)-1)
	}
}

package server_test

import (
	"fmt"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// count is one way to learn that something happens without asking for it: what changes
// in what everybody may read.
type count struct {
	name    string
	paths   []string  // none: what is sent them
	happens func()    // what is private
	control func()    // what is not: by this at least one of the watchers sees a change
	skip    *stranger // whom it concerns
}

// counts are the ways to watch.
func (d *den) counts() []count {
	ctx, open := d.t.Context(), "/notes/"+d.open.Key.String()
	group := d.knows(d.things["group"][0].id)
	umbrella := newStranger(d.t, "umbrella")
	d.isPartnerOf(umbrella)
	n := 0
	name := func() string { n++; return fmt.Sprint("extra", n) }
	hush := func() {
		for _, draft := range []federation.Draft{
			{Text: "hush #layoffs", Group: group.Key}, {Text: "hush", Visibility: activity.VisibleFollowers, ReplyTo: d.open.Key},
			{Text: "hush @bea@" + d.globex.host, Visibility: activity.VisibleDirect, ReplyTo: d.open.Key},
		} {
			post, err := d.Post(ctx, d.alice, draft)
			d.do(err)
			if post.GroupKey != 0 {
				d.do(d.Like(ctx, d.amir, post))
			}
			d.joined(store.Feature, d.alice, store.Actor{Key: post.Key})
		}
	}
	opens := func(name string, access activity.Access, companies ...string) store.Actor {
		g, err := d.OpenGroup(ctx, d.alice, federation.GroupDraft{Name: name, Access: access, Companies: companies})
		return must(d.company, g, err)
	}
	aloud := func() { d.writes(d.alice, "for all", store.Actor{}) }
	answer := func() {
		_, err := d.Post(ctx, d.amir, federation.Draft{Text: "an answer", ReplyTo: d.open.Key})
		d.do(err)
	}
	follows := func(hosts ...*stranger) func() {
		return func() {
			for _, host := range hosts {
				who := host.person(name())
				host.send(d.company, host.follow(who, d.alice))
			}
		}
	}
	takes := func(group store.Actor, companies ...string) func() {
		return func() {
			_, err := d.ChangeGroup(ctx, d.alice, group, federation.Settings{Companies: &companies})
			d.do(err)
		}
	}
	plaza, cellar := opens("Plaza", activity.AccessOpen, umbrella.host), opens("Cellar", activity.AccessSecret, d.globex.host)
	path := func(group store.Actor) string { return strings.TrimPrefix(string(group.ID), d.URL) }
	all := []*stranger{d.watchers[2].host, d.globex}
	return []count{
		{name: "what is sent", happens: hush, control: func() { d.writes(d.alice, "for all, @ivan@"+all[0].host, store.Actor{}) }, skip: d.globex},
		{name: "how many posts NodeInfo counts", paths: []string{"/nodeinfo/2.1"}, happens: hush, control: aloud},
		{name: "how many people NodeInfo counts", paths: []string{"/nodeinfo/2.1"}, happens: func() { d.makes(d.alice, activity.AccessSecret, "*") }, control: func() { d.person(name()) }},
		{name: "what the well-known addresses say", paths: []string{"/.well-known/nodeinfo", "/.well-known/host-meta"}, happens: hush},
		{name: "the instance when it has one partner more", paths: []string{"/actor", "/actor/outbox", "/nodeinfo/2.1", "/.well-known/nodeinfo"}, happens: func() { d.isPartnerOf(newStranger(d.t, "newcomer")) }},
		{name: "how many posts an outbox counts", paths: []string{"/users/alice/outbox"}, happens: hush, control: aloud},
		{name: "what is on a page of an outbox", paths: []string{"/users/alice/outbox?page=1"}, happens: hush, control: aloud},
		{name: "how many answers a post has", paths: []string{open + "/replies"}, happens: hush, control: answer},
		{name: "what is in a thread", paths: []string{open + "/context"}, happens: hush, control: answer},
		{name: "what a post says of itself", paths: []string{open}, happens: hush, control: func() {
			_, err := d.Edit(ctx, d.alice, d.note(d.open.ID), federation.Draft{Text: "for all, changed"})
			d.do(err)
		}},
		{name: "what somebody has pinned", paths: []string{"/users/alice/featured"}, happens: hush, control: func() { d.joined(store.Feature, d.alice, store.Actor{Key: d.open.Key}) }},
		{name: "how many of other companies follow somebody", paths: []string{"/users/alice/followers", "/users/alice/followers?page=1"}, happens: follows(umbrella), control: follows(all...)},
		{name: "who of other companies is on a list to synchronise", paths: []string{"/users/alice/followers_synchronization"}, happens: follows(umbrella), control: follows(all...)},
		{name: "whom of other companies somebody follows", paths: []string{"/users/alice/following"}, happens: func() { d.meet(umbrella.person(name())) }, control: func() {
			for _, host := range all {
				d.meet(host.person(name()))
			}
		}},
		{name: "which groups somebody is in", paths: []string{"/users/alice", "/users/alice/following", "/users/alice/outbox"}, happens: func() {
			opens("extra", activity.AccessClosed, umbrella.host)
			opens("extra", activity.AccessSecret, umbrella.host)
		}},
		{name: "what a profile says", paths: []string{"/users/alice"}, happens: func() { hush(); follows(umbrella)() }, control: func() {
			d.tx(func(tx *store.Tx) error {
				a := d.knows(string(d.alice.ID))
				a.Name = "Alice Liddell"
				_, err := tx.PutActor(ctx, a)
				return err
			})
		}},
		{name: "which companies an open group takes that does not take theirs", paths: []string{path(plaza)}, happens: takes(plaza, umbrella.host+"=read"),
			control: takes(plaza, d.globex.host, umbrella.host+"=read")},
		{name: "which companies a secret group takes that nobody of theirs is in", paths: []string{path(cellar)}, happens: takes(cellar, d.globex.host+"=read", umbrella.host),
			control: func() { d.joined(store.Membership, d.knows(d.watchers[4].actor), cellar) }},
		{name: "groups in the directory", paths: []string{"/directory?q=zeb"}, happens: func() {
			opens("Zebra", activity.AccessClosed, "*")
			opens("Zebra", activity.AccessSecret, "*")
		}, control: func() { d.person("zebedee") }},
		{name: "whom somebody has blocked", paths: []string{"/users/alice", "/users/alice/followers"}, happens: func() { d.do(d.Block(ctx, d.alice, d.knows(d.meet(umbrella.person(name()))))) }},
		{name: "who has been reported", paths: []string{"/users/alice"}, happens: func() {
			_, err := d.Report(ctx, d.amir, federation.Complaint{Account: d.alice, Comment: "hush"})
			d.do(err)
		}},
	}
}

// meet makes alice follow somebody.
func (d *den) meet(id string) string {
	d.t.Helper()
	d.do(d.Errand().Ensure(d.t.Context(), activity.ID(id)))
	d.joined(store.Follow, d.alice, d.knows(id))
	return id
}

// count watches while something happens.
func (d *den) count(t *testing.T, c count) {
	pump(d.t, d.company)
	before := d.watch(c, nil)
	c.happens()
	after := d.watch(c, before)
	for i, w := range d.watchers {
		if w.host != c.skip && before[i].seen != after[i].seen {
			t.Errorf("%s sees:\n%s\nand before:\n%s", w.name, after[i].seen, before[i].seen)
		}
	}
	if c.control == nil {
		return
	}
	c.control()
	changed := false
	for i, v := range d.watch(c, after) {
		changed = changed || v.seen != after[i].seen
	}
	if !changed {
		t.Error("nobody sees anything at all by this")
	}
}

// view is what a watcher has seen and was sent, and how much before that.
type view struct {
	seen string
	sent int
}

func (d *den) watch(c count, last []view) (all []view) {
	d.t.Helper()
	pump(d.t, d.company)
	for i, w := range d.watchers {
		v := view{sent: len(w.host.traffic())}
		if last != nil && len(c.paths) == 0 {
			v.seen = strings.Join(w.host.traffic()[last[i].sent:], "\n")
		}
		for _, path := range c.paths {
			a := d.ask(w, "GET", path)
			a.traffic = nil
			v.seen += a.as()
		}
		v.sent = len(w.host.traffic())
		all = append(all, v)
	}
	return all
}

package server_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// reports are all that a company's admins see.
func (c *company) reports() []store.Report {
	c.t.Helper()
	rs, err := c.db.Reports(c.t.Context(), false, store.Page{})
	return must(c, rs, err)
}

// admin hires somebody who is told of reports.
func (c *company) admin(name string) store.Actor {
	c.t.Helper()
	a, err := c.NewMember(c.t.Context(), store.Member{Email: name + "@" + c.House.Host, Admin: true}, name, name)
	return must(c, a, err)
}

func TestAReportGoesToTheOtherCompanyWithoutTheNameOfWhoReports(t *testing.T) {
	t.Parallel()
	acme, globex := companies(t)
	ctx, alice, ann, bea, gus := t.Context(), acme.person("alice"), acme.admin("ann"), globex.person("bea"), globex.admin("gus")
	acme.do(acme.Follow(ctx, alice, acme.sees(bea)))
	pump(t, acme, globex)
	post, err := globex.Post(ctx, bea, federation.Draft{Text: "something bad"})
	globex.do(err)
	pump(t, acme, globex)
	c := federation.Complaint{Account: acme.sees(bea), Notes: []store.Note{acme.note(post.ID)}, Comment: "<b>look</b> at this", Category: "spam"}
	_, err = acme.Report(ctx, alice, c)
	acme.do(err)
	pump(t, acme, globex)
	if rs := globex.reports(); len(rs) != 0 {
		t.Fatalf("it went out unasked: %+v", rs)
	}
	c.Forward = true
	_, err = acme.Report(ctx, alice, c)
	acme.do(err)
	pump(t, acme, globex)
	rs := globex.reports()
	if len(rs) != 1 || rs[0].Account != bea.Key || len(rs[0].Notes) != 1 || rs[0].Notes[0] != post.Key || rs[0].Comment != "<b>look</b> at this" {
		t.Fatalf("globex has %+v", rs)
	}
	if by, err := globex.db.ActorByKey(ctx, rs[0].Reporter); err != nil || by.ID != acme.InstanceActor() {
		t.Errorf("it is by %s, %v", by.ID, err)
	}
	sent, err := globex.db.Recorded(ctx, rs[0].IRI)
	if globex.do(err); strings.Contains(string(sent.Raw), "alice") {
		t.Errorf("it names alice: %s", sent.Raw)
	}
	for c, who := range map[*company]store.Actor{acme: ann, globex: gus} {
		if ns, err := c.db.Notifications(ctx, who.Key, store.Page{}); err != nil || len(ns) != 1 || ns[0].Kind != "admin.report" {
			t.Errorf("the admin of %s was told %+v, %v", c.House.Host, ns, err)
		}
	}
	if ns, err := globex.db.Notifications(ctx, bea.Key, store.Page{}); err != nil || len(ns) != 1 { // of the follow
		t.Errorf("bea was told %+v, %v", ns, err)
	}
	if got := acme.reports(); len(got) != 2 || got[0].Reporter != alice.Key || !got[0].Forwarded || got[1].Forwarded {
		t.Errorf("acme has %+v", got)
	}
}

func TestAReportIsTakenInTheShapesOfOthersAndWithinLimits(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	ctx, alice, amir := t.Context(), acme.person("alice"), acme.person("amir")
	globex := newStranger(t, "globex")
	bea := globex.person("bea")
	public, err := acme.Post(ctx, alice, federation.Draft{Text: "public"})
	acme.do(err)
	secret, err := acme.Post(ctx, alice, federation.Draft{Text: "secret", Visibility: activity.VisibleDirect})
	acme.do(err)
	n := 0
	flag := func(change map[string]any) (string, []store.Report) {
		t.Helper()
		n++
		doc := map[string]any{"id": globex.id(fmt.Sprint("/flags/", n)), "type": "Flag", "actor": bea}
		for k, v := range change {
			doc[k] = v
		}
		globex.send(acme, doc)
		globex.send(acme, doc) // twice is once
		before := len(acme.reports())
		pump(t, acme)
		rec, err := acme.db.Recorded(ctx, activity.ID(doc["id"].(string)))
		acme.do(err)
		return rec.Outcome, acme.reports()[:len(acme.reports())-before]
	}
	for name, tc := range map[string]struct {
		doc     map[string]any
		outcome string
		account store.Key
		notes   int
	}{
		"Mastodon":                    {map[string]any{"object": []any{alice.ID, public.ID}, "content": "why"}, store.Applied, alice.Key, 1},
		"Lemmy":                       {map[string]any{"object": public.ID, "summary": "why"}, store.Applied, alice.Key, 1},
		"an account alone":            {map[string]any{"object": amir.ID, "content": "why"}, store.Applied, amir.Key, 0},
		"what it may not know":        {map[string]any{"object": []any{alice.ID, secret.ID}}, store.Applied, alice.Key, 0},
		"only what it may not know":   {map[string]any{"object": secret.ID}, "not_ours", 0, 0},
		"what is not here":            {map[string]any{"object": acme.House.NoteID(7)}, "not_ours", 0, 0},
		"somebody who is not of ours": {map[string]any{"object": bea}, "not_ours", 0, 0},
		"nothing":                     {map[string]any{"object": []any{}}, "not_ours", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			outcome, rs := flag(tc.doc)
			if outcome != tc.outcome || len(rs) > 1 || (len(rs) == 1) != (tc.account != 0) {
				t.Fatalf("%s, %+v", outcome, rs)
			}
			if len(rs) == 1 && (rs[0].Account != tc.account || len(rs[0].Notes) != tc.notes) {
				t.Errorf("got %+v", rs[0])
			}
		})
	}
	if _, rs := flag(map[string]any{"object": amir.ID, "content": strings.Repeat("é", 2*limits.ReportComment)}); len(rs) != 1 || len([]rune(rs[0].Comment)) != limits.ReportComment {
		t.Error("a long comment is not cut")
	}
	var last string
	for range 25 {
		last, _ = flag(map[string]any{"object": amir.ID})
	}
	if open, err := acme.db.OpenReports(ctx, acme.reports()[0].Reporter, amir.Key); last != "many_reports" || err != nil || open != 20 {
		t.Errorf("the 27th is %s; %d are open, %v", last, open, err)
	}
}

func TestAReportIsResolvedByItsOwnHostOnly(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	alice := acme.person("alice")
	globex, evil := newStranger(t, "globex"), newStranger(t, "evil")
	bea, boss, mallory := globex.person("bea"), globex.person("boss"), evil.person("mallory")
	flag := map[string]any{"id": globex.id("/flags/1"), "type": "Flag", "actor": bea, "object": alice.ID}
	globex.send(acme, flag)
	pump(t, acme)
	raw, _ := json.Marshal(flag)
	evil.send(acme, map[string]any{"id": evil.id("/r"), "type": "Resolve", "actor": mallory, "object": json.RawMessage(raw)})
	pump(t, acme)
	if rs := acme.reports(); len(rs) != 1 || !rs[0].ResolvedAt.IsZero() {
		t.Fatalf("got %+v", rs)
	}
	globex.send(acme, map[string]any{"id": globex.id("/r"), "type": "Resolve", "actor": boss, "object": json.RawMessage(raw)})
	pump(t, acme)
	if rs := acme.reports(); rs[0].ResolvedAt.IsZero() || rs[0].ResolvedBy != boss {
		t.Fatalf("got %+v", rs)
	}
}

func TestReportsByOneAboutTwoAreTwoForTheAdmins(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	ctx, alice, amir, ann := t.Context(), acme.person("alice"), acme.person("amir"), acme.admin("ann")
	globex := newStranger(t, "globex")
	bea := globex.person("bea")
	for i, about := range []store.Actor{alice, amir, alice} {
		acme.takes(globex, map[string]any{"id": globex.id(fmt.Sprint("/flags/", i)), "type": "Flag", "actor": bea, "object": about.ID})
	}
	ns, err := acme.db.Notifications(ctx, ann.Key, store.Page{})
	acme.do(err)
	var about []store.Key
	for _, n := range ns {
		r, err := acme.db.Report(ctx, n.Report)
		acme.do(err)
		about = append(about, r.Account)
	}
	if latest := acme.reports()[0]; !slices.Equal(about, []store.Key{alice.Key, amir.Key}) || ns[0].Report != latest.Key {
		t.Errorf("ann is told of %v, the latest in %d of %d", about, ns[0].Report, latest.Key)
	}
}

// What is reported in a group its moderators hear, wherever it was reported, but not by
// whom, and not of themselves.
func TestAReportFromAGroupGoesToItsModeratorsAndTheCompanyOfTheAuthor(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessSecret)
	gus := b.globex.admin("gus")
	b.comes(b.bea)
	b.comes(b.carl)
	b.acme.do(b.acme.Invite(t.Context(), b.alice, b.group, b.bob))
	b.acme.do(b.acme.Join(t.Context(), b.bob, b.group))
	hers, his := b.globex.writes(b.bea, "by bea", b.there()), b.acme.writes(b.bob, "by bob", b.group)
	minutes := b.acme.writes(b.alice, "by alice", b.group)
	b.pump()
	complains := func(c *company, who store.Actor, id activity.ID, forward bool) store.Report {
		n := c.note(id)
		author, err := c.db.ActorByKey(t.Context(), n.AuthorKey)
		c.do(err)
		r, err := c.Report(t.Context(), who, federation.Complaint{Account: author, Notes: []store.Note{n}, Comment: "why", Forward: forward})
		return must(c, r, err)
	}
	complains(b.acme, b.bob, hers.ID, true)        // who reports is here
	complains(b.globex, b.carl, his.ID, false)     // who reports is elsewhere
	complains(b.acme, b.bob, minutes.ID, false)    // of a moderator
	complains(b.globex, b.carl, minutes.ID, false) // of a moderator, from elsewhere
	b.pump()
	open, err := b.acme.db.GroupReports(t.Context(), b.group.Key, b.alice.Key, store.Page{})
	if b.acme.do(err); len(open) != 2 || open[1].Notes[0] != b.acme.note(hers.ID).Key || open[0].Notes[0] != his.Key || open[0].Comment != "why" {
		t.Fatalf("alice reads %+v", open)
	}
	told, err := b.acme.db.Notifications(t.Context(), b.alice.Key, store.Page{})
	b.acme.do(err)
	var about []store.Key
	for _, n := range told {
		if n.Kind == "group_report" {
			about = append(about, n.Actor)
		}
	}
	if !slices.Equal(about, []store.Key{b.bob.Key, b.acme.knows(string(b.bea.ID)).Key}) {
		t.Errorf("alice was told of %v", about)
	}
	if rs := b.globex.reports(); len(rs) != 3 || rs[2].Account != b.bea.Key && rs[1].Account != b.bea.Key && rs[0].Account != b.bea.Key {
		t.Errorf("globex has %+v", rs)
	}
	if ns, err := b.globex.db.Notifications(t.Context(), gus.Key, store.Page{}); err != nil || len(ns) != 3 {
		t.Errorf("globex's admin was told %+v, %v", ns, err)
	}
	if err := b.acme.SettleReport(t.Context(), b.bob, b.group, open[0].Key); reason(err) != "not_a_moderator" {
		t.Errorf("bob settles: %v", err)
	}
	if err := b.acme.SettleReport(t.Context(), b.alice, b.group, b.acme.reports()[0].Key); activity.KindOf(err) != activity.NotFound {
		t.Errorf("alice settles what is about herself: %v", err)
	}
	b.acme.do(b.acme.SettleReport(t.Context(), b.alice, b.group, open[0].Key))
	left, err := b.acme.db.GroupReports(t.Context(), b.group.Key, b.alice.Key, store.Page{})
	if b.acme.do(err); len(left) != 1 || left[0].Key != open[1].Key {
		t.Errorf("there are left %+v", left)
	}
	if all := b.acme.reports(); len(all) != 4 || slices.ContainsFunc(all, func(r store.Report) bool { return !r.ResolvedAt.IsZero() }) {
		t.Errorf("the admins have %+v", all)
	}
}

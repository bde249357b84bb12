package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// heir is the group in which a company sees alice's group go on.
func (tri *triangle) heir(c *company) store.Actor {
	tri.t.Helper()
	was := c.knows(string(tri.group.ID))
	next, err := c.db.Successors(tri.t.Context(), was.Key)
	c.do(err)
	if next[was.Key].ID == "" {
		tri.t.Fatalf("%s does not know how the group goes on", c.Host)
	}
	return next[was.Key]
}

// anyIn is somebody of a company in the group, as a reader.
func (tri *triangle) anyIn(c *company) store.Reader {
	return map[*company]store.Actor{tri.acme: tri.alice, tri.globex: tri.bea, tri.initech.company: tri.ira}[c].Reader()
}

func (tri *triangle) handOver() {
	tri.t.Helper()
	tri.acme.do(tri.acme.HandOver(tri.t.Context(), tri.alice, tri.group))
	tri.pump()
}

// isIn says whether a company knows somebody as a member of a group.
func (tri *triangle) member(c *company, who, group store.Actor) bool {
	tri.t.Helper()
	is, err := c.db.IsMember(tri.t.Context(), c.knows(string(who.ID)).Key, group.Key)
	return must(c, is, err)
}

func TestAGroupIsHandedOverWithItsPeopleAndPosts(t *testing.T) {
	t.Parallel()
	for _, access := range activity.Accesses {
		t.Run(string(access), func(t *testing.T) {
			t.Parallel()
			ctx, tri := t.Context(), heirs(t, access)
			acme, globex, initech := tri.acme, tri.globex, tri.initech.company
			tri.comes(tri.carl)
			acme.do(acme.SetRole(ctx, tri.alice, tri.group, acme.knows(string(tri.carl.ID)), store.Moderator))
			topic, err := acme.MakeTopic(ctx, tri.alice, tri.group, "Plans")
			acme.do(err)
			tri.group = acme.knows(string(tri.group.ID))
			tri.pump()
			post, err := globex.Post(ctx, tri.bea, federation.Draft{Text: "a plan for " + string(topic.ID), Group: tri.there().Key, Topic: topic.Key()})
			globex.do(err)
			tri.pump()
			text := initech.note(post.ID).Content
			answer, err := initech.Post(ctx, tri.ira, federation.Draft{Text: "a question", ReplyTo: initech.note(post.ID).Key})
			initech.do(err)
			tri.pump()
			initech.tx(func(tx *store.Tx) error {
				_, err := tx.PutEdge(ctx, store.Edge{Kind: "bookmark", Actor: tri.ira.Key, Object: initech.note(post.ID).Key, Accepted: true})
				return err
			})
			acme.do(acme.HandOver(ctx, tri.alice, tri.group))
			is, err := acme.db.Succession(ctx, tri.group.Key)
			acme.do(err)
			is.Accepted = []byte(`{"again": true}`) // the answer to it said anew, which was under way
			acme.tx(func(tx *store.Tx) error {
				_, err := tx.LearnSuccession(ctx, is)
				return err
			})
			if now, err := acme.db.Succession(ctx, tri.group.Key); err != nil || now.HandedAt.IsZero() {
				t.Errorf("it is not handed over any more: %v", err)
			}
			tri.handOver() // said twice is once
			heir := tri.heir(globex)
			for _, c := range []*company{acme, globex, initech} {
				there := tri.heir(c)
				if len(there.Streams) != 1 {
					t.Fatalf("at %s the topics are %v", c.Host, there.Streams)
				}
				if n, err := c.db.CountTopic(ctx, there.Key, there.Streams[0].ID, tri.anyIn(c)); err != nil || n != 1 {
					t.Errorf("at %s the topic has %d posts, %v", c.Host, n, err)
				}
			}
			if now := initech.note(post.ID).Content; now != text {
				t.Errorf("what bea wrote is now %q, and was %q", now, text)
			}
			if !heir.Local || heir.Name != tri.group.Name || heir.Access() != access {
				t.Errorf("it goes on as %+v", heir.Actor)
			}
			for _, who := range []struct {
				*company
				store.Actor
			}{{acme, tri.alice}, {globex, tri.bea}, {globex, tri.carl}, {initech, tri.ira}} {
				if !tri.member(who.company, who.Actor, tri.heir(who.company)) || !tri.member(globex, who.Actor, heir) {
					t.Errorf("%s is not in it", who.Username)
				}
				if mine, err := who.db.GroupsOf(ctx, who.Key); err != nil || len(mine) != 1 || mine[0].ID != heir.ID {
					t.Errorf("%s is in %v, %v", who.Username, mine, err)
				}
				for _, id := range []activity.ID{post.ID, answer.ID} {
					n := who.note(id)
					if n.GroupKey != tri.heir(who.company).Key || !slices.Equal(n.Groups, activity.IDs{heir.ID}) {
						t.Errorf("%s has %s in %v", who.Username, id, n.Groups)
					}
					if _, err := who.db.VisibleNote(ctx, n.Key, who.Reader()); err != nil {
						t.Errorf("%s does not read %s: %v", who.Username, id, err)
					}
				}
				found, err := who.Search(ctx, who.Actor, string(tri.group.ID), false)
				if err != nil || len(found.Actors) != 1 || found.Actors[0].ID != heir.ID {
					t.Errorf("%s searches for the old group and finds %v, %v", who.Username, found.Actors, err)
				}
			}
			roles, err := globex.db.Roles(ctx, heir.Key, []store.Key{globex.knows(string(tri.alice.ID)).Key, tri.carl.Key, tri.bea.Key})
			if globex.do(err); roles[globex.knows(string(tri.alice.ID)).Key] != store.Owner || roles[tri.carl.Key] != store.Moderator || roles[tri.bea.Key] != store.Membership {
				t.Errorf("the roles are %v", roles)
			}
			if marked, err := initech.db.HasEdge(ctx, "bookmark", tri.ira.Key, initech.note(post.ID).Key); err != nil || !marked {
				t.Errorf("ira's bookmark is gone: %v", err)
			}
			tri.goesOn(heir, post)
		})
	}
}

// goesOn: they go on talking in the new group, in old threads too; in the old one nobody can.
func (tri *triangle) goesOn(heir store.Actor, post store.Note) {
	tri.t.Helper()
	ctx, acme, globex, initech := tri.t.Context(), tri.acme, tri.globex, tri.initech.company
	answer, err := acme.Post(ctx, tri.alice, federation.Draft{Text: "an old thread", ReplyTo: acme.note(post.ID).Key})
	acme.do(err)
	fresh := initech.writes(tri.ira, "in the new place", tri.heir(initech))
	_, err = initech.Edit(ctx, tri.ira, fresh, federation.Draft{Text: "in the new place, changed"})
	initech.do(err)
	_, err = globex.Edit(ctx, tri.bea, globex.note(post.ID), federation.Draft{Text: "a better plan"})
	globex.do(err)
	tri.pump()
	for _, c := range []*company{acme, globex, initech} {
		if !tri.has(c, answer.ID) || !tri.has(c, fresh.ID) || c.note(fresh.ID).GroupKey != tri.heir(c).Key {
			tri.t.Errorf("%s does not have what is said in the new group", c.Host)
		}
		if text := activity.PlainText(string(c.note(post.ID).Content)); text != "a better plan" {
			tri.t.Errorf("%s has %q after an edit", c.Host, text)
		}
	}
	for _, where := range []struct {
		*company
		who store.Actor
	}{{acme, tri.alice}, {initech, tri.ira}} {
		_, err := where.Post(ctx, where.who, federation.Draft{Text: "in the old place", Group: where.knows(string(tri.group.ID)).Key})
		if reason(err) != "group_moved" {
			tri.t.Errorf("%s posts in the old group: %v", where.who.Username, err)
		}
	}
	if err := acme.SetRole(ctx, tri.alice, tri.group, acme.knows(string(tri.bea.ID)), store.Owner); reason(err) != "group_moved" && reason(err) != "not_a_moderator" {
		tri.t.Errorf("alice decides about the old group: %v", err)
	}
	raw, err := initech.Errand().Read(ctx, tri.group.ID)
	if initech.do(err); !strings.Contains(string(raw), `"movedTo":"`+string(heir.ID)+`"`) {
		tri.t.Errorf("the old id answers %s", raw)
	}
	globex.do(globex.Delete(ctx, tri.bea, globex.note(post.ID)))
	tri.pump()
	if tri.has(initech, post.ID) || tri.has(acme, post.ID) {
		tri.t.Error("what bea deletes stays")
	}
	initech.do(initech.Leave(ctx, tri.ira, tri.heir(initech)))
	tri.pump()
	if mine, err := initech.db.GroupsOf(ctx, tri.ira.Key); err != nil || len(mine) != 0 || tri.member(globex, tri.ira, heir) {
		tri.t.Errorf("ira has left and is in %v, %v", mine, err)
	}
}

// Initech has an agreement with Acme only: ira stays behind, is told, and keeps what she has.
func TestWhoHasNoAgreementWithTheNewHostStaysBehind(t *testing.T) {
	t.Parallel()
	ctx, tri := t.Context(), newStrangers(t, activity.AccessSecret)
	tri.agreeOn(14)
	initech := tri.initech.company
	post := tri.globex.writes(tri.bea, "a plan", tri.there())
	tri.acme.do(tri.acme.SetRole(ctx, tri.alice, tri.group, tri.acme.knows(string(tri.ira.ID)), store.Moderator))
	tri.pump()
	tri.handOver()
	heir := tri.heir(tri.globex)
	if decides, err := tri.acme.db.HasEdge(ctx, store.Moderator, tri.acme.knows(string(tri.ira.ID)).Key, tri.acme.knows(string(heir.ID)).Key); err != nil || decides {
		t.Errorf("ira, who stays behind, looks after the new group: %v", err)
	}
	group := initech.knows(string(tri.group.ID))
	if group.MovedTo.ID != heir.ID || !tri.member(initech, tri.ira, group) {
		t.Errorf("Initech knows %+v", group.Actor)
	}
	if _, known, _ := activity.Optional(tri.globex.db.Actor(ctx, tri.ira.ID)); known && tri.member(tri.globex, tri.ira, heir) {
		t.Error("ira is in the new group")
	}
	told, err := initech.db.Notifications(ctx, tri.ira.Key, store.Page{})
	if initech.do(err); !slices.ContainsFunc(told, func(n store.Notification) bool { return n.Kind == "group_left_out" }) {
		t.Error("nobody tells ira")
	}
	if _, err := initech.db.VisibleNote(ctx, initech.note(post.ID).Key, tri.ira.Reader()); err != nil {
		t.Errorf("ira does not read what she had: %v", err)
	}
	if _, err := initech.Post(ctx, tri.ira, federation.Draft{Text: "hello?", Group: group.Key}); reason(err) != "group_moved" {
		t.Errorf("ira posts in the old group: %v", err)
	}
	if !tri.member(tri.globex, tri.alice, heir) || !tri.member(tri.globex, tri.bea, heir) {
		t.Error("the others do not go on")
	}
	tri.apart()
}

func TestWhoWasBannedDoesNotComeAlong(t *testing.T) {
	t.Parallel()
	ctx, tri := t.Context(), heirs(t, activity.AccessOpen)
	ivan := tri.initech.person("ivan")
	tri.initech.do(tri.initech.Join(ctx, ivan, tri.initech.sees(tri.group)))
	tri.pump()
	tri.acme.do(tri.acme.Ban(ctx, tri.alice, tri.group, tri.acme.knows(string(ivan.ID))))
	tri.pump()
	tri.handOver()
	heir := tri.heir(tri.globex)
	_ = tri.initech.Join(ctx, ivan, tri.initech.knows(string(heir.ID)))
	tri.pump()
	if tri.member(tri.globex, ivan, heir) || !tri.member(tri.globex, tri.ira, heir) {
		t.Error("ivan came along, or ira did not")
	}
}

func TestOnlyTheSuccessorReadsWhoIsInAGroup(t *testing.T) {
	t.Parallel()
	ctx, tri := t.Context(), heirs(t, activity.AccessSecret)
	at := tri.acme.SuccessionID(tri.group.ID)
	if raw, err := tri.globex.Errand().Read(ctx, at); err != nil || !strings.Contains(string(raw), string(tri.ira.ID)) || !strings.Contains(string(raw), `"owner"`) {
		t.Errorf("Globex reads %s, %v", raw, err)
	}
	if raw, err := tri.initech.Errand().Read(ctx, at); err != nil || raw != nil {
		t.Errorf("Initech reads %s, %v", raw, err)
	}
	tri.acme.do(tri.acme.NameSuccessor(ctx, tri.alice, tri.group, "", 0))
	if raw, err := tri.globex.Errand().Read(ctx, at); err != nil || raw != nil {
		t.Errorf("who is not named any more reads %s, %v", raw, err)
	}
}

// A hand-over that dies anywhere goes on: each run does a part, and promises the rest.
func TestAHandOverThatIsInterruptedGoesOn(t *testing.T) {
	t.Parallel()
	ctx, tri := t.Context(), heirs(t, activity.AccessClosed)
	var posts []store.Note
	for i := range 7 {
		posts = append(posts, tri.globex.writes(tri.bea, fmt.Sprintf("post %d", i), tri.there()))
	}
	tri.pump()
	tri.handOver()
	initech := tri.initech.company
	was, heir := initech.knows(string(tri.group.ID)), tri.heir(initech)
	g := store.Regrouped{From: heir.Key, To: was.Key, ID: heir.ID, Followers: heir.Followers.ID, HeirID: was.ID, HeirFollowers: was.Followers.ID, KeepsRoles: true}
	initech.tx(func(tx *store.Tx) error { // as if it had died after three of them
		n, err := tx.Regroup(ctx, g, 4)
		if n != 4 {
			t.Errorf("%d posts are put back", n)
		}
		return err
	})
	for range 2 {
		initech.do(initech.Regroup(ctx, store.Regroup{Group: was.Key}))
	}
	for _, p := range posts {
		if n := initech.note(p.ID); n.GroupKey != heir.Key || !slices.Equal(n.Groups, activity.IDs{heir.ID}) || !slices.Contains(n.Addressed, heir.Key) {
			t.Errorf("%s is in %v, for %v", p.ID, n.Groups, n.Addressed)
		}
	}
}

func TestNobodyElseHandsAGroupOver(t *testing.T) {
	t.Parallel()
	ctx, tri := t.Context(), heirs(t, activity.AccessClosed)
	acme := tri.acme
	if err := acme.HandOver(ctx, acme.person("amir"), tri.group); reason(err) != "not_a_moderator" {
		t.Errorf("amir hands it over: %v", err)
	}
	evil := newStranger(t, "evil")
	acme.isPartnerOf(evil)
	mallory := evil.person("mallory")
	group := evil.actor("trap")
	group["type"], group["alsoKnownAs"] = "Group", []any{string(tri.group.ID)}
	evil.serve("/users/trap", group)
	said := map[string]any{"type": "Move", "actor": string(tri.group.ID), "object": string(tri.group.ID), "target": group["id"]}
	for i, m := range []map[string]any{
		{"type": "Accept", "actor": mallory, "object": said, "to": []any{string(tri.group.ID)}},
		{"type": "Move", "actor": mallory, "object": string(tri.group.ID), "target": group["id"]},
		{"type": "Offer", "actor": mallory, "object": said},
	} {
		m["id"] = fmt.Sprintf("%s#%d", mallory, i)
		evil.send(acme, m)
		tri.pump()
	}
	if g := acme.knows(string(tri.group.ID)); g.MovedTo.ID != "" {
		t.Errorf("it moves to %s", g.MovedTo.ID)
	}
	acme.do(acme.NameSuccessor(ctx, tri.alice, tri.group, "", 0))
	if err := acme.HandOver(ctx, tri.alice, tri.group); reason(err) != "no_successor" {
		t.Errorf("without a successor: %v", err)
	}
}

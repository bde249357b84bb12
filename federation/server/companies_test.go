package server_test

import (
	"slices"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

func TestPeopleOfTwoCompaniesFollowAndTalk(t *testing.T) {
	t.Parallel()
	acme, globex := companies(t)
	alice, bea := acme.person("alice"), globex.person("bea")
	ctx := t.Context()

	globex.do(globex.Follow(ctx, bea, globex.sees(alice)))
	pump(t, acme, globex)
	if is, err := globex.db.HasEdge(ctx, store.Follow, bea.Key, globex.sees(alice).Key); err != nil || !is {
		t.Fatalf("bea does not follow alice: %v", err)
	}

	post, err := acme.Post(ctx, alice, federation.Draft{Text: "hello **partners**"})
	acme.do(err)
	pump(t, acme, globex)
	if got := globex.home(bea); !slices.Equal(got, []string{"hello partners"}) {
		t.Fatalf("bea sees %q", got)
	}

	copied := globex.note(post.ID)
	reply, err := globex.Post(ctx, bea, federation.Draft{Text: "hello @alice@" + acme.House.Host, ReplyTo: copied.Key})
	globex.do(err)
	globex.do(globex.Like(ctx, bea, copied))
	_, err = globex.Boost(ctx, bea, copied)
	globex.do(err)
	pump(t, acme, globex)
	if n := acme.note(reply.ID); n.ReplyTo != post.Key || n.ThreadKey != post.Key {
		t.Fatalf("the answer is not tied to the post: %+v", n)
	}
	counts, err := acme.db.Counts(ctx, alice.Key, post.Key)
	acme.do(err)
	if c := counts[post.Key]; c.Likes != 1 || c.Boosts != 1 || c.Replies != 1 {
		t.Fatalf("alice sees %+v", c)
	}
	ns, err := acme.db.Notifications(ctx, alice.Key, store.Page{})
	acme.do(err)
	kinds := map[string]int{}
	for _, n := range ns {
		kinds[n.Kind]++
	}
	if kinds["follow"] != 1 || kinds["mention"] != 1 || kinds["favourite"] != 1 || kinds["reblog"] != 1 {
		t.Fatalf("alice was told %v", kinds)
	}

	_, err = acme.Edit(ctx, alice, post, federation.Draft{Text: "hello again"})
	acme.do(err)
	pump(t, acme, globex)
	if got := string(globex.note(post.ID).Content); got != "<p>hello again</p>" {
		t.Fatalf("bea reads %q after the edit", got)
	}

	globex.do(globex.Unlike(ctx, bea, globex.note(post.ID)))
	globex.do(globex.Unboost(ctx, bea, globex.note(post.ID)))
	pump(t, acme, globex)
	counts, err = acme.db.Counts(ctx, alice.Key, post.Key)
	acme.do(err)
	if c := counts[post.Key]; c.Likes != 0 || c.Boosts != 0 {
		t.Fatalf("after taking it back alice sees %+v", c)
	}

	acme.do(acme.Delete(ctx, alice, acme.note(post.ID)))
	pump(t, acme, globex)
	if _, err := globex.db.Note(ctx, post.ID); activity.KindOf(err) != activity.NotFound {
		t.Fatalf("the deleted post is still there: %v", err)
	}

	globex.do(globex.Unfollow(ctx, bea, globex.sees(alice)))
	pump(t, acme, globex)
	if n, err := acme.db.CountTo(ctx, store.Follow, alice.Key); err != nil || n != 0 {
		t.Fatalf("%d followers left, %v", n, err)
	}
}

func TestPeopleOfTwoCompaniesWorkInOneGroup(t *testing.T) {
	t.Parallel()
	acme, globex := companies(t)
	alice, amir := acme.person("alice"), acme.person("amir")
	bea, boris, bruno := globex.person("bea"), globex.person("boris"), globex.person("bruno")
	ctx := t.Context()

	atlas, err := acme.OpenGroup(ctx, alice, federation.GroupDraft{Name: "Project Atlas", Companies: []string{globex.House.Host}})
	acme.do(err)
	acme.do(acme.Join(ctx, amir, atlas))
	there := globex.sees(atlas)
	globex.do(globex.Join(ctx, bea, there))
	globex.do(globex.Follow(ctx, boris, there)) // to follow a group is to join it
	pump(t, acme, globex)
	if n, err := acme.db.CountTo(ctx, store.Membership, atlas.Key); err != nil || n != 4 {
		t.Fatalf("%d members, %v; want 4", n, err)
	}

	post, err := globex.Post(ctx, boris, federation.Draft{Text: "the plan", Group: there.Key})
	globex.do(err)
	pump(t, acme, globex)
	for _, who := range []struct {
		c *company
		a store.Actor
	}{{acme, alice}, {acme, amir}, {globex, bea}, {globex, boris}} {
		if got := who.c.home(who.a); !slices.Equal(got, []string{"the plan"}) {
			t.Errorf("%s sees %q at home", who.a.Username, got)
		}
	}
	if got := globex.home(bruno); got != nil {
		t.Errorf("bruno, who is not in the group, sees %q at home", got)
	}

	here := acme.note(post.ID)
	answer, err := acme.Post(ctx, alice, federation.Draft{Text: "a question", ReplyTo: here.Key})
	acme.do(err)
	acme.do(acme.Like(ctx, amir, here))
	pump(t, acme, globex)
	if n := globex.note(answer.ID); n.GroupKey != there.Key || !n.Admitted || n.ReplyTo != post.Key {
		t.Errorf("the answer came as %+v", n)
	}
	counts, err := globex.db.Counts(ctx, boris.Key, post.Key)
	globex.do(err)
	if counts[post.Key].Likes != 1 {
		t.Errorf("boris sees %+v", counts[post.Key])
	}

	if err := acme.Leave(ctx, alice, atlas); activity.FaultOf(err).Reason != "owner_stays" {
		t.Errorf("the owner leaves: %v", err)
	}
	if _, err := globex.Post(ctx, bruno, federation.Draft{Text: "me too", Group: there.Key}); activity.FaultOf(err).Reason != "not_a_member" {
		t.Errorf("who is not in the group posts in it: %v", err)
	}

	globex.do(globex.Delete(ctx, boris, globex.note(post.ID)))
	globex.do(globex.Leave(ctx, boris, there))
	pump(t, acme, globex)
	if _, err := acme.db.Note(ctx, post.ID); activity.KindOf(err) != activity.NotFound {
		t.Errorf("the deleted post is still in the group: %v", err)
	}
	if is, err := acme.db.IsMember(ctx, acme.sees(boris).Key, atlas.Key); err != nil || is {
		t.Errorf("boris left and is still a member: %v", err)
	}
}

func TestAGroupTakesOnlyItsCompanies(t *testing.T) {
	t.Parallel()
	acme, globex := companies(t)
	alice, bea := acme.person("alice"), globex.person("bea")
	own, err := acme.OpenGroup(t.Context(), alice, federation.GroupDraft{Name: "Ours alone"})
	acme.do(err)
	if _, err := globex.ByHandle(t.Context(), string(own.Username), own.Host); err == nil {
		t.Error("a partner finds a group that is none of its business")
	}
	shared, err := acme.OpenGroup(t.Context(), alice, federation.GroupDraft{Name: "Shared", Companies: []string{globex.House.Host}})
	acme.do(err)
	there := globex.sees(shared)
	acme.tx(func(tx *store.Tx) error { // the list changes between finding and joining
		_, err := tx.PutEdge(t.Context(), store.Edge{Kind: store.Ban, Actor: acme.sees(bea).Key, Object: shared.Key, Accepted: true})
		return err
	})
	globex.do(globex.Join(t.Context(), bea, there))
	pump(t, acme, globex)
	if is, err := globex.db.IsMember(t.Context(), bea.Key, there.Key); err != nil || is {
		t.Errorf("a banned person is a member: %v", err)
	}
	if _, err := globex.db.Edge(t.Context(), store.Membership, bea.Key, there.Key); activity.KindOf(err) != activity.NotFound {
		t.Errorf("the refused wish is still there: %v", err)
	}
}

func TestPostsAreFoundByTheirHashtag(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice, amir := acme.person("alice"), acme.person("amir")
	post := func(d federation.Draft) activity.ID {
		n, err := acme.Post(t.Context(), alice, d)
		acme.do(err)
		return n.ID
	}
	open := post(federation.Draft{Text: "the plan #Été"})
	post(federation.Draft{Text: "only for me #été", Visibility: activity.VisibleDirect})
	post(federation.Draft{Text: "something else"})
	got, err := acme.Search(t.Context(), amir, "#ÉTÉ", false)
	if err != nil || len(got.Notes) != 1 || got.Notes[0].ID != open {
		t.Fatalf("found %+v, %v", got.Notes, err)
	}
}

func TestAGroupWithoutAUsernameGetsOneFromItsName(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice := acme.person("alice")
	for name, want := range map[string]activity.Text{"Sécurité au poste": "securite_au_poste", "  Project: Atlas!  ": "project_atlas"} {
		group, err := acme.OpenGroup(t.Context(), alice, federation.GroupDraft{Name: name})
		if err != nil || group.Username != want {
			t.Errorf("%q is called %q, %v", name, group.Username, err)
		}
	}
	for _, name := range []string{"", "日本", "Project: Atlas"} { // nothing left, or taken
		if g, err := acme.OpenGroup(t.Context(), alice, federation.GroupDraft{Name: name}); err == nil {
			t.Errorf("%q is called %q", name, g.Username)
		}
	}
}

func TestNamingSomebodyDoesNotCarryAPostOutOfItsGroup(t *testing.T) {
	t.Parallel()
	acme, globex := companies(t)
	alice, bea := acme.person("alice"), globex.person("bea")
	own, err := acme.OpenGroup(t.Context(), alice, federation.GroupDraft{Name: "Ours alone"})
	acme.do(err)
	post, err := acme.Post(t.Context(), alice, federation.Draft{Text: "what would @bea@" + globex.House.Host + " say?", Group: own.Key})
	acme.do(err)
	pump(t, acme, globex)
	if _, err := globex.db.Note(t.Context(), post.ID); activity.KindOf(err) != activity.NotFound {
		t.Errorf("it came to Globex: %v", err)
	}
	if ns, err := globex.db.Notifications(t.Context(), bea.Key, store.Page{}); err != nil || len(ns) != 0 {
		t.Errorf("bea was told %v, %v", ns, err)
	}
}

package server_test

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// Who writes in a group is in it, by whatever door the note comes.

// opens makes a group of alice's.
func (c *company) opens(alice store.Actor, name string, companies ...string) store.Actor {
	c.t.Helper()
	g, err := c.OpenGroup(c.t.Context(), alice, federation.GroupDraft{Name: name, Companies: companies})
	return must(c, g, err)
}

// outsider is a partner, and one of its people.
func outsider(t *testing.T, cs ...*company) (evil *stranger, mallory string) {
	t.Helper()
	evil = newStranger(t, "evil")
	for _, c := range cs {
		c.isPartnerOf(evil)
	}
	return evil, evil.person("mallory")
}

// into is the Create of a note that is served too, and addressed to groups.
func (s *stranger) into(actor, path string, groups ...activity.ID) map[string]any {
	create := s.create(actor, path, "spam")
	to := []any{activity.Public}
	for _, g := range groups {
		to = append(to, g)
	}
	create["to"] = to
	o := create["object"].(map[string]any)
	o["to"] = to
	if len(groups) == 1 {
		o["audience"] = groups[0]
	}
	s.serve(path, o)
	return create
}

func TestWhoIsNotInAGroupGetsNothingIntoItByAnyDoor(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice := acme.person("alice")
	evil, m := outsider(t, acme)
	atlas := acme.opens(alice, "Atlas")
	note := func(path string) map[string]any { return evil.into(m, path, atlas.ID) }
	do := func(id, verb string, object any) map[string]any {
		return map[string]any{"id": evil.id(id), "type": verb, "actor": m, "object": object, "to": []any{activity.Public, atlas.ID}}
	}
	for name, docs := range map[string][]map[string]any{
		"Create":                   {note("/notes/0")},
		"Update of what was never": {do("/a/1", "Update", note("/notes/1")["object"])},
		"Create of what is known":  {do("/a/2", "Like", note("/notes/2")["object"].(map[string]any)["id"]), note("/notes/2")},
		"Undo of a Delete":         {do("/a/3", "Undo", do("/a/4", "Delete", note("/notes/3")["object"].(map[string]any)["id"]))},
	} {
		acme.takes(evil, docs...)
		if got := acme.home(alice); got != nil {
			t.Fatalf("%s: alice sees %q", name, got)
		}
	}
	for i := range 4 {
		if n, ok, err := activity.Optional(acme.db.Note(t.Context(), activity.ID(evil.id(fmt.Sprintf("/notes/%d", i))))); err != nil || ok && n.In() != 0 {
			t.Errorf("note %d is in the group: %v", i, err)
		}
	}
}

func TestOfTwoGroupsANoteGoesIntoTheOneThatItsAuthorIsIn(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice := acme.person("alice")
	evil, m := outsider(t, acme)
	open, closed := acme.opens(alice, "Open", "*"), acme.opens(alice, "Board")
	acme.takes(evil, evil.follow(m, open))
	for i := range 12 {
		groups := []activity.ID{closed.ID, open.ID}
		if i%2 == 0 {
			slices.Reverse(groups)
		}
		path := fmt.Sprintf("/notes/%d", i)
		acme.takes(evil, evil.into(m, path, groups...))
		if n := acme.note(activity.ID(evil.id(path))); n.In() != open.Key {
			t.Fatalf("note %d is in %v; open is %v, closed %v", i, n.In(), open.Key, closed.Key)
		}
	}
}

func TestALikeOfOnesOwnDoesNotBringItIntoAGroup(t *testing.T) {
	t.Parallel()
	acme, globex := companies(t)
	alice, bea := acme.person("alice"), globex.person("bea")
	evil, m := outsider(t, acme, globex)
	atlas := acme.opens(alice, "Atlas", globex.House.Host)
	globex.do(globex.Join(t.Context(), bea, globex.sees(atlas)))
	pump(t, acme, globex)
	note := evil.into(m, "/notes/1", atlas.ID)["object"].(map[string]any)["id"]
	like := map[string]any{"id": evil.id("/likes/1"), "type": "Like", "actor": m, "object": note}
	evil.serve("/likes/1", like)
	acme.takes(evil, like)
	pump(t, acme, globex)
	if got := append(acme.home(alice), globex.home(bea)...); got != nil {
		t.Fatalf("the members see %q", got)
	}
}

func TestToNameAGroupFromOutsideIsAnOrdinaryPost(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice, amir := acme.person("alice"), acme.person("amir")
	good := newStranger(t, "good")
	acme.isPartnerOf(good)
	carl, atlas := good.person("carl"), acme.opens(alice, "Atlas", "*")
	acme.joined(store.Follow, amir, acme.meets(amir, carl))
	create := good.create(carl, "/notes/1", "thanks to the group")
	o := create["object"].(map[string]any)
	o["cc"] = []any{carl + "/followers", atlas.ID}
	o["tag"] = map[string]any{"type": "Mention", "href": atlas.ID, "name": "@atlas"}
	acme.takes(good, create)
	if got := acme.home(amir); !slices.Equal(got, []string{"thanks to the group"}) {
		t.Errorf("amir, who follows carl, sees %q", got)
	}
	if got := acme.home(alice); got != nil {
		t.Errorf("alice, who is in the group, sees %q", got)
	}
}

func TestTheHostOfAGroupTakesOurPostOutOfItAndNoFurther(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	globex.serve("/users/club", group(globex, "club"))
	globex.serve("/users/club/inbox", true)
	club := acme.meets(alice, globex.id("/users/club"))
	acme.joined(store.Membership, alice, club)
	post, err := acme.Post(t.Context(), alice, federation.Draft{Text: "mine", Group: club.Key})
	acme.do(err)
	pump(t, acme)
	acme.takes(globex, announce(globex, "echo", post.ID))
	if n := acme.note(post.ID); n.In() != club.Key {
		t.Fatalf("it is in %v", n.In())
	}
	acme.takes(globex, map[string]any{"id": globex.id("/del"), "type": "Delete", "actor": bea, "object": post.ID})
	if n := acme.note(post.ID); n.In() != 0 || n.Content != post.Content {
		t.Fatalf("it became %+v", n)
	}
}

func TestAGroupDeletesOnlyWhatWasPostedToIt(t *testing.T) {
	t.Parallel()
	acme, alice, globex, initech, _ := club(t)
	boris, there := initech.id("/users/boris"), globex.id("/users/club")
	acme.takes(globex, announce(globex, "root", map[string]any{"id": globex.id("/c"), "type": "Create", "actor": globex.id("/users/bea"), "to": activity.Public, "audience": there,
		"object": map[string]any{"id": globex.id("/notes/top"), "type": "Note", "attributedTo": globex.id("/users/bea"), "content": "root", "to": activity.Public, "audience": there}}))
	for name, tc := range map[string]struct {
		says   map[string]any
		remove func(id string) map[string]any
		goes   bool
	}{
		"mentioned, and its moderator deletes": {map[string]any{"cc": there}, globex.removes, false},
		"mentioned, and it deletes":            {map[string]any{"cc": there}, globex.removesInGroup, false},
		"answered":                             {map[string]any{"inReplyTo": globex.id("/notes/top")}, globex.removes, false},
		"posted to":                            {map[string]any{"audience": there}, globex.removes, true},
		"posted to, and it deletes":            {map[string]any{"audience": there}, globex.removesInGroup, true},
		"among its authors":                    {map[string]any{"attributedTo": []any{boris, there}, "cc": there}, globex.removes, true},
	} {
		path := "/notes/" + strings.ReplaceAll(name, " ", "-")
		create := initech.create(boris, path, name)
		maps.Copy(create["object"].(map[string]any), tc.says)
		initech.serve(path, create["object"])
		acme.takes(initech, create)
		acme.takes(globex, announce(globex, name, initech.id(path)))
		if n := acme.note(activity.ID(initech.id(path))); n.In() == 0 {
			t.Fatalf("%s: it is not in the group", name)
		}
		acme.takes(globex, tc.remove(initech.id(path)))
		n, here, err := activity.Optional(acme.db.Note(t.Context(), activity.ID(initech.id(path))))
		if err != nil || here == tc.goes || n.In() != 0 {
			t.Errorf("%s: it is here: %v, in %v, %v", name, here, n.In(), err)
		}
		if slices.Contains(acme.home(alice), name) {
			t.Errorf("%s: the members still see it", name)
		}
	}
}

// removes is how somebody of a group's host deletes what is in it.
func (s *stranger) removes(id string) map[string]any {
	bea := s.id("/users/bea")
	return map[string]any{"id": s.id("/removes?of=" + url.QueryEscape(id)), "type": "Delete", "actor": bea, "object": id, "audience": s.id("/users/club")}
}

// removesInGroup is the same as the group tells its members of it.
func (s *stranger) removesInGroup(id string) map[string]any {
	return announce(s, "remove "+url.QueryEscape(id), s.removes(id))
}

// said is what our own said in activities that are not yet on their way.
func (c *company) said() (said []store.Recorded) {
	c.t.Helper()
	_, err := c.db.Drain(c.t.Context(), 1000, func(ps []store.Promise) error {
		for _, p := range ps {
			if p.Kind != "fan" {
				continue
			}
			if err := run(c.t.Context(), []byte(p.Payload), func(ctx context.Context, f store.Fan) error {
				r, err := c.db.RecordedByKey(ctx, f.Activity)
				said = append(said, r)
				return err
			}); err != nil {
				return err
			}
		}
		return nil
	})
	return must(c, said, err)
}

func TestAGroupAnnouncesPostsInTwoFormsAndAnswersInOne(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	atlas := acme.opens(alice, "Atlas", "*")
	post, err := acme.Post(t.Context(), alice, federation.Draft{Text: "a question", Group: atlas.Key})
	acme.do(err)
	asked := forms(acme.said())
	answer, err := acme.Post(t.Context(), alice, federation.Draft{Text: "an answer", ReplyTo: post.Key})
	acme.do(err)
	answered := forms(acme.said())
	if !slices.Equal(asked, []string{"Announce Create", "Announce id", "Create Note"}) || !slices.Equal(answered, []string{"Announce Create", "Create Note"}) {
		t.Errorf("with the post went %q, with the answer %q", asked, answered)
	}
	evil, m := outsider(t, acme)
	acme.takes(evil, evil.into(m, "/notes/1", atlas.ID)) // from outside: not taken in
	_, outbox := acme.get(globex, bea, "/groups/atlas/outbox?page=1")
	if !strings.Contains(outbox, string(post.ID)) || strings.Contains(outbox, string(answer.ID)) || strings.Contains(outbox, evil.url) {
		t.Errorf("the outbox has %s", outbox)
	}
}

// forms are activities as "Announce Create" or, where only an id is announced,
// "Announce id"; sorted.
func forms(all []store.Recorded) (forms []string) {
	for _, r := range all {
		env, err := activity.ReadEnvelope(r.Raw)
		kind := activity.TypeOf(env.Object.Raw)
		if err != nil || env.Object.Raw == nil {
			kind = "id"
		}
		forms = append(forms, r.Type+" "+kind)
	}
	slices.Sort(forms)
	return forms
}

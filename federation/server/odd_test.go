package server_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// What other software sends in its own way. The shapes are those of real messages;
// see federation/interop.

// told are the kinds of what one of our people was told, sorted.
func (c *company) told(a store.Actor) []string {
	c.t.Helper()
	ns, err := c.db.Notifications(c.t.Context(), a.Key, store.Page{})
	var kinds []string
	for _, n := range must(c, ns, err) {
		kinds = append(kinds, n.Kind)
	}
	slices.Sort(kinds)
	return kinds
}

// takes sends activities one after the other, and does what they bring.
func (c *company) takes(s *stranger, docs ...map[string]any) {
	c.t.Helper()
	for _, doc := range docs {
		if status, answer := s.send(c, doc); status != 202 {
			c.t.Fatalf("%s: %d %s", doc["type"], status, answer)
		}
		pump(c.t, c)
	}
}

// knows is an actor that a company has met.
func (c *company) knows(id string) store.Actor {
	c.t.Helper()
	a, err := c.db.Actor(c.t.Context(), activity.ID(id))
	return must(c, a, err)
}

// joined puts an accepted edge between two.
func (c *company) joined(kind string, a, b store.Actor) {
	c.t.Helper()
	c.tx(func(tx *store.Tx) error {
		_, err := tx.PutEdge(c.t.Context(), store.Edge{Kind: kind, Actor: a.Key, Object: b.Key, Accepted: true})
		return err
	})
}

func TestADirectMessageTellsWhomItIsForThoughItMentionsNobody(t *testing.T) { // Lemmy, Pleroma, Mbin
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	chat := globex.create(bea, "/chats/1", "psst")
	chat["to"] = alice.ID
	o := chat["object"].(map[string]any)
	o["type"], o["to"] = "ChatMessage", alice.ID
	acme.takes(globex, chat)
	if got := acme.told(alice); !slices.Equal(got, []string{"follow", "mention"}) {
		t.Fatalf("alice was told %q", got)
	}
}

func TestAllThatOneCreateBringsComesIn(t *testing.T) { // GoToSocial, votes
	t.Parallel()
	acme, _, globex, bea := guest(t)
	create := globex.create(bea, "/notes/1", "one")
	create["object"] = []any{create["object"], globex.create(bea, "/notes/2", "two")["object"]}
	acme.takes(globex, create)
	acme.note(activity.ID(globex.id("/notes/1")))
	acme.note(activity.ID(globex.id("/notes/2")))

	many := globex.create(bea, "/notes/3", "too many")
	many["object"] = slices.Repeat([]any{many["object"]}, limits.Objects+1)
	acme.takes(globex, many)
	if _, err := acme.db.Note(t.Context(), activity.ID(globex.id("/notes/3"))); activity.KindOf(err) != activity.NotFound {
		t.Fatalf("%v", err)
	}
}

func TestACreateThatOnlyNamesItsNoteIsShownToFollowers(t *testing.T) { // FedBOX
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	acme.joined(store.Follow, alice, acme.knows(bea))
	create := globex.create(bea, "/notes/1", "fetch me")
	globex.serve("/notes/1", create["object"])
	create["object"] = globex.id("/notes/1")
	acme.takes(globex, create)
	if got := acme.home(alice); !slices.Equal(got, []string{"fetch me"}) {
		t.Fatalf("alice sees %q at home", got)
	}
}

func TestANoteIsBySenderWhereItLeavesThatToItsActor(t *testing.T) { // FEP-7458, Mobilizon
	t.Parallel()
	acme, _, globex, bea := guest(t)
	globex.serve("/users/club", group(globex, "club"))
	silent, event := globex.create(bea, "/notes/1", "by me"), globex.create(bea, "/events/1", "by me, for the club")
	delete(silent["object"].(map[string]any), "attributedTo")
	maps.Copy(event["object"].(map[string]any), map[string]any{"type": "Event", "actor": bea, "attributedTo": globex.id("/users/club")})
	acme.takes(globex, silent, event)
	for _, path := range []string{"/notes/1", "/events/1"} {
		if n := acme.note(activity.ID(globex.id(path))); n.Note.Author() != activity.ID(bea) {
			t.Errorf("%s is by %s", path, n.Note.Author())
		}
	}
	later := globex.create(bea, "/events/3", "fetched before it was sent")
	maps.Copy(later["object"].(map[string]any), map[string]any{"type": "Event", "actor": bea, "attributedTo": globex.id("/users/club")})
	globex.serve("/events/3", later["object"])
	acme.do(acme.Errand().Ensure(t.Context(), activity.ID(globex.id("/events/3"))))
	acme.takes(globex, later)
	if n, said := acme.note(activity.ID(globex.id("/events/3"))), acme.outcome(globex.id("/events/3#create")); n.Note.Author() != activity.ID(bea) || said != store.Applied {
		t.Errorf("what was fetched is by %s, and its Create %s", n.Note.Author(), said)
	}
	stolen := globex.create(bea, "/events/2", "not by me")
	maps.Copy(stolen["object"].(map[string]any), map[string]any{"actor": globex.person("boris"), "attributedTo": globex.id("/users/club")})
	acme.takes(globex, stolen)
	if _, err := acme.db.Note(t.Context(), activity.ID(globex.id("/events/2"))); activity.KindOf(err) != activity.NotFound {
		t.Errorf("somebody else's event was taken: %v", err)
	}
}

// group is the document of a group.
func group(s *stranger, name string) map[string]any {
	doc := s.actor(name)
	doc["type"], doc["attributedTo"], doc["featured"] = "Group", s.id("/users/"+name+"/moderators"), s.id("/users/"+name+"/featured")
	return doc
}

// club is a group of globex's that alice is a member of, with a post of boris,
// who is at a third company, initech.
func club(t *testing.T) (acme *company, alice store.Actor, globex, initech *stranger, post string) {
	t.Helper()
	acme, alice, globex, _ = guest(t)
	initech = newStranger(t, "initech")
	acme.isPartnerOf(initech)
	boris := initech.person("boris")
	globex.serve("/users/club", group(globex, "club"))
	globex.serve("/users/club/inbox", true)
	there := acme.meets(alice, globex.id("/users/club"))
	acme.joined(store.Membership, alice, there)
	create := initech.create(boris, "/notes/1", "the plan")
	create["object"].(map[string]any)["audience"] = there.ID
	initech.serve("/notes/1", create["object"])
	acme.takes(initech, create)
	acme.takes(globex, announce(globex, "post", initech.id("/notes/1")))
	if got := acme.home(alice); !slices.Equal(got, []string{"the plan"}) {
		t.Fatalf("alice sees %q at home", got)
	}
	return acme, alice, globex, initech, initech.id("/notes/1")
}

// announce is what the club says.
func announce(globex *stranger, name string, object any) map[string]any {
	id := globex.id("/users/club")
	return map[string]any{"id": id + "#announce-" + strings.ReplaceAll(name, " ", "-"), "type": "Announce", "actor": id, "object": object, "to": activity.Public, "cc": id + "/followers"}
}

// meets is how a company finds an actor of another one by its address.
func (c *company) meets(me store.Actor, id string) store.Actor {
	c.t.Helper()
	found, err := c.Search(c.t.Context(), me, id, true)
	if err != nil || len(found.Actors) != 1 {
		c.t.Fatalf("%s: %+v, %v", id, found, err)
	}
	return found.Actors[0]
}

func TestWhatAModeratorRemovesIsGoneUntilTheyTakeItBack(t *testing.T) { // Lemmy
	t.Parallel()
	acme, alice, globex, initech, post := club(t)
	bea := globex.id("/users/bea")
	remove := map[string]any{"id": bea + "#remove", "type": "Delete", "actor": bea, "object": post, "audience": globex.id("/users/club"), "summary": "off topic"}
	acme.takes(globex, remove)
	if _, err := acme.db.Note(t.Context(), activity.ID(post)); activity.KindOf(err) != activity.NotFound {
		t.Fatalf("it is still here: %v", err)
	}
	late := initech.create(initech.id("/users/boris"), "/notes/1", "the plan")
	late["id"] = initech.id("/again")
	acme.takes(initech, late)
	if _, err := acme.db.Note(t.Context(), activity.ID(post)); activity.KindOf(err) != activity.NotFound {
		t.Fatalf("it came back by itself: %v", err)
	}
	undo := map[string]any{"id": bea + "#undo", "type": "Undo", "actor": bea, "object": remove}
	acme.takes(globex, announce(globex, "undo", undo))
	if got := acme.home(alice); !slices.Equal(got, []string{"the plan"}) {
		t.Fatalf("alice sees %q at home", got)
	}
}

func TestNobodyElseRemovesOrBringsBackWhatIsPostedInAGroup(t *testing.T) {
	t.Parallel()
	acme, _, globex, _, post := club(t)
	evil := newStranger(t, "evil")
	acme.isPartnerOf(evil)
	mallory, bea := evil.person("mallory"), globex.id("/users/bea")
	acme.takes(evil, map[string]any{"id": mallory + "#1", "type": "Delete", "actor": mallory, "object": post, "audience": globex.id("/users/club")})
	acme.note(activity.ID(post))
	acme.takes(globex, map[string]any{"id": bea + "#remove", "type": "Delete", "actor": bea, "object": post})
	inner := map[string]any{"id": mallory + "#2", "type": "Delete", "actor": mallory, "object": post}
	acme.takes(evil, map[string]any{"id": mallory + "#3", "type": "Undo", "actor": mallory, "object": inner})
	if _, err := acme.db.Note(t.Context(), activity.ID(post)); activity.KindOf(err) != activity.NotFound {
		t.Fatalf("mallory has brought it back: %v", err)
	}
}

func TestAGroupsWordForAnotherHostsLikeIsAskedForThere(t *testing.T) { // NodeBB
	t.Parallel()
	acme, alice, globex, initech, post := club(t)
	boris, bruno := initech.id("/users/boris"), initech.person("bruno")
	like := func(path, actor string) map[string]any {
		return map[string]any{"id": initech.id(path), "type": "Like", "actor": actor, "object": post}
	}
	initech.serve("/likes/1", like("/likes/1", boris))
	initech.serve("/likes/2", like("/likes/2", boris))
	acme.takes(globex, announce(globex, "true", like("/likes/1", boris)), announce(globex, "of another", like("/likes/2", bruno)),
		announce(globex, "of nobody", like("/likes/3", bruno)))
	key := acme.note(activity.ID(post)).Key
	counts, err := acme.db.Counts(t.Context(), alice.Key, key)
	if acme.do(err); counts[key].Likes != 1 {
		t.Fatalf("%d likes", counts[key].Likes)
	}
}

func TestAGroupIsFetchedWhenItsModeratorElsewhereHasChangedIt(t *testing.T) { // Lemmy
	t.Parallel()
	acme, alice, globex, initech, _ := club(t)
	boris, there := initech.id("/users/boris"), acme.meets(alice, globex.id("/users/club"))
	forged := group(globex, "club")
	forged["name"] = "Forged"
	update := map[string]any{"id": boris + "#update", "type": "Update", "actor": boris, "object": forged}
	acme.takes(initech, update)
	acme.joined(store.Moderator, acme.knows(boris), there)
	renamed := group(globex, "club")
	renamed["name"] = "Renamed"
	globex.serve("/users/club", renamed)
	update["id"] = boris + "#update-2"
	acme.takes(initech, update)
	if got := acme.meets(alice, globex.id("/users/club")).Name; got != "Renamed" {
		t.Fatalf("the group is called %q", got)
	}
}

func TestAChannelsVideoIsTakenIn(t *testing.T) { // PeerTube
	t.Parallel()
	acme, alice, globex, _, _ := club(t)
	video := globex.create(globex.id("/users/bea"), "/videos/1", "watch this")["object"].(map[string]any)
	video["type"] = "Video"
	video["attributedTo"] = []any{map[string]any{"type": "Person", "id": globex.id("/users/bea")}, map[string]any{"type": "Group", "id": globex.id("/users/club")}}
	globex.serve("/videos/1", video)
	acme.takes(globex, announce(globex, "video", globex.id("/videos/1")))
	if got := acme.home(alice); !slices.Contains(got, "watch this") {
		t.Fatalf("alice sees %q at home", got)
	}
}

func TestWhoIsKeptOutOfAGroupCannotLetThemselvesInAgain(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	atlas, err := acme.OpenGroup(t.Context(), alice, federation.GroupDraft{Name: "Atlas", Companies: []string{globex.host}})
	acme.do(err)
	out := acme.knows(bea)
	acme.joined(store.Ban, out, atlas)
	block := map[string]any{"id": bea + "#block", "type": "Block", "actor": bea, "object": bea, "target": atlas.ID}
	acme.takes(globex, map[string]any{"id": bea + "#undo", "type": "Undo", "actor": bea, "object": block},
		map[string]any{"id": bea + "#join", "type": "Join", "actor": bea, "object": atlas.ID})
	if is, err := acme.db.IsMember(t.Context(), out.Key, atlas.Key); err != nil || is {
		t.Fatalf("bea is a member again: %v", err)
	}
}

func TestAStrangerDoesNotCallManyPeopleAtOnce(t *testing.T) { // the spam of February 2024
	t.Parallel()
	acme, evil := found(t, "acme", true), newStranger(t, "evil")
	alice, mallory := acme.person("alice"), evil.person("mallory")
	bomb := evil.create(mallory, "/notes/1", "buy")
	tags := []any{map[string]any{"type": "Mention", "href": alice.ID}}
	for range limits.StrangerMentions {
		tags = append(tags, map[string]any{"type": "Mention", "href": evil.id("/users/somebody")})
	}
	bomb["object"].(map[string]any)["tag"] = tags
	few := evil.create(mallory, "/notes/2", "hello")
	few["object"].(map[string]any)["tag"] = tags[:1]
	acme.takes(evil, bomb)
	if got := acme.told(alice); got != nil {
		t.Fatalf("alice was told %q", got)
	}
	acme.takes(evil, few)
	if got := acme.told(alice); !slices.Equal(got, []string{"mention"}) {
		t.Fatalf("alice was told %q", got)
	}
}

package server_test

import (
	"fmt"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// asUpdate is a Create that comes as an Update: what we never saw is new by either.
func asUpdate(doc map[string]any) map[string]any {
	update := map[string]any{}
	for k, v := range doc {
		update[k] = v
	}
	update["type"], update["id"] = "Update", fmt.Sprint(doc["id"], "-update")
	return update
}

func TestAVoteThatComesAsAnUpdateIsJudgedLikeAnyOther(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	dan := globex.person("dan")
	poll, followers := acme.asks(alice, false, "", "a", "b"), acme.asks(alice, false, activity.VisibleFollowers, "a", "b")
	for i, doc := range []map[string]any{
		globex.vote(bea, "/v/1", alice.ID, poll.ID, "no answer of this poll"),
		globex.vote(dan, "/v/2", alice.ID, followers.ID, "a"), // does not see it
	} {
		acme.takes(globex, asUpdate(doc))
		if got, want := acme.outcome(globex.id(fmt.Sprintf("/v/%d-update", i+1))), []string{"no_such_answer", "not_found"}[i]; got != want {
			t.Errorf("vote %d: %s, want %s", i+1, got, want)
		}
	}
	acme.takes(globex, globex.vote(bea, "/v/3", alice.ID, poll.ID, "b"), globex.vote(bea, "/v/4", alice.ID, followers.ID, "b"))
	for _, n := range []activity.ID{poll.ID, followers.ID} {
		if got := acme.tally(n); got != "[0 1] of 1" {
			t.Errorf("after a proper vote: %s", got)
		}
	}
}

func TestAttack28AStrangerCallsManyPeopleByAnotherDoor(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	alice, evil := acme.person("alice"), newStranger(t, "evil")
	mallory := evil.person("mallory")
	bomb := func(path string) map[string]any {
		return evil.bomb(mallory, path, alice.ID, limits.StrangerMentions)
	}
	answering := func(doc map[string]any, to string) map[string]any {
		doc["object"].(map[string]any)["inReplyTo"] = to
		return doc
	}
	fetched := bomb("/notes/fetched")
	evil.serve("/notes/fetched", fetched["object"])
	for name, docs := range map[string][]map[string]any{
		"as an Update of what is new": {asUpdate(bomb("/notes/new"))},
		"as an edit":                  {evil.create(mallory, "/notes/edit", "a word"), asUpdate(bomb("/notes/edit"))},
		"fetched before":              {{"id": evil.id("/like"), "type": "Like", "actor": mallory, "object": evil.id("/notes/fetched")}, fetched},
		"as an answer to itself":      {evil.create(mallory, "/notes/self", "a word"), answering(bomb("/notes/answer"), evil.id("/notes/self"))},
	} {
		acme.takes(evil, docs...)
		if told := acme.told(alice); len(told) != 0 {
			t.Errorf("%s: alice was told %q", name, told)
			acme.tx(func(tx *store.Tx) error { return tx.DismissNotification(t.Context(), alice.Key, 0) })
		}
	}
}

func TestALateUndoTakesNothingBackOfWhatWasDoneAnew(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	post, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello"})
	acme.do(err)
	made := func(kind string, n int) map[string]any {
		doc := map[string]any{"id": fmt.Sprint(globex.id("/did/"), kind, n), "type": kind, "actor": bea, "object": post.ID}
		if kind == "Follow" {
			doc["object"] = alice.ID
		} else if kind == "EmojiReact" {
			doc["content"] = "🎉"
		}
		return doc
	}
	has := func() string {
		e, err := acme.db.EdgesBetween(t.Context(), acme.knows(bea).Key, alice.Key, post.Key)
		acme.do(err)
		r, err := acme.db.Reactions(t.Context(), alice.Key, post.Key)
		acme.do(err)
		return fmt.Sprint(len(e), " edges, ", len(r[post.Key]), " reactions")
	}
	undo := func(kind string, n int) map[string]any {
		return map[string]any{"id": fmt.Sprint(globex.id("/undo/"), kind, n), "type": "Undo", "actor": bea, "object": made(kind, n)}
	}
	for _, kind := range []string{"Like", "Follow", "EmojiReact", "Announce"} {
		acme.takes(globex, made(kind, 1), made(kind, 2), undo(kind, 1)) // sent as 1, undo, 2
	}
	if got := has(); got != "3 edges, 1 reactions" {
		t.Errorf("after the late Undos: %s", got)
	}
	for _, kind := range []string{"Like", "Follow", "EmojiReact", "Announce"} {
		acme.takes(globex, undo(kind, 2))
	}
	if got := has(); got != "1 edges, 0 reactions" { // the Follow of a guest, which nobody has undone
		t.Errorf("after the Undos of all that was done here: %s", got)
	}
	acme.takes(globex, map[string]any{"id": globex.id("/undo/first"), "type": "Undo", "actor": bea, "object": globex.follow(bea, alice)})
	if got := has(); got != "0 edges, 0 reactions" {
		t.Errorf("after the others: %s", got)
	}
}

func TestNobodyCountsTheAnswersBetweenOthers(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	carol := acme.person("carol")
	post, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello"})
	acme.do(err)
	secret := globex.create(bea, "/notes/secret", "for alice only")
	o := secret["object"].(map[string]any)
	o["inReplyTo"], o["to"], secret["to"] = post.ID, alice.ID, alice.ID
	open := globex.create(bea, "/notes/open", "for all")
	open["object"].(map[string]any)["inReplyTo"] = post.ID
	acme.takes(globex, secret, open)
	for reader, want := range map[store.Key]int{alice.Key: 2, carol.Key: 1, acme.knows(bea).Key: 2, 0: 1} {
		counts, err := acme.db.Counts(t.Context(), reader, post.Key)
		if acme.do(err); counts[post.Key].Replies != want {
			t.Errorf("%d counts %d answers, want %d", reader, counts[post.Key].Replies, want)
		}
	}
}

func TestWhoIsBlockedBoostsNothing(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	post, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello"})
	acme.do(err)
	acme.do(acme.Block(t.Context(), alice, acme.knows(bea)))
	acme.takes(globex, map[string]any{"id": globex.id("/boost"), "type": "Announce", "actor": bea, "object": post.ID, "to": activity.Public})
	counts, err := acme.db.Counts(t.Context(), alice.Key, post.Key)
	if acme.do(err); counts[post.Key].Boosts != 0 || acme.outcome(globex.id("/boost")) != "not_found" {
		t.Errorf("%+v, %s", counts[post.Key], acme.outcome(globex.id("/boost")))
	}
}

func TestAttack12AHostDoesNotFillTheDeskOfOurAdmins(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	acme.tx(func(tx *store.Tx) error {
		for i := range limits.HostReports - 1 { // by as many reporters, in effect
			r := store.Report{IRI: activity.ID(fmt.Sprint(bea, "/flag/", i)), Reporter: acme.knows(bea).Key, Account: acme.knows(bea).Key}
			if _, err := tx.PutReport(t.Context(), r); err != nil {
				return err
			}
		}
		return nil
	})
	for i, want := range []string{"applied", "many_reports"} {
		id := globex.id(fmt.Sprint("/flags/", i))
		acme.takes(globex, map[string]any{"id": id, "type": "Flag", "actor": globex.person(fmt.Sprint("r", i)), "object": alice.ID, "content": "bad"})
		if got := acme.outcome(id); got != want {
			t.Errorf("report %d: %s, want %s", i, got, want)
		}
	}
}

func TestAttack10TheServerOfSomebodyWhoWaitsSeesNothing(t *testing.T) {
	t.Parallel()
	v, umbrella := newVault(t), newStranger(t, "umbrella")
	v.isPartnerOf(umbrella)
	pia, server := umbrella.person("pia"), umbrella.person("server")
	doc := umbrella.actor("server")
	doc["type"] = "Application"
	umbrella.serve("/users/server", doc)
	v.get(umbrella, pia, "/users/alice") // which makes her known
	v.tx(func(tx *store.Tx) error {
		for kind, of := range map[string]store.Actor{store.Follow: v.alice, store.Membership: v.atlas} { // nobody has said yes
			if _, err := tx.PutEdge(t.Context(), store.Edge{Kind: kind, Actor: v.knows(pia).Key, Object: of.Key}); err != nil {
				return err
			}
		}
		return nil
	})
	for _, n := range v.secrets {
		if status, body := v.get(umbrella, server, "/notes/"+n.Key.String()); status != 404 {
			t.Errorf("%s: %d %s", n.ID, status, body)
		}
	}
}

func TestAttack10WhomAnActivityDidNotReachCannotReadIt(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	acme.takes(globex, globex.create(bea, "/notes/1", "hello"))
	note := acme.note(activity.ID(globex.id("/notes/1")))
	acme.do(acme.Like(t.Context(), alice, note))
	like, err := acme.db.Edge(t.Context(), store.Like, alice.Key, note.Key)
	acme.do(err)
	path := string(like.IRI)[len(acme.House.URL):]
	if status, body := acme.get(globex, bea, path); status != 200 {
		t.Errorf("whom it reached: %d %s", status, body)
	}
	if status, _ := acme.get(globex, globex.person("carl"), path); status != 404 {
		t.Errorf("somebody else: %d", status)
	}
}

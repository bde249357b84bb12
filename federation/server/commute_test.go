package server_test

import (
	"fmt"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// sequences are all ways in which n things can come, each once or more, n+more in all.
func sequences(n, more int) (all [][]int) {
	var add func(so []int)
	add = func(so []int) {
		if len(so) == n+more {
			came := map[int]bool{}
			for _, i := range so {
				came[i] = true
			}
			if len(came) == n {
				all = append(all, append([]int{}, so...))
			}
			return
		}
		for i := range n {
			add(append(so, i))
		}
	}
	add(nil)
	return all
}

// edgeDocs makes activities by their short names: "Like 1", "Undo Like 1", and "Undo
// Like 1 by id", which does not embed it.
func (s *stranger) edgeDocs(actor, path string, object activity.ID, names []string) (docs []map[string]any) {
	for _, name := range names {
		short, undo := strings.CutPrefix(name, "Undo ")
		short, byID := strings.CutSuffix(short, " by id")
		kind, n, _ := strings.Cut(short, " ")
		doc := map[string]any{"id": s.id(path + "/" + kind + n), "type": kind, "actor": actor, "object": object}
		if undo && byID {
			doc = map[string]any{"id": s.id(path + "/undo" + n), "type": "Undo", "actor": actor, "object": doc["id"]}
		} else if undo {
			doc = map[string]any{"id": s.id(path + "/undo" + n), "type": "Undo", "actor": actor, "object": doc}
		}
		docs = append(docs, doc)
	}
	return docs
}

func TestInEveryOrderAndRepeatedOnlyWhatWasUndoneIsGone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		names []string
		more  int // repetitions
		stays bool
	}{
		{[]string{"Like 1", "Like 2", "Undo Like 1"}, 2, true},
		{[]string{"Like 1", "Like 2", "Undo Like 1 by id"}, 1, true},
		{[]string{"Like 1", "Like 2", "Undo Like 1", "Undo Like 2"}, 0, false},
		{[]string{"Like 1", "Like 2", "Like 3", "Undo Like 1"}, 0, true},
		{[]string{"Follow 1", "Undo Follow 1"}, 2, false},
		{[]string{"Follow 1", "Undo Follow 1 by id"}, 2, false},
		{[]string{"Follow 1", "Undo Follow 1", "Follow 2"}, 2, true},
		{[]string{"Follow 1", "Undo Follow 1", "Follow 2", "Undo Follow 2 by id"}, 0, false},
		{[]string{"Announce 1", "Undo Announce 1"}, 2, false},
		{[]string{"Announce 1", "Undo Announce 1", "Announce 2"}, 1, true},
		{[]string{"Block 1", "Undo Block 1", "Block 2"}, 1, true},
	} {
		t.Run(strings.Join(c.names, ", "), func(t *testing.T) {
			t.Parallel()
			acme, alice, globex, bea := guest(t)
			post, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello"})
			acme.do(err)
			verb, _, _ := strings.Cut(c.names[0], " ")
			kind := map[string]string{"Like": store.Like, "Follow": store.Follow, "Announce": store.Boost, "Block": store.Block}[verb]
			object, key := post.ID, post.Key
			if kind == store.Follow || kind == store.Block {
				object, key = alice.ID, alice.Key
			}
			them := acme.knows(bea).Key
			for i, order := range sequences(len(c.names), c.more) {
				acme.tx(func(tx *store.Tx) error {
					_, err := tx.CutEdge(t.Context(), kind, them, key)
					return err
				})
				docs := globex.edgeDocs(bea, fmt.Sprint("/did/", i), object, c.names)
				var came []string
				for _, k := range order {
					acme.race(bea, docs[k])
					came = append(came, c.names[k])
				}
				if is, err := acme.db.HasEdge(t.Context(), kind, them, key); err != nil || is != c.stays {
					t.Errorf("after %q it is there: %v, not %v; %v", came, is, c.stays, err)
				}
			}
		})
	}
}

func TestReactionsInEveryOrderAreTheSame(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	for n, c := range []struct {
		names []string // what puts which emoji, and what takes it back
		more  int
		want  string
	}{
		{[]string{"EmojiReact 1 🎉", "EmojiReact 2 🎉", "Undo EmojiReact 1 🎉"}, 1, "[🎉1] liked 0"},
		{[]string{"EmojiReact 1 🎉", "EmojiReact 2 🎉", "Undo EmojiReact 1 by id"}, 1, "[🎉1] liked 0"},
		{[]string{"EmojiReact 1 🎉", "EmojiReact 2 🎉", "Undo EmojiReact 1 🎉", "Undo EmojiReact 2 🎉"}, 0, "[] liked 0"},
		{[]string{"EmojiReact 1 🎉", "Undo EmojiReact 1 🎉", "EmojiReact 2 🍰"}, 1, "[🍰1] liked 0"},
		{[]string{"Like 1 🎉", "Like 2 🎉", "Undo Like 1 🎉"}, 1, "[🎉1] liked 1"},
		{[]string{"Like 1 🎉", "EmojiReact 2 🎉", "Undo Like 1 🎉"}, 1, "[🎉1] liked 0"},
		{[]string{"Like 1 🎉", "EmojiReact 2 🎉", "Undo EmojiReact 2 by id"}, 1, "[🎉1] liked 1"},
		{[]string{"Like 1 ", "Like 2 🎉", "Undo Like 1 "}, 1, "[🎉1] liked 1"},
		{[]string{"Like 1 ", "Like 2 🎉", "Undo Like 2 🎉"}, 1, "[] liked 1"},
		{[]string{"Like 1 🍰", "Like 2 🎉", "Undo Like 2 by id"}, 1, "[🍰1] liked 1"},
	} {
		for i, order := range sequences(len(c.names), c.more) {
			post, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello"})
			acme.do(err)
			var came []string
			for _, k := range order {
				name, emoji, _ := strings.Cut(c.names[k], " 🎉")
				if short, is := strings.CutSuffix(name, " 🍰"); is {
					name, emoji = short, "🍰"
				} else if name != c.names[k] {
					emoji = "🎉"
				}
				doc := globex.edgeDocs(bea, fmt.Sprintf("/react/%d/%d", n, i), post.ID, []string{strings.TrimSpace(name)})[0]
				if inner, embedded := doc["object"].(map[string]any); embedded {
					inner["content"] = emoji
				} else if doc["type"] != "Undo" {
					doc["content"] = emoji
				}
				acme.race(bea, doc)
				came = append(came, c.names[k])
			}
			if got := acme.beside(post.ID); got != c.want {
				t.Errorf("after %q: %s, want %s", came, got, c.want)
			}
		}
	}
}

func TestAnUndoThatComesEarlyStopsOnlyWhatTheSameActorDid(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	post, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello"})
	acme.do(err)
	dan := globex.person("dan")
	by := func(who, path string, names ...string) (docs []map[string]any) {
		docs = globex.edgeDocs(who, path, post.ID, names)
		for _, doc := range docs {
			if doc["type"] == "Undo" {
				doc["id"] = fmt.Sprint(doc["id"], "-of-", who[len(who)-3:])
			}
		}
		return docs
	}
	likes := func() bool {
		is, err := acme.db.HasEdge(t.Context(), store.Like, acme.knows(bea).Key, post.Key)
		return must(acme, is, err)
	}
	acme.takes(globex, by(dan, "/a", "Undo Like 1", "Undo Like 1 by id")...)
	acme.takes(globex, by(bea, "/a", "Like 1")...)
	if !likes() {
		t.Error("a neighbour has suppressed a like of bea's")
	}
	acme.takes(globex, by(bea, "/a", "Undo Like 1")...)
	if likes() {
		t.Error("for the neighbour's Undo hers takes nothing back")
	}
	late := by(bea, "/b", "Undo Like 1", "Like 1")
	acme.takes(globex, by(dan, "/b", "Undo Like 1 by id")...)
	acme.takes(globex, late...)
	if likes() {
		t.Error("the neighbour's Undo has hidden hers, and her like comes after all")
	}
}

func TestAnUndoUnderANewIdTakesBackWhatIsThereAndItsCopiesToo(t *testing.T) { // Lemmy
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	docs := globex.edgeDocs(bea, "/did", alice.ID, []string{"Follow 1", "Undo Follow 2", "Follow 1", "Follow 3"})
	follows := func() bool {
		is, err := acme.db.HasEdge(t.Context(), store.Follow, acme.knows(bea).Key, alice.Key)
		return must(acme, is, err)
	}
	for i, want := range []bool{true, false, false, true} {
		acme.takes(globex, docs[i])
		if got := follows(); got != want {
			t.Errorf("after %d activities bea follows alice: %v", i+1, got)
		}
	}
}

func TestOfManyLikesOfOneNoteTheLatestAreKeptApart(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	post, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello"})
	acme.do(err)
	var likes, undos []string
	for i := range limits.Repeats + 3 {
		likes, undos = append(likes, fmt.Sprint("Like ", i)), append(undos, fmt.Sprint("Undo Like ", i))
	}
	for _, doc := range globex.edgeDocs(bea, "/did", post.ID, likes) {
		acme.race(bea, doc)
	}
	e, err := acme.db.Edge(t.Context(), store.Like, acme.knows(bea).Key, post.Key)
	if acme.do(err); len(e.Earlier) != limits.Repeats {
		t.Errorf("%d earlier ones are kept", len(e.Earlier))
	}
	for _, doc := range globex.edgeDocs(bea, "/did", post.ID, undos[2:]) {
		acme.race(bea, doc)
	}
	if is, err := acme.db.HasEdge(t.Context(), store.Like, e.Actor, e.Object); err != nil || is {
		t.Errorf("after the Undos of all that are kept it is liked: %v, %v", is, err)
	}
}

func TestWhoHasAskedTwiceFollowsNoMoreAfterOneUnfollow(t *testing.T) {
	t.Parallel()
	acme, globex := companies(t)
	alice, bea := acme.person("alice"), globex.person("bea")
	for range 2 {
		globex.do(globex.Follow(t.Context(), bea, globex.sees(alice)))
		pump(t, acme, globex)
	}
	globex.do(globex.Unfollow(t.Context(), bea, globex.sees(alice)))
	pump(t, acme, globex)
	for _, c := range []*company{acme, globex} {
		a := c.sees(alice)
		if n, err := c.db.CountTo(t.Context(), store.Follow, a.Key); err != nil || n != 0 {
			t.Errorf("%s has %d followers, %v", c.House.Host, n, err)
		}
	}
}

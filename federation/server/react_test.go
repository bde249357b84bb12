package server_test

import (
	"fmt"
	"slices"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation"
)

// beside are the reactions beside a note, and how many like it.
func (c *company) beside(id activity.ID) string {
	c.t.Helper()
	n := c.note(id)
	found, err := c.db.Reactions(c.t.Context(), 0, n.Key)
	c.do(err)
	counts, err := c.db.Counts(c.t.Context(), 0, n.Key)
	c.do(err)
	var all []string
	for _, r := range found[n.Key] {
		all = append(all, fmt.Sprint(r.Emoji, r.Count))
	}
	slices.Sort(all)
	return fmt.Sprint(all, " liked ", counts[n.Key].Likes)
}

// reaction is an activity about a note.
func (s *stranger) reaction(kind, actor, path string, note activity.ID, more map[string]any) map[string]any {
	doc := map[string]any{"id": s.id(path), "type": kind, "actor": actor, "object": note}
	for k, v := range more {
		doc[k] = v
	}
	return doc
}

func TestReactionsInThreeDialects(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	post, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello"})
	acme.do(err)
	blob := map[string]any{"content": ":blob:", "tag": []any{map[string]any{"type": "Emoji", "id": nil, "name": ":blob:", "icon": map[string]any{"type": "Image", "url": "https://media.example/blob.png"}}}}
	bo, dan := globex.person("bo"), globex.person("dan")
	acme.takes(globex,
		globex.reaction("EmojiReact", bea, "/r/1", post.ID, map[string]any{"content": "🎉"}),
		globex.reaction("EmojiReact", bea, "/r/2", post.ID, blob),
		globex.reaction("EmojiReact", bea, "/r/3", post.ID, map[string]any{"content": "🎉"}), // once, until both are taken back
		globex.reaction("Like", bo, "/r/4", post.ID, map[string]any{"_misskey_reaction": "❤", "content": "❤"}),
		globex.reaction("Like", dan, "/r/5", post.ID, map[string]any{"content": "❤️"}), // FEP-c0e0
		globex.reaction("Like", dan, "/r/6", post.ID, blob),
		globex.reaction("EmojiReact", bo, "/r/7", post.ID, map[string]any{"content": "~"}),
		globex.reaction("EmojiReact", bo, "/r/8", post.ID, map[string]any{"content": "👌👌"}),
		globex.reaction("EmojiReact", bo, "/r/9", post.ID, map[string]any{"content": ":none:"}),
		globex.reaction("EmojiReact", bo, "/r/10", post.ID, map[string]any{"content": "<script>"}),
	)
	if got, want := acme.beside(post.ID), "[:blob:2 ❤️2 🎉1] liked 2"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	if acme.outcome(globex.id("/r/7")) != "not_an_emoji" || acme.outcome(globex.id("/r/10")) != "not_an_emoji" {
		t.Error("what is no emoji was taken")
	}
	if got := acme.told(alice); !slices.Contains(got, "favourite") || !slices.Contains(got, "pleroma:emoji_reaction") {
		t.Errorf("alice was told %q", got)
	}
	undo := func(actor, path string) map[string]any {
		return globex.reaction("Undo", actor, path+"/undo-by-"+actor[len(actor)-2:], activity.ID(globex.id(path)), nil)
	}
	acme.takes(globex, undo(bo, "/r/1")) // bea's
	acme.takes(globex, undo(bea, "/r/1"), undo(bea, "/r/3"), undo(bo, "/r/4"), undo(dan, "/r/5"))
	if got, want := acme.beside(post.ID), "[:blob:2] liked 1"; got != want {
		t.Errorf("after three were taken back: %s, want %s", got, want)
	}
	acme.takes(globex, undo(dan, "/r/6"), undo(bea, "/r/20"), globex.reaction("EmojiReact", bea, "/r/20", post.ID, map[string]any{"content": "🎉"}))
	if got, want := acme.beside(post.ID), "[:blob:1] liked 0"; got != want {
		t.Errorf("the last, and one taken back before it came: %s, want %s", got, want)
	}
	for i := range 40 {
		acme.takes(globex, globex.reaction("EmojiReact", bo, fmt.Sprint("/many/", i), post.ID, map[string]any{"content": string(rune(0x1F600 + i))}))
	}
	found, err := acme.db.Reactions(t.Context(), 0, post.Key)
	if acme.do(err); len(found[post.Key]) != 1+limits.Reactions {
		t.Errorf("one person has put %d emoji there", len(found[post.Key])-1)
	}
}

func TestAReactionOfOursIsALikeWithContentAndIsTakenBack(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	acme, globex := companies(t)
	alice, bea := acme.person("alice"), globex.person("bea")
	globex.do(globex.Follow(ctx, bea, globex.sees(alice)))
	pump(t, acme, globex)
	post, err := acme.Post(ctx, alice, federation.Draft{Text: "hello"})
	acme.do(err)
	pump(t, acme, globex)
	for _, emoji := range []string{"🎉", "❤", "🎉"} {
		globex.do(globex.React(ctx, bea, globex.note(post.ID), emoji))
	}
	pump(t, acme, globex)
	for _, c := range []*company{acme, globex} {
		if got := c.beside(post.ID); got != "[❤️1 🎉1] liked 1" {
			t.Errorf("%s sees %s", c.House.Host, got)
		}
	}
	globex.do(globex.Unreact(ctx, bea, globex.note(post.ID), "🎉"))
	pump(t, acme, globex)
	for _, c := range []*company{acme, globex} {
		if got := c.beside(post.ID); got != "[❤️1] liked 1" {
			t.Errorf("%s sees %s after one was taken back", c.House.Host, got)
		}
	}
	globex.do(globex.Unreact(ctx, bea, globex.note(post.ID), "❤️"))
	pump(t, acme, globex)
	for _, c := range []*company{acme, globex} {
		if got := c.beside(post.ID); got != "[] liked 0" {
			t.Errorf("%s sees %s after both were", c.House.Host, got)
		}
	}
	if err := globex.React(ctx, bea, globex.note(post.ID), "nice"); activity.FaultOf(err).Reason != "not_an_emoji" {
		t.Errorf("a word: %v", err)
	}
}

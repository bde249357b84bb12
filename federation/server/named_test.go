package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// naming are notes that name somebody or are tagged, one in the way of each software.
// ME is who writes, YOU one of ours, HERE the address of the server, TO who is meant.
var naming = map[string]struct {
	note  string
	named bool
	tags  []string
}{
	"Mastodon": {`{"type":"Note","summary":null,"content":"<p><span class=\"h-card\"><a href=\"YOU\" class=\"u-url mention\">@<span>alice</span></a></span> <a href=\"HERE/tags/cats\" class=\"mention hashtag\" rel=\"tag\">#<span>cats</span></a></p>",
		"contentMap":{"en":"<p>cats</p>"},"to":["https://www.w3.org/ns/activitystreams#Public"],"cc":["ME/followers","YOU"],
		"tag":[{"type":"Mention","href":"YOU","name":"@alice@acme.example"},{"type":"Hashtag","href":"HERE/tags/cats","name":"#cats"}]}`, true, []string{"cats"}},
	"Pleroma": {`{"type":"Note","content":"@alice look","actor":"ME","context":"HERE/contexts/1","conversation":"HERE/contexts/1","summary":"","emoji":{},"source":"@alice look",
		"to":["https://www.w3.org/ns/activitystreams#Public","YOU"],"cc":["ME/followers"],
		"tag":["cats",{"type":"Mention","href":"YOU","name":"@alice@acme.example"},{"type":"Hashtag","href":"HERE/tag/cats","name":"#cats"}]}`, true, []string{"cats"}},
	"Misskey": {`{"type":"Note","content":"<p><span>@alice #ねこ</span></p>","_misskey_content":"@alice #ねこ","source":{"content":"@alice #ねこ","mediaType":"text/x.misskeymarkdown"},
		"to":["ME/followers"],"cc":["https://www.w3.org/ns/activitystreams#Public","YOU"],
		"tag":[{"type":"Hashtag","href":"HERE/tags/%E3%81%AD%E3%81%93","name":"#ねこ"},{"type":"Mention","href":"YOU","name":"@alice@acme.example"}]}`, true, []string{"ねこ"}},
	"Lemmy": {`{"type":"Note","content":"<p>hello</p>\n","mediaType":"text/html","source":{"content":"hello","mediaType":"text/markdown"},"distinguished":false,
		"to":["https://www.w3.org/ns/activitystreams#Public"],"cc":["HERE/c/main","YOU"],"tag":[{"href":"YOU","name":"@alice@acme.example","type":"Mention"}]}`, true, nil},
	"Mbin": {`{"type":"Note","content":"<p>@alice #cats</p>","mediaType":"text/html","source":{"content":"@alice #cats","mediaType":"text/markdown"},
		"to":["https://www.w3.org/ns/activitystreams#Public","YOU"],"cc":["HERE/m/test","ME/followers"],"contentMap":{"en":"<p>@alice #cats</p>"},
		"tag":[{"type":"Hashtag","href":"HERE/tag/cats","name":"#cats"},{"type":"Hashtag","href":"HERE/tag/test","name":"#test"},{"type":"Mention","href":"YOU","name":"@alice@acme.example"}]}`, true, []string{"cats", "test"}},
	"NodeBB": {`{"type":"Note","name":"Hello all","summary":null,"content":"<p><a href=\"YOU\">@alice@acme.example</a></p>\n","source":{"content":"@alice@acme.example","mediaType":"text/markdown"},
		"to":["https://www.w3.org/ns/activitystreams#Public"],"cc":["ME/followers","YOU"],"updated":null,"inReplyTo":null,
		"tag":[{"type":"Hashtag","href":"HERE/tags/cats","name":"#cats"},{"type":"Mention","href":"YOU","name":"@alice@acme.example"}],"attachment":[]}`, true, []string{"cats"}},
	"PeerTube": {`{"type":"Note","content":"@alice@acme.example thanks","to":["https://www.w3.org/ns/activitystreams#Public"],"cc":["ME/followers","YOU"],
		"replyApproval":null,"tag":[{"type":"Mention","href":"YOU","name":"@alice@acme.example"},{"type":"Hashtag","name":"Cats"}]}`, true, []string{"cats"}},
	"Mobilizon": {`{"type":"Event","name":"Lunch","content":"<p>Come, @alice</p>","startTime":"2026-12-01T12:00:00Z","mediaType":"text/html","joinMode":"free",
		"to":["https://www.w3.org/ns/activitystreams#Public"],"cc":["ME/followers","YOU"],
		"tag":[{"type":"Mention","href":"YOU","name":"@alice@acme.example"},{"type":"Hashtag","href":"HERE/tags/cats","name":"#Cats"}]}`, true, []string{"cats"}},
	"GoToSocial": {`{"type":"Note","content":"<p>@alice</p>","contentMap":{"en":"<p>@alice</p>"},"to":"https://www.w3.org/ns/activitystreams#Public","cc":["ME/followers","YOU"],
		"attachment":[],"replies":null,"sensitive":false,"summary":"","tag":{"href":"YOU","name":"@alice@acme.example","type":"Mention"}}`, true, nil},
	"GoToSocial, one hashtag": {`{"type":"Note","content":"<p>#cats</p>","to":"https://www.w3.org/ns/activitystreams#Public","cc":"ME/followers",
		"tag":{"href":"HERE/tags/cats","name":"#cats","type":"Hashtag"}}`, false, []string{"cats"}},
	"Threads": {`{"type":"Note","content":"<p>@alice</p>","to":["as:Public"],"cc":["ME/followers/","YOU"],"published":"2026-10-05T15:00:00+0000","sensitive":false,
		"url":[{"type":"Link","href":"threads://post/C8ab","mediaType":"application/x-threads"}],"tag":[{"type":"Mention","href":"YOU","name":"@alice@acme.example"}],"attachment":[]}`, true, nil},
	"a link and no mention": {`{"type":"Note","content":"<p><a href=\"YOU\" class=\"u-url mention\">@alice</a></p>","to":"as:Public"}`, false, nil},
	"named twice": {`{"type":"Note","content":"@alice @alice #cats #Cats","to":["as:Public","YOU"],"cc":["YOU"],
		"tag":[{"type":"Mention","href":"YOU","name":"@alice"},{"type":"Mention","href":"YOU","name":"@alice@acme.example"},{"type":"Hashtag","name":"#cats"},{"type":"Hashtag","name":"#Cats"}]}`, true, []string{"cats"}},
}

func TestWhoIsNamedIsToldOnceAndHashtagsAreFoundInTheWayOfEachSoftware(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	amir := acme.person("amir")
	fill := strings.NewReplacer("ME", bea, "YOU", string(alice.ID), "HERE", globex.url)
	told := func() int { return len(acme.told(alice)) }
	for software, is := range naming {
		o := map[string]any{}
		acme.do(json.Unmarshal([]byte(fill.Replace(is.note)), &o))
		id := globex.id("/named/" + strings.ReplaceAll(software, " ", "-"))
		o["id"], o["attributedTo"] = id, bea
		create := map[string]any{"id": id + "/create", "type": "Create", "actor": bea, "to": o["to"], "cc": o["cc"], "object": o}
		before := told()
		acme.takes(globex, create, map[string]any{"id": id + "/again", "type": "Create", "actor": bea, "to": o["to"], "cc": o["cc"], "object": o})
		want := 0
		if is.named {
			want = 1
		}
		if got := told() - before; got != want {
			t.Errorf("%s: alice was told %d times, not %d", software, got, want)
		}
		if got := acme.note(activity.ID(id)).Hashtags(); !slices.Equal(got, is.tags) && len(got)+len(is.tags) > 0 {
			t.Errorf("%s: tagged %q, not %q", software, got, is.tags)
		}
		for _, tag := range is.tags {
			found, err := acme.Search(t.Context(), alice, "#"+tag, false)
			acme.do(err)
			if !slices.ContainsFunc(found.Notes, func(n store.Note) bool { return string(n.ID) == id }) {
				t.Errorf("%s: it is not found by #%s", software, tag)
			}
		}
	}
	if got := acme.told(amir); got != nil {
		t.Errorf("amir, whom nobody named, was told %q", got)
	}
}

// chats are direct messages in the way of each software.
var chats = map[string]string{
	"Pleroma": `{"type":"ChatMessage","content":"the secret","to":["YOU"],"tag":[{"icon":{"type":"Image","url":"HERE/emoji/fox.gif"},"id":"HERE/emoji/fox.gif","name":":fox:","type":"Emoji"}],"published":"2026-02-12T14:08:20Z"}`,
	"Lemmy":   `{"type":"ChatMessage","content":"<p>the secret</p>\n","mediaType":"text/html","source":{"content":"the hidden source","mediaType":"text/markdown"},"to":["YOU"],"published":"2026-06-30T00:43:19.518259Z"}`,
	"Mbin":    `{"type":"ChatMessage","content":"<p>the secret</p>\n","mediaType":"text/html","source":{"mediaType":"text/markdown","content":"the hidden source"},"to":["YOU"],"cc":[]}`,
}

func TestAChatMessageIsForItsRecipientAlone(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	amir, bo := acme.person("amir"), globex.person("bo")
	globex.send(acme, globex.follow(bo, alice))
	acme.takes(globex, globex.follow(bo, amir))
	acme.joined(store.Follow, amir, acme.knows(bea)) // a follower is no recipient
	fill := strings.NewReplacer("ME", bea, "YOU", string(alice.ID), "HERE", globex.url)
	amirTold := acme.told(amir)
	for software, text := range chats {
		o := map[string]any{}
		acme.do(json.Unmarshal([]byte(fill.Replace(text)), &o))
		id := globex.id("/chats/" + software)
		o["id"], o["attributedTo"] = id, bea
		before := len(acme.told(alice))
		acme.takes(globex, map[string]any{"id": id + "/create", "type": "Create", "actor": bea, "to": o["to"], "object": o})
		n := acme.note(activity.ID(id))
		if n.Visibility != activity.VisibleDirect || len(acme.told(alice)) != before+1 {
			t.Errorf("%s: it is %s; alice was told %q", software, n.Visibility, acme.told(alice))
		}
		for who, sees := range map[store.Key]bool{alice.Key: true, amir.Key: false, acme.knows(bo).Key: false, 0: false} {
			_, err := acme.db.VisibleNote(t.Context(), n.Key, store.Reader{Actor: who})
			if sees != (err == nil) || !sees && activity.KindOf(err) != activity.NotFound {
				t.Errorf("%s: reader %v: %v", software, who, err)
			}
		}
	}
	if got := append(acme.home(alice), acme.home(amir)...); got != nil {
		t.Errorf("the timelines have %q", got)
	}
	if got := acme.told(amir); !slices.Equal(got, amirTold) {
		t.Errorf("amir was told %q", got)
	}
	for _, path := range []string{"/users/alice/outbox?page=1", "/users/alice/followers"} {
		if status, body := acme.get(globex, bo, path); status == http.StatusOK && strings.Contains(body, "secret") {
			t.Errorf("bo reads %s", body)
		}
	}
}

func TestTheSourceOfANoteOfOthersIsKeptAndNotShown(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	create := globex.create(bea, "/notes/1", "<p>shown</p>")
	create["object"].(map[string]any)["source"] = map[string]any{"content": "<script>hidden</script>", "mediaType": "text/markdown"}
	acme.takes(globex, create)
	n := acme.note(activity.ID(globex.id("/notes/1")))
	if n.Source == nil || n.Source.Content != "<script>hidden</script>" || n.Content != "<p>shown</p>" {
		t.Errorf("kept %+v beside %q", n.Source, n.Content)
	}
}

// Row 7 by the other door: what its own host serves anew.
func TestAttack07AFetchOfAKnownNoteAddsNobody(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	amir := acme.person("amir")
	secret := globex.create(bea, "/notes/1", "for alice")
	o := secret["object"].(map[string]any)
	secret["to"], o["to"] = alice.ID, alice.ID
	acme.takes(globex, secret)
	id := activity.ID(globex.id("/notes/1"))
	wide := globex.create(bea, "/notes/1", "for all")["object"].(map[string]any)
	wide["to"], wide["updated"] = []any{activity.Public, amir.ID}, "2030-01-01T00:00:00Z"
	wide["tag"] = map[string]any{"type": "Mention", "href": amir.ID, "name": "@amir"}
	globex.serve("/notes/1", wide)
	acme.takes(globex, map[string]any{"id": globex.id("/updates/1"), "type": "Update", "actor": bea, "object": id}) // the id alone: it is fetched
	n := acme.note(id)
	if n.Content != "for all" {
		t.Fatalf("it was not fetched: %q", n.Content)
	}
	if n.Has(activity.Public) || n.Has(amir.ID) || n.Visibility != activity.VisibleDirect {
		t.Errorf("it is %s for %q now", n.Visibility, n.Audience.All())
	}
	if _, err := acme.db.VisibleNote(t.Context(), n.Key, store.Reader{Actor: amir.Key}); activity.KindOf(err) != activity.NotFound || acme.told(amir) != nil {
		t.Errorf("amir reads it: %v; he was told %q", err, acme.told(amir))
	}
}

// What is fetched again is by whom it was: not even its own host puts it into another's mouth.
func TestAttack07AFetchOfAKnownNoteDoesNotChangeItsAuthor(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	boris := globex.person("boris")
	acme.takes(globex, globex.create(bea, "/notes/1", "by bea"))
	author, err := acme.db.Actor(t.Context(), activity.ID(bea))
	acme.do(err)
	for i, authors := range [][]string{{boris}, {boris, bea}} {
		doc := globex.create(bea, "/notes/1", fmt.Sprint("version ", i))["object"].(map[string]any)
		doc["attributedTo"], doc["updated"] = authors, fmt.Sprintf("2030-01-0%dT00:00:00Z", i+1)
		globex.serve("/notes/1", doc)
		acme.takes(globex, map[string]any{"id": globex.id(fmt.Sprint("/updates/", i)), "type": "Update", "actor": bea, "object": globex.id("/notes/1")})
		n := acme.note(activity.ID(globex.id("/notes/1")))
		if string(n.Note.Author()) != bea || n.AuthorKey != author.Key {
			t.Errorf("%q is by %q", n.Content, n.AttributedTo)
		}
	}
}

func TestAGroupRelaysReactionsInBothDialects(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	acme, globex := companies(t)
	alice, bea := acme.person("alice"), globex.person("bea")
	initech := newStranger(t, "initech")
	boris := initech.person("boris")
	for _, c := range []*company{acme, globex} {
		c.isPartnerOf(initech)
	}
	atlas := acme.opens(alice, "Atlas", globex.House.Host, initech.host)
	globex.do(globex.Join(ctx, bea, globex.sees(atlas)))
	pump(t, acme, globex)
	acme.takes(initech, initech.follow(boris, atlas))
	post, err := acme.Post(ctx, alice, federation.Draft{Text: "hello", Group: atlas.Key})
	acme.do(err)
	pump(t, acme, globex)
	globex.do(globex.React(ctx, bea, globex.note(post.ID), "🎉")) // a Like with content
	pump(t, acme, globex)
	pleroma := initech.reaction("EmojiReact", boris, "/r/1", post.ID, map[string]any{"content": "👀", "to": []any{atlas.ID, alice.ID}, "audience": atlas.ID})
	misskey := initech.reaction("Like", boris, "/r/2", post.ID, map[string]any{"_misskey_reaction": "🚀", "content": "🚀", "to": []any{atlas.ID, alice.ID}, "audience": atlas.ID})
	for path, doc := range map[string]map[string]any{"/r/1": pleroma, "/r/2": misskey} {
		initech.serve(path, doc)
		acme.takes(initech, doc)
	}
	pump(t, acme, globex)
	for _, c := range []*company{acme, globex} {
		if got, want := c.beside(post.ID), "[🎉1 👀1 🚀1] liked 2"; got != want {
			t.Errorf("%s sees %s, not %s", c.House.Host, got, want)
		}
	}
	for i, doc := range []map[string]any{pleroma, misskey} {
		path := fmt.Sprint("/undo/", i)
		undo := initech.reaction("Undo", boris, path, "", map[string]any{"object": doc, "to": []any{atlas.ID, alice.ID}, "audience": atlas.ID})
		initech.serve(path, undo) // globex asks there whether it is true
		acme.takes(initech, undo)
	}
	globex.do(globex.Unreact(ctx, bea, globex.note(post.ID), "🎉"))
	pump(t, acme, globex)
	for _, c := range []*company{acme, globex} {
		if got := c.beside(post.ID); got != "[] liked 0" {
			t.Errorf("%s sees %s after all were taken back", c.House.Host, got)
		}
	}
}

package server_test

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
)

// attempt is one way to learn of a thing by an activity about it.
type attempt struct {
	name    string
	about   string // the kind of things
	doc     func(by, id string) map[string]any
	to      func(id string) string // the path of an inbox; nil: that of all
	signed  func(by, id string) string
	change  func(r *http.Request, id string)
	isBlind bool // members see nothing by it either
}

// attempts are the ways to do something; those after which bea is no member any more are
// the last ones.
func attempts() []attempt {
	about := func(verb string) func(by, id string) map[string]any {
		return func(_, id string) map[string]any { return map[string]any{"type": verb, "object": id} }
	}
	of := func(verb, inner string) func(by, id string) map[string]any {
		return func(by, id string) map[string]any {
			return map[string]any{"type": verb, "object": map[string]any{"id": by + "/inner/" + inner, "type": inner, "actor": by, "object": id}}
		}
	}
	with := func(verb, property, suffix string) func(by, id string) map[string]any {
		return func(by, id string) map[string]any {
			return map[string]any{"type": verb, "object": by, property: id + suffix}
		}
	}
	says := func(more func(id string) map[string]any) func(by, id string) map[string]any {
		return func(by, id string) map[string]any {
			note := map[string]any{"id": by + "/said", "type": "Note", "attributedTo": by, "content": "a word", "to": activity.Public}
			for k, v := range more(id) {
				note[k] = v
			}
			return map[string]any{"type": "Create", "to": note["to"], "object": note}
		}
	}
	note := func(property string) func(by, id string) map[string]any {
		return says(func(id string) map[string]any { return map[string]any{property: id} })
	}
	var all []attempt
	add := func(kind, name string, isBlind bool, doc func(by, id string) map[string]any) {
		all = append(all, attempt{name: name, about: kind, doc: doc, isBlind: isBlind})
	}
	all = append(all,
		attempt{name: "a letter to a group's inbox", about: "group", doc: func(by, _ string) map[string]any { return map[string]any{"type": "Like", "object": by} },
			to: func(id string) string { return id + "/inbox" }},
		attempt{name: "a letter that is none to a group's inbox", about: "group", doc: func(string, string) map[string]any { return map[string]any{"type": 7} },
			to: func(id string) string { return id + "/inbox" }, isBlind: true},
		attempt{name: "a picture to a group's inbox", about: "group", doc: about("Like"), to: func(id string) string { return id + "/inbox" },
			change: func(r *http.Request, _ string) { r.Header.Set("Content-Type", "image/png") }, isBlind: true},
		attempt{name: "a letter in the name of a group", about: "group", doc: func(_, id string) map[string]any { return map[string]any{"actor": id, "type": "Like", "object": id} }, isBlind: true},
		attempt{name: "a letter signed with a group's key", about: "group", doc: about("Like"), signed: func(_, id string) string { return id }, isBlind: true},
		attempt{name: "a farewell of a group", about: "group", doc: func(_, id string) map[string]any { return map[string]any{"actor": id, "type": "Delete", "object": id} },
			signed: func(_, id string) string { return id }, isBlind: true},
		attempt{name: "a digest of a group's members", about: "group", doc: about("Like"), change: func(r *http.Request, id string) {
			r.Header.Set("Collection-Synchronization", fmt.Sprintf(`collectionId="%[1]s/followers", url="%[1]s/followers_synchronization", digest="00"`, id))
		}, isBlind: true},
	)
	for _, verb := range []string{"Like", "Announce", "EmojiReact", "Delete", "Update", "Flag", "Offer", "Read", "Ignore", "Question"} {
		add("group", verb+" of a group", true, about(verb))
	}
	for _, property := range []string{"target", "origin", "instrument", "context", "audience", "to", "cc", "bto"} {
		add("group", "a group as the "+property+" of a Like", true, with("Like", property, ""))
	}
	for _, verb := range []string{"Add", "Remove"} {
		add("topic", verb+" with a topic", true, with(verb, "target", ""))
	}
	add("topic", "a post in a topic", true, note("target"))
	card := func(by, id string) map[string]any {
		return map[string]any{"type": "MemberCard", "actor": by, "group": id, "preferredUsername": "ivan", "issued": "2026-11-30T10:00:00Z", "expires": "2099-11-30T10:00:00Z"}
	}
	add("group", "a card for a group", true, func(by, id string) map[string]any {
		return map[string]any{"type": "Like", "object": by, "card": card(by, id)}
	})
	add("group", "an Announce of a word with a card for a group", true, func(by, id string) map[string]any {
		return map[string]any{"type": "Announce", "object": map[string]any{"id": by + "/carded", "type": "Like", "actor": by, "object": id, "card": card(by, id)}}
	})
	for _, property := range []string{"audience", "to"} {
		add("group", "a stranger let in by "+property+" of a group", true, func(by, id string) map[string]any {
			return map[string]any{"type": "Like", "object": "https://nobody.invalid/notes/1", property: id, "companies": []any{"nobody.invalid"}}
		})
	}
	add("group", "Add to what a group has pinned", true, with("Add", "target", "/featured"))
	add("group", "Add to the moderators of a group", true, with("Add", "target", "/moderators"))
	add("group", "Add to the members of a group", true, with("Add", "target", "/followers"))
	add("group", "Remove from the members of a group", true, with("Remove", "target", "/followers"))
	add("group", "Move to a group", false, with("Move", "target", ""))
	add("group", "Invite into a group", true, with("Invite", "target", ""))
	add("group", "Invite of a group", true, about("Invite"))
	add("group", "Accept of a guessed invitation", true, of("Accept", "Invite"))
	add("group", "Reject of a guessed invitation", true, of("Reject", "Invite"))
	add("group", "Accept of a guessed Join", true, of("Accept", "Join"))
	add("group", "Undo of a block of a group", true, of("Undo", "Block"))
	add("group", "a post to a group", false, says(func(id string) map[string]any { return map[string]any{"to": []string{id}, "audience": id} }))
	add("group", "a public post to a group", false, says(func(id string) map[string]any { return map[string]any{"to": []string{string(activity.Public), id}} }))
	add("group", "a post to a group's members", true, says(func(id string) map[string]any { return map[string]any{"to": []string{id + "/followers"}} }))
	add("group", "a post in an audience", false, note("audience"))
	add("group", "a post in a collection of a group", true, says(func(id string) map[string]any {
		return map[string]any{"target": map[string]any{"type": "Collection", "id": id + "/wall", "attributedTo": id}}
	}))
	add("group", "a post that mentions a group", true, says(func(id string) map[string]any {
		return map[string]any{"tag": []any{map[string]any{"type": "Mention", "href": id, "name": "@x"}}}
	}))
	add("group", "an answer to a group", true, note("inReplyTo"))
	add("group", "a quote of a group", true, note("quote"))
	add("group", "a post by a group", true, note("attributedTo"))

	for _, verb := range []string{"Like", "Flag", "Update", "EmojiReact", "Announce", "Read", "Delete", "Lock"} {
		add("note", verb+" of a post", !slices.Contains([]string{"Like", "Flag", "Update"}, verb), about(verb))
	}
	for _, inner := range []string{"Like", "Announce", "Create", "Delete", "Lock"} {
		add("note", "Undo of the "+inner+" of a post", inner != "Like", of("Undo", inner))
	}
	add("note", "Announce of a forged Create", true, func(by, id string) map[string]any {
		return map[string]any{"type": "Announce", "object": map[string]any{"id": id + "#create", "type": "Create", "actor": by, "object": id}}
	})
	add("note", "Add of a post to what one has pinned", true, func(by, id string) map[string]any {
		return map[string]any{"type": "Add", "object": id, "target": by + "/featured"}
	})
	add("note", "an answer to a post", false, note("inReplyTo"))
	add("note", "an answer to a post for nobody else", true, says(func(id string) map[string]any { return map[string]any{"inReplyTo": id, "to": []string{}} }))
	add("note", "a quote of a post", true, note("quote"))
	add("note", "a post about a post", true, note("context"))
	add("note", "a vote in a post", false, says(func(id string) map[string]any { return map[string]any{"inReplyTo": id, "name": "tea", "content": ""} }))
	add("note", "a link to a post", true, says(func(id string) map[string]any {
		return map[string]any{"tag": []any{map[string]any{"type": "Link", "href": id, "mediaType": "application/activity+json", "name": "RE"}}}
	}))
	for _, verb := range []string{"QuoteRequest", "ReplyRequest", "LikeRequest", "AnnounceRequest"} {
		add("note", verb+" of a post", false, func(by, id string) map[string]any {
			return map[string]any{"type": verb, "object": id, "instrument": map[string]any{"id": by + "/said", "type": "Note", "attributedTo": by, "content": "a word", "quote": id, "to": activity.Public}}
		})
	}
	for _, verb := range []string{"Accept", "Reject", "Undo", "Announce", "Like", "Delete"} {
		add("activity", verb+" of an activity", true, about(verb))
	}
	add("stamp", "a quote with somebody's leave", true, note("quoteAuthorization"))
	add("stamp", "Delete of leave", false, about("Delete"))
	add("picture", "a picture in a post", true, says(func(id string) map[string]any {
		return map[string]any{"attachment": []any{map[string]any{"type": "Document", "mediaType": "image/png", "url": id}}}
	}))
	add("picture", "Like of a picture", true, about("Like"))
	for _, verb := range []string{"Follow", "Join"} {
		add("group", verb+" of a group", false, about(verb))
	}
	add("group", "Undo of a Follow of a group", true, of("Undo", "Follow"))
	add("group", "Leave of a group", true, about("Leave"))
	add("group", "Block of a group", false, about("Block"))
	return all
}

// attempt makes all watchers try it about all things, and a member too.
func (d *den) attempt(t *testing.T, a attempt) {
	told := false
	for i, th := range d.things[a.about] {
		sees := func(w watcher) (there, missing string) { return d.does(w, a, th, th.id), d.does(w, a, th, th.twin) }
		for n, w := range d.watchers {
			if w.mayKnow(th) || n < 2 && i > 0 { // who is no partner is refused whatever it is about
				continue
			}
			there, missing := sees(w)
			alike(t, w, th, there, missing)
		}
		there, missing := sees(d.member())
		told = told || there != missing
	}
	if told == a.isBlind {
		t.Errorf("a member is told: %t", told)
	}
}

// does is what a watcher learns by an attempt about an id.
func (d *den) does(w watcher, a attempt, th thing, id string) string {
	d.t.Helper()
	d.said++
	by, name := cmp.Or(w.actor, w.host.id("/users/nobody")), fmt.Sprintf("/try/%06d", d.said)
	doc := a.doc(by, id)
	doc["id"] = w.host.id(name)
	if doc["actor"] == nil {
		doc["actor"] = by
	}
	if o, ok := doc["object"].(map[string]any); ok && strings.HasPrefix(fmt.Sprint(o["id"]), by) { // its own thing is new each time
		o["id"] = w.host.id(name + "/object")
	}
	if o, ok := doc["instrument"].(map[string]any); ok {
		o["id"] = w.host.id(name + "/instrument")
	}
	path := "/inbox"
	if a.to != nil {
		path = strings.TrimPrefix(a.to(id), d.URL)
	}
	if a.signed != nil && w.actor != "" {
		w.actor = a.signed(by, id)
	}
	change := func(r *http.Request) {
		if a.change != nil {
			a.change(r, id)
		}
	}
	learnt := d.request(w, http.MethodPost, path, encoded(doc), change)
	if w == d.member() { // who sees what has become of it
		r, _, err := activity.Optional(d.db.Recorded(d.t.Context(), activity.ID(w.host.id(name))))
		d.do(err)
		learnt.traffic = append(learnt.traffic, r.Outcome)
	}
	return learnt.as(append(th.hidden(id), name, "TRY")...)
}

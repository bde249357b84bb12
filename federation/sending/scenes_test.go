package sending_test

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/media"
	"entente.example/entente/store"
)

// typed picks by the type of an activity.
func typed(kind string) func(map[string]any) bool {
	return func(doc map[string]any) bool { return doc["type"] == kind }
}

// telling picks the announcement of an activity of a type.
func telling(kind string) func(map[string]any) bool {
	return func(doc map[string]any) bool {
		o, ok := doc["object"].(map[string]any)
		return ok && o["type"] == kind
	}
}

// quotes play that each quotes the other, and asks first.
func (s *scene) quotes() {
	acme, globex := s.acme, s.globex
	alice, bea := s.both()
	wise := acme.says(alice, federation.Draft{Text: "Measure twice", Visibility: activity.VisibleUnlisted})
	s.sent(pick{name: "create-unlisted"})
	quoting := globex.says(bea, federation.Draft{Text: "As she says", Quote: globex.has(wise).Key})
	s.sent(pick{name: "accept-quote"})
	stamp, _ := s.docs["accept-quote"].read(s.t)["result"].(string)
	s.serves("stamp", stamp, 200)
	acme.do(acme.RevokeQuote(s.t.Context(), alice, acme.has(wise), acme.has(quoting)))
	s.sent(pick{name: "delete-stamp"})
	theirs := globex.says(bea, federation.Draft{Text: "Cut once"})
	s.sent()
	acme.says(alice, federation.Draft{Text: "As she says", Quote: acme.has(theirs).Key})
	s.sent(pick{"quote-request", typed("QuoteRequest")}, pick{"create-quote-theirs", typed("Create")}, pick{"update-quote", typed("Update")})
}

// pictures play that somebody shows one.
func (s *scene) pictures() {
	alice, _ := s.both()
	var b bytes.Buffer
	s.acme.do(png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 30, 20))))
	m := must(s.acme.Media().Add(s.t.Context(), alice, media.Upload{File: b.Bytes(), Description: "a plan"}))
	s.acme.says(alice, federation.Draft{Text: "The plan", Media: []store.Key{m.Key}})
	s.sent(pick{name: "create-picture"})
}

// counts play a vote, and that the count is told.
func (s *scene) counts() {
	ctx, acme, globex := s.t.Context(), s.acme, s.globex
	alice, bea := s.both()
	poll := acme.says(alice, federation.Draft{Text: "When?", Poll: &federation.Poll{Options: []string{"now", "later"}, Multiple: true, Open: time.Hour}})
	s.sent(pick{name: "create-poll-many"})
	globex.do(globex.Vote(ctx, bea, globex.has(poll), []int{0, 1}))
	s.sent()
	acme.do(acme.Tally(ctx, store.Tally{Poll: poll.Key}))
	s.sent(pick{name: "update-poll"})
}

// later plays what a group tells after the first post.
func (s *scene) later(atlas store.Actor) {
	ctx, acme := s.t.Context(), s.acme
	alice, _ := s.both()
	n := acme.says(alice, federation.Draft{Text: "The roof", Group: atlas.Key})
	s.sent(pick{"group-announce-second", telling("Create")}, pick{name: "group-announce-second-note"})
	acme.do(acme.Like(ctx, alice, acme.has(n)))
	s.sent(pick{"group-announce-like", telling("Like")})
	acme.do(acme.Unlike(ctx, alice, acme.has(n)))
	s.sent(pick{"group-announce-undo-like", telling("Undo")})
	n = must(acme.Edit(ctx, alice, acme.has(n), federation.Draft{Text: "The whole roof"}))
	s.sent(pick{"group-announce-update", telling("Update")})
	acme.do(acme.Delete(ctx, alice, acme.has(n)))
	s.sent(pick{"group-announce-delete", telling("Delete")})
}

// both are alice of acme and bea of globex.
func (s *scene) both() (alice, bea store.Actor) {
	ctx := s.t.Context()
	return must(s.acme.ByHandle(ctx, "alice", s.acme.House.Host)), must(s.globex.ByHandle(ctx, "bea", s.globex.House.Host))
}

// pages keep the first page of each collection of alice's.
func (s *scene) pages() {
	for _, name := range []string{"outbox", "followers", "following"} {
		first, _ := s.docs[name].read(s.t)["first"].(string)
		s.serves(name+"-page", strings.TrimPrefix(first, s.acme.URL), 200)
	}
	s.serves("featured", "/users/alice/featured", 200)
}

package interop_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// ask: somebody asks one of ours for leave, and the answer has come back.
func (s *scene) ask(e act) effect {
	s.ownNote(e.Object.ID, e, "Note")
	return func() string {
		if s.partner.received("Accept", e.ID) {
			return "has leave: an Accept with a stamp came back"
		}
		return ""
	}
}

// leave: what one of ours did with something of theirs has leave now, or none.
func (s *scene) leave(e, request act) effect {
	author := s.meet(e.Actor.ID)
	kind := strings.ToLower(strings.TrimSuffix(request.Type, "Request"))
	target, ours := request.Object.ID, request.Instrument.ID
	if kind == "" { // the deed itself is named: an answer
		kind, target, ours = "reply", e.Actor.ID+"/statuses/1", e.Object.ID
	}
	about := s.theirs(author, target)
	note := activity.Note{ID: ours, Type: "Note", Content: "<p>We wrote this.</p>", Audience: activity.Audience{To: activity.IDs{activity.Public}}}
	switch kind {
	case "like":
		s.joins(store.Like, s.watch, store.Actor{Key: about.Key}, true, ours)
	case "quote":
		note.Quote = activity.Ref{ID: target}
		s.wrote(s.watch, note)
	case "reply":
		note.InReplyTo = activity.IDs{target}
		s.wrote(s.watch, note)
	}
	return func() string { return s.decided(e, kind, about, ours) }
}

// theirs is a public note of somebody elsewhere.
func (s *scene) theirs(author store.Actor, id activity.ID) store.Note {
	s.t.Helper()
	n := activity.Note{ID: id, Type: "Note", Content: "<p>Somebody wrote this.</p>", AttributedTo: activity.IDs{author.ID}, Published: activity.At(time.Now()),
		Audience: activity.Audience{To: activity.IDs{activity.Public}}}
	row := store.Note{Note: n, Key: store.NewKey(time.Now()), AuthorKey: author.Key, Visibility: activity.VisiblePublic}
	row.ThreadKey = row.Key
	s.tx(func(tx *store.Tx) error { _, err := tx.PutNote(s.t.Context(), row); return err })
	return row
}

// decided is what the answer has made of it.
func (s *scene) decided(e act, kind string, about store.Note, ours activity.ID) string {
	ctx := s.t.Context()
	switch kind {
	case "like":
		edge, err := s.db.Edge(ctx, store.Like, s.watch.Key, about.Key)
		if err == nil && strings.Contains(string(edge.Detail), string(e.Result.ID)) && e.Result.ID != "" {
			return "a like of ours has leave"
		}
	case "quote":
		q, err := s.db.Quote(ctx, s.key(ours))
		n, _ := s.db.Note(ctx, ours)
		switch {
		case err == nil && q.State == store.QuoteAccepted && n.QuoteAuthorization.ID == e.Result.ID:
			return "a quote of ours is one now, and carries its stamp"
		case err == nil && q.State == store.QuoteRejected:
			return "a quote of ours stays a link"
		}
	case "reply":
		n, err := s.db.Note(ctx, ours)
		if err == nil && e.Type == "Accept" && n.Approved.ID == e.Result.ID && e.Result.ID != "" {
			return "an answer of ours carries its stamp"
		}
		below, err := s.db.Replies(ctx, about.Key, store.Reader{}, store.Page{})
		if err == nil && e.Type == "Reject" && n.ReplyTo == 0 && len(below) == 0 && s.outcome(ctx) == store.Applied {
			return "an answer of ours is not shown below what it answers"
		}
	}
	return ""
}

// collected are the collections into which others' things are put, and keys.
var collected = regexp.MustCompile(`/(wall|keyPackages)$`)

// collect: what was put onto a wall is seen, and a key is known; or no more.
func (s *scene) collect(e act) effect {
	owner := s.meet(e.Actor.ID)
	s.joins(store.Follow, s.watch, owner, true, "")
	keys := func() bool {
		found, err := s.db.KeyPackages(s.t.Context(), s.key(e.Actor.ID))
		s.must(err)
		return slices.Contains(found, e.Object.ID)
	}
	if e.Type == "Remove" {
		s.perform(e.before("Add"))
		did := keys()
		return func() string {
			if did && !keys() {
				return "a key package less"
			}
			return ""
		}
	}
	return func() string {
		if keys() {
			return "a key package is known"
		}
		if n, err := s.db.Note(s.t.Context(), e.Object.ID); err == nil && s.home(n) {
			return "on the wall of its owner; on the home page of a follower"
		}
		return ""
	}
}

// flag: the admins have a report about who was reported, or who wrote it.
func (s *scene) flag(e act) effect {
	var said struct {
		Object activity.IDs `json:"object"`
	}
	s.must(json.Unmarshal(e.raw, &said))
	for _, id := range said.Object {
		if id != s.watch.ID && !accountish.MatchString(string(id)) {
			s.ownNote(id, e, "Note")
		}
	}
	return func() string {
		rs, err := s.db.Reports(s.t.Context(), true, store.Page{})
		if s.must(err); len(rs) != 1 || rs[0].Account != s.watch.Key {
			return ""
		}
		return fmt.Sprintf("a report for the admins, with %d posts", len(rs[0].Notes))
	}
}

// resolve: the report is no longer open.
func (s *scene) resolve(e act) effect {
	inner := e.inside(s.world.library)
	made := s.flag(inner)
	s.perform(inner)
	did := made()
	return func() string {
		if did != "" && made() == "" {
			return "resolved: " + did
		}
		return ""
	}
}

package mastodon

import (
	"context"
	"net/url"
	"runtime/debug"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/api"
	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/federation/media"
	"entente.example/entente/store"
)

// scene is all that is needed to show a page of notes besides the notes. It is
// read with the same queries whether the page has one note or eighty.
type scene struct {
	store.Beside
	named   map[activity.ID]store.Actor
	quotes  map[store.Key]entity.Quote
	me      store.Viewer
	reacted map[store.Key][]store.Reacted
	votes   map[store.Key][]int // the viewer's
	tagPage string              // where a hashtag is read here
	blank   string
	links   media.Links
}

// statuses shows entries to a viewer, in their order. One whose author is gone
// meanwhile is left out.
func (a *API) statuses(ctx context.Context, me store.Viewer, entries []store.Entry) ([]entity.Status, error) {
	return a.shown(ctx, me, entries, true)
}

// shown is statuses; whole: with what they quote.
func (a *API) shown(ctx context.Context, me store.Viewer, entries []store.Entry, whole bool) ([]entity.Status, error) {
	shown := []entity.Status{}
	if len(entries) == 0 {
		return shown, nil
	}
	s, err := a.scene(ctx, me, entries, whole)
	if err != nil {
		return nil, err
	}
	shown = make([]entity.Status, 0, len(entries))
	for _, e := range entries {
		if status, ok := guarded(a.door, e, s.show); ok {
			shown = append(shown, status)
		}
	}
	return shown, nil
}

// guarded shows one entry. One that cannot be shown is left out, logged and counted: whatever
// is in its row, the rest of the page is there (CVE-2026-50129).
func guarded(door api.Door, e store.Entry, show func(store.Entry) (entity.Status, bool)) (status entity.Status, ok bool) {
	defer func() {
		if defect := recover(); defect != nil {
			door.Survived()
			door.Log.Error("a note cannot be shown", "note", e.Note.Key, "defect", defect, "stack", string(debug.Stack()))
			ok = false
		}
	}()
	return show(e)
}

// status shows one entry, or NotFound when its author is gone meanwhile.
func (a *API) status(ctx context.Context, me store.Viewer, e store.Entry) (entity.Status, error) {
	shown, err := a.statuses(ctx, me, []store.Entry{e})
	if err == nil && len(shown) == 0 {
		err = activity.ErrNotFound()
	}
	if err != nil {
		return entity.Status{}, err
	}
	return shown[0], nil
}

// wanted is what a page of entries asks for.
type wanted struct {
	store.Wanted
	polls, quoting []store.Key
	named          []activity.ID
}

func wants(entries []store.Entry) (w wanted) {
	for _, e := range entries {
		w.Notes, w.People = append(w.Notes, e.Note.Key), append(w.People, e.Note.AuthorKey)
		w.named = append(w.named, e.Note.Mentions()...)
		if e.Booster != 0 {
			w.People, w.Boosts = append(w.People, e.Booster), append(w.Boosts, e.Key)
		}
		if e.Note.GroupKey != 0 {
			w.Groups = append(w.Groups, e.Note.GroupKey)
		}
		if e.Note.ReplyTo != 0 {
			w.Asked = append(w.Asked, e.Note.ReplyTo)
		}
		if e.Note.IsPoll() {
			w.polls = append(w.polls, e.Note.Key)
		}
		if e.Note.Quote.ID != "" {
			w.quoting = append(w.quoting, e.Note.Key)
		}
	}
	return w
}

func (a *API) scene(ctx context.Context, me store.Viewer, entries []store.Entry, whole bool) (s scene, err error) {
	w := wants(entries)
	s.me, s.blank, s.tagPage = me, a.blankURL(), a.house.URL+"/search?q=%23"
	for _, read := range []func() error{
		func() (err error) { s.Beside, err = a.db.Beside(ctx, me.Actor.Key, w.Wanted); return },
		func() (err error) { s.named, err = a.db.ActorsByIRI(ctx, w.named); return },
		func() (err error) { s.quotes, err = a.quotes(ctx, me, w.quoting, whole); return },
		func() (err error) { s.votes, err = a.db.OwnVotes(ctx, me.Actor.Key, w.polls...); return },
		func() (err error) { s.reacted, err = a.db.Reactions(ctx, me.Actor.Key, s.reactedTo()...); return },
		func() (err error) { s.links, err = a.engine.Media().Links(ctx, me.Actor.Key); return },
	} {
		if err := read(); err != nil {
			return s, err
		}
	}
	return s, nil
}

// reactedTo are the notes that somebody has reacted to.
func (s scene) reactedTo() []store.Key {
	var notes []store.Key
	for key, c := range s.Counts {
		if c.Reacted {
			notes = append(notes, key)
		}
	}
	return notes
}

// show makes the status of an entry; false when somebody in it is not there.
func (s scene) show(e store.Entry) (entity.Status, bool) {
	n := e.Note
	if s.Counts[n.Key].Outside {
		n = n.Bare()
	}
	author, ok := s.Actors[n.AuthorKey]
	if !ok {
		return entity.Status{}, false
	}
	status := entity.NewStatus(n, s.Counts[n.Key])
	status.MediaAttachments = entity.NewAttachments(n, s.links)
	status.Account = entity.NewAccount(author, s.Tallies[author.Key], s.blank)
	for i, tag := range status.Tags {
		if tag.URL == "" { // PeerTube
			status.Tags[i].URL = s.tagPage + url.QueryEscape(tag.Name)
		}
	}
	status.Reactions = entity.NewReactions(s.reacted[n.Key])
	status.Pleroma.EmojiReactions = status.Reactions
	status.Poll = entity.NewPoll(n, s.votes[n.Key], n.AuthorKey == s.me.Actor.Key, time.Now())
	s.place(&status, n)
	if q, ok := s.quotes[n.Key]; ok {
		status.Quote = &q
	}
	status.QuoteApproval = quoteApproval(s.me, author, n)
	if asked, ok := s.Asked[n.ReplyTo]; ok {
		id := asked.String()
		status.InReplyToAccount = &id
	}
	for _, iri := range n.Mentions() {
		if a, ok := s.named[iri]; ok {
			status.Mentions = append(status.Mentions, entity.NewMention(a))
		}
	}
	if e.Booster == 0 {
		return status, true
	}
	booster, ok := s.Actors[e.Booster]
	return entity.NewReblog(status, entity.NewAccount(booster, s.Tallies[booster.Key], s.blank), e.Key, s.Boosts[e.Key]), ok
}

// place says where a note was written, and who can read it there.
func (s scene) place(status *entity.Status, n store.Note) {
	status.Visibility = string(shownVisibility(n, s.Groups))
	group, ok := s.Actors[n.GroupKey]
	if !ok {
		return
	}
	if s.Counts[n.Key].Outside {
		group = group.Nameless()
	}
	status.Group = &entity.StatusGroup{ID: group.Key, DisplayName: group.DisplayName(), Acct: group.Handle()}
	status.Topic = entity.TopicOf(n, group)
}

// shownVisibility is a note's visibility in Mastodon's words. In a group the
// group decides, which is "public" when it is open and "private" otherwise; of a
// group that lives elsewhere we know only how the note is addressed.
func shownVisibility(n store.Note, hosted map[store.Key]store.Group) activity.Visibility {
	if n.GroupKey == 0 {
		return n.Visibility
	}
	group, isHosted := hosted[n.GroupKey]
	isWide := n.Visibility.Wide()
	if isHosted && group.Access == "open" || !isHosted && isWide {
		return activity.VisiblePublic
	}
	return activity.VisibleFollowers
}

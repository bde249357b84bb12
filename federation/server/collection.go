package server

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// outbox is what an actor did that the reader may see: the Creates and boosts of
// a person, what a group has announced.
func (s *Server) outbox(r *http.Request, who store.Reader) (any, error) {
	a, err := s.named(r, who)
	if err != nil {
		return nil, err
	}
	if r.URL.Query().Get("page") == "" {
		n, err := s.db.CountNotes(r.Context(), a.Key, who)
		return activity.NewCollection(a.Outbox.ID, n), err
	}
	p, err := pageOf(r)
	if err != nil {
		return nil, err
	}
	list := s.db.Wall
	if a.IsGroup() {
		list = s.db.GroupWall
	}
	entries, err := list(r.Context(), a.Key, who, p)
	if err != nil {
		return nil, err
	}
	items, err := s.said(r.Context(), a, entries)
	if err != nil {
		return nil, err
	}
	return s.partOf(r, a.Outbox.ID, p, len(entries), func(i int) store.Key { return entries[i].Key }, items), nil
}

// said are the lines of an outbox: the activities as they were delivered, whose objects
// are named by their ids where they have changed since.
func (s *Server) said(ctx context.Context, a store.Actor, entries []store.Entry) ([]any, error) {
	var posts, shared []activity.ID
	for _, e := range entries {
		if e.Booster != 0 || a.IsGroup() {
			shared = append(shared, e.Note.ID)
		} else {
			posts = append(posts, e.Note.ID)
		}
	}
	creates, err := s.db.Saying(ctx, a.Key, "Create", false, posts)
	if err != nil {
		return nil, err
	}
	announces, err := s.db.Saying(ctx, a.Key, "Announce", !a.IsGroup(), shared)
	var items []any
	for _, e := range entries {
		raw, line := creates[e.Note.ID], made(a, e)
		if line["type"] == "Announce" {
			raw = announces[e.Note.ID]
		}
		var as map[string]any
		switch {
		case raw == nil || json.Unmarshal(raw, &as) != nil:
			items = append(items, line)
		case e.Note.Updated.IsZero():
			items = append(items, raw)
		default:
			as["object"] = e.Note.ID
			delete(as, "proof")
			items = append(items, as)
		}
	}
	return items, err
}

// made is a line for what no activity of ours is kept of.
func made(a store.Actor, e store.Entry) map[string]any {
	if e.Booster != 0 || a.IsGroup() {
		return map[string]any{"type": "Announce", "id": string(a.ID) + "#boost-" + e.Key.String(), "actor": a.ID, "object": e.Note.ID, "to": activity.IDs{a.Followers.ID}}
	}
	doc := e.Note.Note
	return map[string]any{"type": "Create", "id": doc.ID + "#create", "actor": a.ID, "object": doc, "published": doc.Published, "to": doc.To, "cc": doc.Cc}
}

// emptyOutbox is that of the instance, which never says anything.
func (s *Server) emptyOutbox(*http.Request, store.Reader) (any, error) {
	return activity.NewCollection(s.house.InstanceActor()+"/outbox", 0), nil
}

// followers are those who follow, or the members of a group, as far as they are
// of the reader's own company.
func (s *Server) followers(r *http.Request, who store.Reader) (any, error) {
	a, err := s.named(r, who)
	if err != nil {
		return nil, err
	}
	if enters, err := s.db.Enters(r.Context(), who, a); err != nil || !enters {
		return inline(a.Followers.ID, nil), err
	}
	return s.circle(r, who, a.Followers.ID, store.Circle{Kind: a.Bond(), Of: a.Key})
}

// following are those whom one of our people follows, in the same way.
func (s *Server) following(r *http.Request, who store.Reader) (any, error) {
	a, err := s.named(r, who)
	if err != nil {
		return nil, err
	}
	return s.circle(r, who, a.Following.ID, store.Circle{Kind: store.Follow, Of: a.Key, Out: true})
}

// circle lists people of the reader's company and counts no others: a number
// would tell with how many of other companies somebody works. Only an open
// federation, where nothing of that is secret, counts all.
func (s *Server) circle(r *http.Request, who store.Reader, id activity.ID, c store.Circle) (any, error) {
	c.Origin = who.Host
	if who.Host == "" && who.Actor != 0 {
		c.Origin = activity.ID(s.house.URL).Host()
	}
	if r.URL.Query().Get("page") == "" {
		n, err := s.count(r.Context(), c)
		return activity.NewCollection(id, n), err
	}
	p, err := pageOf(r)
	if err != nil {
		return nil, err
	}
	found, err := s.db.Circle(r.Context(), c, p)
	var items []any
	for _, n := range found {
		items = append(items, n.IRI)
	}
	return s.partOf(r, id, p, len(found), func(i int) store.Key { return found[i].Key }, items), err
}

func (s *Server) count(ctx context.Context, c store.Circle) (int, error) {
	switch {
	case !s.gate.Open():
		return s.db.CountCircle(ctx, c)
	case c.Out:
		return s.db.CountFrom(ctx, c.Kind, c.Of)
	default:
		return s.db.CountTo(ctx, c.Kind, c.Of)
	}
}

// featured are the notes that an actor has pinned, in one piece.
func (s *Server) featured(r *http.Request, who store.Reader) (any, error) {
	a, err := s.named(r, who)
	if err != nil {
		return nil, err
	}
	edges, err := s.db.EdgesFrom(r.Context(), store.Feature, a.Key, store.Page{Limit: limits.GivenPage})
	if err != nil {
		return nil, err
	}
	keys := make([]store.Key, len(edges))
	for i, e := range edges {
		keys[i] = e.Object
	}
	notes, err := s.db.VisibleNotes(r.Context(), keys, who)
	items := []any{}
	for _, key := range keys {
		if n, ok := notes[key]; ok {
			items = append(items, n.Note)
		}
	}
	return inline(a.Featured.ID, items), err
}

// synchronisation is who of the reader's own people follow one of ours or are in a group, oldest
// first (FEP-8fcf). It is for their server alone.
func (s *Server) synchronisation(r *http.Request, who store.Reader) (any, error) {
	if who.Host == "" {
		return nil, activity.Refuse(activity.Unauthenticated, "unsigned", "this list is for the server of those who are on it")
	}
	a, err := s.named(r, who)
	if err != nil {
		return nil, err
	}
	id, page := s.house.SynchronisationID(a.ID), r.URL.Query().Get("page")
	if enters, err := s.db.Enters(r.Context(), who, a); err != nil || !enters {
		return inline(id, nil), err
	}
	var after store.Key
	if page != "" {
		if after, err = store.ParseKey(page); err != nil {
			return nil, err
		}
	} else if d, err := s.db.Digest(r.Context(), a.Bond(), a.Key, who.Host); err != nil || d.People > limits.SynchronisationPage {
		return activity.NewCollection(id, d.People), err
	}
	tied, err := s.db.TiedAt(r.Context(), a.Bond(), a.Key, who.Host, after, limits.SynchronisationPage)
	items := []any{}
	for _, t := range tied {
		if t.Accepted {
			items = append(items, t.IRI)
		}
	}
	if page == "" {
		return inline(id, items), err
	}
	var next activity.ID
	if len(tied) == limits.SynchronisationPage {
		next = id + activity.ID("?page="+tied[len(tied)-1].Key.String())
	}
	return activity.NewPage(id, id+activity.ID("?page="+page), next, items), err
}

// moderators are those of a group, in one piece (FEP-1b12).
func (s *Server) moderators(r *http.Request, who store.Reader) (any, error) {
	a, err := s.named(r, who)
	if err != nil {
		return nil, err
	}
	if enters, err := s.db.Enters(r.Context(), who, a); err != nil || !enters {
		return inline(a.AttributedTo.First(), []any{}), err
	}
	edges, err := s.db.EdgesTo(r.Context(), store.Moderator, a.Key, store.Page{Limit: limits.GivenPage})
	if err != nil {
		return nil, err
	}
	keys := make([]store.Key, len(edges))
	for i, e := range edges {
		keys[i] = e.Actor
	}
	found, err := s.db.ActorsByKey(r.Context(), keys...)
	items := []any{}
	for _, key := range keys {
		items = append(items, found[key].ID)
	}
	return inline(a.AttributedTo.First(), items), err
}

// replies are the answers to a note that the reader may see.
func (s *Server) replies(r *http.Request, who store.Reader) (any, error) {
	n, err := s.visible(r, who)
	if err != nil {
		return nil, err
	}
	notes, err := s.db.Replies(r.Context(), n.Key, who, store.Page{Limit: limits.GivenPage, Oldest: true})
	items := []any{}
	for _, reply := range notes {
		items = append(items, reply.ID)
	}
	return inline(s.house.RepliesID(n.ID), items), err
}

// context is the thread that one of our notes began, as far as the reader may see
// it: that note, and then what came, oldest first (FEP-7888).
func (s *Server) context(r *http.Request, who store.Reader) (any, error) {
	first, err := s.visible(r, who)
	if err != nil {
		return nil, err
	}
	if first.ThreadKey != first.Key {
		return nil, activity.ErrNotFound()
	}
	notes, err := s.db.Thread(r.Context(), first.Key, who)
	items := []any{first.ID}
	for _, n := range notes {
		if n.Key != first.Key { // whatever its author says of when it was published
			items = append(items, n.ID)
		}
	}
	c := inline(s.house.ThreadID(first.ID), items)
	c.AttributedTo = first.Note.Author()
	return c, err
}

// inline is a collection that has its entries in itself.
func inline(id activity.ID, items []any) activity.Collection {
	c := activity.NewCollection(id, len(items))
	c.First, c.Items = "", items
	return c
}

// pageOf reads page=1 (the first) or page=<key> (what is older than that).
func pageOf(r *http.Request) (store.Page, error) {
	before, err := strconv.ParseInt(r.URL.Query().Get("page"), 10, 64)
	if err != nil || before < 1 {
		return store.Page{}, activity.ErrNotFound()
	}
	p := store.Page{Limit: limits.GivenPage}
	if before > 1 {
		p.Before = store.Key(before)
	}
	return p, nil
}

// partOf is one page of n rows; the next one begins after the last of them.
func (s *Server) partOf(r *http.Request, id activity.ID, p store.Page, n int, key func(int) store.Key, items []any) activity.Collection {
	var next activity.ID
	if n == p.Limit {
		next = id + activity.ID("?page="+key(n-1).String())
	}
	return activity.NewPage(id, id+activity.ID("?page="+r.URL.Query().Get("page")), next, items)
}

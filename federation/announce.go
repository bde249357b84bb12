package federation

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Announce is a boost of a note (ActivityPub §7.11) or, by a group, the way in
// which a group tells its members what happened in it (FEP-1b12): the whole
// activity, and for new posts the post itself besides.
type Announce struct {
	activity.Envelope
	told   json.RawMessage // the answer to Asks
	proven bool            // what a member of another host did carries their proof
	byCard bool            // their company has no agreement with ours: they speak by its card
}

var _ = define[Announce]("Announce", forItself)

// inner is the activity that a group announces; ok is false for a boost.
func (a *Announce) inner() (activity.Envelope, bool) {
	if a.Object.Raw == nil || handlers[activity.TypeOf(a.Object.Raw)].make == nil {
		return activity.Envelope{}, false
	}
	e, err := activity.ReadEnvelope(a.Object.Raw)
	return e, err == nil
}

// Relayed is what a member of another host did, of which the group's word is no
// proof.
func (a *Announce) Relayed() (json.RawMessage, bool) {
	inner, ok := a.inner()
	return a.Object.Raw, ok && !activity.SameOrigin(inner.Actor.ID, a.Actor.ID)
}

// Proven says that it carries the member's proof: it is believed as if the member
// had sent it, and nobody is asked.
func (a *Announce) Proven() { a.proven = true }

// Needs the note, or who did what is announced and to what: fetched from its own
// host, since the group cannot vouch for another host's words.
func (a *Announce) Needs() activity.IDs {
	inner, ok := a.inner()
	if !ok {
		return activity.IDs{a.Object.ID}
	}
	needs := activity.IDs{inner.Actor.ID}
	believed := a.believes(inner) && inner.Object.Raw != nil
	if !believed && inner.Type != "Undo" && inner.Type != "Delete" {
		needs = append(needs, inner.Object.ID)
	}
	return needs
}

// Refresh what another member's host has changed or removed: the group's word
// for it is only a hint.
func (a *Announce) Refresh() activity.IDs {
	inner, ok := a.inner()
	switch {
	case !ok || inner.Type != "Update" && inner.Type != "Delete":
		return nil
	case !a.believes(inner):
		return activity.IDs{inner.Object.ID}
	case inner.Type == "Update":
		return (&Update{inner}).Refresh()
	}
	return nil
}

// Asks another member's host whether it is true what the group says that the
// member did; and what the inner activity itself asks for.
func (a *Announce) Asks() activity.IDs {
	inner, ok := a.inner()
	switch {
	case !ok:
		return nil
	case a.believes(inner) && inner.Type == "Undo":
		return (&Undo{Envelope: inner}).Asks()
	case a.believes(inner):
		return nil
	case slices.Contains([]string{"Like", "EmojiReact", "Undo", "Add", "Remove", "Block", "Lock"}, inner.Type) && activity.SameOrigin(inner.ID, inner.Actor.ID):
		return activity.IDs{inner.ID}
	}
	return nil
}

// Told what is so.
func (a *Announce) Told(raw json.RawMessage) { a.told = raw }

// believes says that nobody need be asked about it: the group's own host did it, or it
// is proven.
func (a *Announce) believes(inner activity.Envelope) bool {
	return a.proven || activity.SameOrigin(inner.Actor.ID, a.Actor.ID)
}

// confirmed is what the member's own host says, if it says the same as the group.
func (a *Announce) confirmed(inner activity.Envelope) (json.RawMessage, bool) {
	e, err := activity.ReadEnvelope(a.told)
	return a.told, err == nil && e.ID == inner.ID && e.Type == inner.Type && e.Actor.ID == inner.Actor.ID && e.Object.ID == inner.Object.ID
}

// Verify: a boost is of something public, or of one's own; a group speaks to its
// members.
func (a *Announce) Verify(ctx context.Context, d *Deed) error {
	if inner, ok := a.inner(); ok {
		return d.verifyRelayed(ctx, inner)
	}
	n, err := d.Note(ctx, a.Object.ID)
	if err != nil {
		return err
	}
	if holds, err := d.holds(ctx, n); err != nil || holds {
		return err
	}
	if n, err = d.seen(ctx, n.ID); err != nil {
		return err
	}
	if n.GroupKey != 0 || !n.Visibility.Wide() && n.AuthorKey != d.Actor.Key {
		return activity.Refuse(activity.NotFound, "not_found", "there is nothing here that could be boosted")
	}
	return nil
}

// Apply shows the boost, or takes in what the group took in.
func (a *Announce) Apply(ctx context.Context, d *Deed) error {
	if inner, ok := a.inner(); ok {
		return d.applyRelayed(ctx, a, inner)
	}
	n, err := d.Note(ctx, a.Object.ID)
	if err != nil {
		return err
	}
	if holds, err := d.holds(ctx, n); err != nil {
		return err
	} else if holds {
		return d.takeIn(ctx, n, d.Actor)
	}
	e := store.Edge{Key: store.NewKey(d.Now), Kind: store.Boost, Actor: d.Actor.Key, Object: n.Key, Accepted: true, IRI: d.IRI}
	isNew, err := d.PutEdge(ctx, e)
	if err != nil || !isNew {
		return err
	}
	if err := d.FanBoost(ctx, e); err != nil {
		return err
	}
	return d.Notify(ctx, n.AuthorKey, "reblog", d.Actor.Key, n.Key)
}

// Boost shows a note to those who follow me; twice is once.
func (s *Service) Boost(ctx context.Context, me store.Actor, n store.Note) (store.Edge, error) {
	if e, ok, err := activity.Optional(s.db.Edge(ctx, store.Boost, me.Key, n.Key)); err != nil || ok {
		return e, err
	}
	a := &Announce{}
	a.Object = activity.Ref{ID: n.ID}
	a.Audience = activity.NewAudience(activity.VisiblePublic, me.Followers.ID, n.Note.Author())
	if n.Visibility == activity.VisibleFollowers {
		a.Audience = activity.NewAudience(activity.VisibleFollowers, me.Followers.ID)
	}
	if _, err := s.submit(ctx, me, a); err != nil {
		return store.Edge{}, err
	}
	return s.db.Edge(ctx, store.Boost, me.Key, n.Key)
}

// Unboost takes it back.
func (s *Service) Unboost(ctx context.Context, me store.Actor, n store.Note) error {
	return s.undoEdge(ctx, me, "Announce", store.Boost, n.Key, n.ID, activity.Audience{To: activity.IDs{activity.Public, me.Followers.ID, n.Note.Author()}})
}

// holds says whether a note belongs to the group that announces it: posted there, with
// it among its authors (PeerTube: a channel's video), or else for everybody, and either
// addressed to it or an answer in it. One of ours belongs where its author has posted it:
// who only names a group elsewhere has not given it their note. What a group for members
// only announces was posted there, or stays what it is.
func (d *Deed) holds(ctx context.Context, n store.Note) (bool, error) {
	g := d.Actor
	switch {
	case !g.IsGroup() || n.GroupKey != 0 || n.Local:
		return g.IsGroup() && n.GroupKey == g.Key, nil
	case n.AttributedTo.Has(g.ID):
		return true, nil
	case g.Access().Shut() || !n.Visibility.Wide():
		return false, nil
	case n.Addresses(g.Key):
		return true, nil
	}
	parent, err := d.parent(ctx, n)
	return parent.GroupKey == g.Key, err
}

// unshare takes out of a group elsewhere what it announces no more (PeerTube, NodeBB), and
// says whether it was that.
func (d *Deed) unshare(ctx context.Context, inner activity.Envelope) (was bool, err error) {
	if _, err := d.came(ctx, &inner); err != nil || inner.Type != "Announce" || !d.Actor.IsGroup() || d.Actor.Local {
		return false, err
	}
	n, ok, err := activity.Optional(d.Note(ctx, inner.Object.ID))
	if err != nil || !ok || n.In() != d.Actor.Key {
		return false, err
	}
	return true, d.expel(ctx, n)
}

// isBroughtByGroup says that what one of ours has posted, changed or deleted in a group of
// ours goes nowhere by itself: the group tells it with their proof (see relay), once to each
// company, or a moderator reads it first.
func (d *Deed) isBroughtByGroup(ctx context.Context) (bool, error) {
	if d.unread || d.group == 0 || d.group == d.Actor.Key {
		return d.unread, nil
	}
	switch d.Head.Type {
	case "Create", "Update", "Delete":
		group, err := d.ActorByKey(ctx, d.group)
		return err == nil && group.Local && group.Access().Shut(), err
	}
	return false, nil
}

// relay tells a group's members what one of them has just done in it, when the
// group lives here (FEP-1b12).
func (d *Deed) relay(ctx context.Context) error {
	if d.group == 0 || d.group == d.Actor.Key {
		return nil
	}
	group, err := d.ActorByKey(ctx, d.group)
	if err != nil || !group.Local {
		return err
	}
	said := []activity.Ref{{ID: d.Head.ID, Raw: carried(d.Raw)}}
	if n, err := activity.ReadNote(d.Head.Object.Raw); err == nil && d.Head.Type == "Create" && n.InReplyTo.First() == "" && !group.Access().Shut() {
		// Software that knows only boosts shows a new post by this second form, and takes
		// none of what is not for everybody.
		said = append(said, activity.Ref{ID: d.Head.Object.ID})
	}
	audience, err := audienceOf(ctx, d.Tx, group)
	if err != nil {
		return err
	}
	if d.only != "" {
		audience = activity.Audience{To: activity.IDs{d.only}}
	}
	companies, err := d.companies(ctx, d.Tx, group, d.Raw)
	if err != nil {
		return err
	}
	for _, object := range said {
		a := &Announce{}
		a.Object, a.Audience, a.Companies = object, audience, companies
		if _, err := d.Do(ctx, group, a); err != nil {
			return err
		}
	}
	return nil
}

// groups is where groups are kept: a Store, or a Tx.
type groups interface {
	ActorByKey(ctx context.Context, key store.Key) (store.Actor, error)
	Group(ctx context.Context, actor store.Key) (store.Group, error)
	Note(ctx context.Context, iri activity.ID) (store.Note, error)
	IsMember(ctx context.Context, actor, group store.Key) (bool, error)
	HasEdge(ctx context.Context, kind string, actor, object store.Key) (bool, error)
}

// audienceOf is whom a group of ours speaks to: its members, and everybody where it is
// open and every company may take part.
func audienceOf(ctx context.Context, in groups, group store.Actor) (activity.Audience, error) {
	g, err := in.Group(ctx, group.Key)
	if err != nil || g.Access != activity.AccessOpen || !slices.Contains(g.Companies, "*") {
		return activity.Audience{To: activity.IDs{group.Followers.ID}}, err
	}
	return activity.Audience{To: activity.IDs{activity.Public}, Cc: activity.IDs{group.Followers.ID}}, nil
}

// carried is an activity as it is embedded in an Announce. With a proof it stays as
// it was signed, the @context too, since the proof is over that; without one it has
// the outer @context. Whom it or what is in it was hidden to goes in any case
// (ActivityPub §6), and then the proof goes too.
func carried(raw json.RawMessage) json.RawMessage {
	in := json.NewDecoder(bytes.NewReader(raw))
	in.UseNumber()
	var o map[string]any
	if in.Decode(&o) != nil {
		return raw
	}
	hidden := discreet(o)
	if _, proven := o["proof"]; proven && !hidden {
		return raw
	}
	delete(o, "@context")
	b, err := json.Marshal(o)
	if err != nil {
		return raw
	}
	return b
}

// discreet takes out of a document, and all that is in it, whom it was hidden to, with
// the proofs over that, and says whether there was any.
func discreet(doc any) (hidden bool) {
	switch doc := doc.(type) {
	case []any:
		for _, v := range doc {
			hidden = discreet(v) || hidden
		}
	case map[string]any:
		for k, v := range doc {
			if k == "bto" || k == "bcc" {
				delete(doc, k)
				hidden = true
			}
			hidden = discreet(v) || hidden
		}
		if hidden {
			delete(doc, "proof")
		}
	}
	return hidden
}

package federation

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// GroupDraft is a group before it is one.
type GroupDraft struct {
	Username  string          // "": made from the name
	Name      string          // up to 100 characters
	Summary   string          // Markdown
	Companies []string        // whose people may join, as activity.ReadSeat reads them; our own always may
	Access    activity.Access // "": open
	Posting   store.Circles   // "": all
	Inviting  store.Circles   // "": moderators
	Reviewed  bool            // what members post waits for a moderator
}

const maxGroupName = 100

// OpenGroup makes a group that me owns. Companies that are not partners are refused
// (Denied), as are bad or taken names. A secret group gets a random name, by which
// nobody can look for it.
func (s *Service) OpenGroup(ctx context.Context, me store.Actor, draft GroupDraft) (store.Actor, error) {
	if err := draft.complete(); err != nil {
		return store.Actor{}, err
	}
	seats, err := s.seats(ctx, draft.Companies)
	if err != nil {
		return store.Actor{}, err
	}
	var group store.Actor
	err = s.db.InTx(ctx, func(tx *store.Tx) error {
		if err := nameFree(ctx, tx, draft.Username); err != nil {
			return err
		}
		id := s.GroupID(draft.Username)
		doc := activity.Actor{ID: id, Type: "Group", Username: activity.Text(draft.Username), AttributedTo: activity.IDs{id + "/moderators"}}
		draft.dress(&doc)
		if group, err = s.newActor(ctx, tx, doc); err != nil {
			return err
		}
		if err := tx.PutGroup(ctx, draft.onto(store.Group{Actor: group.Key}, seats)); err != nil {
			return err
		}
		for _, kind := range []string{store.Membership, store.Moderator, store.Owner} {
			if _, err := tx.PutEdge(ctx, store.Edge{Kind: kind, Actor: me.Key, Object: group.Key, Accepted: true}); err != nil {
				return err
			}
		}
		tx.Audit(ctx, decided("group.opened", me, group, draft.Access, seats))
		return nil
	})
	return group, err
}

// decided is what the audit log has of a group: who may look into it, and do what.
func decided(what string, by, group store.Actor, access activity.Access, seats []activity.Seat) store.Decision {
	companies := make([]string, len(seats))
	for i, seat := range seats {
		companies[i] = seat.String()
	}
	return store.Decision{Who: string(by.ID), What: what, About: string(group.ID),
		Details: map[string]string{"access": string(access), "companies": strings.Join(companies, " ")}}
}

// onto is a group of ours as a draft wants it.
func (g GroupDraft) onto(group store.Group, seats []activity.Seat) store.Group {
	group.Access, group.Posting, group.Inviting, group.Reviewed = g.Access, g.Posting, g.Inviting, g.Reviewed
	group.Sits(seats)
	return group
}

// complete fills in what a draft leaves out, and refuses (Invalid) what it cannot be.
func (g *GroupDraft) complete() error {
	if g.Name = strings.TrimSpace(g.Name); g.Name == "" || len([]rune(g.Name)) > maxGroupName {
		return activity.Refuse(activity.Invalid, "bad_group_name", "a group needs a name of 1 to %d characters", maxGroupName)
	}
	if g.Access = cmp.Or(g.Access, activity.AccessOpen); !slices.Contains(activity.Accesses, g.Access) {
		return activity.Refuse(activity.Invalid, "bad_access", "a group is open, closed or secret")
	}
	for _, c := range []store.Circles{cmp.Or(g.Posting, store.AllMembers), cmp.Or(g.Inviting, store.AllMembers)} {
		if c != store.AllMembers && c != store.ModeratorsOnly {
			return activity.Refuse(activity.Invalid, "bad_circle", "posting and inviting are for all or for moderators")
		}
	}
	switch {
	case g.Access == activity.AccessSecret:
		g.Username = strings.ToLower(rand.Text())
	case g.Username == "":
		g.Username = slug(g.Name)
	}
	return nil
}

// dress makes the document of a group say what a draft says.
func (g GroupDraft) dress(doc *activity.Actor) {
	doc.Name, doc.Summary = activity.Text(g.Name), activity.Text(activity.Markdown(g.Summary, nil))
	doc.PostingRestrictedToMods = g.Posting == store.ModeratorsOnly
	doc.SetAccess(g.Access)
}

// seats reads a list of companies and asks the policy about each.
func (s *Service) seats(ctx context.Context, companies []string) ([]activity.Seat, error) {
	var seats []activity.Seat
	for _, c := range companies {
		seat, err := activity.ReadSeat(c)
		if err == nil && seat.Host != "*" {
			seat.Host, err = activity.CleanHost(seat.Host)
		}
		if err != nil {
			return nil, err
		}
		if s.gate.IsOwn(seat.Host) || slices.ContainsFunc(seats, func(before activity.Seat) bool { return before.Host == seat.Host }) {
			continue
		}
		if seat.Host != "*" {
			if err := s.gate.Allow(ctx, sending, seat.Host, ""); err != nil {
				return nil, err
			}
		}
		seats = append(seats, seat)
	}
	return seats, nil
}

// slug makes a username of a name: "Projet Été" is projet_ete.
func slug(name string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(name)) {
		switch {
		case unicode.Is(unicode.Mn, r): // an accent, split off its letter
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	return strings.Trim(b.String()[:min(b.Len(), 30)], "_")
}

// takeIn shows a note to our people in the group. Twice is the same as once.
func (d *Deed) takeIn(ctx context.Context, n store.Note, group store.Actor) error {
	if n.Admitted && n.GroupKey == group.Key {
		return nil
	}
	if err := d.mayPost(ctx, n.AuthorKey, group, n.Note); err != nil {
		return err
	}
	if err := d.mayAnswer(ctx, n, group); err != nil {
		return err
	}
	if waits, err := d.waits(ctx, n, group); err != nil || waits {
		return err
	}
	return d.letIn(ctx, n, group)
}

// letIn shows a note to the members of a group.
func (d *Deed) letIn(ctx context.Context, n store.Note, group store.Actor) error {
	if err := d.Admit(ctx, n.Key, group.Key); err != nil {
		return err
	}
	if group.MovedTo.ID != "" { // it came late, and goes where the rest has gone
		if err := d.Enqueue(ctx, store.Regroup{Group: group.Key}); err != nil {
			return err
		}
	}
	n.GroupKey, n.Admitted = group.Key, true
	if err := d.FanToMembers(ctx, n, group.Key); err != nil {
		return err
	}
	return d.notifyNamed(ctx, n)
}

// verifyRelayed: a group may speak only where one of our people is in it.
func (d *Deed) verifyRelayed(ctx context.Context, inner activity.Envelope) error {
	if d.Local {
		return nil
	}
	if inner.Type == "Announce" {
		return activity.Refuse(activity.Invalid, "nested_announce", "an announced Announce is not taken")
	}
	return isHeard(ctx, d.Tx, d.Actor)
}

// isHeard refuses (Denied) who announces what others do and is no group with one of our
// people in it.
func isHeard(ctx context.Context, in interface {
	HasMemberHere(ctx context.Context, group store.Key) (bool, error)
}, who store.Actor) error {
	if !who.IsGroup() {
		return activity.Refuse(activity.Denied, "not_a_group", "only groups announce activities")
	}
	has, err := in.HasMemberHere(ctx, who.Key)
	if err == nil && !has {
		err = activity.Refuse(activity.Denied, "no_member_here", "nobody here is in this group")
	}
	return err
}

// applyRelayed does what the group says happened in it. Words of the group's own
// host are believed, our own come back as an echo, and of another host only what
// was fetched from there counts.
func (d *Deed) applyRelayed(ctx context.Context, a *Announce, inner activity.Envelope) error {
	if d.Local {
		return nil // applied before it was announced
	}
	actor, ok, err := activity.Optional(d.Tx.Actor(ctx, inner.Actor.ID))
	if err != nil {
		return err
	}
	if !ok {
		return activity.Refuse(activity.NotFound, "unknown_member", "the member who did this cannot be found")
	}
	if must, err := d.namesGuests(ctx); err != nil {
		return err
	} else if must || a.byCard {
		d.within = d.Actor.Key
	}
	raw, is := a.Object.Raw, a.believes(inner)
	if !is {
		raw, is = a.confirmed(inner)
	}
	if is && (inner.Type == "Like" || inner.Type == "EmojiReact") { // of what may be new here, and is seen only once it is taken in
		if err := d.admit(ctx, inner.Object.ID); err != nil {
			return err
		}
	}
	if actor.Local {
		if err := d.echoed(ctx, actor, inner); err != nil {
			return err
		}
	} else if is {
		if err := d.nested(ctx, actor, raw, a.told); err != nil {
			return err
		}
	}
	if inner.Type == "Delete" {
		return nil // what was only taken out of the group does not come in again by the same word
	}
	return d.admit(ctx, inner.Object.ID)
}

// admit takes in what the group speaks of, if it is a note of the group's.
func (d *Deed) admit(ctx context.Context, id activity.ID) error {
	n, ok, err := activity.Optional(d.Note(ctx, id))
	if err != nil || !ok {
		return err
	}
	if holds, err := d.holds(ctx, n); err != nil || !holds {
		return err
	}
	return d.takeIn(ctx, n, d.Actor)
}

// nested verifies and applies an inner activity as its own actor's.
func (d *Deed) nested(ctx context.Context, actor store.Actor, raw, told json.RawMessage) error {
	h, env, err := parse(raw)
	if err != nil || h == nil {
		return err
	}
	if err := mustBeUsable(actor); err != nil {
		return err
	}
	if gone, err := d.TakenBack(ctx, env.ID, actor.ID); err != nil {
		return err
	} else if gone { // taken back before it came
		return d.putBack(ctx, d.Tx, env)
	}
	if in, ok := h.(asking); ok {
		in.Told(told)
	}
	in := &Deed{Tx: d.Tx, Service: d.Service, Actor: actor, Head: h.Head(), IRI: d.uniqueID(env, raw), Raw: raw, Key: store.NewKey(d.Now), from: d.Actor.Key, at: d.Head.Published.Time, within: d.within}
	isNew, err := d.Record(ctx, store.Recorded{Key: in.Key, IRI: in.IRI, Type: env.Type, Actor: actor.Key, Outcome: store.Applied, About: thing(env), Raw: raw})
	if err != nil || !isNew {
		return err
	}
	if in.within != 0 {
		if err := in.staysIn(ctx); err != nil {
			return err
		}
	}
	if err := in.verify(ctx, h); err != nil {
		return err
	}
	return h.Apply(ctx, in)
}

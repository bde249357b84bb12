package web

import (
	"cmp"
	"context"
	"html/template"
	"strings"

	"golang.org/x/net/html/atom"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// profile is the page of a person or group.
type profile struct {
	Actor         store.Actor
	Bio           template.HTML
	Fields        []field
	Mine          bool
	Successor     store.Actor // Key 0: has not moved
	Tie           tie
	Posts         int // a person's, as Follows are
	Follows       int
	Followers     int  // or a group's members
	Hidden        bool // of a person whose company's agreement is suspended
	Companies     []store.Company
	Pins          []card         // what the actor features, on the first page
	Takes         activity.Seats // whose people may join; nil: not known
	Below         activity.Level // of our company, where a member may begin nothing
	TakesUnsigned []string       // those of them that have signed no agreement with us
	Access        activity.Access
	Enters        bool           // may see who follows, or is in the group
	Topic         activity.Topic // of the group that is looked at, zero for all
	wall
	Token string
	Here  string
}

type field struct {
	Name  string
	Value template.HTML
}

// tie is what joins the reader to an actor.
type tie struct {
	Is      bool // follows, or is a member
	Asked   bool // has asked to
	Owns    bool
	Keeps   bool // moderates
	Invited bool
	Blocked bool
}

// at is the user and host that the path names; host is "" for our own.
func (w *Web) at(v *visit) (user, host string) {
	user = strings.TrimPrefix(v.PathValue("at"), "@")
	if i := strings.LastIndexByte(user, '@'); i >= 0 {
		user, host = user[:i], user[i+1:]
	}
	if clean, err := activity.CleanHost(host); err == nil {
		host = clean
	}
	if w.isOurs(host) {
		host = ""
	}
	return user, host
}

func (w *Web) isOurs(host string) bool {
	return host == w.house.Host || host == activity.ID(w.house.URL).Host()
}

// handlePath is where somebody is seen here whom we may not know yet.
func (w *Web) handlePath(user, host string) string {
	a := store.Actor{Host: host, Local: host == "" || w.isOurs(host)}
	a.Username = activity.Text(user)
	return actorPath(a)
}

// actorAt is whom the path names. Somebody of a partner whom we do not know yet is
// looked up there.
func (w *Web) actorAt(ctx context.Context, v *visit) (store.Actor, error) {
	user, host := w.at(v)
	a, err := w.db.ActorByHandle(ctx, user, host)
	if activity.KindOf(err) == activity.NotFound && host != "" {
		if a, err = w.engine.ByHandle(ctx, user, host); err != nil && activity.KindOf(err).Permanent() {
			err = activity.ErrNotFound()
		}
	}
	if err == nil && (!a.Usable() || a.Local && a.Type == "Application") {
		err = activity.ErrNotFound()
	}
	if err != nil {
		return a, err
	}
	if knows, err := w.db.Knows(ctx, v.viewer.Reader(), a.Key); err != nil || !knows {
		return store.Actor{}, cmp.Or(err, activity.ErrNotFound())
	}
	return a, nil
}

func (w *Web) actor(ctx context.Context, v *visit) (answer, error) {
	a, err := w.actorAt(ctx, v)
	if err != nil {
		return answer{}, err
	}
	return w.profilePage(ctx, v, a, nil)
}

// profilePage shows an actor; c is the composer of a group's member with a
// problem, nil for an empty one.
func (w *Web) profilePage(ctx context.Context, v *visit, a store.Actor, c *composer) (answer, error) {
	if err := w.engine.Visited(ctx, a); err != nil {
		return answer{}, err
	}
	p, err := w.profile(ctx, v, a)
	if err != nil {
		return answer{}, err
	}
	page := v.page()
	if p.Topic, err = v.chosen(a, p.Enters); err != nil {
		return answer{}, err
	}
	entries, err := w.wallOf(ctx, v, a, p.Topic, page)
	if err != nil {
		return answer{}, err
	}
	if p.wall, err = w.wall(ctx, v, entries, page); err != nil {
		return answer{}, err
	}
	if p.Pins, err = w.pins(ctx, v, a, page); err != nil {
		return answer{}, err
	}
	if a.IsGroup() {
		withoutGroup(p.Cards)
		withoutGroup(p.Pins)
	}
	if c != nil || a.IsGroup() && p.Tie.Is && page.Before == 0 && page.After == 0 {
		p.Below = w.falls(a, activity.Posts)
		if p.Composer = c; c == nil && p.Below == "" {
			empty := v.groupComposer(a, p.Companies)
			empty.Draft.Topic = p.Topic.Key()
			p.Composer = &empty
		}
	}
	out := answer{page: "actor", title: name(a), data: p}
	if c != nil {
		out.problem = c.Problem
	}
	return out, nil
}

// describe adds what an actor says of themselves, unless it is hidden.
func (w *Web) describe(ctx context.Context, p *profile) error {
	a := p.Actor
	if !a.Local && !a.IsGroup() {
		on, err := w.db.Footings(ctx, []string{a.ID.Host()})
		if p.Hidden = on[a.ID.Host()].Suspended; err != nil || p.Hidden {
			return err
		}
	}
	p.Bio = w.body(string(a.Summary), a.Tag, atom.H2)
	for _, f := range a.Fields {
		p.Fields = append(p.Fields, field{activity.PlainText(string(f.Name)), w.body(string(f.Value), nil, atom.H2)})
	}
	return nil
}

func (w *Web) profile(ctx context.Context, v *visit, a store.Actor) (p profile, err error) {
	p = profile{Actor: a, Mine: a.Key == v.me().Key, Token: v.token(), Here: v.here()}
	if err := w.describe(ctx, &p); err != nil {
		return p, err
	}
	moved, err := w.db.Successors(ctx, a.Key)
	if err != nil {
		return p, err
	}
	p.Successor = moved[a.Key]
	if p.Enters, err = w.db.Enters(ctx, v.viewer.Reader(), a); err != nil {
		return p, err
	}
	kind := store.Follow
	if a.IsGroup() {
		kind, p.Access = store.Membership, a.Access()
		if err := w.readGroup(ctx, a, &p); err != nil {
			return p, err
		}
	}
	if p.Tie, err = w.tie(ctx, v.me().Key, a.Key, kind); err != nil {
		return p, err
	}
	if p.Enters {
		if p.Followers, err = w.db.CountTo(ctx, kind, a.Key); err != nil {
			return p, err
		}
	}
	if !a.IsGroup() {
		err = w.tally(ctx, v, &p)
	}
	return p, err
}

// tally counts what a person has written and whom they follow.
func (w *Web) tally(ctx context.Context, v *visit, p *profile) (err error) {
	if p.Follows, err = w.db.CountFrom(ctx, store.Follow, p.Actor.Key); err != nil {
		return err
	}
	p.Posts, err = w.db.CountNotes(ctx, p.Actor.Key, v.viewer.Reader())
	return err
}

// maxPins is how many posts are shown on top of a profile.
const maxPins = 5

// pins are what an actor features and the reader may see, on the first page.
func (w *Web) pins(ctx context.Context, v *visit, a store.Actor, page store.Page) ([]card, error) {
	if page.Before != 0 || page.After != 0 {
		return nil, nil
	}
	edges, err := w.db.EdgesFrom(ctx, store.Feature, a.Key, store.Page{Limit: maxPins})
	if err != nil || len(edges) == 0 {
		return nil, err
	}
	var keys []store.Key
	for _, e := range edges {
		keys = append(keys, e.Object)
	}
	notes, err := w.db.VisibleNotes(ctx, keys, v.viewer.Reader())
	if err != nil {
		return nil, err
	}
	var entries []store.Entry
	for _, e := range edges {
		if n, ok := notes[e.Object]; ok {
			entries = append(entries, store.Entry{Key: e.Key, Note: n})
		}
	}
	return w.cards(ctx, v, entries)
}

// tie reads the edges that can join me to an actor.
func (w *Web) tie(ctx context.Context, me, other store.Key, kind string) (tie, error) {
	ties, err := w.db.EdgesToward(ctx, me, other, kind, store.Owner, store.Moderator, store.Invitation, store.Block)
	e, has := ties[kind]
	return tie{Is: e.Accepted, Asked: has && !e.Accepted, Owns: ties[store.Owner].Accepted, Keeps: ties[store.Moderator].Accepted,
		Invited: ties[store.Invitation].Accepted, Blocked: ties[store.Block].Accepted}, err
}

// onActor makes an endpoint of a deed that one does to another.
func (w *Web) onActor(do func(ctx context.Context, me, other store.Actor) error) endpoint {
	return func(ctx context.Context, v *visit) (answer, error) {
		a, err := w.actorAt(ctx, v)
		if err == nil {
			err = do(ctx, v.me(), a)
		}
		return redirect(v.back(actorPath(a))), err
	}
}

package web

import (
	"context"
	"slices"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// managePage is where a group is looked after: who asks to join, who is invited, in it
// or kept out, what waits to be read, and for owners what the group is.
type managePage struct {
	Group    store.Actor
	Known    store.Group
	Owns     bool
	Partners []store.Partner
	Asking   []store.Actor
	Invited  []store.Actor
	Banned   []store.Actor
	People   []inRole
	Waiting  []card
	Reports  []about
	Removals []takenOut
	Handle   string // of whom to invite, where it was wrong
	Topic    string // the name of a new one, where it was wrong
	Problem  *problem
	Token    string
	book     *book
}

// decision is a form with what can be done to somebody, or to a post that waits.
type decision struct {
	Group   store.Actor
	Token   string
	Key     store.Key
	Name    string // of whom it is about
	Buttons []button
}

type button struct{ Do, Say string }

// On is what can be done to somebody; who looks after the group and does not own it
// gives no roles.
func (m managePage) On(who store.Actor, do ...string) decision {
	return m.decision(who.Key, name(who), do)
}

// OnPost is what can be done to a post that waits.
func (m managePage) OnPost(c card, do ...string) decision {
	return m.decision(c.Note.Key, name(c.Author), do)
}

// OnReport is what can be done about a report.
func (m managePage) OnReport(a about) decision {
	return m.decision(a.Key, name(a.Of), []string{"settle"})
}

func (m managePage) decision(key store.Key, name string, does []string) decision {
	d := decision{Group: m.Group, Token: m.Token, Key: key, Name: name}
	for _, do := range does {
		if m.Owns || !slices.Contains([]string{store.Owner, store.Moderator, store.Membership}, do) {
			d.Buttons = append(d.Buttons, button{do, m.book.say("manage.do." + do)})
		}
	}
	return d
}

// inRole is a member with what they are in the group.
type inRole struct {
	store.Actor
	Role string
}

// Wrong says whether the problem is with this field.
func (m managePage) Wrong(field string) bool { return m.Problem.at(field) }

// Places are what the form offers the companies.
func (m managePage) Places() []place { return places(m.Partners, m.Known.Seats()) }

// managed is the group that the path names, which the visitor looks after.
func (w *Web) managed(ctx context.Context, v *visit) (store.Actor, error) {
	group, err := w.actorAt(ctx, v)
	if err == nil && !group.IsGroup() {
		err = activity.ErrNotFound()
	}
	if err == nil {
		err = w.engine.LooksAfter(ctx, v.me(), group)
	}
	return group, err
}

func (w *Web) manage(ctx context.Context, v *visit) (answer, error) {
	group, err := w.managed(ctx, v)
	if err != nil {
		return answer{}, err
	}
	return w.managePage(ctx, v, group, managePage{})
}

func (w *Web) managePage(ctx context.Context, v *visit, group store.Actor, m managePage) (answer, error) {
	m.Group, m.Token, m.book = group, v.token(), v.book
	var err error
	if m.Known, err = w.db.Group(ctx, group.Key); err != nil {
		return answer{}, err
	}
	if m.Owns, err = w.db.HasEdge(ctx, store.Owner, v.me().Key, group.Key); err != nil {
		return answer{}, err
	}
	if m.Partners, err = w.db.Partners(ctx); err != nil {
		return answer{}, err
	}
	if err = w.manageLists(ctx, group.Key, &m); err != nil {
		return answer{}, err
	}
	edges, notes, err := w.db.Waiting(ctx, group.Key, store.Page{})
	if err != nil {
		return answer{}, err
	}
	var entries []store.Entry
	for i, e := range edges {
		entries = append(entries, store.Entry{Key: e.Key, Note: notes[i]})
	}
	if m.Waiting, err = w.cards(ctx, v, entries); err != nil {
		return answer{}, err
	}
	if m.Reports, err = w.reports(ctx, v, group.Key); err != nil {
		return answer{}, err
	}
	m.Removals, err = w.takenOut(ctx, group.Key)
	return answer{page: "manage", title: v.book.say("manage.title", "group", name(group)), data: m, problem: m.Problem}, err
}

// manageLists reads who is where, the newest first, a page of each.
func (w *Web) manageLists(ctx context.Context, group store.Key, m *managePage) error {
	people := func(es []store.Edge, err error) ([]store.Actor, error) {
		if err != nil {
			return nil, err
		}
		return w.ends(ctx, es)
	}
	page := store.Page{Limit: store.PageMax}
	var err error
	if m.Asking, err = people(w.db.Requests(ctx, store.Membership, group, page)); err != nil {
		return err
	}
	if m.Invited, err = people(w.db.EdgesTo(ctx, store.Invitation, group, page)); err != nil {
		return err
	}
	if m.Banned, err = people(w.db.EdgesTo(ctx, store.Ban, group, page)); err != nil {
		return err
	}
	members, err := people(w.db.EdgesTo(ctx, store.Membership, group, page))
	if err != nil {
		return err
	}
	var keys []store.Key
	for _, a := range members {
		keys = append(keys, a.Key)
	}
	roles, err := w.db.Roles(ctx, group, keys)
	for _, a := range members {
		m.People = append(m.People, inRole{a, roles[a.Key]})
	}
	return err
}

// ends are the usable actors of edges, in their order.
func (w *Web) ends(ctx context.Context, es []store.Edge) (people []store.Actor, err error) {
	var keys []store.Key
	for _, e := range es {
		keys = append(keys, e.Actor)
	}
	found, err := w.db.ActorsByKey(ctx, keys...)
	for _, key := range keys {
		if a := found[key]; a.Usable() && a.Key != 0 {
			people = append(people, a)
		}
	}
	return people, err
}

// changeGroup takes the form of the settings.
func (w *Web) changeGroup(ctx context.Context, v *visit) (answer, error) {
	group, err := w.managed(ctx, v)
	if err != nil {
		return answer{}, err
	}
	title, purpose, companies := v.text("name"), v.text("purpose"), v.companies()
	access, posting, inviting := activity.Access(v.text("access")), store.Circles(v.text("posting")), store.Circles(v.text("inviting"))
	reviewed := v.text("reviewed") != ""
	to := federation.Settings{Name: &title, Companies: &companies, Access: &access, Posting: &posting, Inviting: &inviting, Reviewed: &reviewed}
	if purpose != "" {
		to.Summary = &purpose
	}
	_, err = w.engine.ChangeGroup(ctx, v.me(), group, to)
	return w.managedOr(ctx, v, group, err, managePage{})
}

// managedOr goes back to the page, or shows on it what is wrong.
func (w *Web) managedOr(ctx context.Context, v *visit, group store.Actor, err error, m managePage) (answer, error) {
	if err == nil {
		return redirect(actorPath(group) + "/manage"), nil
	}
	fields := map[string]string{"bad_group_name": "name", "unknown_person": "handle", "company_not_in_group": "handle", "banned": "handle"}
	if m.Topic != "" {
		fields["bad_topic_name"], fields["topic_taken"], fields["many_topics"] = "topic-name", "topic-name", "topic-name"
	}
	if m.Problem, err = v.problemOf(err, fields); err != nil {
		return answer{}, err
	}
	return w.managePage(ctx, v, group, m)
}

// invite asks somebody in by their handle.
func (w *Web) invite(ctx context.Context, v *visit) (answer, error) {
	group, err := w.managed(ctx, v)
	if err != nil {
		return answer{}, err
	}
	m := managePage{Handle: v.text("handle")}
	user, host, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(m.Handle), "@"), "@")
	who, err := w.engine.ByHandle(ctx, user, host)
	if activity.KindOf(err) == activity.NotFound && err != nil || err == nil && who.IsGroup() {
		err = activity.Refuse(activity.Invalid, "unknown_person", "nobody is called that: write a name as in @alice@company.example")
	}
	if err == nil {
		err = w.engine.Invite(ctx, v.me(), group, who)
	}
	return w.managedOr(ctx, v, group, err, m)
}

// decide does what a button beside somebody says.
func (w *Web) decide(ctx context.Context, v *visit) (answer, error) {
	group, err := w.managed(ctx, v)
	if err != nil {
		return answer{}, err
	}
	key, err := store.ParseKey(v.text("who"))
	if err != nil {
		return answer{}, err
	}
	switch do := v.text("do"); do {
	case "take", "leave":
		return w.managedOr(ctx, v, group, w.engine.Review(ctx, v.me(), group, key, do == "take"), managePage{})
	case "settle":
		return w.managedOr(ctx, v, group, w.engine.SettleReport(ctx, v.me(), group, key), managePage{})
	}
	who, err := w.db.ActorByKey(ctx, key)
	if err != nil {
		return answer{}, err
	}
	return w.managedOr(ctx, v, group, w.decideOn(ctx, v.text("do"), v.me(), group, who), managePage{})
}

func (w *Web) decideOn(ctx context.Context, do string, me, group, who store.Actor) error {
	switch do {
	case "accept", "reject":
		return w.engine.LetIn(ctx, me, group, who, do == "accept")
	case "uninvite":
		return w.engine.Uninvite(ctx, me, group, who)
	case "remove":
		return w.engine.Remove(ctx, me, group, who)
	case "ban":
		return w.engine.Ban(ctx, me, group, who)
	case "unban":
		return w.engine.Unban(ctx, me, group, who)
	default:
		return w.engine.SetRole(ctx, me, group, who, do)
	}
}

// invitedTo are the groups that somebody is invited to.
func (w *Web) invitedTo(ctx context.Context, me store.Key) (groups []store.Actor, err error) {
	edges, err := w.db.EdgesFrom(ctx, store.Invitation, me, store.Page{Limit: store.PageMax})
	if err != nil {
		return nil, err
	}
	for _, e := range edges {
		g, ok, err := activity.Optional(w.db.ActorByKey(ctx, e.Object))
		if err != nil {
			return nil, err
		}
		if ok && g.Usable() {
			groups = append(groups, g)
		}
	}
	return groups, nil
}

// decline says no to an invitation, after which a secret group is not there any more.
func (w *Web) decline(ctx context.Context, v *visit) (answer, error) {
	group, err := w.actorAt(ctx, v)
	if err == nil {
		err = w.engine.Decline(ctx, v.me(), group)
	}
	return redirect("/groups"), err
}

package web

import (
	"cmp"
	"context"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// groupList is the page of groups.
type groupList struct {
	Mine     []store.Actor
	Here     []store.Actor // besides mine
	Invited  []store.Actor // to which I am
	Partners []store.Partner
	Draft    federation.GroupDraft
	Problem  *problem
	Token    string
}

// Wrong says whether the problem is with this field.
func (g groupList) Wrong(field string) bool { return g.Problem.at(field) }

// Is says whether a kind is ticked.
func (g groupList) Is(access activity.Access) bool {
	return cmp.Or(g.Draft.Access, activity.AccessOpen) == access
}

// Places are what the form offers the companies.
func (g groupList) Places() []place {
	var seats []activity.Seat
	for _, c := range g.Draft.Companies {
		if seat, err := activity.ReadSeat(c); err == nil {
			seats = append(seats, seat)
		}
	}
	return places(g.Partners, seats)
}

func (w *Web) groups(ctx context.Context, v *visit) (answer, error) {
	return w.groupsPage(ctx, v, groupList{})
}

func (w *Web) groupsPage(ctx context.Context, v *visit, g groupList) (answer, error) {
	var err error
	if g.Mine, err = w.db.GroupsOf(ctx, v.me().Key); err != nil {
		return answer{}, err
	}
	here, err := w.db.GroupsHere(ctx, v.viewer.Reader())
	if err != nil {
		return answer{}, err
	}
	mine := map[store.Key]bool{}
	for _, a := range g.Mine {
		mine[a.Key] = true
	}
	for _, a := range here {
		if !mine[a.Key] {
			g.Here = append(g.Here, a)
		}
	}
	if g.Invited, err = w.invitedTo(ctx, v.me().Key); err != nil {
		return answer{}, err
	}
	g.Partners, err = w.db.Partners(ctx)
	g.Token = v.token()
	return answer{page: "groups", title: v.book.say("groups.title"), data: g, problem: g.Problem}, err
}

// openGroup makes a group and goes there.
func (w *Web) openGroup(ctx context.Context, v *visit) (answer, error) {
	g := groupList{Draft: federation.GroupDraft{Name: v.text("name"), Username: v.text("username"), Summary: v.text("purpose"), Companies: v.companies(), Access: activity.Access(v.text("access"))}}
	group, err := w.engine.OpenGroup(ctx, v.me(), g.Draft)
	if err == nil {
		return redirect(actorPath(group)), nil
	}
	fields := map[string]string{"bad_group_name": "name", "bad_username": "username", "username_taken": "username", "long_text": "purpose"}
	if g.Problem, err = v.problemOf(err, fields); err != nil {
		return answer{}, err
	}
	return w.groupsPage(ctx, v, g)
}

// groupComposer says whom a post in the group reaches.
func (v *visit) groupComposer(group store.Actor, companies []store.Company) composer {
	people := 0
	for _, c := range companies {
		people += c.People
	}
	c := v.composer()
	c.Action, c.Title = actorPath(group), v.book.say("compose.in_group", "group", name(group))
	c.Draft.Group, c.Draft.Visibility, c.Choices, c.Titled = group.Key, "", nil, true
	c.Topics = group.Streams
	c.Audience = v.book.say("compose.audience.members",
		"people", v.book.count("count.people", people), "companies", v.book.count("count.companies", len(companies)))
	return c
}

// readGroup adds to a profile what a group has besides.
func (w *Web) readGroup(ctx context.Context, group store.Actor, p *profile) (err error) {
	if p.Enters {
		p.Companies, err = w.db.Companies(ctx, group.Key)
	}
	if err != nil {
		return err
	}
	p.Takes = group.Companies
	if group.Local {
		g, err := w.db.Group(ctx, group.Key)
		if err != nil {
			return err
		}
		p.Takes = g.Seats()
	}
	if len(p.Takes) == 0 {
		return nil
	}
	var others []string
	for _, seat := range p.Takes {
		if !w.isOurs(seat.Host) {
			others = append(others, seat.Host)
		}
	}
	p.TakesUnsigned, err = w.db.Unsigned(ctx, others)
	return err
}

// falls is the level of our company in a group elsewhere where that is lower than another,
// else "": also where it is not known.
func (w *Web) falls(group store.Actor, below activity.Level) activity.Level {
	level := w.house.LevelIn(group)
	if level == "" || level.Has(below) {
		return ""
	}
	return level
}

// IsUnsigned says that a company which may join has signed no agreement with us.
func (p profile) IsUnsigned(host string) bool { return slices.Contains(p.TakesUnsigned, host) }

// postInGroup posts in the group whose page the form was on.
func (w *Web) postInGroup(ctx context.Context, v *visit) (answer, error) {
	group, err := w.actorAt(ctx, v)
	if err == nil && !group.IsGroup() {
		err = activity.ErrNotFound()
	}
	if err != nil {
		return answer{}, err
	}
	if err := w.mayEnter(ctx, v, group); err != nil {
		return answer{}, err
	}
	companies, err := w.db.Companies(ctx, group.Key)
	if err != nil {
		return answer{}, err
	}
	c, err := w.post(ctx, v, v.groupComposer(group, companies))
	switch {
	case err != nil:
		return answer{}, err
	case c.done():
		return redirect(actorPath(group)), nil
	}
	return w.profilePage(ctx, v, group, &c)
}

// mayEnter refuses (Denied) who is not in a closed group what is its members' alone.
func (w *Web) mayEnter(ctx context.Context, v *visit, group store.Actor) error {
	enters, err := w.db.Enters(ctx, v.viewer.Reader(), group)
	if err == nil && !enters {
		err = activity.Refuse(activity.Denied, "members_only", "only members of the group see this: ask to join it")
	}
	return err
}

// memberList is the page of a group's members.
type memberList struct {
	Group     store.Actor
	Members   []store.Actor
	Companies []store.Company
	Pager     pager
}

func (w *Web) members(ctx context.Context, v *visit) (answer, error) {
	group, err := w.actorAt(ctx, v)
	if err == nil && !group.IsGroup() {
		err = activity.ErrNotFound()
	}
	if err == nil {
		err = w.mayEnter(ctx, v, group)
	}
	if err != nil {
		return answer{}, err
	}
	p := v.page()
	edges, err := w.db.EdgesTo(ctx, store.Membership, group.Key, p)
	if err != nil {
		return answer{}, err
	}
	var places, people []store.Key
	for _, e := range edges {
		places, people = append(places, e.Key), append(people, e.Actor)
	}
	found, err := w.db.ActorsByKey(ctx, people...)
	if err != nil {
		return answer{}, err
	}
	list := memberList{Group: group, Pager: v.turn(p, places)}
	for _, key := range people {
		if a := found[key]; a.Usable() {
			list.Members = append(list.Members, a)
		}
	}
	list.Companies, err = w.db.Companies(ctx, group.Key)
	return answer{page: "members", title: v.book.say("members.title", "group", name(group)), data: list}, err
}

package federation

import (
	"context"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
)

// A permit is a word that the agreement between two companies must have before somebody
// of one does something about the other (agreement.Word). What is in a group is about
// the company that keeps the group, and what happens in a group elsewhere is for its
// host alone to permit: this is asked of it by HostGroup. What takes something back
// needs no permit, nor does a report.
type permit struct {
	word agreement.Word
	who  activity.ID // "": their server, for all of its people
	by   string      // the host of who does it
	at   string      // the host of whom it is about
	bare bool        // asked only of who has signed no agreement with us
}

// permitted refuses (Denied, "not_granted") what no agreement grants. What is written is
// judged by mayPublish once it is read.
func (d *Deed) permitted(ctx context.Context) error {
	permits, err := d.permits(ctx)
	if err != nil {
		return err
	}
	return d.hasPermits(ctx, permits)
}

// permits are those that a deed needs, but for what it has written.
func (d *Deed) permits(ctx context.Context) ([]permit, error) {
	switch d.Head.Type {
	case "Follow", "Join":
		return d.following(ctx)
	case "Invite":
		return d.inviting(ctx)
	case "Like", "EmojiReact", "LikeRequest", "AnnounceRequest", "QuoteRequest":
		return d.about(ctx, agreement.React)
	case "ReplyRequest":
		return d.about(ctx, agreement.Comment)
	case "Announce":
		return d.announcing(ctx)
	case "Add":
		if boosts, err := d.adding(ctx); err != nil || len(boosts) > 0 {
			return boosts, err
		}
	}
	return d.moderating(ctx)
}

// hasPermits asks for each of them. Between people of one company, and between two
// others, nothing is asked.
func (d *Deed) hasPermits(ctx context.Context, permits []permit) error {
	gate := d.Gate().In(d.Tx)
	for _, p := range permits {
		var err error
		switch ours, theirs := gate.IsOwn(p.by), gate.IsOwn(p.at); {
		case ours && !theirs:
			err = gate.Takes(ctx, p.word, p.at, p.who)
		case theirs && !ours:
			if p.bare {
				signed, err := gate.HasSigned(ctx, p.by)
				if err != nil {
					return err
				} else if signed {
					continue
				}
			}
			err = gate.Lets(ctx, p.word, p.by, p.who)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// does is the permit of the actor for something about a host; a program needs another
// one besides.
func (d *Deed) does(w agreement.Word, at string) []permit {
	p := permit{word: w, who: d.Actor.Speaks(), by: d.Actor.ID.Host(), at: at}
	if !d.Actor.IsProgram() {
		return []permit{p}
	}
	bot := p
	bot.word = agreement.Bot
	return []permit{p, bot}
}

// hosts is the permit of a group to have somebody in it.
func hosts(group, guest activity.ID) permit {
	return permit{word: agreement.HostGroup, by: group.Host(), at: guest.Host()}
}

// enters is the permit to come into a group that is not open: who has signed nothing
// needs an admin's word for it.
func enters(group store.Actor, guest activity.ID) []permit {
	if group.Access() == activity.AccessOpen {
		return nil
	}
	return []permit{{word: agreement.SeeClosed, who: guest, by: guest.Host(), at: group.ID.Host(), bare: true}}
}

// following: who joins a group takes part in it, and is hosted by its company.
func (d *Deed) following(ctx context.Context) ([]permit, error) {
	target, isActor, err := activity.Optional(d.Tx.Actor(ctx, d.Head.Object.ID))
	switch {
	case err != nil:
		return nil, err
	case !isActor: // an event, or nothing
		return d.about(ctx, agreement.Event)
	case target.IsGroup():
		permits := append(d.does(agreement.JoinGroup, target.ID.Host()), hosts(target.ID, d.Actor.ID))
		return append(permits, enters(target, d.Actor.ID)...), nil
	}
	return d.does(agreement.Follow, target.ID.Host()), nil
}

// inviting: a group asks somebody in, at the word of one of its members.
func (d *Deed) inviting(ctx context.Context) ([]permit, error) {
	id := d.Head.Object.ID
	group, known, err := activity.Optional(d.Tx.Actor(ctx, id))
	if known {
		err = d.reaches(ctx, d.Tx, d.Actor, group, activity.Invites)
	}
	if err != nil {
		return nil, err
	}
	permits := d.does(agreement.JoinGroup, id.Host())
	who := (&Invite{*d.Head}).invitee()
	if who == "" {
		return permits, nil
	}
	if known {
		permits = append(permits, enters(group, who)...)
	}
	return append(permits, hosts(id, who)), nil
}

// moderating: who decides about others in a group takes part in it.
func (d *Deed) moderating(ctx context.Context) ([]permit, error) {
	if d.Actor.IsGroup() {
		return nil, nil
	}
	id, err := d.moderated(ctx)
	if err != nil || id == "" {
		return nil, err
	}
	group, ok, err := activity.Optional(d.Tx.Actor(ctx, id))
	if err != nil || !ok || !group.IsGroup() || !group.Local && !d.Local {
		return nil, err
	}
	return d.does(agreement.JoinGroup, group.ID.Host()), nil
}

// moderated is the group in which the actor decides about what is not theirs, "" for
// none.
func (d *Deed) moderated(ctx context.Context) (activity.ID, error) {
	head := *d.Head
	if u := (&Undo{Envelope: head}).undone(); head.Type == "Undo" {
		head = u
	}
	switch head.Type {
	case "Block":
		return head.Target.ID, nil
	case "Add", "Remove":
		if f, err := d.filing(ctx); err != nil {
			return "", err
		} else if f != nil {
			return f.over(d.Actor), nil
		}
		if is, err := d.isAnswer(ctx); err != nil {
			return "", err
		} else if is {
			return d.overAnswer(ctx)
		}
		owner, ok, err := activity.Optional(d.shelfOwner(ctx, head.Target.ID))
		if kind := activity.KindOf(err); err != nil && (kind == activity.Denied || kind == activity.Invalid) || err == nil && !ok {
			return "", nil // not a moderator's to say: see entitled
		}
		return owner.ID, err
	case "Lock", "Delete":
		n, ok, err := activity.Optional(d.Note(ctx, head.Object.ID))
		if err != nil || !ok || n.AuthorKey == d.Actor.Key || n.In() == 0 {
			return "", err
		}
		group, err := d.ActorByKey(ctx, n.In())
		return group.ID, err
	}
	return "", nil
}

// announcing: a group tells what happened in it, others boost.
func (d *Deed) announcing(ctx context.Context) ([]permit, error) {
	_, relays := (&Announce{Envelope: *d.Head}).inner()
	if !relays {
		n, ok, err := activity.Optional(d.Note(ctx, d.Head.Object.ID))
		if err != nil || !ok {
			return nil, err
		}
		if relays, err = d.holds(ctx, n); err != nil {
			return nil, err
		}
	}
	switch {
	case !relays:
		return d.about(ctx, agreement.React)
	case d.Local:
		return nil, nil // to members, who were permitted to be
	}
	return []permit{{word: agreement.HostGroup, by: d.Actor.ID.Host(), at: d.House.Host}}, nil
}

// adding: what somebody puts on their wall is a boost; to mark an answer is to react to
// it; to put one's own discussion into a topic is a part of posting it. What is added to a conversation is judged as what its author says.
func (d *Deed) adding(ctx context.Context) ([]permit, error) {
	if _, _, says := (&Add{Envelope: *d.Head}).said(); says || d.isKeyPackage() {
		return nil, nil
	}
	if f, err := d.filing(ctx); err != nil || f != nil && f.moderates {
		return nil, err
	} else if f != nil {
		return d.aboutNote(ctx, agreement.Post, f.note)
	}
	if is, err := d.isAnswer(ctx); err != nil {
		return nil, err
	} else if is {
		return d.about(ctx, agreement.React)
	}
	if owner, err := d.shelfOwner(ctx, d.Head.Target.ID); err != nil || owner.Wall.ID != d.Head.Target.ID {
		return nil, err
	}
	return d.about(ctx, agreement.React)
}

// about is the permit to do something with the note that is the object.
func (d *Deed) about(ctx context.Context, w agreement.Word) ([]permit, error) {
	n, ok, err := activity.Optional(d.Note(ctx, d.Head.Object.ID))
	if err != nil || !ok {
		return nil, err
	}
	return d.aboutNote(ctx, w, n)
}

func (d *Deed) aboutNote(ctx context.Context, w agreement.Word, n store.Note) ([]permit, error) {
	author := n.Note.Author().Host()
	if n.In() == 0 {
		return d.does(w, author), nil
	}
	group, err := d.ActorByKey(ctx, n.In())
	if err == nil {
		err = d.reaches(ctx, d.Tx, d.Actor, group, activity.Comments)
	}
	return d.inGroup(w, group, author), err
}

// inGroup is the permit for something in a group, about who is at a host.
func (d *Deed) inGroup(w agreement.Word, group store.Actor, about string) []permit {
	switch {
	case group.Key == d.from:
		return nil
	case d.Local || group.Local:
		return d.does(w, group.ID.Host())
	}
	return d.does(w, about) // until the group has said so
}

// mayPublish refuses what no agreement grants of a note that the actor brings into the
// world, in a group or in none, and what comes too fast, but for what a group brings.
func (d *Deed) mayPublish(ctx context.Context, n store.Note) error {
	if err := d.mustBeGranted(ctx, n); err != nil || d.Local {
		return err
	}
	from, _, err := activity.Optional(d.ActorByKey(ctx, d.from))
	if err != nil || from.IsGroup() {
		return err
	}
	return d.inPace(ctx)
}

// mustBeGranted refuses (Denied, "not_granted") a note that no agreement lets the actor bring.
// What a group elsewhere has said, its host has judged as far as it can: see MayKeep.
func (d *Deed) mustBeGranted(ctx context.Context, n store.Note) error {
	if n.GroupKey != 0 && n.GroupKey == d.from {
		return d.MayKeep(ctx, d.Tx, d.Actor, n)
	}
	if !d.Local {
		return d.MayBring(ctx, d.Tx, d.Actor, n)
	}
	group, _, err := activity.Optional(d.ActorByKey(ctx, n.GroupKey))
	if err != nil {
		return err
	}
	parent, err := d.parent(ctx, n)
	if err != nil {
		return err
	}
	var permits []permit
	answered := parent.Note.Author()
	switch {
	case group.Key != 0 && n.InReplyTo.First() != "":
		permits = d.inGroup(agreement.Comment, group, answered.Host())
	case group.Key != 0:
		permits = d.inGroup(agreement.Post, group, group.ID.Host())
	case n.Visibility == activity.VisibleDirect:
		permits = d.naming(agreement.Direct, n.Audience.All())
	case answered != "":
		permits = d.does(agreement.Comment, answered.Host())
	}
	if !group.Local && n.Visibility != activity.VisibleDirect { // who is named by others is just not told: see mayTell
		others := slices.DeleteFunc(slices.Clone(n.Mentions()), func(id activity.ID) bool { return id == answered })
		permits = append(permits, d.naming(agreement.Mention, others)...)
	}
	if err := d.hasPermits(ctx, append(permits, d.bringing(n, permits)...)); err != nil {
		return err
	}
	return d.inSize(ctx, n, permits)
}

// inSize refuses (TooLarge) a file of ours that a host does not take which the note is
// about. Whom it only reaches does without it: see Service.takesLetter.
func (d *Deed) inSize(ctx context.Context, n store.Note, about []permit) error {
	files := ownFiles(d.House, n.Note)
	if len(files) == 0 {
		return nil
	}
	largest, err := d.Tx.LargestFile(ctx, 0, files...)
	for _, p := range about {
		if err == nil {
			err = d.Gate().In(d.Tx).TakesFile(ctx, p.at, largest)
		}
	}
	return err
}

// inPace lets (TooMany) what a partner's people post beyond what the agreement grants in
// a minute wait for its turn.
func (d *Deed) inPace(ctx context.Context) error {
	host := d.Actor.ID.Host()
	lets, _, err := d.Gate().In(d.Tx).Grants(ctx, host)
	if err != nil || lets.PostsPerMinute == 0 {
		return err
	}
	if is, err := d.Tx.TakeBrought(ctx, host, lets.PostsPerMinute, d.now()); err != nil || is {
		return err
	}
	return activity.Refuse(activity.TooMany, policy.TooFast, "the agreement grants %s at most %d posts in a minute", host, lets.PostsPerMinute)
}

// parent is what a note answers, zero where it answers nothing that is here.
func (d *Deed) parent(ctx context.Context, n store.Note) (parent store.Note, err error) {
	if id := n.InReplyTo.First(); id != "" {
		parent, _, err = activity.Optional(d.Note(ctx, id))
	}
	return parent, err
}

func (d *Deed) naming(w agreement.Word, people activity.IDs) (permits []permit) {
	for _, id := range people {
		permits = append(permits, d.does(w, id.Host())...)
	}
	return permits
}

// bringing are the permits for what a note of ours is or has with it, at each host that
// it is about.
func (d *Deed) bringing(n store.Note, about []permit) (permits []permit) {
	var words []agreement.Word
	if n.Type == "Event" {
		words = append(words, agreement.Event)
	}
	if len(n.Files()) > 0 {
		words = append(words, agreement.UploadFile)
	}
	for _, p := range about {
		for _, w := range words {
			permits = append(permits, d.does(w, p.at)...)
		}
	}
	return permits
}
